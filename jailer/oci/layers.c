/* The identity of an overlay's layers: see layers.h. */
#include "jailer/oci/layers.h"

#include "jailer/ids.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Of the container's own layer: engines put a few directories and /etc/mtab there. */
#define OWN_ENTRIES_MAX 64
#define OWN_DEPTH_MAX   8

/* What an overlay itself notes on a directory that says nothing about what is in it. */
static const char *const harmless[] = {"overlay.origin", "overlay.impure", "overlay.uuid"};

struct own {
    struct blake2b *hash;
    unsigned entries;
};

/* A field of variable length. */
static void add_text(struct blake2b *hash, const char *text, size_t length)
{
    const uint64_t size = length;

    blake2b_add(hash, &size, sizeof(size));
    blake2b_add(hash, text, length);
}

static bool add_layer(struct blake2b *hash, const char *path)
{
    struct statx status;
    uint64_t identity[7];

    if (*path != '/' || statx(AT_FDCWD, path, 0, STATX_BASIC_STATS | STATX_BTIME, &status) != 0 ||
        !S_ISDIR(status.stx_mode))
        return false;
    memset(identity, 0, sizeof(identity));
    identity[0] = (uint64_t)status.stx_dev_major << 32 | status.stx_dev_minor;
    identity[1] = status.stx_ino;
    identity[2] = (uint64_t)status.stx_ctime.tv_sec;
    identity[3] = status.stx_ctime.tv_nsec;
    if (status.stx_mask & STATX_BTIME) {
        identity[4] = (uint64_t)status.stx_btime.tv_sec;
        identity[5] = status.stx_btime.tv_nsec;
        identity[6] = 1;
    }
    blake2b_add(hash, identity, sizeof(identity));
    return true;
}

/* Layers stand between colons; a backslash makes one part of a name. */
static bool add_layers(struct blake2b *hash, const char *option)
{
    char *paths = mounted_unescape(option, strcspn(option, ",")), *rest = paths, *path;
    bool known = paths && !strchr(paths, '\\') && !strstr(paths, "::"); /* "::" is data only */

    while (known && (path = strsep(&rest, ":")))
        known = add_layer(hash, path);
    free(paths);
    return known;
}

static bool is_harmless(const char *attribute)
{
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
        if (strcmp(attribute, harmless[i]) == 0)
            return true;
    return false;
}

/* Whether the directory hides what the other layers have below it; false if it has an attribute
 * whose meaning is not known, such as that it shows another directory's files. */
static bool add_attributes(struct blake2b *hash, const char *path)
{
    char names[1024];
    ssize_t length = llistxattr(path, names, sizeof(names));
    uint8_t opaque = 0;

    for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1) {
        const char *attribute = strchr(names + at, '.');

        if (attribute && strcmp(attribute + 1, "overlay.opaque") == 0)
            opaque = 1;
        else if (!attribute || !is_harmless(attribute + 1))
            return false;
    }
    blake2b_add(hash, &opaque, sizeof(opaque));
    return length >= 0;
}

static bool add_own_directory(struct own *own, int parent, const char *name, unsigned depth);

/* An entry of the container's own layer: a directory or a link. Times are left out, since they are
 * other ones in each container. */
static bool add_own(struct own *own, int directory, const char *name, unsigned depth)
{
    char path[64 + NAME_MAX], target[PATH_MAX];
    ssize_t length = 0;
    struct stat status;

    snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", directory, name);
    if (++own->entries > OWN_ENTRIES_MAX || depth > OWN_DEPTH_MAX ||
        fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        !add_attributes(own->hash, path))
        return false;
    if (S_ISLNK(status.st_mode))
        length = readlinkat(directory, name, target, sizeof(target));
    if (length < 0 || (!S_ISLNK(status.st_mode) && !S_ISDIR(status.st_mode)))
        return false;
    blake2b_add(own->hash, &(uint32_t[]){status.st_mode, status.st_uid, status.st_gid, depth},
                4 * sizeof(uint32_t));
    add_text(own->hash, name, strlen(name));
    add_text(own->hash, target, (size_t)length);
    return S_ISLNK(status.st_mode) || add_own_directory(own, directory, name, depth + 1);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool add_own_directory(struct own *own, int parent, const char *name, unsigned depth)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct dirent **entries;
    int count = fd < 0 ? -1 : scandirat(fd, ".", &entries, NULL, by_name);
    bool plain = count >= 0;

    for (int i = 0; i < count; i++) {
        const char *entry = entries[i]->d_name;

        if (plain && strcmp(entry, ".") != 0 && strcmp(entry, "..") != 0)
            plain = add_own(own, fd, entry, depth);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    if (fd >= 0)
        close(fd);
    return plain;
}

static bool add_upper(struct blake2b *hash, const char *option)
{
    struct own own = {.hash = hash};
    char *path = mounted_unescape(option, strcspn(option, ","));
    bool known = path && *path == '/' && add_attributes(hash, path) &&
                 add_own_directory(&own, AT_FDCWD, path, 0);

    free(path);
    return known;
}

/* How the numbers of users are shown here: the same files may have other owners elsewhere. */
static bool add_view(struct blake2b *hash, int root)
{
    static const char *const maps[] = {"/proc/self/uid_map", "/proc/self/gid_map"};
    struct stat status;
    char text[4096];

    if (fstat(root, &status) != 0)
        return false;
    blake2b_add(hash, &(uint32_t[]){status.st_mode, status.st_uid, status.st_gid},
                3 * sizeof(uint32_t));
    for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
        int fd = open(maps[i], O_RDONLY | O_CLOEXEC);
        ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text));

        if (fd >= 0)
            close(fd);
        if (length <= 0)
            return false;
        add_text(hash, text, (size_t)length);
    }
    return true;
}

/* Returns what is behind `name` among options between commas, or NULL. */
static const char *option(const char *options, const char *name)
{
    const char *found = options;

    while ((found = strstr(found, name))) {
        if (found == options || found[-1] == ',')
            return found + strlen(name);
        found++;
    }
    return NULL;
}

/* Whether this process sees the attributes that the overlay puts on directories: root's are
 * trusted.*, those of a user's overlay user.*. */
static bool sees_attributes(const char *options)
{
    return ids_is_root() || option(options, "userxattr");
}

bool layers_digest(const struct mounted *overlay, int root, uint8_t result[DIGEST_BYTES])
{
    const char *lower = option(overlay->options, "lowerdir=");
    const char *upper = option(overlay->options, "upperdir=");
    struct blake2b hash;

    blake2b_begin(&hash);
    if (!lower || !add_view(&hash, root) || !add_layers(&hash, lower) ||
        (upper && (!sees_attributes(overlay->options) || !add_upper(&hash, upper))))
        return false;
    blake2b_end(&hash, result);
    return true;
}
