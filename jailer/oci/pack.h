/*
 * Makes an EROFS image of a directory of a stranger's, and digests of both. mkfs.erofs and the
 * digester each run in a jail (jailer/locks.c): they see this one directory, read-only and with no
 * link followed, and nothing else of the host; root gives them a uid of their own and no capability
 * but CAP_DAC_READ_SEARCH. Each may take PACK_SECONDS, and dies with the caller. All of these end
 * the program by fail(), with what the process said, if it fails.
 */
#ifndef SPARKLER_OCI_PACK_H
#define SPARKLER_OCI_PACK_H

#include "jailer/oci/digest.h"

#include <stdint.h>

#define PACK_SECONDS 300

/* Packs the directory into an empty file of the caller's, whose descriptor is `fd`, of at most
 * `limit` bytes; afterwards nobody may write to the file. */
void pack(const char *directory, const char *image, int fd, uint64_t limit);

/* The digest of a directory's tree. */
void pack_digest_tree(const char *directory, uint8_t result[DIGEST_BYTES]);

/* The same of an image, which nobody may write to any more. `image` names it in messages. */
void pack_digest_image(const char *image, int fd, uint8_t result[DIGEST_BYTES]);

#endif
