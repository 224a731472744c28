/* The cache's directory, and images in it: see cache.h. */
#include "jailer/oci/cache.h"

#include "jailer/ids.h"
#include "jailer/oci/cache_files.h"
#include "jailer/oci/file.h"
#include "jailer/oci/log.h"
#include "jailer/oci/pack.h"

#include "guest/linux/erofs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART         (2u << 20)
#define LIMIT_FILE   "limit"
#define PAUSE_MS     2 /* somebody is about to remove what is looked for */
#define WAIT_SECONDS (2 * PACK_SECONDS)

static void choose_directory(char path[PATH_MAX])
{
    const char *given = getenv("SPARKLER_OCI_CACHE"), *base = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    int length;

    if (given && *given)
        length = snprintf(path, PATH_MAX, "%s", given);
    else if (ids_is_root())
        length = snprintf(path, PATH_MAX, "/var/cache/sparkler-oci");
    else if (base && *base)
        length = snprintf(path, PATH_MAX, "%s/sparkler-oci", base);
    else if (home && *home)
        length = snprintf(path, PATH_MAX, "%s/.cache/sparkler-oci", home);
    else
        fail("there is no directory for images: set HOME, XDG_CACHE_HOME or SPARKLER_OCI_CACHE");
    if (length >= PATH_MAX - CACHE_NAME_MAX || *path != '/')
        fail("images cannot be kept in %.64s: expected an absolute, shorter path", path);
}

