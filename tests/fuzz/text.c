/* Any bytes, appended in two parts: the text is clean, and cleaning it again changes nothing. */
#include "clean.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text once = TEXT_EMPTY, twice = TEXT_EMPTY;
    const char *bytes = (const char *)data;
    const size_t half = size / 2;

    text_append_clean(&once, bytes, half);
    must_be_clean(&once);
    text_append_clean(&once, bytes + half, size - half);
    must_be_clean(&once);
    text_append_clean(&twice, once.data, once.length);
    must(strcmp(once.data, twice.data) == 0, "a clean text is not changed");
    must(text_is_utf8(once.data, once.length), "a clean text is UTF-8");
    text_is_utf8(bytes, size);
    return 0;
}
