/* The servers that the feeds name: the only ones the broker resolves and connects to. */
#ifndef SPARKLER_HOSTS_H
#define SPARKLER_HOSTS_H

#include "feeds.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_NAME_SIZE 256

struct host {
    char name[HOST_NAME_SIZE]; /* a DNS name in lower case, or a numeric address without brackets */
    uint16_t tcp_port;
};

struct hosts {
    size_t count;
    struct host *host; /* no name and TCP port twice */
};

/* The servers of all the feeds' urls, for the life of the process. Ends the program by errx(3) if a
 * url names no server. */
struct hosts hosts_of_feeds(const struct feeds *feeds);

/* The server of a url, or NULL if no feed names it. */
const struct host *hosts_find(const struct hosts *hosts, const char *url);

#endif
