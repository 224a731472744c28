/* Every byte in every place of a request: it arrives as it is, and nothing else changes. */
#include "netbroker/encode.h"

#include "tap.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

static int hex(char digit)
{
    return digit >= '0' && digit <= '9' ? digit - '0' : digit - 'A' + 10;
}

/* Decodes as RFC 3986 says; -1 if the text has a character that is not unreserved. */
static int percent_decode(const char *text, char *bytes)
{
    int length = 0;

    for (const char *c = text; *c != '\0'; length++) {
        if (*c == '%') {
            bytes[length] = (char)(hex(c[1]) << 4 | hex(c[2]));
            c += 3;
        } else if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~",
                          *c)) {
            bytes[length] = *c++;
        } else {
            return -1;
        }
    }
    return length;
}

static void test_percent(void)
{
    char all[256], back[256];
    unsigned wrong = 0, encoded = 0;

    for (int byte = 0; byte < 256; byte++) {
        const char one[] = {(char)byte};
        char *text = encode_percent(one, 1);

        all[byte] = (char)byte;
        encoded += strlen(text) == 3;
        wrong += percent_decode(text, back) != 1 || back[0] != one[0];
        free(text);
    }
    ok(wrong == 0, "each byte comes back");
    ok(encoded == 256 - 66, "all but the 66 unreserved are encoded, %u", encoded);
    char *text = encode_percent(all, sizeof(all));
    ok(percent_decode(text, back) == 256 && memcmp(all, back, 256) == 0, "all at once, too");
    free(text);
    text = encode_percent("", 0);
    ok(*text == '\0', "nothing is nothing");
    free(text);
    text = encode_percent("\xc3\xa9 /%", 5);
    ok(strcmp(text, "%C3%A9%20%2F%25") == 0, "in capitals");
    free(text);
}

/* Whether a string of these bytes is one in the JSON {"a":["x…y"],"b":1}, and nothing else. */
static bool is_inside(const char *bytes, size_t length)
{
    char *inside = encode_json(bytes, length);
    char *json = encode_fill("{\"a\":[\"x{argument}y\"],\"b\":1}", "{argument}", inside);
    struct json_object *root = json_tokener_parse(json), *list = NULL, *other = NULL, *string;
    bool good = root && json_object_object_length(root) == 2 &&
                json_object_object_get_ex(root, "a", &list) &&
                json_object_object_get_ex(root, "b", &other) && json_object_get_int(other) == 1 &&
                json_object_array_length(list) == 1;

    string = good ? json_object_array_get_idx(list, 0) : NULL;
    good = string && (size_t)json_object_get_string_len(string) == length + 2 &&
           memcmp(json_object_get_string(string) + 1, bytes, length) == 0;
    for (const char *c = inside; *c != '\0'; c++)
        good &= (unsigned char)*c >= ' ';
    json_object_put(root);
    free(json);
    free(inside);
    return good;
}

static void test_json(void)
{
    unsigned wrong = 0;
    char ascii[128];

    for (int byte = 0; byte < 128; byte++) {
        ascii[byte] = (char)byte;
        wrong += !is_inside(&ascii[byte], 1);
    }
    ok(wrong == 0, "each character of ASCII comes back, %u do not", wrong);
    ok(is_inside(ascii, 128), "all at once, too");
    ok(is_inside("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9), "and longer UTF-8");
    ok(is_inside("\"],\"b\":2,\"c\":[\"", 15) && is_inside("\\", 1) && is_inside("\\\"", 2) &&
           is_inside("\\u0022", 6),
       "what would end the string is in it");
    ok(is_inside("{argument}", 10) && is_inside("%s%n", 4), "nothing is filled in twice");
}

static void expect_filled(const char *pattern, const char *value, const char *expected)
{
    char *filled = encode_fill(pattern, "{id}", value);

    ok(strcmp(filled, expected) == 0, "%s", filled);
    free(filled);
}

static void test_fill(void)
{
    expect_filled("a/{id}/b", "1", "a/1/b");
    expect_filled("{id}", "", "");
    expect_filled("a", "1", "a");
    expect_filled("{id}{id}", "{id}", "{id}{id}");
}

int main(void)
{
    test_percent();
    test_json();
    test_fill();
    return done();
}
