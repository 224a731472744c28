/* Directories in memory, over those of an image: their entries are in the hash of dentries, and in
 * a list, by their position. */
#include "kernel.h"
#include "memory.h"
#include "notify.h"
#include "tmpfs.h"

enum {
    FIRST_POSITION = 2,   /* "." and ".." come before */
    BYTES_PER_ENTRY = 20, /* what an entry adds to st_size, as in Linux' tmpfs */
};

static struct tmpfs_inode *node_of(const struct dentry *directory)
{
    return tmpfs_of(directory->inode);
}

static void list_append(struct tmpfs_inode *node, struct dentry *entry)
{
    entry->previous = node->directory.last;
    entry->next = NULL;
    if (entry->previous)
        entry->previous->next = entry;
    else
        node->directory.first = entry;
    node->directory.last = entry;
}

static void list_remove(struct tmpfs_inode *node, struct dentry *entry)
{
    if (node->directory.cursor == entry)
        node->directory.cursor = entry->next;
    if (entry->previous)
        entry->previous->next = entry->next;
    else
        node->directory.first = entry->next;
    if (entry->next)
        entry->next->previous = entry->previous;
    else
        node->directory.last = entry->previous;
}

/* A name that the image has; its inode is read when somebody asks for it. */
static struct dentry *add_lower(struct dentry *directory, const struct erofs_entry *lower)
{
    struct dentry *entry =
        dentry_new(directory, directory->super, lower->name, lower->length, NULL);

    if (!entry)
        return NULL;
    entry->nid = lower->nid;
    entry->type = lower->type;
    if (dentry_hash(entry) < 0) {
        dentry_put(entry);
        return NULL;
    }
    return entry;
}

static bool is_dots(const struct erofs_entry *entry)
{
    return entry->name[0] == '.' &&
           (entry->length == 1 || (entry->length == 2 && entry->name[1] == '.'));
}

/* Every name of the lower directory, in its order, into the list. An image may have the same name
 * twice; the first one counts. */
static int copy_names(struct dentry *directory)
{
    struct tmpfs_inode *node = node_of(directory);
    struct erofs_entry lower;
    uint64_t position = 0;
    int found;

    while ((found = erofs_next(&node->lower, &position, &lower)) > 0) {
        struct dentry *entry;

        if (is_dots(&lower))
            continue;
        entry = dentry_hashed(directory, lower.name, lower.length);
        if (!entry)
            entry = add_lower(directory, &lower);
        if (!entry)
            return -ENOMEM;
        if (entry->position > 0)
            continue;
        entry->position = position - 1 + FIRST_POSITION;
        list_append(node, entry);
    }
    return found;
}

/* Makes the directory independent of the image, which comes before any change. */
static int populate(struct dentry *directory)
{
    struct tmpfs_inode *node = node_of(directory);
    struct inode *inode = directory->inode;
    int error;

    if (node->directory.populated)
        return 0;
    error = copy_names(directory);
    inode->size = 2 * BYTES_PER_ENTRY;
    for (struct dentry *entry = node->directory.first; entry; entry = entry->next) {
        inode->size += BYTES_PER_ENTRY;
        if (error < 0)
            entry->position = 0; /* for another attempt */
    }
    if (error < 0) {
        node->directory.first = node->directory.last = NULL;
        return error;
    }
    node->directory.next_position =
        FIRST_POSITION + (node->lower.size + EROFS_BLOCK - 1) / EROFS_BLOCK * EROFS_ENTRIES_MAX;
    node->directory.populated = true;
    return 0;
}

static int load(struct dentry *entry)
{
    int error = 0;

    if (!entry->inode)
        error =
            tmpfs_load(entry->super, node_of(entry->parent)->lower.fs, entry->nid, &entry->inode);
    if (error == 0)
        entry->type = type_of_mode(entry->inode->mode);
    return error;
}

static int directory_lookup(struct dentry *directory, const char *name, size_t length,
                            struct dentry **entry)
{
    const struct tmpfs_inode *node = node_of(directory);
    struct erofs_entry lower;
    int error;

