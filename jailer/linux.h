/* What the VM of a Linux program has beside its kernel (vmm/linux.h). */
#ifndef SPARKLER_JAILER_LINUX_H
#define SPARKLER_JAILER_LINUX_H

#include "jail.h"

#include "vmm/config.h"

/*
 * Opens the program, the root and the files of the command line, gives them to the VMM as images,
 * and tells the kernel in the guest, in one more image, what they are and what it is to run. Adds
 * all of them to `config`. Ends the program by err(3) if a file cannot be used or does not fit.
 */
void linux_furnish(struct jail *vmm, struct config *config);

#endif
