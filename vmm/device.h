/*
 * A device, as the rest of the VMM sees it: the ports it serves, what it does when the guest
 * accesses one, and what it does before and after each KVM_RUN.
 */
#ifndef SPARKLER_VMM_DEVICE_H
#define SPARKLER_VMM_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a VM ended. 0 to 255 is the exit status: one of these, or a Linux program's. */
enum run_end {
    RUN_GOES_ON = -1,
    RUN_HALTED = 0,
    RUN_CONSOLE_CLOSED = 4,
    RUN_FAILED = 256, /* the exit status depends on the kind of guest (main.c) */
};

/* An IN or OUT of `count` elements, `size` bytes each, at `data`. */
struct access {
    uint16_t port;
    size_t size, count;
    uint8_t *data;
};

/* Each is passed the device's state. All but `serves` may be NULL; without `in` or `out`, such an
 * access is treated as one to a port without a device. */
struct device_operations {
    bool (*serves)(uint16_t port);
    enum run_end (*in)(void *state, const struct access *access);
    enum run_end (*out)(void *state, const struct access *access);
    void (*before_run)(void *state);
    enum run_end (*after_run)(void *state);
};

struct device {
    const struct device_operations *operations;
    void *state;
};

/*
 * For devices that transfer one character per element, whatever its size: access_narrow() packs the
 * lowest bytes of an OUT's elements into `count` characters at the start of `data`; access_widen()
 * spreads `count` characters there over an IN's elements, zero-extended.
 */
void access_widen(const struct access *access);
void access_narrow(const struct access *access);

#endif
