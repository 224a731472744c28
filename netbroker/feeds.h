/*
 * feeds.json defines all that the network is used for. A feed of the file may name several of the
 * guest's I/O ports; each port becomes one struct feed. A feed whose url or body has a place for an
 * argument is a *question*. sparkler-feeds(5) documents the file.
 */
#ifndef SPARKLER_FEEDS_H
#define SPARKLER_FEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct argument;
struct format;
struct text;

#define FEEDS_FILE_MAX (1 << 20) /* bytes */

/* Where a question's argument takes its place, in a url or a body. */
#define ARGUMENT_MARK "{argument}"

struct feed {
    uint16_t port;               /* the guest's I/O port; unique in the file */
    uint16_t entry;              /* its place in the file's list, from 0; ports may share one */
    const char *name;            /* "weather for London": used in error texts */
    const char *file;            /* "weather/London": its path below /feeds in a Linux guest */
    const struct format *format; /* turns the response into text */
    const char *url;             /* https; "{id}" is replaced by what the lookup found */
    const char *lookup_url;      /* https, requested once; NULL if the url needs no id */
    struct argument *argument;   /* NULL if it is no question (argument.h) */
    unsigned bits_per_hour;      /* what the arguments may tell; 0 if it is no question */
    bool is_post;                /* the request is a POST, and has a body; else it is a GET */
    char *body;                  /* JSON text, or NULL */
    char **headers;              /* "Accept: text/plain", …, NULL; or NULL */
    const char *place;           /* of a reading whose response does not name it, or NULL */
    const char *template;        /* of the format "json", else NULL */
    const char *credential;      /* name of a credential sent with each request, or NULL */
    const char *header;          /* the header that carries it: "Authorization: Bearer " */
    const char *ca;             /* name of a credential that holds the trusted CAs (PEM), or NULL */
    const char *pinned_key;     /* "sha256//BASE64" of the server's public key, or NULL */
    const char *sample;         /* text shown with --offline-samples, or NULL */
    unsigned ttl_seconds;       /* how long an answer is fresh; 0: not beyond its own request */
    unsigned requests_per_hour; /* to the server; for a question, bits_per_hour bounds them */
    unsigned max_bytes;         /* of a response's body */
    unsigned max_text;   /* bytes of the answer for a Linux program; a flat guest's has at most
                            TEXT_MAX - 1 */
    unsigned connect_ms; /* TCP and TLS */
    unsigned total_ms;   /* DNS, lookup and request; less than WIRE_REPLY_SECONDS */
    bool allow_private;  /* the server may have a loopback or private address */
    bool given_up;       /* set by --given-up: too many brokers died on this feed */
};

struct feeds {
    size_t count;
    struct feed *feed; /* ordered by port */
};

/*
 * Parses a feeds file of `length` bytes, for the life of the process. On a fault ends the program
 * by errx(3), status 1, with the line, the key and what was expected.
 */
struct feeds feeds_parse(const char *json, size_t length);

/*
 * The same, but on a fault returns false and appends "line N, "KEY": …" to `fault`. Free the
 * result with feeds_free().
 */
bool feeds_read(const char *json, size_t length, struct feeds *feeds, struct text *fault);
void feeds_free(struct feeds *feeds);

/* The feed of an I/O port, or NULL. */
const struct feed *feeds_find(const struct feeds *feeds, uint16_t port);

#endif
