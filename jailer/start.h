/*
 * The order in which the processes of a VM start: the janitor, then the VMM, then the warden. The
 * cgroup of each is made just before, and a feeds file of the user's is checked before both jails.
 */
#ifndef SPARKLER_START_H
#define SPARKLER_START_H

#include "jail.h"
#include "supervisor.h"

/* Ends the program by err(3) if a cgroup or a process cannot be made, or the feeds file is wrong;
 * whatever was started then dies with it. */
void start(struct jails *jails, struct supervisor *supervisor);

#endif
