/*
 * What each jail is given: its program and arguments, and every descriptor that exists before the
 * first process is started. Files are opened here, with the rights and by the paths of whoever
 * called the jailer; no jail opens any.
 */
#ifndef SPARKLER_FURNISH_H
#define SPARKLER_FURNISH_H

#include "jail.h"
#include "supervisor.h"

/* Claims the VM's name or user IDs, goes to the background if that was asked for, opens everything
 * and sends the VMM its configuration but for the processor. Ends the program by err(3) if anything
 * cannot be had. */
void furnish(struct jails *jails, struct supervisor *supervisor);

#endif
