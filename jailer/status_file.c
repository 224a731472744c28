/* The file of --status: see status_file.h. */
#include "status_file.h"

#include "kernel.h"

#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT "text"

static const char *const spares[STATUS_FILES] = {NULL, "spare-0", "spare-1"};

static _Noreturn void refuse(const char *what, const char *path)
{
    err(1, "cannot %s %s (--status)", what, path);
}

/* The directory of FILE's texts, .FILE.d beside it. */
static int open_directory(const char *path, gid_t group)
{
    struct stat status;
    int directory;

    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        refuse("make the directory", path);
    directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0 || fstat(directory, &status) != 0)
        refuse("open the directory", path);
    if (status.st_uid != geteuid())
        errx(1, "the directory %s belongs to uid %u, not to uid %u; give another path (--status)",
             path, status.st_uid, geteuid());
    if (flock(directory, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            errx(1, "the directory %s is a running VM's; give each its own (--status)", path);
        refuse("lock the directory", path);
    }
    /* others may look names up, but not open it: whoever can might lock it */
    if (fchown(directory, (uid_t)-1, group) != 0 ||
        fchmod(directory, group == (gid_t)-1 ? 0711 : 0731) != 0)
        refuse("set the owner of", path);
    return directory;
}

/* A new file; an ended VM's readers keep the old one, if there was one. */
static int new_file(int directory, const char *name, const char *path)
{
    int file;

    if (unlinkat(directory, name, 0) != 0 && errno != ENOENT)
        refuse("remove a file in", path);
    file = openat(directory, name, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0 || fchmod(file, 0644) != 0)
        refuse("make a file in", path);
    return file;
}

/* Before anything is made: FILE may only be an earlier VM's. */
static void check_link(const char *path, const char *target)
{
    char old[PATH_MAX];
    const ssize_t length = readlink(path, old, sizeof(old));

    if (length < 0 && errno == ENOENT)
        return;
    if (length < 0 && errno != EINVAL)
        refuse("make", path);
    if (length != (ssize_t)strlen(target) || memcmp(old, target, (size_t)length) != 0)
        errx(1, "%s exists and is not a VM's status; give a path for a new file (--status)", path);
}

/* asprintf(3) that cannot fail */
static char *join(const char *format, const char *one, const char *two)
{
    char *joined;

    if (asprintf(&joined, format, one, two) < 0)
        err(1, "asprintf");
    return joined;
}

int status_file_open(const char *path, gid_t group, int files[STATUS_FILES])
{
    static const char nothing[] = "# EOF\n";
    char *const parent = strdup(path), *const copy = strdup(path);
    int directory;

    if (!parent || !copy)
        err(1, "strdup");
    if (path[0] == '\0' || path[strlen(path) - 1] == '/')
        errx(1, "'%s' is not the path of a file (--status)", path);

    char *const name = basename(copy), *const target = join(".%s.d/%s", name, TEXT);
    char *const beside = join("%s/.%s.d", dirname(parent), name);

    check_link(path, target);
    directory = open_directory(beside, group);
    /* not every file system can exchange names; these have each other's afterwards */
    files[2] = new_file(directory, spares[1], beside);
    files[1] = new_file(directory, spares[2], beside);
    if (sys_exchange(directory, spares[1], spares[2]) != 0)
        refuse("exchange files in", beside);
    files[0] = new_file(directory, "new", beside);
    if (write(files[0], nothing, strlen(nothing)) != (ssize_t)strlen(nothing))
        refuse("write to", path);
    if (renameat(directory, "new", directory, TEXT) != 0)
        refuse("rename a file in", beside);
    if (symlink(target, path) != 0 && errno != EEXIST)
        refuse("make", path);
    free(parent);
    free(copy);
    free(target);
    free(beside);
    return directory;
}

void status_file_begin(struct status_file *file)
{
    file->error = ftruncate(file->files[file->next], 0) == 0 ? 0 : errno;
}

void status_file_append(struct status_file *file, const char *text, size_t length)
{
    ssize_t written;

    if (file->error != 0)
        return;
    written = write(file->files[file->next], text, length);
    if (written < 0)
        file->error = errno;
    else if ((size_t)written < length)
        file->error = ENOSPC;
}

bool status_file_replace(struct status_file *file)
{
    const unsigned spare = file->next;
    const int old = file->files[0];

    if (file->error == 0 && sys_exchange(SUPERVISOR_FD_STATUS, spares[spare], TEXT) != 0)
        file->error = errno;
    errno = file->error;
    if (file->error != 0)
        return false;
    file->files[0] = file->files[spare];
    file->files[spare] = old;
    file->next = STATUS_FILES - spare;
    return true;
}
