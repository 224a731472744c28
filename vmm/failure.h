/* Explains on the log why a guest failed. */
#ifndef SPARKLER_VMM_FAILURE_H
#define SPARKLER_VMM_FAILURE_H

#include "machine.h"

/* To be called after an exit that ends the VM: logs the reason, the address and the registers.
 * Overwrites machine->run. */
void failure_report(const struct machine *machine);

#endif
