/*
 * The call port of Linux guests (linux.h): what the kernel in the guest cannot do for itself. It
 * writes and reads the program's standard streams, waits, ticks, and ends the VM.
 */
#ifndef SPARKLER_VMM_CALL_H
#define SPARKLER_VMM_CALL_H

#include "device.h"
#include "machine.h"

struct call_port {
    const struct machine *machine;
    bool ticking; /* the guest wants an interrupt each time the timer fires */
    bool due;     /* it has fired; the guest has not had its interrupt yet */
};

/* Lets the program's standard error block; the other two are the console's. Ends the program with
 * status 1 when it cannot. */
void call_open(struct call_port *port, const struct machine *machine);

/* The state is a struct call_port. */
extern const struct device_operations call_device;

#endif
