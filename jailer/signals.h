/*
 * The user's signals: which end the VM, which a Linux program gets, and which stop both. And the
 * foreground of the terminal, whose keys are the guest's only while it is ours.
 */
#ifndef SPARKLER_SIGNALS_H
#define SPARKLER_SIGNALS_H

#include "supervisor.h"
#include "timing.h"

#define SIGNALS_GRACE (10 * TIMING_SECOND) /* to end after a signal, as docker-stop(1) gives */

/* Blocks the signals that end or stop the VM, the terminal's, and those that only a program has a
 * use for; returns a signalfd of them. */
int signals_block(const struct supervisor *supervisor);

/* Whether it does nothing to a process that does not handle it (signal(7)). */
bool signal_is_ignored(int number);

/* Signals what is left of a jail. */
void signal_jail(int pidfd, int signal);

/* Does what a pending signal asks for. This and the two below return a signal that is to end the
 * VM, or 0. */
int signals_take(struct supervisor *supervisor);

/* Takes the terminal's keys. In the background, the VM and the supervisor stop first, until they
 * are in the foreground. */
int foreground_enter(struct supervisor *supervisor);

/* Stops both likewise if they have come into the background. */
int foreground_keep(struct supervisor *supervisor);

/* Gives the terminal back as it was, unless it is another's by now. */
void foreground_leave(const struct supervisor *supervisor);

#endif
