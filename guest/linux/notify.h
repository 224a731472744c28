/* What inotify(7) tells of: those who change files say so here. */
#ifndef LINUX_NOTIFY_H
#define LINUX_NOTIFY_H

#include "dentry.h"

#include <linux/inotify.h>

/* IN_* of an entry of a directory, to who watches that; moves have a cookie in common. */
void notify_entry(struct inode *directory, const char *name, size_t length, uint32_t events,
                  uint32_t cookie);
uint32_t notify_cookie(void);

/* Of a file, to who watches it. */
void notify_inode(struct inode *inode, uint32_t events);

/* Of a file, to who watches its directory or itself. */
void notify_dentry(const struct dentry *dentry, uint32_t events);

/* The last name is gone: IN_DELETE_SELF, and nobody watches it any more. */
void notify_gone(struct inode *inode);

#endif
