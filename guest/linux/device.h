/* Devices by their numbers. */
#ifndef LINUX_DEVICE_H
#define LINUX_DEVICE_H

#include "dentry.h"

/* What opening a device file or a FIFO leads to; NULL: there is no driver. */
const struct file_operations *device_operations(const struct inode *inode);

#endif
