/*
 * What of a bundle's config.json a VM is made from (the OCI runtime specification,
 * "Configuration"). Properties that the specification does not have are ignored, as it demands.
 */
#ifndef SPARKLER_OCI_CONFIG_H
#define SPARKLER_OCI_CONFIG_H

#include "json.h"

#define CONFIG_FILE      "config.json"
#define CONFIG_BYTES_MAX (4u << 20)

struct config {
    struct json_object *document; /* has all the strings */
    const char *version;
    const char *rootfs;       /* a path, from the bundle on unless it starts with '/' */
    const char **args, **env; /* ended by NULL */
    const char *cwd, *hostname;
    bool terminal;
    unsigned rows, columns;
    struct json_object *annotations; /* of strings; may be NULL */
    int64_t memory;                  /* bytes; 0: no limit */
};

/* Reads it. What is wrong is in reading->error. */
void config_read(struct config *config, struct reading *reading, const char *text, size_t length);

/* An annotation's value, or NULL. */
const char *config_annotation(const struct config *config, const char *name);

void config_free(struct config *config);

#endif
