/* What a process may do with files. */
#ifndef LINUX_PERMISSION_H
#define LINUX_PERMISSION_H

#include "credentials.h"
#include "vfs.h"

enum { MAY_EXECUTE = 1, MAY_WRITE = 2, MAY_READ = 4 }; /* as in the mode; of a directory: search */

/* 0 or -EACCES: for these credentials, and for those of the running process. Root executes only
 * what somebody may. */
int permission_of(const struct credentials *credentials, const struct inode *inode,
                  unsigned wanted);
int permission(const struct inode *inode, unsigned wanted);

/* The owner, who may change what stat(2) tells of it. */
bool is_owner(const struct inode *inode);

/* A program. */
int may_execute(const struct inode *inode);

/* Of entries of a directory. Who may remove one may rename it; -EPERM where the directory is sticky
 * and the file somebody else's. */
int may_add(const struct inode *directory);
int may_remove(const struct inode *directory, const struct inode *inode);

/* Takes from a file that is written to the bits by which others would become its owner, and its
 * capabilities: it is not what it was. */
void drop_privileges(struct inode *inode);

#endif
