/* The VMM's end of the link to the network broker (netbroker/wire.h), which it does not trust. */
#ifndef SPARKLER_VMM_BROKER_H
#define SPARKLER_VMM_BROKER_H

#include "netbroker/wire.h"

struct broker {
    uint32_t sequence;   /* of the last request */
    const char *dropped; /* why the broker is not asked any more; NULL while it is */
};

/* A reply, and room to see that a frame is longer than one. */
struct broker_frame {
    struct wire_reply reply;
    uint8_t excess;
};

/* Bounds every wait on VMM_FD_BROKER. Ends the program with status 1 when it cannot. */
void broker_open(void);

/*
 * Asks for the text of a port. frame->reply.text and .length always hold a text for the guest when
 * it returns: the broker's, checked, or one of our own in brackets that says what failed.
 */
void broker_ask(struct broker *broker, uint16_t port, struct broker_frame *frame);

#endif
