/* /proc as a file system; what is in it stands in proc_system.c and proc_process.c. */
#include "proc.h"

#include "dentry.h"
#include "kernel.h"
#include "memory.h"
#include "mount.h"

#include <linux/magic.h>

enum {
    FIRST_POSITION = 2,  /* behind "." and ".." */
    FIRST_NUMBER = 1024, /* where entries that are numbers begin */
};

struct proc_inode {
    struct inode inode;
    const struct proc_entry *entry;
    struct proc_subject subject;
};

static const struct inode_operations directory_inode, link_inode, file_inode;
static const struct file_operations directory_file, text_file;

static const struct proc_inode *proc_of(const struct inode *inode)
{
    return (const struct proc_inode *)inode;
}

static void evict(struct inode *inode)
{
    kfree(inode);
}

/* The same for the same entry of the same subject. */
static uint64_t number_of(const struct proc_entry *entry, struct proc_subject subject)
{
    const uint64_t about = (uint64_t)(unsigned)subject.pid << 32 | (unsigned)subject.number;

    return ((uintptr_t)entry ^ about * 0x9e3779b97f4a7c15ull) >> 8;
}

static struct inode *make(struct super_block *super, const struct proc_entry *entry,
                          struct proc_subject subject)
{
    struct proc_inode *made = kzalloc(sizeof(*made));
    const struct credentials *owner;

    if (!made)
        return NULL;
    inode_init(&made->inode, super, entry->mode);
    made->inode.number = number_of(entry, subject);
    made->entry = entry;
    made->subject = subject;
    owner = subject.pid > 0 ? task_credentials(subject.pid) : NULL;
    made->inode.uid = owner ? owner->user.effective : 0;
    made->inode.gid = owner ? owner->group.effective : 0;
    if (S_ISDIR(entry->mode)) {
        made->inode.operations = &directory_inode;
        made->inode.file_operations = &directory_file;
    } else if (S_ISLNK(entry->mode)) {
        made->inode.operations = &link_inode;
    } else {
        made->inode.operations = &file_inode;
        made->inode.file_operations = &text_file;
    }
    return &made->inode;
}

/* The number that a name is, or -1. */
static int number_in(const char *name, size_t length)
{
    int number = 0;

    if (length == 0 || length > 9 || (name[0] == '0' && length > 1))
        return -1;
    for (size_t i = 0; i < length; i++) {
        if (name[i] < '0' || name[i] > '9')
            return -1;
        number = number * 10 + name[i] - '0';
    }
    return number;
}

/* The subject of what a number in a directory names. */
static struct proc_subject subject_of(const struct proc_inode *directory, int number)
{
    struct proc_subject subject = directory->subject;

    if (directory->entry->is_process)
        subject.pid = number;
    else
        subject.number = number;
    return subject;
}

static const struct proc_entry *find_entry(const struct proc_entry *entries, const char *name,
                                           size_t length)
{
    for (; entries && entries->name; entries++) {
        if (strlen(entries->name) == length && memcmp(entries->name, name, length) == 0)
            return entries;
    }
    return NULL;
}

static int lookup(struct dentry *directory, const char *name, size_t length, struct dentry **found)
{
    const struct proc_inode *parent = proc_of(directory->inode);
    const struct proc_entry *entry = find_entry(parent->entry->entries, name, length);
    struct proc_subject subject = parent->subject;
    const int number = number_in(name, length);
    struct inode *inode;

    if (!entry && parent->entry->next && number >= 0 &&
        parent->entry->next(&subject, number) == number) {
        entry = parent->entry->each;
        subject = subject_of(parent, number);
    }
    if (!entry)
        return -ENOENT;
    inode = make(directory->super, entry, subject);
    if (!inode)
        return -ENOMEM;
    *found = dentry_new(directory, directory->super, name, length, inode);
    return *found ? 0 : -ENOMEM;
}

static bool emit(struct file *file, struct directory_sink *sink, const char *name,
                 const struct proc_entry *entry, struct proc_subject subject, uint64_t next)
{
    if (!sink->emit(sink, name, strlen(name), next, number_of(entry, subject),
                    type_of_mode(entry->mode)))
        return false;
    file->position = next;
    return true;
}

