/* JSON in ASCII: see json.h. */
#include "policy/tool/json.h"

#include "netbroker/text.h"
#include "policy/tool/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT 0xfffdu

char *json_ascii(const char *json)
{
    const size_t length = strlen(json);
    char *ascii = allocate(6 * length + 1, 1), *to = ascii;
    uint32_t code;

    for (size_t at = 0; at < length;) {
        at += text_decode(json + at, length - at, &code);
        if (code == TEXT_INVALID)
            code = REPLACEMENT;
        if (code <= '~')
            *to++ = (char)code;
        else if (code <= 0xffff)
            to += sprintf(to, "\\u%04x", code);
        else
            to += sprintf(to, "\\u%04x\\u%04x", 0xd7c0 + (code >> 10), 0xdc00 + (code & 0x3ff));
    }
    return ascii;
}

void json_print(struct json_object *value)
{
    char *ascii;

    /* All digits that a double is sure to hold: 142.925, not 142.92500000000001. */
    json_c_set_serialization_double_format("%.15g", JSON_C_OPTION_GLOBAL);
    ascii = json_ascii(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PRETTY |
                                                                 JSON_C_TO_STRING_NOSLASHESCAPE));
    puts(ascii);
    free(ascii);
    json_object_put(value);
}
