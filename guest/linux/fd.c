/* The descriptors of a process. */
#include "kernel.h"
#include "locks.h"
#include "memfd.h"
#include "memory.h"
#include "path.h"
#include "pipe.h"
#include "syscalls_files.h"

#include <linux/close_range.h>
#include <linux/fcntl.h>

struct files {
    unsigned references;
    unsigned size;   /* places there are */
    unsigned lowest; /* none below is free */
    struct place {
        struct file *file; /* NULL: free */
        bool close_on_exec;
    } * places;
};

struct files *files_new(void)
{
    struct files *files = kzalloc(sizeof(*files));

    if (files)
        files->references = 1;
    return files;
}

struct files *files_get(struct files *files)
{
    files->references++;
    return files;
}

bool files_are_shared(const struct files *files)
{
    return files->references > 1;
}

struct files *files_copy(const struct files *from)
{
    struct files *files = files_new();

    if (!files)
        return NULL;
    files->lowest = from->lowest;
    files->size = from->size;
    files->places = kmalloc(from->size * sizeof(*from->places));
    if (!files->places && from->size > 0) {
        kfree(files);
        return NULL;
    }
    for (unsigned fd = 0; fd < from->size; fd++) {
        files->places[fd] = from->places[fd];
        if (files->places[fd].file)
            file_get(files->places[fd].file);
    }
    return files;
}

static int close_in(struct files *files, unsigned fd)
{
    struct file *file = fd < files->size ? files->places[fd].file : NULL;

    if (!file)
        return -EBADF;
    files->places[fd].file = NULL;
    files->lowest = fd < files->lowest ? fd : files->lowest;
    locks_close(file, files);
    file_put(file);
    return 0;
}

void files_put(struct files *files)
{
    if (--files->references > 0)
        return;
    for (unsigned fd = 0; fd < files->size; fd++)
        close_in(files, fd);
    kfree(files->places);
    kfree(files);
}

void files_close_on_exec(struct files *files)
{
    for (unsigned fd = 0; fd < files->size; fd++) {
        if (files->places[fd].close_on_exec)
            close_in(files, fd);
    }
}

struct file *files_file(struct files *files, unsigned fd)
{
    struct file *file = fd < files->size ? files->places[fd].file : NULL;

    return file ? file_get(file) : NULL;
}

int files_next(const struct files *files, unsigned fd)
{
    while (fd < files->size && !files->places[fd].file)
        fd++;
    return fd < files->size ? (int)fd : -1;
}

struct file *fd_file(int fd)
{
    return fd < 0 ? NULL : files_file(current_files(), (unsigned)fd);
}

int fd_close(int fd)
{
    return fd < 0 ? -EBADF : close_in(current_files(), (unsigned)fd);
}

/* Makes sure that there is a place `fd`. */
static int grow(struct files *files, unsigned fd)
{
    unsigned size = files->size > 0 ? files->size : 32;
    struct place *places;

    if (fd < files->size)
        return 0;
    while (size <= fd)
        size *= 2;
    places = krealloc(files->places, size * sizeof(*places));
    if (!places)
        return -ENOMEM;
    memset(places + files->size, 0, (size - files->size) * sizeof(*places));
    files->places = places;
    files->size = size;
    return 0;
}

int files_install(struct files *files, struct file *file, unsigned fd)
{
    if (grow(files, fd) < 0) {
        file_put(file);
        return -ENOMEM;
    }
    files->places[fd].file = file;
    return 0;
}

static unsigned find_free(const struct files *files, unsigned lowest)
{
    unsigned fd = lowest > files->lowest ? lowest : files->lowest;

    while (fd < files->size && files->places[fd].file)
        fd++;
    return fd;
}

int fd_may_install(void)
{
    return find_free(current_files(), 0) < current_file_limit() ? 0 : -EMFILE;
}

int fd_install(struct file *file, int lowest, bool close_on_exec)
{
    struct files *files = current_files();
    const bool from_start = (unsigned)lowest <= files->lowest;
    const unsigned fd = find_free(files, (unsigned)lowest);

    if (fd >= current_file_limit())
        return -EMFILE;
    if (grow(files, fd) < 0)
        return -ENOMEM;
    files->places[fd] = (struct place){file, close_on_exec};
    if (from_start)
        files->lowest = fd + 1;
    return (int)fd;
}

