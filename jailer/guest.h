/* The guest's image. */
#ifndef SPARKLER_GUEST_H
#define SPARKLER_GUEST_H

/* Opens the guest image (close-on-exec). Ends the program by err(3) if that fails, and if it is
 * what no guest is: a directory, a script, an ELF program. */
int guest_image(const char *path);

#endif
