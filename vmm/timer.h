/*
 * The VMM's only timer (setitimer(2)). Its signal interrupts KVM_RUN and other waits with EINTR. It
 * drains the coalesced output of a flat guest, and is the tick of a Linux guest.
 */
#ifndef SPARKLER_VMM_TIMER_H
#define SPARKLER_VMM_TIMER_H

#include <stdbool.h>
#include <stdint.h>

/* Installs the handler of the timer's signal. Exits by err(3) on failure. */
void timer_open(void);

/* Makes the timer fire at this interval; 0 stops it. */
void timer_set(uint64_t microseconds);

/* Whether the timer has fired since the last call. */
bool timer_fired(void);

#endif
