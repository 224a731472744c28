/* The VM of a container: the jailer's command line for it. */
#ifndef SPARKLER_OCI_VM_H
#define SPARKLER_OCI_VM_H

#include "config.h"
#include "container.h"
#include "group.h"
#include "image.h"
#include "launch.h"
#include "settings.h"

struct vm {
    const struct config *config;
    const struct settings *settings;
    const struct container *container;
    const struct group *group;
    const char *rootfs; /* the directory of its root */
    struct image image; /* of its root, once there are arguments; to be closed when they are used */
};

/* Images and copies of what is mounted are made in the container's directory. Ends the program if
 * an annotation is malformed or unknown, or if a file cannot be read. */
struct arguments vm_arguments(struct vm *vm);

/* Ends the program unless the network namespace that the container wants has nothing but a loopback
 * interface, which is all that a VM can give. */
void vm_check_network(const struct config *config);

#endif
