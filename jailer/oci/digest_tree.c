/*
 * The digest of a tree of a stranger's: see digest.h. Nothing but regular files and directories is
 * opened, and what was another kind of file a moment ago is refused. All is reached by its path
 * below the root, as mkfs.erofs does: no path may be longer than PATH_MAX. In the digester's jail
 * the mount lets no link be followed (jailer/root.c).
 */
#include "jailer/oci/digest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

struct reader {
    struct digest digest;
    char path[PATH_MAX];
    uint8_t buffer[128 << 10];
    char attributes[XATTR_LIST_MAX]; /* names of an entry's, each with a NUL */
};

/* Names of a directory or of attributes, in the order of an image: by their bytes. */
struct names {
    size_t count, room;
    char **list;
};

/* As an image has it, which is what the kernel calls new_encode_dev(). */
static uint32_t encode_device(dev_t device)
{
    const uint32_t low = minor(device) & 0xff, high = minor(device) & ~0xffu;

    return low | major(device) << 8 | high << 12;
}

/* The place of one more. */
static char **add_place(const char *path, struct names *names)
{
    if (names->count == names->room) {
        names->room = names->room ? 2 * names->room : 64;
        names->list = reallocarray(names->list, names->room, sizeof(*names->list));
    }
    if (!names->list)
        digest_fail_errno("cannot keep the names in %s", path);
    return &names->list[names->count++];
}

static void add_name(const char *path, struct names *names, const char *name)
{
    char *copy = strdup(name);

    if (!copy)
        digest_fail_errno("cannot keep the names in %s", path);
    *add_place(path, names) = copy;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct names *names)
{
    if (names->count > 0)
        qsort(names->list, names->count, sizeof(*names->list), by_bytes);
}

static void list(const char *path, struct names *names)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;

    *names = (struct names){.count = 0};
    if (!directory)
        digest_fail_errno("cannot open the directory %s", path);
    for (errno = 0; (entry = readdir(directory)); errno = 0)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            add_name(path, names, entry->d_name);
    if (errno != 0)
        digest_fail_errno("cannot read the directory %s", path);
    closedir(directory);
    sort(names);
}

static _Noreturn void changed(const char *path)
{
    digest_fail("%s changes while it is read", path);
}

static void add_file(struct reader *reader, const struct stat *listed)
{
    /* O_NONBLOCK: whatever has taken its place is not waited for */
    int fd = open(reader->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    uint64_t left = (uint64_t)listed->st_size;
    struct stat status;

    if (fd < 0 || fstat(fd, &status) != 0)
        digest_fail_errno("cannot open %s", reader->path);
    if (status.st_ino != listed->st_ino || status.st_dev != listed->st_dev)
        changed(reader->path);
    while (left > 0) {
        const size_t part = left < sizeof(reader->buffer) ? left : sizeof(reader->buffer);
        ssize_t length = read(fd, reader->buffer, part);

        if (length < 0)
            digest_fail_errno("cannot read %s", reader->path);
        if (length == 0)
            changed(reader->path);
        digest_add(&reader->digest, reader->buffer, (size_t)length);
        left -= (size_t)length;
    }
    close(fd);
}

static void add_link(struct reader *reader, const struct stat *listed)
{
    ssize_t length = readlink(reader->path, (char *)reader->buffer, sizeof(reader->buffer));

    if (length < 0)
        digest_fail_errno("cannot read the link %s", reader->path);
    if (length != listed->st_size)
        changed(reader->path);
    digest_add(&reader->digest, reader->buffer, (size_t)length);
}

static void add_entry(struct reader *reader, const char *name);

static void add_directory(struct reader *reader)
{
    const size_t length = strlen(reader->path);
    struct names names;

    list(reader->path, &names);
    for (size_t i = 0; i < names.count; i++) {
        const int more =
            snprintf(reader->path + length, sizeof(reader->path) - length, "/%s", names.list[i]);

        if (length + (size_t)more >= sizeof(reader->path))
            digest_fail("a path below %.64s is longer than %d bytes", reader->path, PATH_MAX - 1);
        add_entry(reader, names.list[i]);
        reader->path[length] = '\0';
        free(names.list[i]);
    }
    free(names.list);
    digest_leave(&reader->digest);
}

static bool is_kept(const char *attribute)
{
    return strncmp(attribute, "user.", 5) == 0 || strcmp(attribute, "security.capability") == 0;
}

/* The names of an entry's extended attributes that are hashed, in reader->attributes. */
static struct names list_attributes(struct reader *reader)
{
    ssize_t length = llistxattr(reader->path, reader->attributes, sizeof(reader->attributes));
    struct names names = {.count = 0};

    if (length < 0 && errno != EOPNOTSUPP)
        digest_fail_errno("cannot list the attributes of %s", reader->path);
    for (ssize_t at = 0; at < length; at += (ssize_t)strlen(reader->attributes + at) + 1)
        if (is_kept(reader->attributes + at))
            *add_place(reader->path, &names) = reader->attributes + at;
    sort(&names);
    return names;
}

static void add_attributes(struct reader *reader, const struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->list[i];
        ssize_t size = lgetxattr(reader->path, name, reader->buffer, sizeof(reader->buffer));

        if (size < 0)
            digest_fail_errno("cannot read the attribute %s of %s", name, reader->path);
        digest_attribute(&reader->digest, name, reader->buffer, (size_t)size);
    }
    free(names->list);
}

static void add_entry(struct reader *reader, const char *name)
{
    struct names attributes;
    struct stat status;

    if (lstat(reader->path, &status) != 0)
        digest_fail_errno("cannot look at %s", reader->path);
    attributes = list_attributes(reader);
    digest_enter(&reader->digest, &(struct digest_entry){
                                      .name = name,
                                      .length = strlen(name),
                                      .mode = status.st_mode,
                                      .uid = status.st_uid,
                                      .gid = status.st_gid,
                                      .device = encode_device(status.st_rdev),
                                      .size = (uint64_t)status.st_size,
                                      .mtime = status.st_mtim.tv_sec,
                                      .mtime_nsec = (uint32_t)status.st_mtim.tv_nsec,
                                      .attributes = attributes.count,
                                  });
    add_attributes(reader, &attributes);
    if (S_ISDIR(status.st_mode))
        add_directory(reader);
    else if (S_ISLNK(status.st_mode))
        add_link(reader, &status);
    else if (S_ISREG(status.st_mode) &&
             (status.st_nlink == 1 ||
              digest_first_name(&reader->digest, status.st_dev, status.st_ino)))
        add_file(reader, &status);
}

void digest_tree(const char *root, uint8_t result[DIGEST_BYTES])
{
    static struct reader reader; /* large, and once in the life of its process */

    digest_begin(&reader.digest);
    snprintf(reader.path, sizeof(reader.path), "%s", root);
    add_entry(&reader, "");
    digest_end(&reader.digest, result);
}
