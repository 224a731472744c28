/* Paths: how a name of a program's leads to a file. */
#ifndef LINUX_PATH_H
#define LINUX_PATH_H

#include "dentry.h"

struct fs {
    struct dentry *root, *directory;
    unsigned references;
    uint32_t mask; /* umask */
};

enum path_flags {
    PATH_FOLLOW = 1,    /* a symbolic link at the end leads on */
    PATH_MAKE = 2,      /* the last name need not be there (found is NULL) */
    PATH_NAME = 4,      /* it is about the last name: it leads on nowhere, "link/" neither */
    PATH_EMPTY = 8,     /* AT_EMPTY_PATH */
    PATH_DIRECTORY = 16 /* what is found must be a directory */
};

/* What a path leads to. It holds the dentries. */
struct path {
    struct dentry *parent; /* of the last name */
    struct dentry *found;  /* NULL: there is none of this name yet */
    enum { LAST_NAME, LAST_ROOT, LAST_DOT, LAST_DOTDOT } last;
    bool slash; /* one stands behind it: it has to be a directory */
    const char *name;
    size_t length;
    char *text; /* what the name is part of */
};

/* A new inode for a directory, with the permissions that umask leaves; NULL when memory is full. */
struct inode *make_inode(const struct dentry *directory, uint32_t mode);

/* A new name (the path is the kernel's) for a new socket, which is held. */
int name_socket(const char *path, struct inode **inode);

/* The path is the program's. On failure there is nothing to put. */
int path_find(int directory, const char *user, unsigned flags, struct path *path);
void path_put(struct path *path);

/* The same, when only what it leads to matters: a reference to that. */
int path_lookup(int directory, const char *user, unsigned flags, struct dentry **found);

/* The path is the kernel's, and starts at the working directory. */
int path_find_kernel(const char *text, unsigned flags, struct path *path);

#endif
