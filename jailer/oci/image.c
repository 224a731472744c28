/* Finds or makes the images of a container: see image.h. */
#include "jailer/oci/image.h"

#include "jailer/oci/cache.h"
#include "jailer/oci/layers.h"
#include "jailer/oci/log.h"
#include "jailer/oci/mounts.h"
#include "jailer/oci/pack.h"
#include "jailer/oci/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOUNT_MAX (1ull << 30) /* bytes of an image of a mount */

/* An O_PATH descriptor of what the path leads to. */
static int open_source(const char *path, struct stat *status)
{
    int fd = source_open(path);

    if (fd < 0 && errno == EPERM)
        fail("cannot open %s: a link of another user is on the way; give the path without it",
             path);
    if (fd < 0 || fstat(fd, status) != 0)
        fail_errno("cannot open %s", path);
    return fd;
}

/* KIND-DIGEST */
static void name_of(const char *kind, const uint8_t digest[DIGEST_BYTES], char name[CACHE_NAME_MAX])
{
    int length = snprintf(name, CACHE_NAME_MAX, "%s-", kind);

    for (unsigned i = 0; i < DIGEST_BYTES; i++)
        length += snprintf(name + length, CACHE_NAME_MAX - (size_t)length, "%02x", digest[i]);
}

/*
 * Makes the image. One that is named after its content gets the name that its own content says: the
 * tree may have been another when its digest was taken.
 */
static int make(const struct cache *cache, const char *rootfs, char name[CACHE_NAME_MAX],
                bool by_layers)
{
    struct cache_draft draft = {.fd = -1};
    uint8_t digest[DIGEST_BYTES];
    char path[PATH_MAX];
    int fd = cache_begin(cache, name, &draft);

    if (fd >= 0)
        return fd;
    cache_path(cache, draft.name, path);
    pack(rootfs, path, draft.fd, cache->limit);
    if (!by_layers) {
        pack_digest_image(path, draft.fd, digest);
        name_of("content", digest, name);
    }
    return cache_keep(cache, &draft, name);
}

/* What the kernel says of the loop device MAJOR:MINOR; false if it is none. */
static bool read_loop(const char *device, const char *what, char text[PATH_MAX])
{
    char path[96];
    bool known;
    FILE *file;

    snprintf(path, sizeof(path), "/sys/dev/block/%s/loop/%s", device, what);
    file = fopen(path, "re");
    if (!file)
        return false;
    known = fgets(text, PATH_MAX, file) != NULL;
    text[known ? strcspn(text, "\n") : 0] = '\0';
    fclose(file);
    return known;
}

/* The file behind an EROFS image that is mounted: itself, or that of a loop device. */
static void image_behind(const struct mounted *mounted, const char *rootfs, struct image *image)
{
    char *source = mounted_unescape(mounted->source, strlen(mounted->source));
    char file[PATH_MAX], offset[PATH_MAX];
    struct stat status;

    if (!source)
        fail_errno("cannot find the image that is mounted at %s", rootfs);
    if (stat(source, &status) == 0 && S_ISREG(status.st_mode))
        image_given(source, image);
    else if (read_loop(mounted->device, "offset", offset) && strcmp(offset, "0") == 0 &&
             read_loop(mounted->device, "backing_file", file))
        image_given(file, image);
    else
        fail("the EROFS image at %s is not a whole file; name a file by the annotation "
             "sparkler.root",
             rootfs);
    free(source);
}

static void from_cache(int root, const struct mounted *mounted, const char *rootfs,
                       struct image *image)
{
    char name[CACHE_NAME_MAX];
    uint8_t digest[DIGEST_BYTES];
    struct cache cache;
    bool by_layers;

    cache_open(&cache);
    by_layers = strcmp(mounted->type, "overlay") == 0 && layers_digest(mounted, root, digest);
    if (!by_layers)
        pack_digest_tree(rootfs, digest);
    name_of(by_layers ? "layers" : "content", digest, name);
    image->fd = cache_find(&cache, name);
    if (image->fd < 0)
        image->fd = make(&cache, rootfs, name, by_layers);
    cache_path(&cache, name, image->path);
    cache_close(&cache);
}

void image_of_root(const char *rootfs, struct image *image)
{
    struct mounted mounted = {.source = NULL};
    struct stat status;
    int root = open_source(rootfs, &status);

    if (!S_ISDIR(status.st_mode))
        fail("the root filesystem %s is not a directory", rootfs);
    mounted_at(root, &mounted);
    if (strcmp(mounted.type, "erofs") == 0)
        image_behind(&mounted, rootfs, image);
    else
        from_cache(root, &mounted, rootfs, image);
    mounted_free(&mounted);
    close(root);
}

void image_given(const char *path, struct image *image)
{
    struct stat status;

    if (*path != '/' || snprintf(image->path, sizeof(image->path), "%s", path) >= PATH_MAX)
        fail("the image %.64s must be named by an absolute path", path);
    image->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (image->fd < 0 || fstat(image->fd, &status) != 0)
        fail_errno("cannot open the image %s", path);
    if (!S_ISREG(status.st_mode))
        fail("the image %s is not a regular file", path);
}

void image_close(struct image *image)
{
    close(image->fd);
    image->fd = -1;
}

/* A descriptor to read of what an O_PATH one is. */
static int reopen(int fd, const char *source)
{
    char path[64];
    int readable;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    readable = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (readable < 0)
        fail_errno("cannot open %s", source);
    return readable;
}

static void copy(const char *source, int from, const struct stat *status, const char *path, int to)
{
    int file = reopen(from, source);
    uint64_t left = (uint64_t)status->st_size;

    if (left > MOUNT_MAX)
        fail("%s has %llu bytes; a file that is mounted may have %llu", source,
             (unsigned long long)left, MOUNT_MAX);
    while (left > 0) {
        ssize_t sent = sendfile(to, file, NULL, left);

        if (sent < 0)
            fail_errno("cannot copy %s to %s", source, path);
        if (sent == 0)
            fail("%s became shorter while it was copied", source);
        left -= (uint64_t)sent;
    }
    if (fchmod(to, 0444 | (status->st_mode & 0111)) != 0)
        fail_errno("cannot make %s read-only", path);
    close(file);
}

/* What exit(3) removes: an image that could not be made. */
static const char *unfinished;

static void remove_unfinished(void)
{
    if (unfinished)
        unlink(unfinished);
}

enum image_kind image_of_mount(const char *source, const char *path)
{
    struct stat status;
    const int from = open_source(source, &status);
    int to;

    if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode))
        fail("cannot mount %s: it is neither a directory nor a regular file", source);
    to = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0)
        fail_errno("cannot make the image %s of %s", path, source);
    unfinished = path;
    atexit(remove_unfinished);
    if (S_ISDIR(status.st_mode))
        pack(source, path, to, MOUNT_MAX);
    else
        copy(source, from, &status, path, to);
    unfinished = NULL;
    close(from);
    close(to);
    return S_ISDIR(status.st_mode) ? IMAGE_DIRECTORY : IMAGE_FILE;
}
