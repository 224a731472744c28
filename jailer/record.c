/* The file of --record: see record.h. */
#include "record.h"

#include "own_file.h"

#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Whether the file ends in a line without its newline: the machine has lost power, perhaps. */
static bool is_torn(int file)
{
    char tail[RECORD_LINE_MAX];
    const off_t end = lseek(file, 0, SEEK_END);
    ssize_t n = pread(file, tail, sizeof(tail), end > RECORD_LINE_MAX ? end - RECORD_LINE_MAX : 0);

    while (n > 0 && tail[n - 1] == ' ')
        n--;
    return n > 0 && tail[n - 1] != '\n';
}

int record_open(struct record *record, const char *path)
{
    struct rlimit limit = {0};
    int file = own_file_open(path, O_RDWR | O_APPEND, "the record", "--record");

    if (is_torn(file) && write(file, "\n", 1) != 1)
        err(1, "cannot write to the record %s (--record)", path);
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0)
        err(1, "cannot read the limit of a file's size");
    record->size_max = limit.rlim_cur < LLONG_MAX ? (off_t)limit.rlim_cur : LLONG_MAX;
    return file;
}

static bool lock(short type)
{
    struct flock whole = {.l_type = type, .l_whence = SEEK_SET};

    return fcntl(SUPERVISOR_FD_RECORD, F_OFD_SETLK, &whole) == 0;
}

/* Appends to the file, which is locked. */
static enum record_result append(const struct record *record, char *line, size_t *length)
{
    const off_t end = lseek(SUPERVISOR_FD_RECORD, 0, SEEK_END);
    size_t room, spaces = 0, growth;
    ssize_t written;

    if (end < 0)
        return RECORD_FAILED;
    room = RECORD_LINE_MAX - (size_t)end % RECORD_LINE_MAX;
    if (*length > room)
        spaces = room;
    growth = spaces + *length;
    if (end > record->size_max - (off_t)growth) {
        errno = EFBIG;
        return RECORD_FAILED;
    }
    memset(line - spaces, ' ', spaces);
    written = write(SUPERVISOR_FD_RECORD, line - spaces, growth);
    if (written == (ssize_t)growth) {
        *length = growth;
        return RECORD_WRITTEN;
    }
    if (written >= 0)
        errno = ENOSPC; /* it was room for the spaces only */
    return RECORD_FAILED;
}

enum record_result record_append(const struct record *record, char *line, size_t *length)
{
    enum record_result result;
    int error;

    if (!lock(F_WRLCK))
        return errno == EAGAIN || errno == EACCES ? RECORD_LOCKED : RECORD_FAILED;
    result = append(record, line, length);
    error = errno;
    lock(F_UNLCK);
    errno = error;
    return result;
}
