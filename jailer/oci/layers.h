/*
 * What an overlay is made of. Engines never change a layer once it is there, so a root is the same
 * as another if it has the same layers: the same directories on the same file system, neither made
 * anew nor changed at their top since, and no file above them.
 */
#ifndef SPARKLER_OCI_LAYERS_H
#define SPARKLER_OCI_LAYERS_H

#include "jailer/oci/digest.h"
#include "jailer/oci/mounts.h"

/*
 * The digest of the layers of an overlay whose root is open as `root` (O_PATH). False if they do
 * not say what is in it: one cannot be found, or the container's own layer has files or more than a
 * few directories and links, such as engines put there.
 */
bool layers_digest(const struct mounted *overlay, int root, uint8_t result[DIGEST_BYTES]);

#endif
