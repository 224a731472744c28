/* /dev/kvm, and its capabilities. */
#ifndef SPARKLER_JAILER_KVM_H
#define SPARKLER_JAILER_KVM_H

#include "options.h"

#include "vmm/config.h"

/* Returns /dev/kvm, opened; ends the program by err(3) with what to do if it cannot. */
int kvm_open(void);

/* Of the capabilities that keep KVM from doing more for this guest than it needs, those that KVM
 * has here: how many. */
uint32_t kvm_offered_caps(int kvm, const struct options *options,
                          struct config_cap offered[CONFIG_CAPS_MAX]);

#endif
