/* The exit loop. */
#ifndef SPARKLER_VMM_RUN_H
#define SPARKLER_VMM_RUN_H

#include "machine.h"
#include "ports.h"

/* How a VM's life ended: the program's exit status. 1 is that of err(3), for a failed set-up. */
enum run_end {
    RUN_HALTED = 0,
    RUN_FAILED = 2,
    RUN_CONSOLE_CLOSED = 4,
};

/* Runs the guest until its end. Calls nothing that the policy `vmm` does not allow. */
enum run_end run_guest(struct machine *machine, struct ports *ports);

#endif
