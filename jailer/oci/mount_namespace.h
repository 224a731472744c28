/*
 * The mount namespace of a container's process. Engines enter it: `podman cp` opens its paths in
 * there. The jailer needs the host's files until the VM is built; then there are none.
 */
#ifndef SPARKLER_OCI_MOUNT_NAMESPACE_H
#define SPARKLER_OCI_MOUNT_NAMESPACE_H

#include <sys/types.h>

/* In the child that becomes the jailer: a namespace of its own, in which mounts of the host come
 * and go. A user, who could enter no namespace anyway, gets none. Exits with a message if that
 * fails. */
void mount_namespace_new(void);

/* Replaces all that is in the namespace of such a process by an empty, read-only directory. What
 * the process has open stays open. Ends the program if that fails. */
void mount_namespace_empty(pid_t pid);

#endif
