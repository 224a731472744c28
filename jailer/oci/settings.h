/*
 * The settings of the machine's administrator, /etc/sparkler/oci.json. A container's annotations
 * come from whoever may start containers, which on a cluster's node is not who owns the node: so
 * they name files by bare names in directories of root's, and a path only where the settings allow
 * that, or where the caller is no root.
 *
 *     {"without": ["network"], "annotation_paths": false}
 */
#ifndef SPARKLER_OCI_SETTINGS_H
#define SPARKLER_OCI_SETTINGS_H

#include "json.h"

#include <stdbool.h>

#define SETTINGS_FILE "/etc/sparkler/oci.json"

/* The end of a message that names one of the next list. */
#define GO_WITHOUT(what)                                                                           \
    "to go without, set the annotation sparkler.without=" what ", or \"without\": [\"" what        \
    "\"] in " SETTINGS_FILE " for all containers"

/* What a container may ask for and goes without, where it is allowed to. */
enum without {
    WITHOUT_NETWORK = 1, /* an interface to the network */
    WITHOUT_MOUNTS = 2,  /* directories and files of the host that it could write to */
    WITHOUT_DEVICES = 4, /* devices of the host */
    WITHOUT_HOOKS = 8,   /* hooks that are to run inside it */
};

struct settings {
    unsigned without;      /* for every container */
    bool annotation_paths; /* annotations may name any file */
};

/* Reads the file, or the default one if `path` is NULL; a default one that is missing says nothing.
 * Ends the program if it cannot be read. */
struct settings settings_read(const char *path);

/* The bit of "network" and the like; 0 if there is none. */
unsigned without_bit(const char *name, size_t length);

/*
 * The file that an annotation names: `value` itself if it is a path and one is allowed; otherwise
 * DIRECTORY/VALUE SUFFIX. In memory of its own. Ends the program if the name is none.
 */
char *settings_file(const struct settings *settings, const char *annotation, const char *value,
                    const char *directory, const char *suffix);

#endif
