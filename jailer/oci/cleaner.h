/*
 * The cleaner: a process that removes what a create leaves behind that fails, or that is killed at
 * any moment. It waits at a pipe for the word that the container exists, and then gives the jailer
 * the answer without which that ends (--ready): so both or neither go on.
 */
#ifndef SPARKLER_OCI_CLEANER_H
#define SPARKLER_OCI_CLEANER_H

#include "container.h"
#include "group.h"

/*
 * Starts it, before there is anything else of the container than its directory. `ready` are the two
 * ends of the jailer's socket, ours and the one that it will have. From here on exit(3) waits until
 * the cleaner has done its work.
 */
void cleaner_start(const struct container *container, const struct group *group,
                   const int ready[2]);

/* The container exists, and the jailer gets its answer. Returns false if that has ended; then all
 * is removed. */
bool cleaner_commit(void);

#endif
