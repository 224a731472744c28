/* Pseudo-terminals: /dev/ptmx, and /dev/pts/N while its master is open. */
#ifndef LINUX_PTY_H
#define LINUX_PTY_H

#include "dentry.h"

enum { PTS_MAJOR = 136 };

extern const struct file_operations ptmx_file, pts_file;

int pty_start(struct dentry *dev); /* makes /dev/pts: 0, or -ENOMEM */

#endif
