/* "argument", and what it needs of the feed's other keys: see feed_question.h. */
#include "feed_question.h"

#include "argument.h"

#include <err.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_MAX 4096
#define WORDS_MAX  160 /* bytes of the values or characters that are named in a message */

static const struct {
    const char *name;
    const char *characters;
} classes[] = {
    {"letters", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"},
    {"uppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
    {"lowercase", "abcdefghijklmnopqrstuvwxyz"},
    {"digits", "0123456789"},
};

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);

    if (!memory)
        err(1, "cannot read the feeds file");
    return memory;
}

/* What an argument must be, in words: the first of the items, which are named one after another. */
struct words {
    struct text text;
    size_t left_out;
};

static void add_word(struct words *words, const char *word)
{
    const size_t length = words->text.length;

    text_printf(&words->text, "%s%s", length == 0 ? "" : ", ", word);
    if (words->text.length <= WORDS_MAX && words->left_out == 0)
        return;
    words->text.length = length;
    words->text.data[length] = '\0';
    words->left_out++;
}

__attribute__((format(printf, 2, 3))) static char *words_end(struct words *words,
                                                             const char *format, ...)
{
    struct text whole = TEXT_EMPTY;
    char before[64], *copy;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(before, sizeof(before), format, arguments);
    va_end(arguments);
    text_printf(&whole, "%s%s", before, words->text.data);
    if (words->left_out > 0)
        text_printf(&whole, " and %zu more", words->left_out);
    copy = strdup(whole.data);
    if (!copy)
        err(1, "cannot read the feeds file");
    return copy;
}

static bool read_value(const struct definition *definition, struct json_object *value,
                       struct argument *argument)
{
    char *string;

    if (!definition_is_string(value))
        return refuse(definition->fault, value, "values", "a string for each value");
    string = definition_expanded(definition, value, "values");
    if (!string)
        return false;
    argument->value[argument->value_count++] = string;
    if (*string == '\0' || strlen(string) > WIRE_ARGUMENT_MAX || !text_is_visible(string))
        return refuse(definition->fault, value, "values",
                      "1 to %u bytes in each value, all of them visible", WIRE_ARGUMENT_MAX);
    for (size_t i = 0; i + 1 < argument->value_count; i++)
        if (strcmp(argument->value[i], string) == 0)
            return refuse(definition->fault, value, "values", "each value once");
    return true;
}

/* Reads {"values": ["red", "green"]}. */
static bool read_values(const struct definition *definition, struct json_object *list,
                        struct argument *argument)
{
    const size_t count =
        json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    struct words words = {.text = TEXT_EMPTY};

    if (count < 2 || count > VALUES_MAX)
        return refuse(definition->fault, list, "values", "a list of 2 to %d strings", VALUES_MAX);
    argument->value = allocate(count, sizeof(*argument->value));
    for (size_t i = 0; i < count; i++) {
        if (!read_value(definition, json_object_array_get_idx(list, i), argument))
            return false;
        add_word(&words, argument->value[i]);
    }
    argument->words = words_end(&words, "one of: ");
    return true;
}

static bool add_character(const struct definition *definition, const struct json_object *value,
                          struct argument *argument, uint32_t code)
{
    for (size_t i = 0; i < argument->character_count; i++)
        if (argument->character[i] == code)
            return refuse(definition->fault, value, "characters", "each character once");
    argument->character[argument->character_count++] = code;
    return true;
}

/* Reads the name of a class, or one character. */
static bool read_characters_of(const struct definition *definition, struct json_object *value,
                               struct argument *argument, struct words *words)
{
    const char *string = definition_is_string(value) ? json_object_get_string(value) : "";
    const size_t length = strlen(string);
    char quoted[16];
    uint32_t code;

    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (strcmp(string, classes[i].name) != 0)
            continue;
        for (const char *c = classes[i].characters; *c != '\0'; c++)
            if (!add_character(definition, value, argument, (unsigned char)*c))
                return false;
        add_word(words, string);
        return true;
    }
    if (length == 0 || text_decode(string, length, &code) != length || !text_is_visible(string))
        return refuse(definition->fault, value, "characters",
                      "\"letters\", \"uppercase\", \"lowercase\", \"digits\" or one visible "
                      "character");
    if (code <= '~')
        snprintf(quoted, sizeof(quoted), "'%s'", string);
    else
        snprintf(quoted, sizeof(quoted), "U+%04X", code);
    add_word(words, quoted);
    return add_character(definition, value, argument, code);
}

static int compare_characters(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return a < b ? -1 : a > b;
}

static bool read_length(const struct definition *definition, struct json_object *object,
                        const char *key, unsigned low, unsigned high, unsigned *length)
{
    struct json_object *value = definition_get(object, key);
    int64_t number = json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : -1;

    if (number < low || number > high)
        return refuse(definition->fault, value ? value : object, key,
                      "a whole number from %u to %u", low, high);
    *length = (unsigned)number;
    return true;
}

/* How many of these characters always fit into an argument: of a set in ascending order the last
 * takes the most bytes. */
static unsigned most_that_fit(const struct argument *argument)
{
    const uint32_t last = argument->character[argument->character_count - 1];

    return WIRE_ARGUMENT_MAX / (last < 0x80 ? 1 : last < 0x800 ? 2 : last < 0x10000 ? 3 : 4);
}

