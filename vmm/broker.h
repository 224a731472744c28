/* The VMM's end of the link to the network broker (netbroker/wire.h), which it does not trust. */
#ifndef SPARKLER_VMM_BROKER_H
#define SPARKLER_VMM_BROKER_H

#include "netbroker/wire.h"

#include <stdbool.h>
#include <stddef.h>

struct broker {
    uint32_t sequence;   /* of the last request */
    const char *dropped; /* why the broker is no longer asked; NULL while it is */
    bool timer_stopped;  /* by the last broker_ask() (timer.h) */
};

/* What is asked: the piece at `offset` of the answer; 0 asks anew. */
struct question {
    uint16_t port;
    const char *argument; /* argument_length bytes, at most WIRE_ARGUMENT_MAX */
    size_t argument_length;
    uint32_t offset; /* below WIRE_ANSWER_MAX */
};

/* A reply, and one byte more, so that a frame that is too long can be told from one that fits. */
struct broker_frame {
    struct wire_reply reply;
    uint8_t excess;
};

/* Sets a time limit on every read and write on VMM_FD_BROKER. Exits by err(3) on failure. */
void broker_open(void);

/*
 * Asks the broker. It always leaves a piece for the guest in frame->reply: the broker's, once
 * checked, or at offset 0 a message in brackets that says what went wrong. A signal that comes
 * meanwhile stops the timer.
 */
void broker_ask(struct broker *broker, const struct question *question, struct broker_frame *frame);

#endif
