/* The trusted authorities, parsed once: libcurl would parse them for each connection. */
#ifndef SPARKLER_TRUST_H
#define SPARKLER_TRUST_H

#include "inputs.h"

#include <openssl/ssl.h>

struct trust;

/* `inputs` must outlive the result. Each file is parsed when it is first needed. */
struct trust *trust_new(const struct inputs *inputs);

/*
 * Makes `tls` trust the feed's own authorities, or the default ones. False without memory. A
 * certificate that cannot be parsed is left out; servers that depend on it are then refused.
 */
bool trust_apply(struct trust *trust, const struct feed *feed, SSL_CTX *tls);

#endif
