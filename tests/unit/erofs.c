/*
 * The reader of EROFS against images that mkfs.erofs makes: it finds what was put in, in every
 * layout; it refuses what it cannot read; and whatever is damaged is an error, or other contents.
 */
#include "tests/unit/guest/machine.h"

#include "guest/linux/erofs.h"
#include "guest/linux/kernel.h"

#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static char directory[] = "/tmp/erofs-XXXXXX";
static bool with_attributes; /* in the image */

static const char *in(const char *name)
{
    static char paths[4][5000];
    static unsigned next;

    snprintf(paths[next %= 4], sizeof(paths[0]), "%s/%s", directory, name);
    return paths[next++];
}

static void make_file(const char *name, size_t size, size_t hole)
{
    FILE *file = fopen(in(name), "w");

    for (size_t i = 0; i < size; i++)
        fputc((int)(i * 13 + i / 255 + size), file);
    fseek(file, (long)hole, SEEK_CUR);
    if (hole > 0)
        fputs("behind a hole", file);
    fclose(file);
}

/* Attributes: one that mkfs.erofs has files share, one of its own, one without a value. */
static void set_attributes(const char *path)
{
    const char *own = path + strlen(directory);

    if (setxattr(path, "user.shared", "by many", 7, 0) < 0 ||
        setxattr(path, "user.own", own, strlen(own), 0) < 0 ||
        setxattr(path, "user.empty", "", 0, 0) < 0)
        printf("# no attributes here: %s\n", strerror(errno));
}

static void make_tree(void)
{
    static const size_t sizes[] = {0, 1, 100, 4000, 4095, 4096, 4097, 8191, 8192, 70000};
    char name[300];

    mkdir(in("tree"), 0755);
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        snprintf(name, sizeof(name), "tree/%zu", sizes[i]);
        make_file(name, sizes[i], 0);
        set_attributes(in(name));
    }
    make_file("tree/hole", 10000, 100000);
    mkdir(in("tree/many"), 01777);
    set_attributes(in("tree/many"));
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(name, sizeof(name), "tree/many/%u-%.*s", i * 7919 % 3000, (int)(i % 200),
                 "A name that is longer than most, so that blocks of a directory hold few of them, "
                 "and their number differs; this sentence goes on until it has two hundred "
                 "characters, of which there are now some more.");
        make_file(name, i % 3, 0);
    }
    mkdir(in("tree/empty"), 0700);
    memset(name, 0, sizeof(name));
    memcpy(name, "tree/", 5);
    memset(name + 5, 'n', 200); /* mkfs.erofs 1.5 fails with 255 */
    make_file(name, 5, 0);
    if (symlink("4096", in("tree/link")) < 0 || link(in("tree/4097"), in("tree/again")) < 0 ||
        mkfifo(in("tree/fifo"), 0640) < 0 || mknod(in("tree/socket"), S_IFSOCK | 0600, 0) < 0)
        printf("# the tree is not complete: %s\n", strerror(errno));
}

/* The image as it is mapped, or NULL where mkfs.erofs fails; the reader's answer in *why. */
static uint8_t *make_image(const char *options, struct erofs *fs, size_t *size, const char **why)
{
    char command[300];
    uint8_t *image;

    snprintf(command, sizeof(command), "mkfs.erofs --quiet %s %s/image %s/tree >/dev/null 2>&1",
             options, directory, directory);
    if (system(command) != 0)
        return NULL;
    image = machine_read_file(in("image"), size);
    *why = erofs_open(fs, image, *size);
    unlink(in("image"));
    return image;
}

static bool same_contents(const struct erofs_inode *inode, const char *path)
{
    static uint8_t expected[EROFS_BLOCK];
    FILE *file = fopen(path, "r");
    bool same = file;

    for (uint64_t index = 0; same && index <= inode->size / EROFS_BLOCK; index++) {
        const size_t there = fread(expected, 1, sizeof(expected), file);
        const uint8_t *bytes;
        size_t length;
        bool whole;

        same = erofs_block(inode, index, &bytes, &length, &whole) == 0 && length == there;
        for (size_t i = 0; same && i < there; i++)
            same = (bytes ? bytes[i] : 0) == expected[i];
    }
    if (file)
        fclose(file);
    return same;
}

