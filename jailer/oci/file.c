/* Files as a whole: see file.h. */
#include "file.h"

#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_all(int fd, char *text, size_t size, size_t *length)
{
    ssize_t n;

    *length = 0;
    while (*length < size && (n = read(fd, text + *length, size - *length)) != 0) {
        if (n < 0 && errno != EINTR)
            return false;
        *length += n > 0 ? (size_t)n : 0;
    }
    return true;
}

char *read_file_at(int directory, const char *name, size_t most, size_t *length)
{
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    struct stat status;
    char *text = NULL;
    int error = EINVAL;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && (text = malloc(most + 2)) != NULL) {
        error = 0;
        if (!read_all(fd, text, most + 1, length))
            error = errno;
        else if (*length > most)
            error = EFBIG;
    }
    close(fd);
    if (error != 0) {
        free(text);
        errno = error;
        return NULL;
    }
    text[*length] = '\0';
    return text;
}

void last_words(int fd, char words[LAST_WORDS])
{
    const off_t end = lseek(fd, 0, SEEK_END), from = end < LAST_WORDS ? 0 : end - LAST_WORDS + 1;
    ssize_t length = end <= 0 ? 0 : pread(fd, words, LAST_WORDS - 1, from);
    char *line;

    words[length > 0 ? length : 0] = '\0';
    while (length > 0 && words[length - 1] == '\n')
        words[--length] = '\0';
    line = from > 0 ? strchr(words, '\n') : NULL; /* behind the one that was cut */
    if (line)
        memmove(words, line + 1, strlen(line));
}

bool write_all(int fd, const void *bytes, size_t length)
{
    const char *from = bytes;

    while (length > 0) {
        const ssize_t n = write(fd, from, length);

        if (n < 0 && errno != EINTR)
            return false;
        from += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

bool write_file_at(int directory, const char *name, const char *text, size_t length, mode_t mode)
{
    char part[NAME_MAX + 1];
    bool done;
    int fd, error;

    snprintf(part, sizeof(part), ".%.200s.%d", name, getpid());
    fd = openat(directory, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return false;
    done = write_all(fd, text, length);
    error = errno;
    if (close(fd) == 0 && done)
        return renameat(directory, part, directory, name) == 0;
    unlinkat(directory, part, 0);
    errno = error;
    return false;
}

void make_directories(const char *path, mode_t mode)
{
    char part[PATH_MAX];
    const size_t length = strlen(path);

    if (length >= sizeof(part))
        fail("%.64s...: a path of %zu bytes is too long", path, length);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, mode) != 0 && errno != EEXIST && errno != EROFS)
            fail_errno("cannot make the directory %s: %s", path, part);
    }
}

void remove_files(int directory)
{
    int own = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = own < 0 ? NULL : fdopendir(own);
    struct dirent *entry;

    if (!stream)
        return;
    while ((entry = readdir(stream)) != NULL)
        unlinkat(directory, entry->d_name, 0);
    closedir(stream);
}
