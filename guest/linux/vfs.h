/*
 * The files of the kernel: names (dentries), what they name (inodes), and open files; after Linux'
 * own VFS where the thing is the same. The kernel is never preempted, so that nothing here locks;
 * only reading and writing a file may wait. Errors are -errno.
 *
 * There is one file system that can be changed (tmpfs.c): inodes in memory, some of which have what
 * they hold from a read-only image below until it is changed. /dev, /feeds and /input are made of
 * it, too; /proc makes its files while it is asked (proc.c).
 */
#ifndef LINUX_VFS_H
#define LINUX_VFS_H

#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/stat.h>
#include <linux/uio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dentry;
struct erofs_attribute;
struct file;
struct inode;
struct super_block;

enum { COUNT_MAX = 0x7ffff000 }; /* the most bytes that one call moves */

struct timestamp {
    int64_t seconds;
    uint32_t nanoseconds;
};

/* ---- Bytes to or from a program, or the kernel itself: what is left of a vector (iter.c). ---- */

struct iter {
    const struct iovec *vector;
    size_t offset; /* in *vector */
    size_t left;   /* bytes in all */
    bool kernel;   /* the buffers are the kernel's own */
};

struct iter iter_of_user(struct iovec *one, void *buffer, size_t size);
struct iter iter_of_kernel(struct iovec *one, void *buffer, size_t size);

/* Copies up to `size` bytes into the buffers, or from them; how many, or -EFAULT when none. */
long iter_put(struct iter *to, const void *from, size_t size);
long iter_zero(struct iter *to, size_t size);
long iter_take(struct iter *from, void *to, size_t size);

/* ---- Inodes ---- */

enum page_use {
    PAGE_READ,  /* it is only read: a private mapping, or a shared one that is not writable */
    PAGE_WRITE, /* a shared mapping that is writable: the page is in RAM and the file's own */
};

/* Where a directory's entries go: false when it has no room for this one. */
struct directory_sink {
    bool (*emit)(struct directory_sink *sink, const char *name, size_t length, uint64_t position,
                 uint64_t number, unsigned type);
};

struct inode_operations {
    /* Of a directory. The entry, referenced and with its inode, or -ENOENT. */
    int (*lookup)(struct dentry *directory, const char *name, size_t length, struct dentry **entry);
    /* Emits each entry from file->position on, and moves the position past it. */
    int (*iterate)(struct file *directory, struct directory_sink *sink);
    /* Of a symbolic link. Its text, without a NUL: its length. */
    long (*readlink)(struct inode *link, char *to, size_t size);
    /* A link of /proc that leads to the file itself, whatever its name is now: referenced; NULL
     * if it is a path as any other. */
    int (*follow)(struct inode *link, struct dentry **target);
    /* Of a regular file. */
    int (*page)(struct inode *inode, uint64_t index, enum page_use use, void **page);
    /* The extended attribute at *position, as erofs_next_attribute() has it. */
    int (*attribute)(struct inode *inode, uint64_t *position, struct erofs_attribute *attribute);
    /* When the last reference is gone. */
    void (*evict)(struct inode *inode);
};

struct inode {
    const struct inode_operations *operations;
    const struct file_operations *file_operations;
    struct super_block *super;
    unsigned references;
    unsigned mappings; /* of it in address spaces */
    bool unnamed;      /* made by O_TMPFILE: link(2) may give it the first name */
    bool powerless;    /* has lost the capabilities that it may have had (drop_privileges()) */
    uint64_t number;
    uint64_t size;
    uint64_t rdev;
    uint32_t mode, uid, gid, links;
    struct timestamp accessed, modified, changed, born;
    struct lock *locks;    /* locks.c */
    struct watch *watches; /* inotify.c */
    void *data;            /* the file operations' own */
};

struct inode *inode_get(struct inode *inode);
void inode_put(struct inode *inode);

/* The extended attribute of this name: 0, -ENODATA, or -EUCLEAN where the image is broken. */
int inode_attribute(struct inode *inode, const char *name, struct erofs_attribute *attribute);

/* ---- Pages of a file, for who maps it ---- */

/*
 * The page of a regular file at an index, as a pointer into the direct map, on a page boundary. It
 * is of an image (page_is_ram() is false) or of RAM; it belongs to the file, so whoever keeps it
 * holds it with page_hold(). What lies beyond the end of the file in its last page is zero.
 * -EFAULT beyond the last page (SIGBUS), -ENOSPC, -ENOMEM, -EIO where the image is broken, -ENODEV
 * if it is no file that can be mapped.
 */
int inode_page(struct inode *inode, uint64_t index, enum page_use use, void **page);

/* Counts address spaces that map the inode (and keep a reference of their own to it). */
void inode_mapped(struct inode *inode);
void inode_unmapped(struct inode *inode);

/*
 * Provided by who maps files: pages `first` to `last` of the inode go away (truncated), or are
 * other ones now (written for the first time); called before they are released, and only while
 * there are mappings. Entries of these pages have to be made not present; those of private copies
 * only where the file has been truncated.
 */
