/*
 * /feeds: a file for each feed, below the names that the broker's configuration gives them. The
 * names are asked for when somebody first looks, since a broker is started by the first question; a
 * feed is asked for by each open file that is read, which keeps the answer.
 */
#include "kernel.h"
#include "memory.h"
#include "mount.h"
#include "text.h"
#include "tmpfs.h"

enum {
    NAMES_PORT = 0x1ff,
    STRING_PART = 1024,     /* what one exit of the VM brings */
    STRING_MAX = 64 * 1024, /* more than any answer has */
};

/* What a port says, without its NUL; the caller frees it. */
static int ask(uint16_t port, struct text *answer)
{
    char *part = kmalloc(STRING_PART);
    size_t length = STRING_PART;

    *answer = (struct text){0};
    while (part && length == STRING_PART && answer->length < STRING_MAX) {
        port_read_string(port, part, STRING_PART);
        length = strnlen(part, STRING_PART);
        text_add(answer, part, length);
    }
    kfree(part);
    if (part && !answer->full)
        return 0;
    kfree(answer->bytes);
    return -ENOMEM;
}

static long feed_read(struct file *file, struct iter *to, uint64_t *position)
{
    struct text *answer = file->data;

    if (!answer) {
        int error;

        answer = kmalloc(sizeof(*answer));
        error = answer ? ask((uint16_t)(uintptr_t)file->inode->data, answer) : -ENOMEM;
        if (error < 0) {
            kfree(answer);
            return error;
        }
        file->data = answer;
    }
    return text_read(answer, to, position);
}

static void feed_release(struct file *file)
{
    struct text *answer = file->data;

    if (answer)
        kfree(answer->bytes);
    kfree(answer);
}

static const struct file_operations feed_file = {
    .read = feed_read,
    .release = feed_release,
    .seekable = true,
};

/* The directory of a name within another one, made if need be. */
static int enter(struct dentry **directory, const char *name, size_t length)
{
    struct dentry *at = *directory, *found;
    int error = at->inode->operations->lookup(at, name, length, &found);

    if (error == -ENOENT) {
        struct inode *inode = tmpfs_inode(at->super, S_IFDIR | 0555);

        error = inode ? tmpfs_add(at, name, length, inode, &found) : -ENOMEM;
    }
    if (error < 0)
        return error;
    dentry_put(at);
    *directory = found;
    return S_ISDIR(found->inode->mode) ? 0 : -ENOTDIR;
}

/* The first name of a path, which may go on behind a slash. */
static size_t first_name(const char *path, const char *end)
{
    const char *slash = memchr(path, '/', (size_t)(end - path));

    return (size_t)((slash ? slash : end) - path);
}

static bool is_path(const char *path, const char *end)
{
    for (;;) {
        const size_t length = first_name(path, end);

        if (length == 0 || length > NAME_LENGTH_MAX || (length == 1 && path[0] == '.') ||
            (length == 2 && path[0] == '.' && path[1] == '.'))
            return false;
        if (path + length == end)
            return true;
        path += length + 1;
    }
}

static int add_feed(struct dentry *directory, uint16_t port, const char *name, size_t length)
{
    struct inode *inode = tmpfs_inode(directory->super, S_IFREG | 0444);

    if (!inode)
        return -ENOMEM;
    inode->operations = &tmpfs_other_inode;
    inode->file_operations = &feed_file;
    inode->data = (void *)(uintptr_t)port;
    return tmpfs_add(directory, name, length, inode, NULL);
}

static int add_path(struct dentry *root, uint16_t port, const char *path, const char *end)
{
    struct dentry *at = dentry_get(root);
    size_t length = 0;
    int error = is_path(path, end) ? 0 : -EINVAL;

    while (error == 0) {
        length = first_name(path, end);
        if (path + length == end)
            break;
        error = enter(&at, path, length);
        path += length + 1;
    }
    if (error == 0 && dentry_hashed(at, path, length))
        error = -EEXIST;
    if (error == 0)
        error = add_feed(at, port, path, length);
    dentry_put(at);
    return error;
}

static int digit_of(char character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

/* A line "0x103 weather/London". */
static int add_line(struct dentry *root, const char *line, const char *end)
{
    unsigned port = 0, digits = 0;

    if (end - line < 2 || line[0] != '0' || line[1] != 'x')
        return -EINVAL;
    for (line += 2; line < end && digit_of(*line) >= 0 && digits < 4; line++, digits++)
        port = port * 16 + (unsigned)digit_of(*line);
    if (digits == 0 || line == end || *line != ' ')
        return -EINVAL;
    return add_path(root, (uint16_t)port, line + 1, end);
}

static int add_names(struct dentry *root, const struct text *names)
{
    const char *line = names->bytes, *end;
    int error = 0;

    for (; error != -ENOMEM && line < names->bytes + names->length; line = end + 1) {
        const size_t left = names->length - (size_t)(line - names->bytes);

        end = memchr(line, '\n', left);
        end = end ? end : line + left;
        error = add_line(root, line, end);
        if (error == -EINVAL || error == -ENOTDIR || error == -EEXIST)
            log_line("/feeds has no %.*s: it is no name, or another feed's", (int)(end - line),
                     line);
    }
    return error == -ENOMEM ? error : 0;
}

/* From now on the root is a directory as any other. */
static int find_names(struct dentry *root)
{
    struct text names;
    int error;

    if (root->inode->operations == &tmpfs_directory_inode)
        return 0;
    error = ask(NAMES_PORT, &names);
    if (error < 0)
        return error;
    root->inode->operations = &tmpfs_directory_inode;
    error = add_names(root, &names);
    kfree(names.bytes);
    return error;
}

static int feeds_lookup(struct dentry *root, const char *name, size_t length, struct dentry **entry)
{
    int error = find_names(root);

    return error < 0 ? error : tmpfs_directory_inode.lookup(root, name, length, entry);
}

static int feeds_iterate(struct file *file, struct directory_sink *sink)
{
    int error = find_names(file->dentry);

    return error < 0 ? error : tmpfs_directory_inode.iterate(file, sink);
}

/* The root until its names are known. */
static const struct inode_operations unknown_inode = {
    .lookup = feeds_lookup,
    .iterate = feeds_iterate,
};

int mount_feeds(struct dentry *covers)
{
    struct super_block *super = tmpfs_new("feeds", NULL);

    if (!super)
        return -ENOMEM;
    super->read_only = true;
    super->root->inode->mode = S_IFDIR | 0555;
    super->root->inode->operations = &unknown_inode;
    super_mount(super, covers);
    return 0;
}
