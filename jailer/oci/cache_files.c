/* What is in the cache's directory: lists it, and removes files. A file is removed under its lock
 * alone, so never one that is made or used. */
#include "jailer/oci/cache_files.h"

#include "jailer/oci/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct image {
    char name[CACHE_NAME_MAX];
    uint64_t bytes; /* on the disk */
    time_t used;
};

struct images {
    size_t count;
    uint64_t bytes;
    struct image *list;
};

bool cache_is_linked(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && status.st_nlink > 0;
}

bool cache_is_named(const struct cache *cache, int fd, const char *name)
{
    struct stat open, named;

    return fstat(fd, &open) == 0 &&
           fstatat(cache->directory, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

/* Removes the file unless somebody holds its lock; whether it has gone. */
static bool remove_unused(const struct cache *cache, const char *name)
{
    int fd = openat(cache->directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    bool gone;

    if (fd < 0)
        return errno == ENOENT;
    gone = flock(fd, LOCK_EX | LOCK_NB) == 0 && cache_is_named(cache, fd, name) &&
           unlinkat(cache->directory, name, 0) == 0;
    close(fd);
    return gone;
}

static bool is_draft(const char *name)
{
    return strncmp(name, CACHE_DRAFT, strlen(CACHE_DRAFT)) == 0;
}

/* Images are named KIND-DIGEST. */
static bool is_image(const char *name)
{
    return !is_draft(name) && strchr(name, '-') && strlen(name) < CACHE_NAME_MAX;
}

static DIR *list(const struct cache *cache)
{
    int fd = openat(cache->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);

    if (!directory)
        fail_errno("cannot list %s", cache->path);
    return directory;
}

void cache_sweep(const struct cache *cache)
{
    DIR *directory = list(cache);
    const struct dirent *entry;

    while ((entry = readdir(directory)))
        if (is_draft(entry->d_name))
            remove_unused(cache, entry->d_name);
    closedir(directory);
}

static int by_use(const void *a, const void *b)
{
    const struct image *one = a, *other = b;

    return (one->used > other->used) - (one->used < other->used);
}

/* All images, those first that were not used for longest. */
static struct images find_images(const struct cache *cache)
{
    struct images images = {.count = 0};
    DIR *directory = list(cache);
    const struct dirent *entry;
    struct stat status;

    while ((entry = readdir(directory))) {
        struct image *image;

        if (!is_image(entry->d_name) ||
            fstatat(cache->directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(status.st_mode))
            continue;
        images.list = reallocarray(images.list, images.count + 1, sizeof(*images.list));
        if (!images.list)
            fail_errno("cannot list %s", cache->path);
        image = &images.list[images.count++];
        *image = (struct image){.bytes = (uint64_t)status.st_blocks * 512, .used = status.st_mtime};
        memcpy(image->name, entry->d_name, strlen(entry->d_name) + 1); /* fits: is_image() */
        images.bytes += image->bytes;
    }
    closedir(directory);
    if (images.count > 0)
        qsort(images.list, images.count, sizeof(*images.list), by_use);
    return images;
}

void cache_make_room(const struct cache *cache, uint64_t bytes)
{
    struct images images = find_images(cache);

    for (size_t i = 0; i < images.count && images.bytes > bytes; i++)
        if (remove_unused(cache, images.list[i].name))
            images.bytes -= images.list[i].bytes;
    free(images.list);
}

static bool is_used(const struct cache *cache, const char *name)
{
    int fd = openat(cache->directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    bool used = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0;

    if (fd >= 0)
        close(fd);
    return used;
}

static double mebibytes(uint64_t bytes)
{
    return (double)bytes / (1 << 20);
}

void cache_list(const struct cache *cache)
{
    struct images images = find_images(cache);

    for (size_t i = images.count; i-- > 0;) {
        const struct image *image = &images.list[i];
        char when[32];

        strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", localtime(&image->used));
        printf("%s  %9.1f MiB  %s  %s\n", image->name, mebibytes(image->bytes), when,
               is_used(cache, image->name) ? "in use" : "-");
    }
    printf("%zu images in %s, %.1f MiB of at most %.1f\n", images.count, cache->path,
           mebibytes(images.bytes), mebibytes(cache->limit));
    free(images.list);
}

void cache_empty(const struct cache *cache)
{
    struct images images = find_images(cache);
    size_t removed = 0;
    uint64_t bytes = 0;

    for (size_t i = 0; i < images.count; i++)
        if (remove_unused(cache, images.list[i].name)) {
            removed++;
            bytes += images.list[i].bytes;
        }
    printf("removed %zu images, %.1f MiB", removed, mebibytes(bytes));
    if (removed < images.count)
        printf("; %zu are in use", images.count - removed);
    printf("\n");
    free(images.list);
}