void unmap_file_pages(struct inode *inode, uint64_t first, uint64_t last, bool with_copies);

/* ---- Names ---- */

struct dentry *dentry_get(struct dentry *dentry);
void dentry_put(struct dentry *dentry);
struct inode *dentry_inode(const struct dentry *dentry);

/* The path from the root, as getcwd(2) and /proc have it ("/a/b", with " (deleted)" where its name
 * is gone): its length, or -ENAMETOOLONG. */
long dentry_path(struct dentry *dentry, char *to, size_t size);

/* ---- Open files ---- */

struct file_operations {
    int (*open)(struct file *file);
    void (*release)(struct file *file);
    long (*read)(struct file *file, struct iter *to, uint64_t *position);
    long (*write)(struct file *file, struct iter *from, uint64_t *position);
    long (*ioctl)(struct file *file, unsigned command, unsigned long argument);
    /* POLLIN, POLLOUT…, as they are now. Without one: always ready. */
    unsigned (*poll)(struct file *file);
    bool seekable;      /* has positions: lseek, pread, pwrite */
    bool keeps_nothing; /* what is written is not stored, so a read-only file system takes it */
};

struct file {
    const struct file_operations *operations;
    struct dentry *dentry; /* each file has one */
    struct inode *inode;   /* dentry's, by its own reference */
    unsigned references;
    unsigned watchers; /* entries of epoll(7) that know it, and do not hold it */
    unsigned flags;    /* O_*, without what only opening means */
    uint64_t position;
    void *data; /* the operations' own */
};

static inline bool file_readable(const struct file *file)
{
    return !(file->flags & O_PATH) && (file->flags & O_ACCMODE) != O_WRONLY;
}

static inline bool file_writable(const struct file *file)
{
    return !(file->flags & O_PATH) && (file->flags & O_ACCMODE) != O_RDONLY;
}

/* Provided by epoll.c: a file that is watched is no more. */
void epoll_forget(struct file *file);

struct file *file_get(struct file *file);
void file_put(struct file *file);

/* Opens what a dentry leads to; takes no reference of the caller's. */
int file_new(struct dentry *dentry, unsigned flags, struct file **file);

/* A file without a name in any directory, for pipes, sockets, memfd…: `name` is what /proc/self/fd
 * shows. Takes the reference to the inode, also on failure. */
int file_anonymous(const char *name, struct inode *inode, const struct file_operations *operations,
                   unsigned flags, struct file **file);
struct inode *inode_anonymous(uint32_t mode); /* NULL when memory is full */

/* For the kernel itself: a file by a path of its own, from the working directory; without O_CREAT.
 */
int file_open(const char *path, unsigned flags, struct file **file);
/* For execve and execveat: a regular file that may be executed, or else -EACCES. */
int file_open_exec(int directory, const char *user_path, int at_flags, struct file **file);
long file_read_at(struct file *file, void *to, size_t size, uint64_t position);

/* ---- What a process has of files (fd.c) ---- */

struct files; /* the table of descriptors: CLONE_FILES shares it */
struct fs;    /* root, working directory, umask: CLONE_FS shares it */

struct files *files_new(void);
struct files *files_copy(const struct files *files); /* NULL when memory is full */
struct files *files_get(struct files *files);
void files_put(struct files *files);
bool files_are_shared(const struct files *files);
void files_close_on_exec(struct files *files);

struct fs *fs_new(void); /* at the root, umask 022 */
struct fs *fs_copy(const struct fs *fs);
struct fs *fs_get(struct fs *fs);
void fs_put(struct fs *fs);

/* Provided by who keeps processes: those of the running one. */
struct files *current_files(void);
struct fs *current_fs(void);
uint64_t current_file_limit(void); /* RLIMIT_NOFILE */
uint64_t current_size_limit(void); /* RLIMIT_FSIZE */
int current_size_exceeded(void);   /* sends SIGXFSZ; -EFBIG */

struct file *files_file(struct files *files, unsigned fd); /* referenced, or NULL */
int files_next(const struct files *files, unsigned fd);    /* the first one from fd on, or -1 */
int fs_chdir(const char *path);                            /* the path is the kernel's */
struct file *fd_file(int fd);                              /* referenced; NULL: -EBADF */
int fd_may_install(void); /* 0, or -EMFILE: whether fd_install() has room from 0 on */
int fd_install(struct file *file, int lowest,
               bool close_on_exec); /* takes the reference unless it fails */
int fd_close(int fd);
int files_install(struct files *files, struct file *file, unsigned fd); /* into a free place */

/* ---- The start ---- */

/*
 * The root and what is always in it; then, once the process has its fs, what else struct
 * linux_config puts there, and the working directory. NULL, or why not, in words for the log, and
 * of the second which path it is about.
 */
const char *vfs_start(void);
const char *vfs_mount(const char **path);

/* Opens standard input, output and error in `files`. */
int vfs_open_console(struct files *files);

#endif
