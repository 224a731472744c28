/* /dev: files whose bytes come from nowhere and go nowhere, and the names of them all. */
#include "device.h"

#include "console.h"
#include "kernel.h"
#include "memory.h"
#include "mount.h"
#include "pipe.h"
#include "pty.h"
#include "tmpfs.h"
#include "tty.h"

static long read_nothing(struct file *file, struct iter *to, uint64_t *position)
{
    (void)file, (void)to, (void)position;
    return 0;
}

static long read_zeros(struct file *file, struct iter *to, uint64_t *position)
{
    (void)file, (void)position;
    return iter_zero(to, to->left);
}

static long read_random(struct file *file, struct iter *to, uint64_t *position)
{
    uint8_t bytes[256];
    long done = 0, part = 1;

    (void)file, (void)position;
    while (part > 0 && to->left > 0) {
        random_bytes(bytes, sizeof(bytes));
        part = iter_put(to, bytes, sizeof(bytes));
        done += part > 0 ? part : 0;
    }
    return done > 0 || part > 0 ? done : part;
}

static long write_nowhere(struct file *file, struct iter *from, uint64_t *position)
{
    const size_t size = from->left;

    (void)file, (void)position;
    from->left = 0;
    return (long)size;
}

static long write_full(struct file *file, struct iter *from, uint64_t *position)
{
    (void)file, (void)position;
    return from->left > 0 ? -ENOSPC : 0;
}

static const struct file_operations null_file = {
    .read = read_nothing, .write = write_nowhere, .seekable = true};
static const struct file_operations zero_file = {
    .read = read_zeros, .write = write_nowhere, .seekable = true};
static const struct file_operations full_file = {
    .read = read_zeros, .write = write_full, .seekable = true};
static const struct file_operations random_file = {
    .read = read_random, .write = write_nowhere, .seekable = true};

static const struct device {
    const char *name;
    unsigned major, minor;
    uint32_t permissions;
    const struct file_operations *operations;
} devices[] = {
    {"null", 1, 3, 0666, &null_file},       {"zero", 1, 5, 0666, &zero_file},
    {"full", 1, 7, 0666, &full_file},       {"random", 1, 8, 0666, &random_file},
    {"urandom", 1, 9, 0666, &random_file},  {"tty", 5, 0, 0666, &own_tty_file},
    {"console", 5, 1, 0600, &console_file}, {"ptmx", 5, 2, 0666, &ptmx_file},
};

static const struct {
    const char *name, *target;
} links[] = {
    {"fd", "/proc/self/fd"},
    {"stdin", "/proc/self/fd/0"},
    {"stdout", "/proc/self/fd/1"},
    {"stderr", "/proc/self/fd/2"},
};

const struct file_operations *device_operations(const struct inode *inode)
{
    if (S_ISFIFO(inode->mode))
        return &pipe_operations;
    for (size_t i = 0; S_ISCHR(inode->mode) && i < ARRAY_SIZE(devices); i++) {
        if (inode->rdev == device_number(devices[i].major, devices[i].minor))
            return devices[i].operations;
    }
    if (S_ISCHR(inode->mode) && device_major(inode->rdev) == PTS_MAJOR)
        return &pts_file;
    return NULL;
}

/* Each of these adds nothing without memory, which vfs_start() reports. */
static int add_device(struct dentry *directory, const struct device *device)
{
    struct inode *inode = tmpfs_inode(directory->super, S_IFCHR | device->permissions);

    if (!inode)
        return -ENOMEM;
    inode->rdev = device_number(device->major, device->minor);
    return tmpfs_add(directory, device->name, strlen(device->name), inode, NULL);
}

static int add_link(struct dentry *directory, const char *name, const char *target)
{
    struct inode *inode = tmpfs_link_inode(directory->super, target, strlen(target));

    return inode ? tmpfs_add(directory, name, strlen(name), inode, NULL) : -ENOMEM;
}

int mount_devices(struct dentry *covers)
{
    struct super_block *super = tmpfs_new("devtmpfs", NULL);
    struct inode *shared_memory;
    int error = super ? 0 : -ENOMEM;

    for (size_t i = 0; error == 0 && i < ARRAY_SIZE(devices); i++)
        error = add_device(super->root, &devices[i]);
    for (size_t i = 0; error == 0 && i < ARRAY_SIZE(links); i++)
        error = add_link(super->root, links[i].name, links[i].target);
    if (error < 0)
        return error;
    shared_memory = tmpfs_inode(super, S_IFDIR | 01777);
    if (!shared_memory)
        return -ENOMEM;
    super_mount(super, covers);
    error = tmpfs_add(super->root, "shm", 3, shared_memory, NULL);
    return error == 0 ? pty_start(super->root) : error;
}
