/* Directories and files that a container's configuration names. */
#ifndef SPARKLER_OCI_SOURCE_H
#define SPARKLER_OCI_SOURCE_H

/*
 * Opens a path as O_PATH, close-on-exec. A symbolic link in it is followed only if it is root's or
 * the caller's own, and none of /proc's: a stranger may own a directory on the way, or the last
 * one, and choose what its links lead to. Returns -1 with errno, EPERM for a stranger's link.
 */
int source_open(const char *path);

#endif
