/* Answers that are larger than one reply, kept until the guest has their last piece. */
#ifndef SPARKLER_PIECES_H
#define SPARKLER_PIECES_H

#include "answer.h"
#include "ledger_client.h"

#include <stdint.h>

#define PIECES_ANSWERS 4 /* kept at once; a further one takes the place of the oldest */

struct whole {
    uint16_t port;
    char *argument;
    size_t argument_length;
    bool is_bytes;
    char *bytes; /* NULL: none */
    size_t length;
};

struct pieces {
    struct whole whole[PIECES_ANSWERS]; /* from the newest to the oldest */
};

/* Keeps a copy of the answer to a question, of which none is kept. Ends the program by err(3)
 * without memory. */
void pieces_keep(struct pieces *pieces, const struct question *question,
                 const struct answer *answer);

/* The answer to that question, or NULL if it is gone. */
const struct whole *pieces_find(const struct pieces *pieces, const struct question *question);

/* Drops it, if it is there. */
void pieces_drop(struct pieces *pieces, const struct question *question);

#endif
