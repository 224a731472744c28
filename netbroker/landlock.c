/*
 * Landlock restricts what seccomp cannot see: the port of a connection, the path of a file. The
 * jailer has already put the broker into a domain of its own (jailer/landlock.c); this is a
 * narrower one inside.
 */
#include "landlock.h"

#include "policy/runtime/landlock_abi.h"

#include <err.h>
#include <errno.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Signals are left to the jail's domain: were they scoped here too, the kernel could not kill the
 * resolver when the broker ends (PR_SET_PDEATHSIG). */
static struct landlock_ruleset denied(int abi, enum landlock_files files)
{
    struct landlock_ruleset ruleset = {.handled_access_fs = landlock_all_file_accesses(abi)};

    if (files == LANDLOCK_MAY_READ)
        ruleset.handled_access_fs &=
            ~(uint64_t)(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR);
    if (abi >= 4)
        ruleset.handled_access_net = LANDLOCK_TCP_BIND | LANDLOCK_TCP_CONNECT;
    if (abi >= 6)
        ruleset.scoped = LANDLOCK_ABSTRACT_UNIX_SOCKET;
    return ruleset;
}

static void allow_connections(int ruleset, uint16_t tcp_port)
{
    const struct landlock_tcp_port rule = {.allowed_access = LANDLOCK_TCP_CONNECT,
                                           .port = tcp_port};

    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_TCP_PORT, &rule, 0) != 0)
        err(1, "cannot allow TCP port %u by Landlock", tcp_port);
}

void landlock_confine(const uint16_t *tcp_ports, size_t count, enum landlock_files files)
{
    int abi = landlock_abi();

    if (abi < 0 && (errno == ENOSYS || errno == EOPNOTSUPP))
        return;
    struct landlock_ruleset ruleset = denied(abi, files);
    int fd = landlock_create(&ruleset, abi);

    if (abi >= 4) {
        for (size_t i = 0; i < count; i++)
            allow_connections(fd, tcp_ports[i]);
    }
    landlock_enter(fd);
}
