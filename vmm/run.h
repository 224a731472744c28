/* The exit loop. */
#ifndef SPARKLER_VMM_RUN_H
#define SPARKLER_VMM_RUN_H

#include "machine.h"
#include "ports.h"

/* Runs the guest until the VM ends. Makes no system call but those of policy/vmm.policy. */
enum run_end run_guest(struct machine *machine, struct ports *ports);

#endif
