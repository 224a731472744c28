/* Any bytes as HTML: the text is clean. */
#include "clean.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = TEXT_EMPTY;

    text_append_html(&text, (const char *)data, size);
    must_be_clean(&text);
    return 0;
}
