/* What stands where when the program starts. */
#include "mount.h"

#include "erofs.h"
#include "host.h"
#include "kernel.h"
#include "memory.h"
#include "tmpfs.h"

static struct erofs root_image;

static const char *mount_root(const struct linux_image *image)
{
    struct super_block *super;
    struct erofs_inode root;
    const char *error;

    if (image) {
        error = erofs_open(&root_image, direct(image->address), image->size);
        if (error)
            return error;
        erofs_inode(&root_image, root_image.root, &root); /* as erofs_open() did */
    }
    super = tmpfs_new("overlay", image ? &root : NULL);
    if (!super)
        return "memory is too small for it";
    super_mount(super, NULL);
    return NULL;
}

static const struct linux_image *root_of(const struct linux_config *config)
{
    for (unsigned i = 0; i < config->image_count; i++) {
        if (config->images[i].kind == LINUX_IMAGE_ROOT)
            return &config->images[i];
    }
    return NULL;
}

/* A directory of the root, made where there is none; not counted as a reference. */
static int directory_at_root(const char *name, uint32_t permissions, struct dentry **directory)
{
    struct dentry *root = mounts[0]->root;
    const size_t length = strlen(name);
    int error = root->inode->operations->lookup(root, name, length, directory);

    if (error == -ENOENT) {
        struct inode *inode = tmpfs_inode(root->super, S_IFDIR | permissions);

        error = inode ? tmpfs_add(root, name, length, inode, directory) : -ENOMEM;
    }
    if (error < 0)
        return error;
    dentry_put(*directory);
    return S_ISDIR((*directory)->inode->mode) ? 0 : -ENOTDIR;
}

/* --program and --file; of a path the last name counts. */
static int add_file(struct dentry *directory, const struct linux_image *image)
{
    const char *path = host_config->strings + image->name;
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    struct erofs *flat = kmalloc(sizeof(*flat));
    struct erofs_inode file;
    struct inode *inode;

    if (!flat)
        return -ENOMEM;
    erofs_flat(flat, direct(image->address), image->size, &file);
    inode = tmpfs_inode_of(directory->super, &file);
    if (!inode)
        return -ENOMEM;
    inode->number = ++directory->super->inodes;
    if (image->kind == LINUX_IMAGE_PROGRAM)
        inode->mode |= 0111;
    return tmpfs_add(directory, name, strlen(name), inode, NULL);
}

static int mount_input(struct dentry *covers)
{
    struct super_block *super = tmpfs_new("input", NULL);
    int error = super ? 0 : -ENOMEM;

    for (unsigned i = 0; error == 0 && i < host_config->image_count; i++) {
        if (host_config->images[i].kind != LINUX_IMAGE_ROOT)
            error = add_file(super->root, &host_config->images[i]);
    }
    if (error < 0)
        return error;
    super->read_only = true;
    super_mount(super, covers);
    return 0;
}

const char *vfs_start(void)
{
    static const struct {
        const char *name;
        uint32_t permissions;
        int (*mount)(struct dentry *covers);
    } directories[] = {
        {"dev", 0755, mount_devices}, {"proc", 0555, mount_proc}, {"feeds", 0555, mount_feeds},
        {"input", 0555, mount_input}, {"tmp", 01777, NULL},
    };
    const char *why = mount_root(root_of(host_config));

    for (size_t i = 0; !why && i < ARRAY_SIZE(directories); i++) {
        struct dentry *directory;
        int error = directory_at_root(directories[i].name, directories[i].permissions, &directory);

        if (!directories[i].mount && error == -ENOTDIR)
            error = 0; /* a link, perhaps */
        else if (error == 0 && directories[i].mount)
            error = directories[i].mount(directory);
        if (error == -ENOTDIR)
            why = "one of /dev, /proc, /feeds and /input is not a directory in it";
        else if (error < 0)
            why = error == -ENOMEM ? "memory is too small for it" : "it is damaged";
    }
    return why;
}
