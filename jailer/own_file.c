/* Files that the jailer writes by a path of the user's: see own_file.h. */
#include "own_file.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int own_file_open(const char *path, int flags, const char *what, const char *option)
{
    /* O_NONBLOCK: a FIFO is refused below instead of waited for */
    int file = open(path, flags | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0600);
    struct stat status;

    if (file < 0 && errno == ELOOP)
        errx(1, "%s %s is a symbolic link; give a path without one (%s)", what, path, option);
    if (file < 0)
        err(1, "cannot open %s %s (%s)", what, path, option);
    if (fstat(file, &status) != 0)
        err(1, "cannot examine %s %s (%s)", what, path, option);
    if (!S_ISREG(status.st_mode))
        errx(1, "%s is not a regular file; give a path for a new one (%s)", path, option);
    if (status.st_uid != geteuid())
        errx(1, "%s belongs to uid %u, not to uid %u; give a path for a new file (%s)", path,
             status.st_uid, geteuid(), option);
    if (status.st_nlink != 1)
        errx(1, "%s has %lu hard links; give a path for a new file (%s)", path,
             (unsigned long)status.st_nlink, option);
    return file;
}
