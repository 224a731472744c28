/*
 * Any bytes as the image of the root: what the reader of EROFS gives is within them, and a program
 * that looks at everything and changes much of it gets errors at worst.
 */
#include "guest/linux/dentry.c" /* whose hash is to be forgotten */

#include "guest/linux/syscalls_files.h"
#include "guest/linux/tmpfs.h"
#include "tests/unit/guest/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 5, ENTRIES_MAX = 60, READ_MAX = 3, INODES_MAX = 200 };

static unsigned budget; /* of inodes: directories may contain themselves */

static void look_at(const void *bytes, size_t length)
{
    static uint8_t copy[UINT16_MAX];

    if (bytes)
        memcpy(copy, bytes, length);
}

/* What the reader itself gives. */
static void read_inode(const struct erofs_inode *inode, unsigned depth)
{
    struct erofs_entry entry;
    struct erofs_attribute attribute;
    struct erofs_inode inner;
    uint64_t position = 0, attributes = 0;
    const uint8_t *bytes;
    size_t length;
    bool whole;

    if (budget == 0)
        return;
    budget--;
    for (uint64_t index = 0; index < READ_MAX; index++) {
        if (erofs_block(inode, index, &bytes, &length, &whole) == 0)
            look_at(bytes, length);
        if (erofs_block(inode, inode->size / EROFS_BLOCK - index, &bytes, &length, &whole) == 0)
            look_at(bytes, length);
    }
    for (unsigned i = 0; i < ENTRIES_MAX; i++) {
        if (erofs_next_attribute(inode, &attributes, &attribute) <= 0)
            break;
        look_at(attribute.name, attribute.length);
        look_at(attribute.value, attribute.size);
    }
    for (unsigned i = 0; S_ISDIR(inode->mode) && depth > 0 && i < ENTRIES_MAX; i++) {
        if (erofs_next(inode, &position, &entry) <= 0)
            return;
        look_at(entry.name, entry.length);
        if (erofs_inode(inode->fs, entry.nid, &inner) == 0)
            read_inode(&inner, depth - 1);
        erofs_lookup(inode, entry.name, entry.length, &entry);
    }
}

static void use_file(const char *path)
{
    uint8_t stat[200], bytes[5000];
    struct file *file;
    const long fd = sys_open(path, O_RDWR, 0);
    bool is_secure;
    void *page;

    sys_lstat(path, stat);
    sys_stat(path, stat);
    sys_readlink(path, (char *)bytes, sizeof(bytes));
    sys_llistxattr(path, (char *)bytes, sizeof(bytes));
    sys_getxattr(path, "security.capability", bytes, sizeof(bytes));
    if (fd < 0)
        return;
    file = fd_file((int)fd);
    credentials_execute(&(struct credentials){0}, file->inode, false, &is_secure);
    for (uint64_t index = 0; index < READ_MAX; index++) {
        sys_read((int)fd, bytes, sizeof(bytes));
        if (inode_page(file->inode, index, PAGE_READ, &page) == 0)
            look_at(page, 4096);
    }
    inode_page(file->inode, 1, PAGE_WRITE, &page);
    sys_lseek((int)fd, 0, SEEK_HOLE);
    sys_pwrite64((int)fd, "written", 7, 4090);
    sys_ftruncate((int)fd, 5000);
    sys_fallocate((int)fd, 3, 100, 4500);
    sys_pread64((int)fd, bytes, sizeof(bytes), 0);
    file_put(file);
    sys_close((int)fd);
}

static void change_names(const char *directory)
{
    char from[5000], to[5000];

    snprintf(from, sizeof(from), "%s/new", directory);
    snprintf(to, sizeof(to), "%s/other", directory);
    sys_mkdir(from, 0700);
    sys_rename(from, to);
    sys_symlink("a", from);
    sys_renameat2(AT_FDCWD, from, AT_FDCWD, to, 2);
    sys_rmdir(from);
    sys_unlink(to);
}

static void use_directory(const char *path, unsigned depth)
{
    static const char *const actions[] = {"keep", "remove", "move", "link"};
    uint8_t entries[1500];
    long fd, length;

    if (budget == 0) /* directories may hold each other, and links lead anywhere */
        return;
    budget--;
    fd = sys_open(path, O_RDONLY | O_DIRECTORY, 0);
    use_file(path);
    if (fd < 0)
        return;
    length = sys_getdents64((int)fd, entries, sizeof(entries));
    for (long at = 0; at < length; at += *(uint16_t *)(entries + at + 16)) {
        const char *name = (const char *)entries + at + 19;
        char inner[2000], moved[2010];

        snprintf(inner, sizeof(inner), "%s/%s", path, name);
        if (name[0] == '.' || depth == 0)
            continue;
        use_directory(inner, depth - 1);
        snprintf(moved, sizeof(moved), "%s/%s", path, actions[at % 4]);
        if (at % 4 == 1 && sys_unlink(inner) < 0)
            sys_rmdir(inner);
        if (at % 4 == 2)
            sys_rename(inner, moved);
        if (at % 4 == 3)
            sys_link(inner, moved);
    }
    change_names(path);
    sys_getdents64((int)fd, entries, sizeof(entries));
    sys_close((int)fd);
}

static void use_tree(const struct erofs_inode *root)
{
    machine_start();
    super_mount(tmpfs_new("rootfs", root), NULL);
    machine_process();
    use_directory("/.", DEPTH_MAX);
    memset(segments, 0, sizeof(segments));
    buckets = entries = 0;
    memset(mounts, 0, sizeof(mounts));
    machine_stop();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct erofs_inode root;
    struct erofs image;
    void *bytes;

    if (size == 0 || posix_memalign(&bytes, EROFS_BLOCK, size) != 0)
        return 0;
    memcpy(bytes, data, size);
    if (!erofs_open(&image, bytes, size) && erofs_inode(&image, image.root, &root) == 0) {
        budget = INODES_MAX;
        read_inode(&root, DEPTH_MAX);
        budget = INODES_MAX;
        use_tree(&root);
    }
    free(bytes);
    return 0;
}
