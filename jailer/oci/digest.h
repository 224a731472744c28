/*
 * The digest of a tree of files: a hash over names, types, permissions, owners, contents, links,
 * device numbers, the extended attributes that the guest's kernel knows, and the times of regular
 * files. Those of directories and links are left out, since engines change some of them in each
 * container of an image. A tree and the image that is made of
 * it have the same digest, so that an image can be kept by what is in it, whoever was able to
 * change the tree while it was read.
 */
#ifndef SPARKLER_OCI_DIGEST_H
#define SPARKLER_OCI_DIGEST_H

#include "jailer/oci/blake2b.h"

#include <stdbool.h>

#define DIGEST_BYTES BLAKE2B_BYTES

struct digest {
    struct blake2b hash;
    void *links;         /* tsearch(3) */
    uint32_t link_count; /* files in it */
};

/* An entry of a directory, or the root, whose name is empty. */
struct digest_entry {
    const char *name;
    size_t length;
    uint32_t mode, uid, gid;
    uint32_t device;     /* of a device node, as the kernel encodes it */
    uint64_t size;       /* of a regular file or a link */
    int64_t mtime;       /* of a regular file */
    uint32_t mtime_nsec; /* likewise */
    size_t attributes;   /* how many are added next */
};

void digest_begin(struct digest *digest);

/* Adds all about an entry but its contents: what is in a directory, up to digest_leave(), or the
 * bytes of a file or a link. */
void digest_enter(struct digest *digest, const struct digest_entry *entry);
void digest_add(struct digest *digest, const void *bytes, size_t length);
/* An extended attribute, in the order of names: by their bytes. */
void digest_attribute(struct digest *digest, const char *name, const void *value, size_t size);
void digest_leave(struct digest *digest);

/* Says on standard error what is wrong, the second with strerror(errno), and ends the process with
 * status 1: by _Exit(3), since what its starter wants done at exit(3) is not the digester's to do.
 */
_Noreturn void digest_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void digest_fail_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Whether the contents of a regular file with several names are to be added: true for its first
 * name. Adds which file it is for the others. `device` and `number` say which file is meant. Fails
 * without memory.
 */
bool digest_first_name(struct digest *digest, uint64_t device, uint64_t number);

void digest_end(struct digest *digest, uint8_t result[DIGEST_BYTES]);

/* The digest of the tree below a directory, no link of which is followed; fails if it
 * cannot be read. */
void digest_tree(const char *root, uint8_t result[DIGEST_BYTES]);

/* The same of an EROFS image in memory. */
void digest_image(const void *bytes, uint64_t size, uint8_t result[DIGEST_BYTES]);

#endif