    *entry = dentry_hashed(directory, name, length);
    if (!*entry) {
        if (node->directory.populated)
            return -ENOENT;
        error = erofs_lookup(&node->lower, name, length, &lower);
        if (error < 0)
            return error;
        *entry = add_lower(directory, &lower);
        if (!*entry)
            return -ENOMEM;
    }
    error = load(*entry);
    if (error == 0)
        dentry_get(*entry);
    return error;
}

static void list_in_directory(struct dentry *directory, struct dentry *entry)
{
    struct tmpfs_inode *node = node_of(directory);

    entry->position = node->directory.next_position++;
    list_append(node, entry);
    directory->inode->size += BYTES_PER_ENTRY;
    directory->inode->links += S_ISDIR(entry->inode->mode);
    inode_touch(directory->inode, true);
}

static void unlist_from_directory(struct dentry *directory, struct dentry *entry)
{
    list_remove(node_of(directory), entry);
    directory->inode->size -= BYTES_PER_ENTRY;
    directory->inode->links -= S_ISDIR(entry->inode->mode);
    inode_touch(directory->inode, true);
}

static uint32_t directory_bit(const struct inode *inode)
{
    return S_ISDIR(inode->mode) ? IN_ISDIR : 0;
}

int tmpfs_add(struct dentry *directory, const char *name, size_t length, struct inode *inode,
              struct dentry **entry)
{
    struct dentry *added;
    int error = directory->deleted ? -ENOENT : populate(directory);

    if (error < 0) {
        inode_put(inode);
        return error;
    }
    added = dentry_new(directory, directory->super, name, length, inode);
    if (!added)
        return -ENOMEM;
    if (dentry_hash(added) < 0) {
        dentry_put(added);
        return -ENOMEM;
    }
    list_in_directory(directory, added);
    notify_entry(directory->inode, name, length, IN_CREATE | directory_bit(inode), 0);
    if (entry)
        *entry = dentry_get(added);
    return 0;
}

/* The directory's reference goes, too. Directories are populated. */
static void remove_entry(struct dentry *entry, uint32_t events)
{
    struct inode *inode = entry->inode;

    unlist_from_directory(entry->parent, entry);
    dentry_unhash(entry);
    entry->deleted = true;
    if (S_ISDIR(inode->mode)) {
        inode->links = 0;
    } else {
        tmpfs_unlink(inode);
        notify_inode(inode, IN_ATTRIB);
    }
    if (inode->links == 0)
        notify_gone(inode);
    notify_entry(entry->parent->inode, entry->name, entry->length, events, 0);
    dentry_put(entry);
}

int tmpfs_remove(struct dentry *entry)
{
    int error = populate(entry->parent);

    if (error == 0)
        remove_entry(entry, IN_DELETE | directory_bit(entry->inode));
    return error;
}

int tmpfs_is_empty(struct dentry *directory)
{
    const struct tmpfs_inode *node = node_of(directory);
    struct erofs_entry lower;
    uint64_t position = 0;
    int found;

    if (node->directory.populated)
        return !node->directory.first;
    while ((found = erofs_next(&node->lower, &position, &lower)) > 0) {
        if (!is_dots(&lower))
            return 0;
    }
    return found < 0 ? found : 1;
}

static void tell_moved(const struct dentry *entry, uint32_t cookie)
{
    notify_entry(entry->parent->inode, entry->name, entry->length,
                 IN_MOVED_TO | directory_bit(entry->inode), cookie);
    notify_inode(entry->inode, IN_MOVE_SELF);
}

int tmpfs_rename(struct dentry *from, struct dentry *directory, const char *name, size_t length,
                 struct dentry *over)
{
    const uint32_t cookie = notify_cookie();
    int error = directory->deleted ? -ENOENT : populate(from->parent);

    if (error == 0)
        error = populate(directory);
    if (error == 0)
        error = dentry_reserve(from, length);
    if (error < 0)
        return error;
    if (over)
        remove_entry(over, 0);
    notify_entry(from->parent->inode, from->name, from->length,
                 IN_MOVED_FROM | directory_bit(from->inode), cookie);
    unlist_from_directory(from->parent, from);
    dentry_unhash(from);
    dentry_rename(from, directory, name, length);
    dentry_hash(from);
    list_in_directory(directory, from);
    inode_touch(from->inode, false);
    tell_moved(from, cookie);
    return 0;
}

