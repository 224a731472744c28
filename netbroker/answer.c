/* Answers that are messages: see answer.h. */
#include "answer.h"

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct answer answer_new(size_t size)
{
    struct answer answer = {.text.data = malloc(size)};

    if (!answer.text.data)
        err(1, "no memory for answers");
    answer_begin(&answer);
    return answer;
}

void answer_begin(struct answer *answer)
{
    answer->outcome = LEDGER_ANSWERED;
    answer->reason[0] = '\0';
    answer->is_bytes = false;
    answer->text.size = TEXT_MAX;
    text_clear(&answer->text);
}

static void set(struct answer *answer, enum ledger_event outcome, const char *who,
                const char *format, va_list arguments)
{
    answer->outcome = outcome;
    answer->is_bytes = false;
    vsnprintf(answer->reason, sizeof(answer->reason), format, arguments);
    text_clear(&answer->text);
    text_printf(&answer->text, "[%s: %s]", who, answer->reason);
}

void answer_deny(struct answer *answer, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    set(answer, LEDGER_DENIED, "denied", format, arguments);
    va_end(arguments);
}

void answer_fail(struct answer *answer, const char *who, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    set(answer, LEDGER_FAILED, who, format, arguments);
    va_end(arguments);
}
