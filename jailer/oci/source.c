/* Opens paths without following a stranger's links: see source.h. */
#include "jailer/oci/source.h"

#include "jailer/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINKS_MAX    40    /* as the kernel has it */
#define UID_UNMAPPED 65534 /* who is not in this user namespace, as the host's root */

/* No link is followed: the last name may be one, and is then opened as itself. */
static int open_plain(int directory, const char *path)
{
    const struct open_how how = {
        .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
        .resolve = RESOLVE_NO_SYMLINKS,
    };

    return (int)syscall(SYS_openat2, directory, path, &how, sizeof(how));
}

static bool is_strangers(uid_t owner)
{
    return owner != 0 && owner != geteuid() && (owner != UID_UNMAPPED || ids_is_root());
}

/* Takes the first name off a path; false if there is none. */
static bool take_name(char path[PATH_MAX], char name[NAME_MAX + 2])
{
    const size_t start = strspn(path, "/"), length = strcspn(path + start, "/");

    snprintf(name, NAME_MAX + 2, "%.*s", (int)length, path + start);
    memmove(path, path + start + length, strlen(path + start + length) + 1);
    return length > 0;
}

/* Puts where a link leads in front of the rest of the path. */
static int read_link(int link, char rest[PATH_MAX])
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(link, "", target, sizeof(target));
    const size_t old = strlen(rest) + 1;

    if (length < 0)
        return -1;
    if ((size_t)length + 1 + old > PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memmove(rest + length + 1, rest, old);
    memcpy(rest, target, (size_t)length);
    rest[length] = '/';
    return 0;
}

/* Where to go on behind a link in the directory `at`: returns a new descriptor. */
static int follow(int at, int link, const struct stat *status, char rest[PATH_MAX])
{
    if (is_strangers(status->st_uid)) {
        errno = EPERM;
        return -1;
    }
    if (read_link(link, rest) != 0)
        return -1;
    return open_plain(at, *rest == '/' ? "/" : ".");
}

/* The directory or file that a name in the directory `at` leads to. */
static int step(int at, const char *name, char rest[PATH_MAX], unsigned *links)
{
    int found = open_plain(at, name), next = -1;
    struct stat status;

    if (found < 0)
        return -1;
    if (fstat(found, &status) == 0 && !S_ISLNK(status.st_mode))
        return found;
    if (++*links > LINKS_MAX)
        errno = ELOOP;
    else
        next = follow(at, found, &status, rest);
    close(found);
    return next;
}

int source_open(const char *path)
{
    char rest[PATH_MAX], name[NAME_MAX + 2];
    unsigned links = 0;
    int at, next;

    errno = *path == '\0' ? ENOENT : ENAMETOOLONG;
    if (*path == '\0' || (size_t)snprintf(rest, sizeof(rest), "%s", path) >= sizeof(rest))
        return -1;
    at = open_plain(AT_FDCWD, *rest == '/' ? "/" : ".");
    while (at >= 0 && take_name(rest, name)) {
        next = step(at, name, rest, &links);
        close(at);
        at = next;
    }
    return at;
}
