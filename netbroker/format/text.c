/* A body that is text already, and one that is left as it is. */
#include "formats.h"

#include <string.h>

static bool plain_text(const struct body *body, struct text *text)
{
    text_append_clean(text, body->bytes, body->length);
    return true;
}

/* Bytes that are cut would be of no use. */
static bool bytes(const struct body *body, struct text *text)
{
    if (body->length >= text->size)
        return body_refuse(body, "the answer is too large (the limit is %zu bytes)",
                           text->size - 1);
    memcpy(text->data, body->bytes, body->length);
    text->data[text->length = body->length] = '\0';
    return true;
}

const struct format format_plain_text = {
    .name = "text",
    .text = plain_text,
};

const struct format format_bytes = {
    .name = "bytes",
    .is_bytes = true,
    .text = bytes,
};
