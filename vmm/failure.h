/* Why a guest's run ended, in words. */
#ifndef SPARKLER_VMM_FAILURE_H
#define SPARKLER_VMM_FAILURE_H

#include "machine.h"

/* KVM_RUN returned with an exit that ends the VM: says on the log what it was, where, and the
 * registers. Spoils what KVM left in machine->run. */
void failure_report(const struct machine *machine);

#endif
