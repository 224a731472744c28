/* What the jailer tells a VMM about its VM (vmm/config.h). */
#ifndef SPARKLER_CONFIGURE_H
#define SPARKLER_CONFIGURE_H

#include "options.h"

/* Writes the configuration of the VM to the pipe `start`. `kvm` is /dev/kvm, `guest` the guest
 * image. Ends the program by err(3) if the image is not a regular file. */
void configure_vm(int start, const struct options *options, int kvm, int guest);

/* Writes which processor the guest has: the CPUID leaves of KVM_GET_SUPPORTED_CPUID, restricted
 * (processor.h), and the host's brand string. */
void configure_processor(int start, int kvm);

#endif
