/* The servers that the feeds name: all that the broker may look up and connect to. */
#ifndef SPARKLER_HOSTS_H
#define SPARKLER_HOSTS_H

#include "feeds.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_NAME_SIZE 256

struct host {
    char name[HOST_NAME_SIZE]; /* a DNS name in lower case or a numeric address, no brackets */
    uint16_t tcp_port;
};

struct hosts {
    size_t count;
    struct host *host; /* each name and port once */
};

/* The servers of all urls of the feeds. Lives as long as the process. Ends the program by
 * errx(3) for a url that names no server. */
struct hosts hosts_of_feeds(const struct feeds *feeds);

/* The server of a url, or NULL if no feed names it. */
const struct host *hosts_find(const struct hosts *hosts, const char *url);

#endif
