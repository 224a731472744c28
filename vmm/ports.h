/* Port I/O: which device owns a port, and how an access of any size and count maps to its bytes. */
#ifndef SPARKLER_VMM_PORTS_H
#define SPARKLER_VMM_PORTS_H

#include "broker.h"
#include "console.h"
#include "feed.h"

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOTED_PORTS_MAX 16

/* All zero at first. */
struct ports {
    struct console console;
    struct broker broker;
    struct feed feeds[WIRE_FEEDS];
    uint16_t noted[NOTED_PORTS_MAX]; /* accesses that nobody serves, already on the log */
    size_t noted_count;
};

/* Plugs the devices in. `ring` is that of coalesced OUTs, or NULL. Ends the program with status 1
 * when that fails. */
void ports_open(struct ports *ports, struct kvm_coalesced_mmio_ring *ring);

/* Serves a KVM_EXIT_IO. False when the console is closed, and with it the VM's life. */
bool ports_access(struct ports *ports, struct kvm_run *run);

#endif
