/* The argument of a question: see argument.h. */
#include "argument.h"

#include <stdlib.h>
#include <string.h>

#define FRACTION 32 /* bits of a fixed-point logarithm behind its point */

/* log2 of `number`, 1 or more, by repeated squaring; exact for powers of two. */
static uint64_t log2_fixed(uint64_t number)
{
    const unsigned whole = 63 - (unsigned)__builtin_clzll(number);
    uint64_t mantissa = number << (63 - whole), result = whole; /* mantissa / 2^63: 1 to 2 */

    for (unsigned i = 0; i < FRACTION; i++) {
        unsigned __int128 square = (unsigned __int128)mantissa * mantissa >> 63;
        const unsigned bit = square >> 64 != 0;

        mantissa = (uint64_t)(square >> bit);
        result = result << 1 | bit;
    }
    return result;
}

/* Arguments of characters: S^least + … + S^most of them, which is S^most * (1 + 1/S + 1/S^2 …). */
static uint64_t log2_of_strings(uint64_t characters, unsigned least, unsigned most)
{
    const unsigned scale = 40;
    double sum = 0, term = 1;

    for (unsigned length = least; length <= most; length++) {
        sum += term;
        term /= (double)characters;
    }
    return most * log2_fixed(characters) + log2_fixed((uint64_t)(sum * (double)(1ull << scale))) -
           ((uint64_t)scale << FRACTION);
}

uint32_t argument_cost(const struct argument *argument)
{
    const uint64_t bits =
        argument->value_count > 0
            ? log2_fixed(argument->value_count)
            : log2_of_strings(argument->character_count, argument->least, argument->most);

    return (uint32_t)((bits * 1000 + (1ull << FRACTION) - 1) >> FRACTION);
}

static int compare_characters(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return a < b ? -1 : a > b;
}

static bool is_of_characters(const struct argument *argument, const char *bytes, size_t length,
                             struct text *rule)
{
    size_t count = 0;
    uint32_t code;

    for (size_t at = 0; at < length; count++) {
        at += text_decode(bytes + at, length - at, &code);
        if (code == TEXT_INVALID) {
            text_printf(rule, "the argument is not UTF-8");
            return false;
        }
        if (!bsearch(&code, argument->character, argument->character_count,
                     sizeof(argument->character[0]), compare_characters)) {
            text_printf(rule,
                        "character %zu of the argument (U+%04X) is not allowed; it must be %s",
                        count + 1, code, argument->words);
            return false;
        }
    }
    if (count >= argument->least && count <= argument->most)
        return true;
    text_printf(rule, "the argument has %zu characters; it must be %s", count, argument->words);
    return false;
}

static bool is_a_value(const struct argument *argument, const char *bytes, size_t length,
                       struct text *rule)
{
    for (size_t i = 0; i < argument->value_count; i++)
        if (strlen(argument->value[i]) == length && memcmp(argument->value[i], bytes, length) == 0)
            return true;
    text_printf(rule, "the argument must be %s", argument->words);
    return false;
}

bool argument_fits(const struct argument *argument, const char *bytes, size_t length,
                   struct text *rule)
{
    bool fits = argument->value_count > 0 ? is_a_value(argument, bytes, length, rule)
                                          : is_of_characters(argument, bytes, length, rule);

    if (!fits || argument->place != ARGUMENT_IN_PATH || argument_is_path(bytes, length))
        return fits;
    text_printf(rule, "an argument in a path must have no name of dots only");
    return false;
}

bool argument_is_path(const char *bytes, size_t length)
{
    size_t dots = 0, others = 0;

    for (size_t i = 0; i <= length; i++) {
        if (i < length && !strchr("/\\;", bytes[i])) {
            dots += bytes[i] == '.';
            others += bytes[i] != '.';
            continue;
        }
        if (dots > 0 && others == 0)
            return false;
        dots = others = 0;
    }
    return true;
}

void argument_free(struct argument *argument)
{
    if (!argument)
        return;
    for (size_t i = 0; i < argument->value_count; i++)
        free(argument->value[i]);
    free(argument->value);
    free(argument->character);
    free(argument->words);
    free(argument);
}
