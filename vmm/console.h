/*
 * The console: bytes to FD_CONSOLE_OUT, keys from FD_CONSOLE_IN, nothing buffered in between, but
 * by KVM for a talkative guest. The terminal's own line discipline echoes the keys.
 */
#ifndef SPARKLER_VMM_CONSOLE_H
#define SPARKLER_VMM_CONSOLE_H

#include "coalesced.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONSOLE_PORT 0x3f8

struct console {
    struct coalesced coalesced;
    size_t written; /* bytes, until they are coalesced */
};

/* Makes both descriptors block. `ring` is that of coalesced OUTs, or NULL. Ends the program with
 * status 1 when it cannot. */
void console_open(struct console *console, struct kvm_coalesced_mmio_ring *ring);

/* Writes all of it. False, with a line on the log, when nobody reads the console any more. */
bool console_write(struct console *console, const uint8_t *bytes, size_t count);

/* Writes what KVM has gathered; to be called after each KVM_RUN. False as console_write(). */
bool console_drain(const struct console *console);

/* Waits for `count` keys. False, with a line on the log, when no more will come. */
bool console_read(uint8_t *keys, size_t count);

#endif
