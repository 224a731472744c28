/*
 * Signals from outside, for a Linux guest: SIGHUP, SIGINT, SIGQUIT, SIGTERM and SIGWINCH, which
 * the supervisor forwards as they are, and all others, which come as the value of SIGNAL_FORWARDED.
 * Each interrupts whatever the VMM waits for, and stays pending until the guest takes it.
 */
#ifndef SPARKLER_VMM_SIGNALS_H
#define SPARKLER_VMM_SIGNALS_H

#include <linux/kvm.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* Handles the signals, before the lock-down; the jailer has left them blocked. Ends the program
 * with status 1 when it cannot. */
void signals_open(struct kvm_run *run);

/* Whether one has arrived since the last call. To be called before each KVM_RUN, which returns at
 * once if one arrives between the two. */
bool signals_arrived(void);

bool signals_pending(void);

/* The number of a pending signal, which no longer is pending, or 0. */
unsigned signals_take(void);

/* The terminal's size, of the last SIGWINCH: rows in the upper 16 bits, columns in the lower. */
unsigned signals_window(void);

/* As ppoll(2) on one descriptor, but does not wait while a signal is pending. */
int signals_poll(struct pollfd *polled, uint64_t nanoseconds);

#endif
