/* What the broker answers to one question of the guest, and how that came about. */
#ifndef SPARKLER_ANSWER_H
#define SPARKLER_ANSWER_H

#include "ledger.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>

#define REASON_MAX LEDGER_REASON_MAX

struct answer {
    enum ledger_event outcome; /* not LEDGER_ASKED */
    char reason[REASON_MAX];   /* why it is stale, denied or failed, else "" */
    bool is_bytes;             /* text.data is as the server sent it, and no text */
    struct text text;          /* what the guest gets */
};

/* An answer whose text may have `size` bytes, at least TEXT_MAX. Ends the program by err(3) without
 * memory. */
struct answer answer_new(size_t size);

/* Makes it an empty text of the usual size, from the server just now. */
void answer_begin(struct answer *answer);

/* Makes the answer a message in brackets, "[denied: REASON]" or "[WHO: REASON]". */
__attribute__((format(printf, 2, 3))) void answer_deny(struct answer *answer, const char *format,
                                                       ...);
__attribute__((format(printf, 3, 4))) void answer_fail(struct answer *answer, const char *who,
                                                       const char *format, ...);

#endif
