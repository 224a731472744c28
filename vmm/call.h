/*
 * The call port of Linux guests (linux.h), for what the kernel in the guest cannot do itself: read
 * and write the program's standard streams, wait, tick, take signals from outside, ask the network
 * broker, end the VM.
 */
#ifndef SPARKLER_VMM_CALL_H
#define SPARKLER_VMM_CALL_H

#include "broker.h"
#include "device.h"
#include "machine.h"

struct call_port {
    const struct machine *machine;
    uint64_t tick_us; /* from one interrupt to the next that the guest has asked for; 0: none */
    bool due; /* the timer has fired or a signal has come, and no interrupt is delivered yet */
    struct broker broker;
    struct broker_frame frame; /* its last reply */
};

/* Makes the program's standard error blocking, as the console's descriptors are, and handles
 * signals. Exits by err(3) on failure. */
void call_open(struct call_port *port, const struct machine *machine);

/* The state is a struct call_port. */
extern const struct device_operations call_device;

#endif