/* A new descriptor for a file whose reference is the caller's, and goes here. */
static long install_or_put(struct file *file, int lowest, bool close_on_exec)
{
    int fd = fd_install(file, lowest, close_on_exec);

    if (fd < 0)
        file_put(file);
    return fd;
}

long sys_close(int fd)
{
    return fd_close(fd);
}

long sys_close_range(unsigned first, unsigned last, unsigned flags)
{
    struct files *files = current_files();

    if (first > last || flags & ~(CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_UNSHARE))
        return -EINVAL;
    if (flags & CLOSE_RANGE_UNSHARE && files->references > 1)
        return -EINVAL;
    for (unsigned fd = first; fd < files->size && fd <= last; fd++) {
        if (flags & CLOSE_RANGE_CLOEXEC)
            files->places[fd].close_on_exec = true;
        else
            close_in(files, fd);
    }
    return 0;
}

long sys_dup(int fd)
{
    struct file *file = fd_file(fd);

    return file ? install_or_put(file, 0, false) : -EBADF;
}

static long dup_to(int from, int to, bool close_on_exec)
{
    struct files *files = current_files();
    struct file *file;

    if (to < 0 || (unsigned)to >= current_file_limit())
        return -EBADF;
    file = fd_file(from);
    if (!file)
        return -EBADF;
    if (grow(files, (unsigned)to) < 0) {
        file_put(file);
        return -ENOMEM;
    }
    close_in(files, (unsigned)to);
    files->places[to] = (struct place){file, close_on_exec};
    return to;
}

long sys_dup2(int from, int to)
{
    if (from == to)
        return files_next(current_files(), (unsigned)from) == from ? to : -EBADF;
    return dup_to(from, to, false);
}

long sys_dup3(int from, int to, int flags)
{
    if (flags & ~O_CLOEXEC || from == to)
        return -EINVAL;
    return dup_to(from, to, flags & O_CLOEXEC);
}

static long duplicate_from(struct file *file, unsigned long lowest, bool close_on_exec)
{
    if (lowest >= current_file_limit())
        return -EINVAL;
    return install_or_put(file_get(file), (int)lowest, close_on_exec);
}

static long set_flags(struct file *file, unsigned flags)
{
    const unsigned changeable = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | FASYNC;

    file->flags = (file->flags & ~changeable) | (flags & changeable);
    return 0;
}

static long control(struct file *file, unsigned command, unsigned long argument)
{
    switch (command) {
    case F_SETPIPE_SZ:
        return pipe_resize(file, argument);
    case F_GETPIPE_SZ:
        return pipe_size(file);
    case F_GETFL:
        return file->flags;
    case F_SETFL:
        return set_flags(file, (unsigned)argument);
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        return locks_control(file, command, (void *)argument);
    case F_SETOWN:
    case F_SETSIG:
    case F_SETLEASE:
    case F_NOTIFY:
        return command == F_SETOWN ? 0 : -EINVAL;
    case F_GETOWN:
    case F_GETSIG:
        return 0;
    case F_GETLEASE:
        return F_UNLCK;
    case F_ADD_SEALS:
        return memfd_seal(file, (unsigned)argument);
    case F_GET_SEALS:
        return memfd_seals(file);
    default:
        return -EINVAL;
    }
}

long sys_fcntl(int fd, unsigned command, unsigned long argument)
{
    struct file *file = fd_file(fd);
    struct place *place;
    long result;

    if (!file)
        return -EBADF;
    place = &current_files()->places[fd];
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        result = duplicate_from(file, argument, command == F_DUPFD_CLOEXEC);
        break;
    case F_GETFD:
        result = place->close_on_exec ? FD_CLOEXEC : 0;
        break;
    case F_SETFD:
        place->close_on_exec = argument & FD_CLOEXEC;
        result = 0;
        break;
    default:
        result =
            file->flags & O_PATH && command != F_GETFL ? -EBADF : control(file, command, argument);
    }
    file_put(file);
    return result;
}
