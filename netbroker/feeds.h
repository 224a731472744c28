/*
 * feeds.json, the whole truth about what the network may be used for: one struct feed a port.
 * The schema is documented in policy/README.md.
 */
#ifndef SPARKLER_FEEDS_H
#define SPARKLER_FEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct format;
struct text;

struct feed {
    uint16_t port;               /* the guest's I/O port; unique in the file */
    const char *name;            /* "weather for London": used in error texts */
    const char *file;            /* "weather/London": its path below /feeds in a Linux guest */
    const struct format *format; /* how to turn the reply into text */
    const char *url;             /* https; "{id}" stands for what the lookup found */
    const char *lookup_url;      /* https, asked once and kept; NULL when the url needs no id */
    const char *place;      /* where a reading was taken, when the reply does not say; or NULL */
    const char *template;   /* of the format "json"; else NULL */
    const char *credential; /* name of a credential sent with each request, or NULL */
    const char *header;     /* the header that carries it: "Authorization: Bearer " or so */
    const char *ca;         /* name of a credential with the trusted CA (PEM), NULL: the default */
    const char *pinned_key; /* "sha256//BASE64" of the server's public key, or NULL */
    const char *sample;     /* a text to show with --offline-samples, or NULL */
    unsigned ttl_seconds;   /* how long an answer is fresh */
    unsigned max_bytes;     /* of a reply's body */
    unsigned connect_ms;    /* TCP and TLS */
    unsigned total_ms;      /* the whole request with its look-ups; below WIRE_REPLY_SECONDS */
    bool allow_private;     /* the host may have a loopback or private address */
    bool given_up;          /* not by the file: its answers have ended the broker too often */
};

struct feeds {
    size_t count;
    struct feed *feed; /* ordered by port */
};

/*
 * Reads a feeds file of `length` bytes. The result lives as long as the process.
 * On a fault ends the program by errx(3), status 1, with the line, the key and what was expected.
 */
struct feeds feeds_parse(const char *json, size_t length);

/*
 * The same for a caller that lives on: on a fault returns false and appends "line N, "KEY": …" to
 * `fault`. What it fills belongs to feeds_free().
 */
bool feeds_read(const char *json, size_t length, struct feeds *feeds, struct text *fault);
void feeds_free(struct feeds *feeds);

/* The feed of a port, or NULL. */
const struct feed *feeds_find(const struct feeds *feeds, uint16_t port);

#endif
