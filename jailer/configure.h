/* Sends the VMM its configuration (vmm/config.h). */
#ifndef SPARKLER_CONFIGURE_H
#define SPARKLER_CONFIGURE_H

#include "jail.h"

/* Fills in the configuration of the VM, and gives the VMM the images of a Linux guest. Ends the
 * program by err(3) if an image is not a regular file. */
void configure_vm(struct jail *vmm, struct config *config);

/*
 * Writes it to the pipe `config_pipe`, and behind it which processor the guest has: the CPUID
 * leaves of KVM_GET_SUPPORTED_CPUID, restricted (processor.h), and the host's brand string. The VMM
 * has been started, and has the pipe's other end to itself from here on.
 */
void configure_send(const struct jail *vmm, const struct config *config, int config_pipe);

#endif
