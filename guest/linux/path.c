/* Path lookup: name by name, from where the path starts; what a symbolic link says is put in front
 * of what is left of the path. */
#include "path.h"
#include "permission.h"

#include "kernel.h"
#include "memory.h"

enum { LINKS_MAX = 40, TEXT_MAX = 2 * PATH_MAX };

struct walk {
    struct path *path;
    const struct fs *fs;
    struct dentry *at; /* where it is; held */
    const char *rest;  /* what is left of path->text */
    unsigned flags, links;
};

/* Takes the reference. */
static void go(struct walk *walk, struct dentry *to)
{
    dentry_put(walk->at);
    walk->at = to;
}

static void go_up(struct walk *walk)
{
    if (walk->at != walk->fs->root)
        go(walk, dentry_get(dentry_above(walk->at)));
}

/* Takes the next name off the path. */
static void next_name(struct walk *walk)
{
    struct path *path = walk->path;

    path->name = walk->rest;
    path->length = 0;
    while (path->name[path->length] != '\0' && path->name[path->length] != '/')
        path->length++;
    walk->rest += path->length;
    path->slash = *walk->rest == '/';
    while (*walk->rest == '/')
        walk->rest++;
    path->last = LAST_NAME;
    if (path->length == 1 && path->name[0] == '.')
        path->last = LAST_DOT;
    if (path->length == 2 && path->name[0] == '.' && path->name[1] == '.')
        path->last = LAST_DOTDOT;
}

static int lookup(const struct dentry *directory, const struct path *path, struct dentry **found)
{
    const struct inode *inode = directory->inode;
    struct dentry *entry;
    int error;

    *found = NULL;
    if (!inode->operations->lookup)
        return -ENOTDIR;
    if (directory->deleted)
        return -ENOENT;
    if (path->length > NAME_LENGTH_MAX)
        return -ENAMETOOLONG;
    error = inode->operations->lookup((struct dentry *)directory, path->name, path->length, &entry);
    if (error < 0)
        return error;
    *found = dentry_get(dentry_top(entry));
    dentry_put(entry);
    return 0;
}

/* The text of a link, then what was left of the path, become what is left. */
static int follow_text(struct walk *walk, struct inode *link)
{
    const size_t left = strlen(walk->rest);
    char *text = kmalloc(TEXT_MAX);
    long length;

    if (!text)
        return -ENOMEM;
    length = link->operations->readlink(link, text, PATH_MAX);
    if (length >= PATH_MAX || (length > 0 && (size_t)length + left + 2 > TEXT_MAX))
        length = -ENAMETOOLONG;
    if (length == 0) /* no link that was made here is */
        length = -EUCLEAN;
    if (length < 0) {
        kfree(text);
        return (int)length;
    }
    if (walk->path->slash)
        text[length++] = '/';
    memcpy(text + length, walk->rest, left + 1);
    kfree(walk->path->text);
    walk->path->text = text;
    walk->rest = text;
    if (*text == '/')
        go(walk, dentry_get(walk->fs->root));
    while (*walk->rest == '/')
        walk->rest++;
    return 0;
}

/* Follows a link that was found: *found is what it leads to if that is known at once (in /proc, or
 * the root), or else NULL, and the walk goes on. */
static int follow(struct walk *walk, struct dentry **found)
{
    struct inode *link = (*found)->inode;
    struct dentry *target = NULL;
    int error = 0;

    if (++walk->links > LINKS_MAX)
        error = -ELOOP;
    else if (link->operations->follow)
        error = link->operations->follow(link, &target);
    if (error == 0 && !target)
        error = follow_text(walk, link);
    if (error == 0 && !target && *walk->rest == '\0') { /* a link to the root */
        target = dentry_get(walk->at);
        walk->path->last = LAST_ROOT;
    }
    dentry_put(*found);
    *found = target;
    return error;
}

static bool follows_last(const struct walk *walk)
{
    return !(walk->flags & PATH_NAME) && (walk->flags & PATH_FOLLOW || walk->path->slash);
}

