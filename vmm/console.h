/*
 * The console: bytes to FD_CONSOLE_OUT, keys from FD_CONSOLE_IN, nothing buffered in between, but
 * by KVM for a talkative guest. The terminal's own line discipline echoes the keys.
 */
#ifndef SPARKLER_VMM_CONSOLE_H
#define SPARKLER_VMM_CONSOLE_H

#include "coalesced.h"
#include "device.h"

struct console {
    struct coalesced coalesced;
    size_t written; /* bytes, until they are coalesced */
};

/* Makes both descriptors block. `ring` is that of coalesced OUTs, or NULL. Ends the program with
 * status 1 when it cannot. */
void console_open(struct console *console, struct kvm_coalesced_mmio_ring *ring);

/* Makes one descriptor block: a wait on one that does not would be a busy loop. */
void console_make_blocking(int fd);

/* The state is a struct console. The VM's life ends, with a line on the log, when nobody reads the
 * console any more, or when the guest waits for a key and no more will come. */
extern const struct device_operations console_device;

#endif
