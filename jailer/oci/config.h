/*
 * What of a bundle's config.json a VM is made from (the OCI runtime specification,
 * "Configuration"). Properties that the specification does not have are ignored, as it demands;
 * what it has and a VM cannot give is a mistake, unless the container goes without it.
 */
#ifndef SPARKLER_OCI_CONFIG_H
#define SPARKLER_OCI_CONFIG_H

#include "json.h"

#include <sys/types.h>

#define CONFIG_FILE      "config.json"
#define CONFIG_BYTES_MAX (4u << 20)
#define CONFIG_MOUNTS    48 /* at most, of those that the guest does not have anyway */

enum mount_kind { MOUNT_COPY, MOUNT_TMPFS };

/* What is shown in the guest, in the order in which it is mounted. */
struct config_mount {
    enum mount_kind kind;
    const char *destination;
    const char *source; /* of a MOUNT_COPY: a directory or a file of the host, never written to */
    struct json_object *options; /* strings, checked; may be NULL */
};

/* Limits of the container's cgroup; 0 or NULL: none. */
struct config_cgroup {
    const char *path; /* linux.cgroupsPath */
    int64_t cpu_shares, cpu_quota, cpu_period;
    const char *cpus, *mems;
    struct json_object *unified; /* files of v2 and their values */
};

struct config {
    struct json_object *document; /* has all the strings */
    unsigned without;             /* enum without */
    const char *version;
    const char *rootfs; /* a path, from the bundle on unless it starts with '/' */
    bool is_read_only;
    const char **args, **env; /* ended by NULL */
    const char *cwd, *hostname;
    bool terminal;
    unsigned rows, columns;
    uid_t uid, gid;
    struct json_object *groups;      /* numbers; may be NULL, as the next ones */
    struct json_object *rlimits;     /* objects with type, soft and hard */
    struct json_object *annotations; /* strings */
    struct json_object *hooks;       /* lists by name: hooks.h */
    unsigned mount_count;
    struct config_mount mounts[CONFIG_MOUNTS];
    int64_t memory;      /* bytes; 0: no limit */
    const char *network; /* a network namespace that it is to be in, or NULL */
    struct config_cgroup cgroup;
};

/* Reads it. What is wrong is in reading->error. `without` are those of the settings. */
void config_read(struct config *config, struct reading *reading, const char *text, size_t length,
                 unsigned without);

/* An annotation's value, or NULL. */
const char *config_annotation(const struct config *config, const char *name);

void config_free(struct config *config);

/* Whether an option of a MOUNT_TMPFS is one that --tmpfs takes; others have no meaning in a VM. */
bool mount_option_is_kept(const char *option);

/* For config.c: `mounts` (config_mounts.c), and `linux` (config_linux.c). */
void config_read_mounts(struct config *config, struct reading *reading, const struct place *whole);
void config_read_linux(struct config *config, struct reading *reading, const struct place *whole);

#endif