/* One name. *found is what it leads to; NULL if the walk goes on with a link, or there is none. */
static int step(struct walk *walk, struct dentry **found)
{
    const struct path *path = walk->path;
    int error;

    if (!S_ISDIR(walk->at->inode->mode))
        return -ENOTDIR;
    error = permission(walk->at->inode, MAY_EXECUTE);
    if (error < 0)
        return error;
    if (path->last == LAST_DOTDOT)
        go_up(walk);
    if (path->last != LAST_NAME) {
        *found = dentry_get(walk->at);
        return 0;
    }
    if (*walk->rest == '\0' && path->slash && (walk->flags & (PATH_MAKE | PATH_NAME)) == PATH_MAKE)
        return -EISDIR; /* open(2) makes no directories */
    error = lookup(walk->at, path, found);
    if (error == -ENAMETOOLONG && *walk->rest == '\0' &&
        (walk->flags & (PATH_NAME | PATH_MAKE)) == (PATH_NAME | PATH_MAKE))
        error = -ENOENT; /* whoever wants to make it says so in time */
    if (error < 0 || !S_ISLNK((*found)->inode->mode) ||
        (*walk->rest == '\0' && !follows_last(walk)))
        return error;
    error = follow(walk, found);
    return error == 0 && !*found ? 1 : error;
}

static int walk_on(struct walk *walk)
{
    struct path *path = walk->path;
    struct dentry *found;
    int error;

    for (;;) {
        found = NULL;
        next_name(walk);
        error = step(walk, &found);
        if (error == 1)
            continue;
        if (error < 0 || *walk->rest == '\0')
            break;
        go(walk, found);
    }
    if (error == -ENOENT && *walk->rest == '\0' && walk->flags & PATH_MAKE)
        error = 0;
    if (error == 0 && found && !S_ISDIR(found->inode->mode) && !(walk->flags & PATH_NAME) &&
        (path->slash || walk->flags & PATH_DIRECTORY))
        error = -ENOTDIR;
    if (error < 0 && found)
        dentry_put(found);
    path->found = error < 0 ? NULL : found;
    return error;
}

static int walk_from(struct dentry *start, unsigned flags, struct path *path)
{
    struct walk walk = {.path = path, .fs = current_fs(), .flags = flags, .rest = path->text};
    int error = 0;

    while (*walk.rest == '/')
        walk.rest++;
    walk.at = dentry_get(start);
    path->slash = *path->text == '/';
    path->last = *path->text == '/' ? LAST_ROOT : LAST_DOT;
    if (*walk.rest == '\0') { /* "/", or an empty path */
        path->found = dentry_get(start);
        if ((path->slash || flags & PATH_DIRECTORY) && !S_ISDIR(start->inode->mode))
            error = -ENOTDIR;
    } else {
        error = walk_on(&walk);
    }
    path->parent = walk.at;
    if (error < 0)
        path_put(path);
    return error;
}

/* Where a path starts that is not absolute; held. */
static int starting_directory(int directory, struct dentry **start)
{
    struct file *file;

    if (directory == AT_FDCWD) {
        *start = dentry_get(current_fs()->directory);
        return 0;
    }
    file = fd_file(directory);
    if (!file)
        return -EBADF;
    *start = dentry_get(file->dentry);
    file_put(file);
    return 0;
}

static int find(int directory, unsigned flags, struct path *path)
{
    struct dentry *start;
    int error;

    if (*path->text == '\0' && !(flags & PATH_EMPTY))
        error = -ENOENT;
    else if (*path->text == '/')
        error = (start = dentry_get(current_fs()->root), 0);
    else
        error = starting_directory(directory, &start);
    if (error < 0) {
        kfree(path->text);
        return error;
    }
    error = walk_from(start, flags, path);
    dentry_put(start);
    return error;
}

int path_find(int directory, const char *user, unsigned flags, struct path *path)
{
    long length;

    *path = (struct path){.text = kmalloc(PATH_MAX)};
    if (!path->text)
        return -ENOMEM;
    length = string_from_user(path->text, user, PATH_MAX);
    if (length < 0) {
        kfree(path->text);
        return (int)length;
    }
    return find(directory, flags, path);
}

int path_find_kernel(const char *text, unsigned flags, struct path *path)
{
    const size_t length = strlen(text);

    *path = (struct path){.text = kmalloc(length + 1)};
    if (!path->text)
        return -ENOMEM;
    memcpy(path->text, text, length + 1);
    return find(AT_FDCWD, flags, path);
}

void path_put(struct path *path)
{
    if (path->found)
        dentry_put(path->found);
    if (path->parent)
        dentry_put(path->parent);
    kfree(path->text);
}

int path_lookup(int directory, const char *user, unsigned flags, struct dentry **found)
{
    struct path path;
    int error = path_find(directory, user, flags, &path);

    if (error < 0)
        return error;
    *found = dentry_get(path.found);
    path_put(&path);
    return 0;
}
