/* The VMM's end of the link to the network broker (netbroker/wire.h), which it does not trust. */
#ifndef SPARKLER_VMM_BROKER_H
#define SPARKLER_VMM_BROKER_H

#include "netbroker/wire.h"

struct broker {
    uint32_t sequence;   /* of the last request */
    const char *dropped; /* why the broker is no longer asked; NULL while it is */
};

/* A reply, and one byte more, so that a frame that is too long can be told from one that fits. */
struct broker_frame {
    struct wire_reply reply;
    uint8_t excess;
};

/* Sets a time limit on every read and write on VMM_FD_BROKER. Exits by err(3) on failure. */
void broker_open(void);

/*
 * Fetches the text of a port. It always leaves a text for the guest in frame->reply.text and
 * .length: the broker's, once checked, or a message in brackets that says what went wrong.
 */
void broker_ask(struct broker *broker, uint16_t port, struct broker_frame *frame);

#endif
