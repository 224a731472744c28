/*
 * The console, port 0x3f8: an OUT writes to FD_CONSOLE_OUT, an IN reads a key from FD_CONSOLE_IN.
 * Nothing is buffered, except by KVM once a guest is talkative (coalesced.h). The line discipline
 * of the user's terminal echoes the keys.
 */
#ifndef SPARKLER_VMM_CONSOLE_H
#define SPARKLER_VMM_CONSOLE_H

#include "coalesced.h"
#include "device.h"

struct console {
    struct coalesced coalesced;
    size_t written; /* bytes, until OUTs are coalesced */
};

/* Makes both descriptors blocking, or exits by err(3). `ring` is for coalesced OUTs, or NULL. */
void console_open(struct console *console, struct kvm_coalesced_mmio_ring *ring);

/* Makes a descriptor blocking, since waiting on another would be a busy loop. Exits by err(3) on
 * failure. */
void console_make_blocking(int fd);

/* The state is a struct console. The VM ends, with a line on the log, when the output cannot be
 * written, or when the guest waits for a key and the input is at its end. */
extern const struct device_operations console_device;

#endif