static bool same_link(const struct erofs_inode *inode, const char *path)
{
    const uint8_t *bytes;
    char target[300];
    ssize_t length = readlink(path, target, sizeof(target));
    size_t there;
    bool whole;

    return erofs_block(inode, 0, &bytes, &there, &whole) == 0 && (ssize_t)there == length &&
           memcmp(bytes, target, there) == 0;
}

/* All that an image has are the file's, and there are as many. */
static bool same_attributes(const struct erofs_inode *inode, const char *path)
{
    struct erofs_attribute attribute;
    char name[300], value[300], names[1000];
    uint64_t position = 0;
    ssize_t length = llistxattr(path, names, sizeof(names));
    int found, count = 0;

    for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1)
        count += strncmp(names + at, "user.", 5) == 0;
    while ((found = erofs_next_attribute(inode, &position, &attribute)) > 0) {
        snprintf(name, sizeof(name), "%s%.*s", attribute.prefix, (int)attribute.length,
                 attribute.name);
        length = lgetxattr(path, name, value, sizeof(value));
        if (!erofs_attribute_is(&attribute, name) || length != (ssize_t)attribute.size ||
            memcmp(value, attribute.value, attribute.size) != 0)
            return false;
        count--;
    }
    return found == 0 && count == 0;
}

static bool same_inode(const struct erofs_inode *inode, const char *path)
{
    struct stat stat;

    if (lstat(path, &stat) < 0 || stat.st_mode != inode->mode || stat.st_uid != inode->uid ||
        stat.st_nlink != inode->links)
        return false;
    if (with_attributes && !same_attributes(inode, path))
        return false;
    if (S_ISREG(stat.st_mode))
        return (uint64_t)stat.st_size == inode->size && same_contents(inode, path);
    return !S_ISLNK(stat.st_mode) || same_link(inode, path);
}

/* How many of the names of a real directory are found, and lead to the same; -1 if one does not. */
static int same_directory(const struct erofs_inode *inode, const char *path)
{
    DIR *listing = opendir(path);
    struct dirent *dirent;
    int count = 0;

    while (listing && count >= 0 && (dirent = readdir(listing))) {
        struct erofs_entry entry;
        struct erofs_inode inner;
        char name[5000];
        int within = 1;

        snprintf(name, sizeof(name), "%s/%s", path, dirent->d_name);
        if (erofs_lookup(inode, dirent->d_name, strlen(dirent->d_name), &entry) < 0 ||
            entry.type != dirent->d_type || erofs_inode(inode->fs, entry.nid, &inner) < 0)
            within = -1;
        else if (dirent->d_name[0] != '.' && !same_inode(&inner, name))
            within = -1;
        else if (dirent->d_name[0] != '.' && S_ISDIR(inner.mode))
            within = same_directory(&inner, name);
        if (within < 0)
            printf("# %s\n", name);
        count = within < 0 ? -1 : count + within;
    }
    if (listing)
        closedir(listing);
    return count;
}

/* How many entries a directory lists, or an error. */
static int entries_of(const struct erofs_inode *inode)
{
    struct erofs_entry entry;
    uint64_t position = 0;
    int found, count = 0;

    while ((found = erofs_next(inode, &position, &entry)) > 0)
        count++;
    return found < 0 ? found : count;
}

static void test_image(const char *options)
{
    struct erofs_inode root, many;
    struct erofs_entry entry;
    struct erofs fs;
    const char *why = NULL;
    size_t size;
    uint8_t *image = make_image(options, &fs, &size, &why);
    int same;

    with_attributes = strcmp(options, "-x-1") != 0;
    if (!ok(image && !why, "mkfs.erofs %s: %s", options, why ? why : "opened"))
        return;
    ok(erofs_inode(&fs, fs.root, &root) == 0, "  its root");
    same = same_directory(&root, in("tree"));
    ok(same == 3022, "  %d names lead to what was put in", same);
    ok(entries_of(&root) == 20, "  %d are listed in the root", entries_of(&root));
    ok(erofs_lookup(&root, "many", 4, &entry) == 0 && erofs_inode(&fs, entry.nid, &many) == 0 &&
           entries_of(&many) == 3002,
       "  all are listed in a directory of 3,000");
    ok(erofs_lookup(&root, "non", 3, &entry) == -ENOENT &&
           erofs_lookup(&many, "~", 1, &entry) == -ENOENT &&
           erofs_lookup(&many, "!", 1, &entry) == -ENOENT,
       "  names that are not there are not found");
    free(image);
}

