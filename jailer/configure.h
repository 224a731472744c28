/* What the jailer tells a VMM about its VM (vmm/config.h). */
#ifndef SPARKLER_CONFIGURE_H
#define SPARKLER_CONFIGURE_H

#include "jail.h"

/* Writes the configuration of the VM to the pipe `start`, and gives the VMM the images of a Linux
 * guest. `kvm` is /dev/kvm. Ends the program by err(3) if an image is not a regular file. */
void configure_vm(int start, struct jail *vmm, int kvm);

/* Writes which processor the guest has: the CPUID leaves of KVM_GET_SUPPORTED_CPUID, restricted
 * (processor.h), and the host's brand string. */
void configure_processor(int start, int kvm);

#endif
