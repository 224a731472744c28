/* Trusted authorities, read once: libcurl would parse all of them anew for each connection. */
#ifndef SPARKLER_TRUST_H
#define SPARKLER_TRUST_H

#include "inputs.h"

#include <openssl/ssl.h>

struct trust;

/* Remembers which files there are; each is parsed when it is first needed. */
struct trust *trust_new(const struct inputs *inputs);

/*
 * Makes `tls` trust the authorities of the feed: its own or the default. False without memory. A
 * certificate that cannot be read is left out; a server that it vouches for is then refused.
 */
bool trust_apply(struct trust *trust, const struct feed *feed, SSL_CTX *tls);

#endif
