/*
 * /feeds: a file for each feed, below the names that the broker's configuration gives them. The
 * names are asked for when somebody first looks, since a broker is started by the first question.
 *
 * Each open file asks when it is first read, and keeps the answer. Into a feed that takes an
 * argument it is written first; what is written after the answer was read asks again.
 */
#include "host.h"
#include "kernel.h"
#include "memory.h"
#include "mount.h"
#include "text.h"
#include "tmpfs.h"

/* What an open file asks. */
struct question {
    bool asked;
    bool too_long; /* more was written than any argument has */
    size_t length;
    char argument[LINUX_ARGUMENT_MAX + 1]; /* perhaps with a newline, which is not part of it */
    struct text answer;
};

/* Asks the broker, and fetches all of the answer; the caller frees it. */
static int ask(uint16_t port, const char *argument, size_t length, struct text *answer)
{
    struct linux_ask call = {.port = port, .argument_length = (uint32_t)length};
    char *piece = kmalloc(LINUX_PIECE_MAX);
    long size = piece ? 1 : -ENOMEM;
    bool gone = false;

    *answer = (struct text){0};
    for (call.total = 1; size > 0 && !gone && answer->length < call.total;) {
        call.offset = (uint32_t)answer->length;
        size = host_ask(&call, argument, piece);
        gone = size > 0 && call.offset < answer->length;
        if (gone) /* this is a message, instead of the rest */
            answer->length = 0;
        if (size > 0)
            text_add(answer, piece, (size_t)size);
        if (answer->full)
            size = -ENOMEM;
    }
    kfree(piece);
    if (size < 0)
        kfree(answer->bytes);
    return size < 0 ? (int)size : 0;
}

/* A message in the place of an answer. */
static int say(struct text *answer, const char *message)
{
    *answer = (struct text){0};
    text_print(answer, "%s", message);
    return answer->full ? -ENOMEM : 0;
}

/* What the file asks, from when it is first read or written. */
static struct question *question_of(struct file *file)
{
    struct question *question = file->data;

    if (!question) {
        question = kmalloc(sizeof(*question));
        if (!question)
            return NULL;
        question->asked = question->too_long = false;
        question->length = 0;
        question->answer = (struct text){0};
        file->data = question;
    }
    return question;
}

static int ask_question(const struct file *file, struct question *question)
{
    size_t length = question->length;
    int error;

    if (length > 0 && question->argument[length - 1] == '\n') /* echo(1) adds one */
        length--;
    if (question->too_long || length > LINUX_ARGUMENT_MAX)
        error = say(&question->answer, "[denied: the argument is too long]");
    else
        error = ask((uint16_t)(uintptr_t)file->inode->data, question->argument, length,
                    &question->answer);
    question->asked = error == 0;
    return error;
}

static long feed_read(struct file *file, struct iter *to, uint64_t *position)
{
    struct question *question = question_of(file);
    int error = question ? 0 : -ENOMEM;

    if (error == 0 && !question->asked)
        error = ask_question(file, question);
    return error < 0 ? error : text_read(&question->answer, to, position);
}

/* Adds to the argument, or begins the next one. The answer is read from its start. */
static long question_write(struct file *file, struct iter *from, uint64_t *position)
{
    struct question *question = question_of(file);
    const size_t size = from->left;
    long taken;

    if (!question)
        return -ENOMEM;
    if (question->asked) {
        kfree(question->answer.bytes);
        question->asked = question->too_long = false;
        question->length = 0;
    }
    *position = 0;
    if (size > sizeof(question->argument) - question->length) {
        question->too_long = true;
        return (long)size;
    }
    taken = iter_take(from, question->argument + question->length, size);
    if (taken > 0)
        question->length += (size_t)taken;
    return taken;
}

/* What was written by a program that cannot read the answer is asked now. */
static void ask_unread(const struct file *file, struct question *question)
{
    if (ask_question(file, question) == 0 && question->answer.length > 0 &&
        question->answer.bytes[0] == '[')
        log_line("/feeds: %.*s", (int)question->answer.length, question->answer.bytes);
}

static void feed_release(struct file *file)
{
    struct question *question = file->data;

    if (!question)
        return;
    if (!question->asked && question->length > 0 && !file_readable(file))
        ask_unread(file, question);
    if (question->asked)
        kfree(question->answer.bytes);
    kfree(question);
}

static const struct file_operations feed_file = {
    .read = feed_read,
    .release = feed_release,
    .seekable = true,
};

static const struct file_operations question_file = {
    .read = feed_read,
    .write = question_write,
    .release = feed_release,
    .seekable = true,
    .keeps_nothing = true,
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

/* A feed, by its line in the list. */
struct feed {
    uint16_t port;
    bool is_question; /* it takes an argument */
};

static int add_feed(struct dentry *directory, const struct feed *feed, const char *name,
                    size_t length)
{
    struct inode *inode =
        tmpfs_inode(directory->super, S_IFREG | (feed->is_question ? 0666 : 0444));

    if (!inode)
        return -ENOMEM;
    inode->operations = &tmpfs_other_inode;
    inode->file_operations = feed->is_question ? &question_file : &feed_file;
    inode->data = (void *)(uintptr_t)feed->port;
    return tmpfs_add(directory, name, length, inode, NULL);
}

static int add_path(struct dentry *root, const struct feed *feed, const char *path, const char *end)
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
        error = add_feed(at, feed, path, length);
    dentry_put(at);
    return error;
}

static int digit_of(char character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

/* A line "0x103 weather/London", or of a question "0x510? geocode". */
static int add_line(struct dentry *root, const char *line, const char *end)
{
    unsigned port = 0, digits = 0;
    struct feed feed;

    if (end - line < 2 || line[0] != '0' || line[1] != 'x')
        return -EINVAL;
    for (line += 2; line < end && digit_of(*line) >= 0 && digits < 4; line++, digits++)
        port = port * 16 + (unsigned)digit_of(*line);
    feed = (struct feed){.port = (uint16_t)port, .is_question = line < end && *line == '?'};
    line += feed.is_question;
    if (digits == 0 || line == end || *line != ' ')
        return -EINVAL;
    return add_path(root, &feed, line + 1, end);
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
            log_line("/feeds has no %.*s: that is not a name, or another feed has it",
                     (int)(end - line), line);
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
    error = ask(LINUX_LIST_PORT, "", 0, &names);
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
