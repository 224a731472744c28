/* The exit loop. */
#ifndef SPARKLER_VMM_RUN_H
#define SPARKLER_VMM_RUN_H

#include "machine.h"
#include "ports.h"

/* Runs the guest until its end. Calls nothing that the policy `vmm` does not allow. */
enum run_end run_guest(struct machine *machine, struct ports *ports);

#endif
