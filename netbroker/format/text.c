/* A body that is text already. */
#include "formats.h"

static bool plain_text(const struct body *body, struct text *text)
{
    text_append_clean(text, body->bytes, body->length);
    return true;
}

const struct format format_plain_text = {
    .name = "text",
    .text = plain_text,
};
