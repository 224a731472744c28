/*
 * What a device is to the rest of the VMM: the ports that it serves, and what it does when a guest
 * uses one, and around each KVM_RUN.
 */
#ifndef SPARKLER_VMM_DEVICE_H
#define SPARKLER_VMM_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a VM's life ended. From 0 to 255 it is the exit status, a Linux program's or one of these. */
enum run_end {
    RUN_GOES_ON = -1,
    RUN_HALTED = 0,
    RUN_CONSOLE_CLOSED = 4,
    RUN_FAILED = 256, /* whose status depends on the kind of the guest */
};

/* An IN or OUT of `count` elements, `size` bytes each, at `data`. */
struct access {
    uint16_t port;
    size_t size, count;
    uint8_t *data;
};

/* All get the device's own state. An operation may be NULL: an IN or OUT is then as on a port that
 * nobody serves. */
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
 * For devices that deal in characters, one an element: a wider IN gets a character zero-extended, a
 * wider OUT gives the one in its lowest byte. In between, `data` holds `count` plain characters.
 */
void access_widen(const struct access *access);
void access_narrow(const struct access *access);

#endif
