/* Sends the VMM its configuration (vmm/config.h). */
#ifndef SPARKLER_CONFIGURE_H
#define SPARKLER_CONFIGURE_H

#include "jail.h"

/* Writes the configuration of the VM to the pipe `config_pipe`, and gives the VMM the images of a
 * Linux guest. Ends the program by err(3) if an image is not a regular file. */
void configure_vm(struct jail *vmm, int config_pipe);

/* Writes which processor the guest has: the CPUID leaves of KVM_GET_SUPPORTED_CPUID, restricted
 * (processor.h), and the host's brand string. The VMM has been started, and has the pipe's other
 * end to itself from here on. */
void configure_processor(const struct jail *vmm, int config_pipe);

#endif
