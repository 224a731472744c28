/* A reply that is text already. */
#include "reply.h"

static bool plain_text(const struct reply *reply, struct text *text)
{
    text_append_clean(text, reply->body, reply->length);
    return true;
}

const struct format format_plain_text = {
    .name = "text",
    .text = plain_text,
};