static bool iterate_entries(struct file *file, struct directory_sink *sink)
{
    const struct proc_inode *directory = proc_of(file->inode);
    const struct proc_entry *entry = directory->entry->entries;

    for (uint64_t position = FIRST_POSITION; entry && entry->name; entry++, position++) {
        if (position >= file->position &&
            !emit(file, sink, entry->name, entry, directory->subject, position + 1))
            return false;
    }
    return true;
}

static void iterate_numbers(struct file *file, struct directory_sink *sink)
{
    const struct proc_inode *directory = proc_of(file->inode);
    int number;

    if (!directory->entry->next)
        return;
    if (file->position < FIRST_NUMBER)
        file->position = FIRST_NUMBER;
    while ((number = directory->entry->next(&directory->subject,
                                            (int)(file->position - FIRST_NUMBER))) >= 0) {
        char name[12];

        format(name, sizeof(name), "%d", number);
        if (!emit(file, sink, name, directory->entry->each, subject_of(directory, number),
                  FIRST_NUMBER + (uint64_t)number + 1))
            break;
    }
}

static int iterate(struct file *file, struct directory_sink *sink)
{
    const struct proc_inode *directory = proc_of(file->inode);
    const uint64_t up = dentry_above(file->dentry)->inode->number;

    if (file->position > FIRST_NUMBER + (uint64_t)INT32_MAX)
        return 0;
    if (file->position == 0 && !emit(file, sink, ".", directory->entry, directory->subject, 1))
        return 0;
    if (file->position == 1) {
        if (!sink->emit(sink, "..", 2, 2, up, type_of_mode(S_IFDIR)))
            return 0;
        file->position = 2;
    }
    if (iterate_entries(file, sink))
        iterate_numbers(file, sink);
    return 0;
}

static int follow(struct inode *inode, struct dentry **target)
{
    const struct proc_inode *link = proc_of(inode);

    *target = NULL;
    return link->entry->follow ? link->entry->follow(&link->subject, target) : 0;
}

static long readlink(struct inode *inode, char *to, size_t size)
{
    const struct proc_inode *link = proc_of(inode);
    struct dentry *target;
    struct text text = {0};
    long length;
    int error;

    if (link->entry->follow) {
        error = link->entry->follow(&link->subject, &target);
        if (error < 0)
            return error;
        length = dentry_path(target, to, size);
        dentry_put(target);
        return length;
    }
    link->entry->target(&text, &link->subject);
    length = text.length < size ? (long)text.length : (long)size;
    memcpy(to, text.bytes, (size_t)length);
    kfree(text.bytes);
    return text.full ? -ENOMEM : length;
}

static int text_open(struct file *file)
{
    const struct proc_inode *inode = proc_of(file->inode);
    struct text *text = kzalloc(sizeof(*text));

    if (!text)
        return -ENOMEM;
    inode->entry->show(text, &inode->subject);
    if (text->full) {
        kfree(text->bytes);
        kfree(text);
        return -ENOMEM;
    }
    file->data = text;
    return 0;
}

static long file_text_read(struct file *file, struct iter *to, uint64_t *position)
{
    return text_read(file->data, to, position);
}

static void text_release(struct file *file)
{
    struct text *text = file->data;

    kfree(text->bytes);
    kfree(text);
}

static const struct inode_operations directory_inode = {
    .lookup = lookup,
    .iterate = iterate,
    .evict = evict,
};

static const struct inode_operations link_inode = {
    .readlink = readlink,
    .follow = follow,
    .evict = evict,
};

static const struct inode_operations file_inode = {.evict = evict};

static const struct file_operations directory_file = {.seekable = true};

static const struct file_operations text_file = {
    .open = text_open,
    .read = file_text_read,
    .release = text_release,
    .seekable = true,
};

int mount_proc(struct dentry *covers)
{
    struct super_block *super = kzalloc(sizeof(*super));
    struct inode *root;

    if (!super)
        return -ENOMEM;
    super_init(super, "proc", PROC_SUPER_MAGIC);
    super->read_only = true;
    root = make(super, &proc_root, (struct proc_subject){0, 0});
    if (root)
        super->root = dentry_new(NULL, super, "", 0, root);
    if (!super->root)
        return -ENOMEM;
    super_mount(super, covers);
    return 0;
}
