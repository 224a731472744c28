/* Port I/O: which device serves a port, and what a guest gets where none does. */
#ifndef SPARKLER_VMM_PORTS_H
#define SPARKLER_VMM_PORTS_H

#include "device.h"

#include <linux/kvm.h>

#define NOTED_PORTS_MAX 16

struct ports {
    const struct device *devices;
    size_t device_count;
    uint16_t noted[NOTED_PORTS_MAX]; /* accesses that nobody serves, already on the log */
    size_t noted_count;
};

/* Serves a KVM_EXIT_IO. */
enum run_end ports_access(struct ports *ports, struct kvm_run *run);

/* What the devices do before and after each KVM_RUN. */
void ports_before_run(const struct ports *ports);
enum run_end ports_after_run(const struct ports *ports);

#endif
