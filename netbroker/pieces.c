/* Answers larger than a reply: see pieces.h. */
#include "pieces.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

/* No bytes may be NULL. */
static void *copy(const void *bytes, size_t length)
{
    char *copied = malloc(length + 1);

    if (!copied)
        err(1, "no memory for an answer");
    if (length > 0)
        memcpy(copied, bytes, length);
    return copied;
}

static void drop(struct pieces *pieces, size_t index)
{
    free(pieces->whole[index].argument);
    free(pieces->whole[index].bytes);
    memmove(&pieces->whole[index], &pieces->whole[index + 1],
            (PIECES_ANSWERS - 1 - index) * sizeof(pieces->whole[0]));
    pieces->whole[PIECES_ANSWERS - 1] = (struct whole){0};
}

const struct whole *pieces_find(const struct pieces *pieces, const struct question *question)
{
    for (size_t i = 0; i < PIECES_ANSWERS; i++) {
        const struct whole *whole = &pieces->whole[i];

        if (whole->bytes && whole->port == question->port &&
            whole->argument_length == question->argument_length &&
            (whole->argument_length == 0 ||
             memcmp(whole->argument, question->argument, whole->argument_length) == 0))
            return whole;
    }
    return NULL;
}

void pieces_drop(struct pieces *pieces, const struct question *question)
{
    const struct whole *whole = pieces_find(pieces, question);

    if (whole)
        drop(pieces, (size_t)(whole - pieces->whole));
}

void pieces_keep(struct pieces *pieces, const struct question *question,
                 const struct answer *answer)
{
    drop(pieces, PIECES_ANSWERS - 1);
    memmove(&pieces->whole[1], &pieces->whole[0], (PIECES_ANSWERS - 1) * sizeof(pieces->whole[0]));
    pieces->whole[0] = (struct whole){
        .port = question->port,
        .argument = copy(question->argument, question->argument_length),
        .argument_length = question->argument_length,
        .is_bytes = answer->is_bytes,
        .bytes = copy(answer->text.data, answer->text.length),
        .length = answer->text.length,
    };
}
