/*
 * Cgroups of systemd's (org.freedesktop.systemd1(5)): it alone makes cgroups on most machines, and
 * engines that let it name a container's SLICE:PREFIX:NAME. It is asked for a scope by busctl(1),
 * its own tool, with the rights to all that is below (Delegate).
 */
#ifndef SPARKLER_OCI_SYSTEMD_H
#define SPARKLER_OCI_SYSTEMD_H

#include <stddef.h>
#include <sys/types.h>

struct scope {
    char slice[128], unit[256]; /* unit "": none */
};

/* Takes SLICE:PREFIX:NAME apart, and writes the path of the scope's cgroup. Ends the program if it
 * is malformed. */
struct scope scope_name(const char *cgroups_path, char *path, size_t size);

/* Has systemd make the scope around a process, and waits until that is in it. Ends the program if
 * it cannot. */
void scope_make(const struct scope *scope, pid_t pid);

#endif
