/*
 * The images of a container: its root filesystem, a directory, becomes a read-only EROFS image, and
 * so do the directories that it mounts. Every function ends the program by fail(), with one line
 * that says what to do, if it cannot do its work.
 */
#ifndef SPARKLER_OCI_IMAGE_H
#define SPARKLER_OCI_IMAGE_H

#include <limits.h>
#include <stdint.h>

struct image {
    char path[PATH_MAX]; /* for jailer --root */
    int fd;              /* keeps it in the cache; close it when the jailer has opened the path */
};

/*
 * The image of a root filesystem, from the cache or made now: by the layers if it is an overlay, by
 * its content otherwise. The directory may be hostile. If an EROFS image is mounted there, it is
 * that image.
 */
void image_of_root(const char *rootfs, struct image *image);

/* A ready image, as the annotation sparkler.root names it. */
void image_given(const char *path, struct image *image);

void image_close(struct image *image);

/* What may be mounted read-only: see image_of_mount(). */
enum image_kind { IMAGE_DIRECTORY, IMAGE_FILE };

/*
 * Makes an image of what a container mounts from `source`, as the new file `path`, which nobody can
 * write to: of a directory an EROFS image (jailer --mount), of a regular file a copy that can
 * be executed if the file can (--file). Returns which it is. The
 * source may be anything; a link on the way to it is followed only if it is root's or the caller's
 * own.
 */
enum image_kind image_of_mount(const char *source, const char *path);

#endif
