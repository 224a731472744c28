/* The file systems that vfs_start() mounts: 0, or -ENOMEM. */
#ifndef LINUX_MOUNT_H
#define LINUX_MOUNT_H

#include "dentry.h"

int mount_devices(struct dentry *covers);
int mount_proc(struct dentry *covers);
int mount_feeds(struct dentry *covers);

#endif
