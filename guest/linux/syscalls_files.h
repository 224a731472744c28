/*
 * The system calls about files. Pointers are the program's; each returns what Linux' call of this
 * name returns, -errno on failure.
 */
#ifndef LINUX_SYSCALLS_FILES_H
#define LINUX_SYSCALLS_FILES_H

#include <stddef.h>
#include <stdint.h>

/* Descriptors (fd.c) */
long sys_close(int fd);
long sys_close_range(unsigned first, unsigned last, unsigned flags);
long sys_dup(int fd);
long sys_dup2(int from, int to);
long sys_dup3(int from, int to, int flags);
long sys_fcntl(int fd, unsigned command, unsigned long argument);
long sys_flock(int fd, unsigned operation);

/* Bytes (read_write.c) */
long sys_read(int fd, void *buffer, size_t size);
long sys_write(int fd, const void *buffer, size_t size);
long sys_pread64(int fd, void *buffer, size_t size, int64_t position);
long sys_pwrite64(int fd, const void *buffer, size_t size, int64_t position);
long sys_readv(int fd, const void *vector, unsigned long count);
long sys_writev(int fd, const void *vector, unsigned long count);
long sys_preadv(int fd, const void *vector, unsigned long count, uint64_t low, uint64_t high);
long sys_pwritev(int fd, const void *vector, unsigned long count, uint64_t low, uint64_t high);
long sys_preadv2(int fd, const void *vector, unsigned long count, uint64_t low, uint64_t high,
                 int flags);
long sys_pwritev2(int fd, const void *vector, unsigned long count, uint64_t low, uint64_t high,
                  int flags);
long sys_lseek(int fd, int64_t offset, unsigned whence);
long sys_sendfile(int to, int from, int64_t *position, size_t size);
long sys_splice(int from, int64_t *from_position, int to, int64_t *to_position, size_t size,
                unsigned flags);
long sys_copy_file_range(int from, int64_t *from_position, int to, int64_t *to_position,
                         size_t size, unsigned flags);
long sys_ioctl(int fd, unsigned command, unsigned long argument);
long sys_fsync(int fd);
long sys_fdatasync(int fd);
long sys_sync(void);
long sys_syncfs(int fd);
long sys_fadvise64(int fd, int64_t offset, size_t size, int advice);
long sys_readahead(int fd, int64_t offset, size_t size);

/* Opening and names (open.c, names.c) */
long sys_open(const char *path, int flags, uint32_t mode);
long sys_openat(int directory, const char *path, int flags, uint32_t mode);
long sys_openat2(int directory, const char *path, const void *how, size_t size);
long sys_creat(const char *path, uint32_t mode);
long sys_mkdir(const char *path, uint32_t mode);
long sys_mkdirat(int directory, const char *path, uint32_t mode);
long sys_mknod(const char *path, uint32_t mode, unsigned device);
long sys_mknodat(int directory, const char *path, uint32_t mode, unsigned device);
long sys_rmdir(const char *path);
long sys_unlink(const char *path);
long sys_unlinkat(int directory, const char *path, int flags);
long sys_symlink(const char *target, const char *path);
long sys_symlinkat(const char *target, int directory, const char *path);
long sys_link(const char *from, const char *to);
long sys_linkat(int from_directory, const char *from, int to_directory, const char *to, int flags);
long sys_rename(const char *from, const char *to);
long sys_renameat(int from_directory, const char *from, int to_directory, const char *to);
long sys_renameat2(int from_directory, const char *from, int to_directory, const char *to,
                   unsigned flags);
long sys_readlink(const char *path, char *buffer, int size);
long sys_readlinkat(int directory, const char *path, char *buffer, int size);
long sys_getdents(int fd, void *buffer, unsigned size);
long sys_getdents64(int fd, void *buffer, unsigned size);
long sys_chdir(const char *path);
long sys_fchdir(int fd);
long sys_chroot(const char *path);
long sys_getcwd(char *buffer, size_t size);
long sys_umask(uint32_t mask);

/* memfd.c, epoll.c, timerfd.c, signalfd.c */
long sys_memfd_create(const char *name, unsigned flags);
long sys_epoll_create(int size);
long sys_epoll_create1(int flags);
long sys_epoll_ctl(int epoll, int operation, int fd, const void *event);
long sys_epoll_wait(int epoll, void *events, int most, int milliseconds);
long sys_epoll_pwait(int epoll, void *events, int most, int milliseconds, const void *mask,
                     size_t mask_size);
long sys_epoll_pwait2(int epoll, void *events, int most, const void *timeout, const void *mask,
                      size_t mask_size);
long sys_timerfd_create(int clock, int flags);
long sys_timerfd_settime(int fd, int flags, const void *new, void *old);
long sys_timerfd_gettime(int fd, void *value);
long sys_signalfd(int fd, const void *mask, size_t size);
long sys_signalfd4(int fd, const void *mask, size_t size, int flags);

/* What is known of a file (stat.c), and what can be set (attributes.c) */
long sys_stat(const char *path, void *stat);
long sys_lstat(const char *path, void *stat);
long sys_fstat(int fd, void *stat);
long sys_newfstatat(int directory, const char *path, void *stat, int flags);
long sys_statx(int directory, const char *path, int flags, unsigned mask, void *statx);
long sys_statfs(const char *path, void *statfs);
long sys_fstatfs(int fd, void *statfs);
long sys_access(const char *path, int mode);
long sys_faccessat(int directory, const char *path, int mode);
long sys_faccessat2(int directory, const char *path, int mode, int flags);
long sys_truncate(const char *path, int64_t size);
long sys_ftruncate(int fd, int64_t size);
long sys_fallocate(int fd, int mode, int64_t offset, int64_t size);
long sys_chmod(const char *path, uint32_t mode);
long sys_fchmod(int fd, uint32_t mode);
long sys_fchmodat(int directory, const char *path, uint32_t mode);
long sys_fchmodat2(int directory, const char *path, uint32_t mode, int flags);
long sys_chown(const char *path, uint32_t uid, uint32_t gid);
long sys_lchown(const char *path, uint32_t uid, uint32_t gid);
long sys_fchown(int fd, uint32_t uid, uint32_t gid);
long sys_fchownat(int directory, const char *path, uint32_t uid, uint32_t gid, int flags);
long sys_utime(const char *path, const void *times);
long sys_utimes(const char *path, const void *times);
long sys_futimesat(int directory, const char *path, const void *times);
long sys_utimensat(int directory, const char *path, const void *times, int flags);
long sys_getxattr(const char *path, const char *name, void *value, size_t size);
long sys_lgetxattr(const char *path, const char *name, void *value, size_t size);
long sys_fgetxattr(int fd, const char *name, void *value, size_t size);
long sys_setxattr(const char *path, const char *name, const void *value, size_t size, int flags);
long sys_lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags);
long sys_fsetxattr(int fd, const char *name, const void *value, size_t size, int flags);
long sys_listxattr(const char *path, char *names, size_t size);
long sys_llistxattr(const char *path, char *names, size_t size);
long sys_flistxattr(int fd, char *names, size_t size);
long sys_removexattr(const char *path, const char *name);
long sys_lremovexattr(const char *path, const char *name);
long sys_fremovexattr(int fd, const char *name);

/* inotify.c */
long sys_inotify_init(void);
long sys_inotify_init1(int flags);
long sys_inotify_add_watch(int fd, const char *path, uint32_t mask);
long sys_inotify_rm_watch(int fd, int number);

#endif
