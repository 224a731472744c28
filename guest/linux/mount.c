/* What stands where when the program starts. */
#include "mount.h"

#include "erofs.h"
#include "host.h"
#include "kernel.h"
#include "memory.h"
#include "path.h"
#include "tmpfs.h"

#include <linux/magic.h>

_Static_assert(MOUNTS_MAX >= LINUX_MOUNTS_MAX + 8, "room for what is always mounted");

static const char *path_of(const struct linux_mount *mount)
{
    return host_config->strings + mount->path;
}

/* The root of an image; why not, or NULL. */
static const char *open_image(const struct linux_mount *mount, struct erofs_inode *root)
{
    struct erofs *fs = kmalloc(sizeof(*fs));
    const char *why = "memory is too small for it";

    if (fs)
        why = erofs_open(fs, direct(mount->address), mount->size);
    if (!why)
        erofs_inode(fs, fs->root, root); /* as erofs_open() did */
    return why;
}

/* ---- The root, and what is always in it ---- */

static const struct linux_mount *find_root(void)
{
    for (unsigned i = 0; i < host_config->mount_count; i++) {
        if (host_config->mounts[i].kind == LINUX_MOUNT_EROFS &&
            strcmp(path_of(&host_config->mounts[i]), "/") == 0)
            return &host_config->mounts[i];
    }
    return NULL;
}

