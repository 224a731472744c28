/*
 * The one timer of the VMM (setitimer(2)): its signal ends whatever waits, KVM_RUN first of all,
 * with EINTR. Coalesced output of a flat guest and the tick of a Linux guest need it.
 */
#ifndef SPARKLER_VMM_TIMER_H
#define SPARKLER_VMM_TIMER_H

#include <stdbool.h>
#include <stdint.h>

/* Takes the timer's signal, before the lock-down. */
void timer_open(void);

/* Lets it fire every so many microseconds; 0 stops it. */
void timer_set(uint64_t microseconds);

/* Whether it has fired since this was last asked. */
bool timer_fired(void);

#endif
