/* Port I/O: finds the device that serves a port; without one, INs read as all ones. */
#ifndef SPARKLER_VMM_PORTS_H
#define SPARKLER_VMM_PORTS_H

#include "device.h"

#include <linux/kvm.h>

#define NOTED_PORTS_MAX 16

struct ports {
    const struct device *devices;
    size_t device_count;
    uint16_t noted[NOTED_PORTS_MAX]; /* ports without a device that the log has named */
    size_t noted_count;
};

/* Handles a KVM_EXIT_IO. */
enum run_end ports_access(struct ports *ports, struct kvm_run *run);

/* Call these before and after each KVM_RUN; the first device that ends the VM wins. */
void ports_before_run(const struct ports *ports);
enum run_end ports_after_run(const struct ports *ports);

#endif