/* Reads {"characters": ["letters", " "], "least": 1, "most": 40}. */
static bool read_characters(const struct definition *definition, struct json_object *object,
                            struct json_object *list, struct argument *argument)
{
    const size_t count =
        json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    struct words words = {.text = TEXT_EMPTY};

    if (count == 0 || count > VALUES_MAX)
        return refuse(definition->fault, list, "characters", "a list of classes and characters");
    argument->character = allocate(count + 128, sizeof(*argument->character));
    for (size_t i = 0; i < count; i++)
        if (!read_characters_of(definition, json_object_array_get_idx(list, i), argument, &words))
            return false;
    qsort(argument->character, argument->character_count, sizeof(argument->character[0]),
          compare_characters);
    const unsigned high = most_that_fit(argument);
    if (!read_length(definition, object, "least", 1, high, &argument->least) ||
        !read_length(definition, object, "most", argument->least, high, &argument->most))
        return false;
    if (argument->character_count == 1 && argument->least == argument->most)
        return refuse(definition->fault, list, "characters", "more than one possible argument");
    argument->words =
        words_end(&words, "%u to %u characters of: ", argument->least, argument->most);
    return true;
}

bool question_read_argument(const struct definition *definition, struct json_object *value,
                            struct argument **member)
{
    struct json_object *values, *characters;
    struct argument *argument = *member = allocate(1, sizeof(*argument));

    if (!json_object_is_type(value, json_type_object))
        return refuse(definition->fault, value, "argument", "an object");
    values = definition_get(value, "values");
    characters = definition_get(value, "characters");
    json_object_object_foreach(value, name, part)
    {
        if (values ? part != values
                   : strcmp(name, "characters") != 0 && strcmp(name, "least") != 0 &&
                         strcmp(name, "most") != 0)
            return refuse(definition->fault, part, name,
                          "\"values\" alone, or \"characters\", \"least\" and \"most\"");
    }
    if (!values && !characters)
        return refuse(definition->fault, value, "argument", "\"values\" or \"characters\" in it");
    if (!(values ? read_values(definition, values, argument)
                 : read_characters(definition, value, characters, argument)))
        return false;
    argument->millibits = argument_cost(argument);
    return true;
}

static size_t count_places(const char *string)
{
    size_t count = 0;

    while (string && (string = strstr(string, ARGUMENT_MARK))) {
        string += strlen(ARGUMENT_MARK);
        count++;
    }
    return count;
}

/* True if the place in a url is in its query, behind the '=' of a value. */
static bool is_query_value(const char *url, const char *place)
{
    while (place > url && !strchr("?&=", place[-1]))
        place--;
    return place > url && place[-1] == '=';
}

/* Sets the argument's place: what stands around its mark. */
static bool find_place(const struct definition *definition, const struct feed *feed)
{
    struct json_object *url = definition_get(definition->object, "url");
    const char *place = strstr(feed->url, ARGUMENT_MARK), *query = strchr(feed->url, '?');
    struct argument *argument = feed->argument;

    if (count_places(feed->url) + count_places(feed->body) != 1)
        return refuse(definition->fault, definition_get(definition->object, "argument"), "argument",
                      "\"" ARGUMENT_MARK "\" once, in \"url\" or in \"body\"");
    if (!place)
        argument->place = ARGUMENT_IN_BODY;
    else if (!query || place < query)
        argument->place = ARGUMENT_IN_PATH;
    else if (is_query_value(feed->url, place))
        argument->place = ARGUMENT_IN_QUERY;
    else
        return refuse(definition->fault, url, "url",
                      "\"" ARGUMENT_MARK "\" in its path, or behind the '=' of a value");
    for (size_t i = 0; argument->place == ARGUMENT_IN_PATH && i < argument->value_count; i++)
        if (!argument_is_path(argument->value[i], strlen(argument->value[i])))
            return refuse(definition->fault, definition_get(definition->object, "argument"),
                          "values", "no name of dots only in a value that is a part of the path");
    return true;
}

bool question_check_argument(const struct definition *definition, struct feed *feed)
{
    struct json_object *object = definition->object;
    const unsigned bits = feed->argument ? (feed->argument->millibits + 999) / 1000 : 0;

    if (!feed->argument) {
        if (feed->bits_per_hour > 0)
            return refuse(definition->fault, definition_get(object, "bits_per_hour"),
                          "bits_per_hour", "an \"argument\" with it");
        return count_places(feed->url) + count_places(feed->body) == 0 ||
               refuse(definition->fault, object, "argument",
                      "in this feed, which has a place for it, but it is missing");
    }
    if (feed->lookup_url)
        return refuse(definition->fault, definition_get(object, "argument"), "argument",
                      "nothing: a feed with a \"lookup_url\" takes none");
    if (feed->bits_per_hour == 0)
        return refuse(definition->fault, object, "bits_per_hour",
                      "with an \"argument\", but it is missing");
    if (feed->bits_per_hour < bits)
        return refuse(definition->fault, definition_get(object, "bits_per_hour"), "bits_per_hour",
                      "at least %u, which one asking costs", bits);
    if (bits > 0 && feed->requests_per_hour > 0)
        return refuse(definition->fault, definition_get(object, "requests_per_hour"),
                      "requests_per_hour", "nothing: \"bits_per_hour\" bounds a question");
    return find_place(definition, feed);
}