static const char *mount_root(const struct linux_mount *mount)
{
    struct super_block *super;
    struct erofs_inode root;
    const char *why = mount ? open_image(mount, &root) : NULL;

    if (why)
        return why;
    super = tmpfs_new("overlay", mount ? &root : NULL);
    if (!super)
        return "memory is too small for it";
    super_mount(super, NULL);
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

static int mount_input(struct dentry *covers)
{
    struct super_block *super = tmpfs_new("input", NULL);

    if (!super)
        return -ENOMEM;
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
    const char *why = mount_root(find_root());

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

/* ---- What the configuration adds ---- */

/* Names can be added to what tmpfs.c has, read-only or not; /proc makes its own. */
static int add(const struct path *path, struct inode *inode)
{
    if (path->last == LAST_NAME && path->parent->inode->operations == &tmpfs_directory_inode)
        return inode ? tmpfs_add(path->parent, path->name, path->length, inode, NULL) : -ENOMEM;
    if (inode)
        inode_put(inode);
    return -EROFS;
}

static int make_directory(const char *name)
{
    struct path path;
    int error = path_find_kernel(name, PATH_FOLLOW | PATH_MAKE, &path);

    if (error < 0)
        return error;
    if (!path.found)
        error = add(&path, tmpfs_inode(path.parent->super, S_IFDIR | 0755));
    else if (!S_ISDIR(path.found->inode->mode))
        error = -ENOTDIR;
    path_put(&path);
    return error;
}

/* The first `length` bytes of a path, with all directories above. */
static int make_directories(const char *path, size_t length)
{
    char *part = kmalloc(length + 1);
    int error = part ? 0 : -ENOMEM;

    for (size_t i = 1; error == 0 && i <= length; i++) {
        if (path[i - 1] == '/' || (i < length && path[i] != '/'))
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        error = make_directory(part);
    }
    kfree(part);
    return error;
}

/* A directory that is covered by the mount, which is the last to need memory. */
static int cover(const char *path, struct super_block *super)
{
    struct path found;
    int error = super ? make_directories(path, strlen(path)) : -ENOMEM;

    if (error == 0)
        error = path_find_kernel(path, PATH_FOLLOW, &found);
    if (error < 0)
        return error;
    super_mount(super, found.found);
    path_put(&found);
    return 0;
}

static int mount_image(const struct linux_mount *mount, const struct erofs_inode *root)
{
    struct super_block *super = tmpfs_new("erofs", root);

    if (super) {
        super->magic = EROFS_SUPER_MAGIC_V1;
        super->pages = super->pages_max = root->fs->blocks;
        super->read_only = true;
    }
    return cover(path_of(mount), super);
}

/* What the image has in a directory: false if there is no such directory of an image's. */
static bool find_lower(const char *name, struct erofs_inode *lower)
{
    struct path path;
    bool found;

    if (path_find_kernel(name, PATH_FOLLOW, &path) < 0)
        return false;
    found = path.found->inode->operations == &tmpfs_directory_inode;
    if (found)
        *lower = tmpfs_of(path.found->inode)->lower;
    path_put(&path);
    return found && lower->fs;
}

static int mount_memory(const struct linux_mount *mount)
{
    struct super_block *super;
    struct tmpfs_options options;
    struct erofs_inode lower;
    struct inode *root;
    bool copy_up;

    if (!tmpfs_options(host_config->strings + mount->size, &options))
        return -EINVAL;
    copy_up = options.copy_up && find_lower(path_of(mount), &lower);
    super = tmpfs_new("tmpfs", copy_up ? &lower : NULL);
    if (super) {
        root = super->root->inode;
        if (!copy_up || options.has_mode)
            root->mode = S_IFDIR | (options.has_mode ? options.mode : 01777);
        root->uid = options.uid;
        root->gid = options.gid;
        if (options.pages > 0)
            super->pages_max = options.pages;
        super->read_only = options.read_only;
    }
    return cover(path_of(mount), super);
}

static struct inode *file_inode(struct super_block *super, const struct linux_mount *mount)
{
    struct erofs *flat = kmalloc(sizeof(*flat));
    struct erofs_inode file;
    struct inode *inode;

    if (!flat)
        return NULL;
    erofs_flat(flat, direct(mount->address), mount->size, &file);
    inode = tmpfs_inode_of(super, &file);
    if (!inode)
        return NULL;
    inode->number = ++super->inodes;
    if (mount->kind == LINUX_MOUNT_EXECUTABLE)
        inode->mode |= 0111;
    return inode;
}

/* Takes the place of what has the name, as an entry of its directory. */
static int add_file(const struct linux_mount *mount)
{
    const char *name = path_of(mount);
    struct path path;
    int error = make_directories(name, (size_t)(strrchr(name, '/') - name));

    if (error == 0)
        error = path_find_kernel(name, PATH_FOLLOW | PATH_MAKE, &path);
    if (error < 0)
        return error;
    if (path.found && S_ISDIR(path.found->inode->mode))
        error = -EISDIR;
    else if (path.found && path.found->parent != path.parent) /* by a link of /proc */
        error = -EROFS;
    else if (path.found && path.parent->inode->operations == &tmpfs_directory_inode)
        error = tmpfs_remove(path.found);
    if (error == 0)
        error = add(&path, file_inode(path.parent->super, mount));
    path_put(&path);
    return error;
}

static const char *why_not(int error)
{
    switch (error) {
    case -ENOTDIR:
        return "a part of its path is not a directory";
    case -EISDIR:
        return "it is a directory";
    case -EINVAL:
        return "its options are not size=, mode=, uid=, gid=, ro and tmpcopyup, with commas "
               "between";
    case -EROFS:
        return "nothing can be put there";
    case -ENOMEM:
        return "memory is too small for it";
    default:
        return "its path leads nowhere";
    }
}

static const char *mount_one(const struct linux_mount *mount)
{
    const char *why = NULL;
    struct erofs_inode root;
    int error = 0;

    switch (mount->kind) {
    case LINUX_MOUNT_EROFS:
        why = open_image(mount, &root);
        if (!why)
            error = mount_image(mount, &root);
        break;
    case LINUX_MOUNT_TMPFS:
        error = mount_memory(mount);
        break;
    default:
        error = add_file(mount);
    }
    return error < 0 ? why_not(error) : why;
}

const char *vfs_mount(const char **path)
{
    const char *directory = host_config->strings + host_config->directory, *why = NULL;
    const struct linux_mount *root = find_root();

    for (unsigned i = 0; !why && i < host_config->mount_count; i++) {
        const struct linux_mount *mount = &host_config->mounts[i];

        *path = path_of(mount);
        if (mount != root)
            why = mount_one(mount);
    }
    if (!why) {
        int error = make_directories(directory, strlen(directory));

        *path = directory;
        why = error < 0 ? why_not(error) : NULL;
    }
    mounts[0]->read_only = host_config->flags & LINUX_READ_ONLY;
    return why;
}
