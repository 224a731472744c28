/* File systems that are mounted. */
#ifndef LINUX_MOUNT_H
#define LINUX_MOUNT_H

#include "dentry.h"

/* Those that vfs_start() mounts: 0, or -ENOMEM. */
int mount_devices(struct dentry *covers);
int mount_proc(struct dentry *covers);
int mount_feeds(struct dentry *covers);

/* What is asked of a tmpfs. */
struct tmpfs_options {
    uint64_t pages;           /* that it may hold; 0: not given */
    bool has_mode, read_only; /* of its root; all of it */
    bool copy_up;             /* it has what the image has in the directory that it covers */
    uint32_t mode, uid, gid;
};

/* Reads them from between commas. False if one of them is none. */
bool tmpfs_options(const char *text, struct tmpfs_options *options);

#endif