static void test_refused(void)
{
    struct erofs fs;
    const char *why = NULL;
    size_t size;
    uint8_t *image = make_image("-zlz4", &fs, &size, &why);

    ok(image && why && strstr(why, "compressed"), "a compressed image is refused: %s",
       why ? why : "not");
    free(image);
    why = erofs_open(&fs, "", 0);
    ok(why && strstr(why, "not an EROFS image"), "nothing is no image: %s", why);
    image = make_image("", &fs, &size, &why);
    why = erofs_open(&fs, image, size - 1);
    ok(why && strstr(why, "truncated"), "a truncated image is refused: %s", why);
    image[1024 + 12]++; /* blkszbits */
    why = erofs_open(&fs, image, size);
    ok(why && strstr(why, "4096"), "other blocks are refused: %s", why);
    image[1024 + 12]--;
    image[1024 + 14]++; /* root_nid */
    why = erofs_open(&fs, image, size);
    ok(why && strstr(why, "root"), "a root that is none is refused: %s", why ? why : "not");
    free(image);
}

/* Reads whatever an image has, to a depth: directories may contain themselves. */
static unsigned visit(const struct erofs_inode *inode, unsigned depth)
{
    struct erofs_entry entry;
    struct erofs_attribute attribute;
    struct erofs_inode inner;
    uint64_t position = 0, attributes = 0;
    unsigned errors = 0;
    const uint8_t *bytes;
    size_t length;
    bool whole;
    int found = 0;

    while ((found = erofs_next_attribute(inode, &attributes, &attribute)) > 0)
        erofs_attribute_is(&attribute, "user.name");
    errors += found < 0;
    if (!S_ISDIR(inode->mode))
        return erofs_block(inode, inode->size / EROFS_BLOCK, &bytes, &length, &whole) < 0;
    while (depth > 0 && (found = erofs_next(inode, &position, &entry)) > 0) {
        if (erofs_inode(inode->fs, entry.nid, &inner) < 0)
            errors++;
        else
            errors += visit(&inner, depth - 1);
        erofs_lookup(inode, entry.name, entry.length, &entry);
    }
    return errors + (depth > 0 && found < 0);
}

/* The bytes of a small image one by one: it is refused, or read to the end, with errors or not. */
static void test_damaged(void)
{
    unsigned refused = 0, errors = 0;
    struct erofs_inode root;
    const char *why = NULL;
    struct erofs fs;
    size_t size;
    uint8_t *image;

    if (rename(in("tree"), in("whole")) < 0)
        return;
    mkdir(in("tree"), 0755);
    make_file("tree/a", 5000, 0);
    set_attributes(in("tree/a"));
    mkdir(in("tree/b"), 0755);
    make_file("tree/b/c", 10, 0);
    if (symlink("a", in("tree/link")) < 0)
        return;
    image = make_image("", &fs, &size, &why);
    for (size_t at = 1024; image && at < size && at < 8192; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            image[at] ^= (uint8_t)(1u << bit);
            if (erofs_open(&fs, image, size))
                refused++;
            else if (erofs_inode(&fs, fs.root, &root) == 0)
                errors += visit(&root, 5);
            image[at] ^= (uint8_t)(1u << bit);
        }
    }
    ok(refused > 32 && errors > 100, "each bit turned: %u refused, %u errors, no bad access",
       refused, errors);
    free(image);
}

int main(void)
{
    static const char *const options[] = {
        "",
        "-Eforce-inode-extended",
        "-Eforce-inode-compact",
        "-Enoinline_data",
        "-x-1",
        "-x0",
        "--chunksize=4096",
        "--chunksize=65536",
        "--chunksize=8192 -Eforce-chunk-indexes",
    };
    char command[100];

    umask(0);
    if (!mkdtemp(directory))
        return 1;
    make_tree();
    for (size_t i = 0; i < ARRAY_SIZE(options); i++)
        test_image(options[i]);
    test_refused();
    test_damaged();
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    ok(system(command) == 0, "nothing is left");
    return done();
}