/* Each has the name that was the other's. */
static void tell_exchanged(const struct dentry *a, const struct dentry *b)
{
    for (unsigned i = 0; i < 2; i++) {
        const struct dentry *from = i == 0 ? b : a, *to = i == 0 ? a : b;
        const uint32_t cookie = notify_cookie();

        notify_entry(from->parent->inode, from->name, from->length,
                     IN_MOVED_FROM | directory_bit(to->inode), cookie);
        tell_moved(to, cookie);
    }
}

int tmpfs_exchange(struct dentry *a, struct dentry *b)
{
    char name[NAME_LENGTH_MAX];
    const size_t length = a->length;
    struct dentry *parent = a->parent;
    int error = populate(a->parent);

    if (error == 0)
        error = populate(b->parent);
    if (error == 0)
        error = dentry_reserve(a, b->length);
    if (error == 0)
        error = dentry_reserve(b, a->length);
    if (error < 0)
        return error;
    memcpy(name, a->name, length);
    dentry_get(parent);
    unlist_from_directory(a->parent, a);
    unlist_from_directory(b->parent, b);
    dentry_unhash(a);
    dentry_unhash(b);
    dentry_rename(a, b->parent, b->name, b->length);
    dentry_rename(b, parent, name, length);
    dentry_hash(a);
    dentry_hash(b);
    list_in_directory(a->parent, a);
    list_in_directory(b->parent, b);
    inode_touch(a->inode, false);
    inode_touch(b->inode, false);
    tell_exchanged(a, b);
    dentry_put(parent);
    return 0;
}

static bool emit(struct directory_sink *sink, struct file *file, const char *name, size_t length,
                 uint64_t position, uint64_t number, unsigned type)
{
    if (!sink->emit(sink, name, length, position + 1, number, type))
        return false;
    file->position = position + 1;
    return true;
}

/* The first entry at or after a position. */
static struct dentry *entry_at(const struct tmpfs_inode *node, uint64_t position)
{
    struct dentry *entry = node->directory.first;

    if (node->directory.cursor && node->directory.cursor_position == position)
        return node->directory.cursor;
    while (entry && entry->position < position)
        entry = entry->next;
    return entry;
}

static uint64_t number_of(const struct dentry *entry)
{
    return entry->inode ? entry->inode->number : tmpfs_number(entry->nid);
}

static int iterate_memory(struct file *file, struct directory_sink *sink)
{
    struct tmpfs_inode *node = tmpfs_of(file->inode);
    struct dentry *entry = entry_at(node, file->position);

    while (entry && emit(sink, file, entry->name, entry->length, entry->position, number_of(entry),
                         entry->type))
        entry = entry->next;
    node->directory.cursor = entry;
    node->directory.cursor_position = file->position;
    return 0;
}

static int iterate_lower(struct file *file, struct directory_sink *sink)
{
    const struct tmpfs_inode *node = tmpfs_of(file->inode);
    uint64_t position = file->position - FIRST_POSITION;
    struct erofs_entry entry;
    int found;

    while ((found = erofs_next(&node->lower, &position, &entry)) > 0) {
        if (!is_dots(&entry) &&
            !emit(sink, file, entry.name, entry.length, position - 1 + FIRST_POSITION,
                  tmpfs_number(entry.nid), entry.type))
            return 0;
    }
    return found;
}

static int directory_iterate(struct file *file, struct directory_sink *sink)
{
    const uint64_t up = dentry_above(file->dentry)->inode->number;

    inode_access(file->inode);
    if (file->dentry->deleted)
        return 0;
    if (file->position == 0 && !emit(sink, file, ".", 1, 0, file->inode->number, 4))
        return 0;
    if (file->position == 1 && !emit(sink, file, "..", 2, 1, up, 4))
        return 0;
    return tmpfs_of(file->inode)->directory.populated ? iterate_memory(file, sink)
                                                      : iterate_lower(file, sink);
}

const struct file_operations tmpfs_directory = {.seekable = true};

const struct inode_operations tmpfs_directory_inode = {
    .lookup = directory_lookup,
    .iterate = directory_iterate,
    .attribute = tmpfs_attribute,
    .evict = tmpfs_evict,
};