static uint64_t read_limit(const struct cache *cache)
{
    unsigned long long limit = CACHE_LIMIT_DEFAULT;
    char text[32] = "";
    int fd = openat(cache->directory, LIMIT_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return limit;
    /* empty, after a crash of the machine */
    if (read(fd, text, sizeof(text) - 1) < 0 || sscanf(text, "%llu", &limit) != 1)
        complain("%s/" LIMIT_FILE " has no number of bytes, so the limit is 10 GiB; set it by "
                 "sparkler-oci cache --limit",
                 cache->path);
    close(fd);
    return limit;
}

void cache_open(struct cache *cache)
{
    struct stat status;

    choose_directory(cache->path);
    make_directories(cache->path, 0700);
    cache->directory = open(cache->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (cache->directory < 0 || fstat(cache->directory, &status) != 0)
        fail_errno("cannot open the directory %s for images", cache->path);
    if (status.st_uid != geteuid() || (status.st_mode & 077) != 0)
        fail("%s, for images, must belong to uid %u and nobody else may enter it: chmod 700",
             cache->path, geteuid());
    cache->limit = read_limit(cache);
    cache_sweep(cache);
}

void cache_close(struct cache *cache)
{
    close(cache->directory);
}

void cache_path(const struct cache *cache, const char *name, char path[PATH_MAX])
{
    if (snprintf(path, PATH_MAX, "%s/%s", cache->path, name) >= PATH_MAX)
        fail("%s: the directory for images has too long a path", cache->path);
}

/* Whether it has all the blocks that it says: it was not on the disk yet when the machine crashed.
 */
static bool is_whole(int fd)
{
    struct stat status;
    struct erofs fs;
    void *bytes = MAP_FAILED;
    bool whole;

    if (fstat(fd, &status) != 0 || status.st_size == 0)
        return false;
    bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        fail_errno("cannot map an image");
    whole = erofs_open(&fs, bytes, (uint64_t)status.st_size) == NULL;
    munmap(bytes, (size_t)status.st_size);
    return whole;
}

int cache_find(const struct cache *cache, const char *name)
{
    const struct timespec now[] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
    int fd;

    while ((fd = openat(cache->directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) >= 0) {
        /* whoever holds it alone is about to remove it */
        if (flock(fd, LOCK_SH | LOCK_NB) == 0 && cache_is_linked(fd)) {
            if (is_whole(fd))
                break;
            unlinkat(cache->directory, name, 0);
        }
        close(fd);
        poll(NULL, 0, PAUSE_MS);
    }
    if (fd < 0 && errno != ENOENT)
        fail_errno("cannot open the image %s/%s", cache->path, name);
    if (fd >= 0 && futimens(fd, now) != 0)
        fail_errno("cannot note the use of the image %s/%s", cache->path, name);
    return fd;
}

static void interrupt(int signal)
{
    (void)signal; /* only ends a wait */
}

/* Waits for the lock on a draft, but not for a maker that is out of its time by far. */
static void wait_for_lock(const struct cache *cache, int fd, const char *name)
{
    const struct sigaction wake = {.sa_handler = interrupt};
    struct sigaction old;
    int error = 0;

    sigaction(SIGALRM, &wake, &old);
    alarm(WAIT_SECONDS);
    if (flock(fd, LOCK_EX) != 0)
        error = errno;
    if (alarm(0) == 0 && error == EINTR)
        fail("another process has been making %s/%s for %d s; is it stopped?", cache->path, name,
             WAIT_SECONDS);
    sigaction(SIGALRM, &old, NULL);
    errno = error;
    if (error != 0)
        fail_errno("cannot lock %s/%s", cache->path, name);
}

/* Makes the draft's file, or else opens another's; whether it is this process's own. */
static bool open_draft(const struct cache *cache, struct cache_draft *draft)
{
    const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    bool own;

    do {
        draft->fd = openat(cache->directory, draft->name, flags | O_CREAT | O_EXCL, 0600);
        own = draft->fd >= 0;
        if (!own && errno == EEXIST)
            draft->fd = openat(cache->directory, draft->name, flags);
    } while (draft->fd < 0 && errno == ENOENT);
    if (draft->fd < 0)
        fail_errno("cannot make the image %s/%s", cache->path, draft->name);
    return own;
}

/*
 * Takes a draft that this process has made, once it is locked. A draft of another process is never
 * continued, even if that was killed: its mkfs.erofs dies a moment after the lock has gone. Then,
 * or if the draft has become an image meanwhile, nothing is taken.
 */
static bool take_draft(const struct cache *cache, struct cache_draft *draft)
{
    const bool own = open_draft(cache, draft);
    bool named;

    wait_for_lock(cache, draft->fd, draft->name);
    named = cache_is_named(cache, draft->fd, draft->name);
    if (own && named)
        return true;
    if (named)
        unlinkat(cache->directory, draft->name, 0);
    close(draft->fd);
    return false;
}

/* What exit(3) removes: an image that could not be made. On a full disk it would be in the way. */
static const struct cache *unfinished_in;
static const char *unfinished;

static void remove_unfinished(void)
{
    if (unfinished)
        unlinkat(unfinished_in->directory, unfinished, 0);
}

int cache_begin(const struct cache *cache, const char *name, struct cache_draft *draft)
{
    int found = -1;

    snprintf(draft->name, sizeof(draft->name), CACHE_DRAFT "%s", name);
    while (found < 0) {
        const bool taken = take_draft(cache, draft);

        found = cache_find(cache, name);
        if (taken && found < 0) {
            unfinished_in = cache;
            unfinished = draft->name;
            atexit(remove_unfinished);
            return -1;
        }
        if (taken) {
            unlinkat(cache->directory, draft->name, 0);
            close(draft->fd);
        }
    }
    return found;
}

/*
 * Writes the draft once more, 2 MiB at a time, so that it is in huge pages of the page cache where
 * the file system can have them: mkfs.erofs writes blocks. Returns a file without a name, -1 if the
 * file system has none.
 */
static int copy_in_parts(const struct cache *cache, int draft)
{
    int copy = openat(cache->directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    char *part = malloc(PART);
    off_t offset = 0;
    ssize_t length = 0;

    while (copy >= 0 && part && (length = pread(draft, part, PART, offset)) > 0) {
        if (!write_all(copy, part, (size_t)length))
            fail_errno("cannot copy an image in %s", cache->path);
        offset += length;
    }
    if (!part || length < 0 || (copy >= 0 && fchmod(copy, 0444) != 0))
        fail_errno("cannot copy an image in %s", cache->path);
    free(part);
    return copy;
}

/* Gives a file without a name one, unless that is taken: two trees can have had the same content.
 */
static void name_copy(const struct cache *cache, int copy, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", copy);
    if (linkat(AT_FDCWD, path, cache->directory, name, AT_SYMLINK_FOLLOW) != 0 && errno != EEXIST)
        fail_errno("cannot keep the image %s/%s", cache->path, name);
    close(copy);
}

int cache_keep(const struct cache *cache, struct cache_draft *draft, const char *name)
{
    int copy = copy_in_parts(cache, draft->fd), fd;

    if (copy >= 0) {
        name_copy(cache, copy, name);
        unlinkat(cache->directory, draft->name, 0);
    } else if (renameat(cache->directory, draft->name, cache->directory, name) != 0) {
        fail_errno("cannot keep the image %s/%s", cache->path, name);
    }
    unfinished = NULL;
    if (flock(draft->fd, LOCK_SH) != 0) /* what was the maker's own is the users' */
        fail_errno("cannot lock %s/%s", cache->path, name);
    fd = cache_find(cache, name);
    close(draft->fd);
    if (fd < 0)
        fail("the image %s/%s was removed as soon as it was made", cache->path, name);
    cache_make_room(cache, cache->limit);
    return fd;
}

void cache_limit(struct cache *cache, uint64_t limit)
{
    char text[32];
    const int length = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)limit);
    int fd = openat(cache->directory, CACHE_DRAFT LIMIT_FILE,
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0 || !write_all(fd, text, (size_t)length) ||
        renameat(cache->directory, CACHE_DRAFT LIMIT_FILE, cache->directory, LIMIT_FILE) != 0)
        fail_errno("cannot write %s/%s", cache->path, LIMIT_FILE);
    close(fd);
    cache->limit = limit;
    cache_make_room(cache, limit);
}
