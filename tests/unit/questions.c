/* The keys that make a feed a question, each slip in them, which arguments fit, and what they cost.
 */
#include "netbroker/argument.h"
#include "netbroker/feeds.h"

#include "tap.h"

#include <stdlib.h>
#include <string.h>

static struct text fault = TEXT_EMPTY;
static struct feeds feeds;

/* Reads a file whose only feed has `more` on its third line. */
static bool read_feed(const char *url, const char *more)
{
    char json[4096];

    snprintf(json, sizeof(json),
             "{\"feeds\": [{\"name\": \"q\", \"format\": \"text\",\n"
             "\"ports\": {\"0x500\": {\"word\": \"w\"}}, \"url\": \"https://a.example%s\",\n%s}]}",
             url, more);
    text_clear(&fault);
    return feeds_read(json, strlen(json), &feeds, &fault);
}

static const struct feed *accept(const char *url, const char *more)
{
    if (ok(read_feed(url, more), "accepts: %s", url))
        return &feeds.feed[0];
    printf("# %s\n", fault.data);
    exit(1);
}

static void refuse(const char *url, const char *more, const char *why)
{
    const bool success = read_feed(url, more);

    if (!ok(!success && strstr(fault.data, why), "refuses: %s", why))
        printf("# %s\n", success ? "it did not" : fault.data);
    if (success)
        feeds_free(&feeds);
}

#define LETTERS "\"argument\": {\"characters\": [\"letters\"], \"least\": 1, \"most\": 4}"
#define BITS    "\"bits_per_hour\": 100"

static void test_places(void)
{
    const struct feed *feed = accept("/a/{argument}.json?b=c", LETTERS ", " BITS);

    ok(feed->argument->place == ARGUMENT_IN_PATH && feed->bits_per_hour == 100,
       "in a part of the path");
    feeds_free(&feeds);
    feed = accept("/a?b=c&d=e:{argument}&f", LETTERS ", " BITS);
    ok(feed->argument->place == ARGUMENT_IN_QUERY, "in a value of the query");
    feeds_free(&feeds);
    feed = accept("/a?b={word}", LETTERS ", " BITS ", \"method\": \"POST\", \"body\": {\"a\": "
                                         "[1, 0.7, true, {\"{word}\": \"{word} {argument}\"}]}");
    ok(feed->argument->place == ARGUMENT_IN_BODY, "in a string of the body");
    ok(strcmp(feed->body, "{\"a\":[1,0.7,true,{\"{word}\":\"w {argument}\"}]}") == 0,
       "in which the port's values take their places: %s", feed->body);
    feeds_free(&feeds);

    feed = accept("/a",
                  LETTERS ", " BITS ", \"method\": \"POST\", \"body\": {\"messages\": [{\"role\": "
                          "\"user\", \"content\": [{\"type\": \"text\", \"text\": "
                          "\"{argument}\"}]}]}");
    ok(feed->argument->place == ARGUMENT_IN_BODY, "however deep it is");
    feeds_free(&feeds);
    refuse("/a", LETTERS ", " BITS, "line 3, \"argument\": expected \"{argument}\" once");
    refuse("/{argument}/{argument}", LETTERS ", " BITS, "\"{argument}\" once");
    refuse("/{argument}",
           LETTERS ", " BITS ", \"method\": \"POST\", \"body\": {\"a\": "
                   "\"{argument}\"}",
           "\"{argument}\" once");
    refuse("/a?{argument}=b", LETTERS ", " BITS,
           "\"url\": expected \"{argument}\" in its path, or");
    refuse("/a?b=c&{argument}", LETTERS ", " BITS, "line 2, \"url\": expected \"{argument}\" in");
    refuse(":{argument}/", LETTERS ", " BITS, "line 2, \"url\": expected https://");
    refuse("/{argument}", BITS, "\"bits_per_hour\": expected an \"argument\" with it");
    refuse("/{argument}", "\"about\": \"\"", "\"argument\": expected in this feed, which has a");
    refuse("/a", "\"sample\": \"{argument}\"",
           "line 3, \"sample\": expected no \"{argument}\": its place is in \"url\" or \"body\"");
    refuse("/a", "\"method\": \"POST\", \"body\": {\"{argument}\": 1}",
           "line 3, \"body\": expected \"{argument}\" in a string, not in a name");
    refuse("/{id}/{argument}", LETTERS ", " BITS ", \"lookup_url\": \"https://a.example/l\"",
           "\"lookup_url\": expected nothing: this format does not use it");
}

static void test_lookup(void)
{
    static const char json[] =
        "{\"feeds\": [{\"name\": \"q\", \"format\": \"x\", \"ports\": {\"0x500\": {}},\n"
        "\"url\": \"https://a.example/{id}?n={argument}\",\n"
        "\"lookup_url\": \"https://a.example/l\",\n" LETTERS ", " BITS "}]}";

    text_clear(&fault);
    ok(!feeds_read(json, strlen(json), &feeds, &fault) &&
           strstr(fault.data,
                  "line 4, \"argument\": expected nothing: a feed with a \"lookup_url\""),
       "refuses a question with a lookup");
}

static void refuse_argument(const char *argument, const char *why)
{
    char more[512];

    snprintf(more, sizeof(more), "\"argument\": %s, " BITS, argument);
    refuse("/{argument}", more, why);
}

static void test_grammar(void)
{
    refuse_argument("[]", "line 3, \"argument\": expected an object");
    refuse_argument("{}", "line 3, \"argument\": expected \"values\" or \"characters\" in it");
    refuse_argument("{\"least\": 1, \"most\": 2}", "expected \"values\" or \"characters\" in it");
    refuse_argument("{\"values\": [\"a\", \"b\"], \"most\": 1}",
                    "line 3, \"most\": expected \"val");
    refuse_argument("{\"characters\": [\"a\"], \"maximum\": 1}",
                    "\"maximum\": expected \"values\"");
    refuse_argument("{\"values\": \"a\"}", "line 3, \"values\": expected a list of 2 to 4096");
    refuse_argument("{\"values\": [\"a\"]}", "\"values\": expected a list of 2 to 4096 strings");
    refuse_argument("{\"values\": [\"a\",\n2]}", "line 4, \"values\": expected a string for each");
    refuse_argument("{\"values\": [\"a\", \"a\"]}", "\"values\": expected each value once");
    refuse_argument("{\"values\": [\"a\", \"\"]}", "\"values\": expected 1 to 1024 bytes");
    refuse_argument("{\"values\": [\"a\", \"b\\n\"]}", "\"values\": expected 1 to 1024 bytes");
    refuse_argument("{\"values\": [\"a\", \"b\\u0000\"]}", "\"values\": expected a string");
    refuse_argument("{\"values\": [\"a\", \"..\"]}", "\"values\": expected no name of dots only");
    refuse_argument("{\"values\": [\"a\", \"{town}\"]}", "expected \"town\" among the values");
    refuse_argument("{\"values\": [\"a\", \"{argument}\"]}",
                    "\"values\": expected no \"{argument}");
    refuse_argument("{\"characters\": \"letters\", \"least\": 1, \"most\": 2}",
                    "\"characters\": expected a list of classes and characters");
    refuse_argument("{\"characters\": [], \"least\": 1, \"most\": 2}",
                    "\"characters\": expected a l");
    refuse_argument("{\"characters\": [\"vowels\"], \"least\": 1, \"most\": 2}",
                    "\"characters\": expected \"letters\", \"uppercase\"");
    refuse_argument("{\"characters\": [\"\\n\"], \"least\": 1, \"most\": 2}", "or one visible");
    refuse_argument("{\"characters\": [\"\\u202e\"], \"least\": 1, \"most\": 2}", "or one visible");
    refuse_argument("{\"characters\": [\"\"], \"least\": 1, \"most\": 2}", "or one visible");
    refuse_argument("{\"characters\": [7], \"least\": 1, \"most\": 2}", "or one visible");
    refuse_argument("{\"characters\": [\"letters\",\n\"a\"], \"least\": 1, \"most\": 2}",
                    "line 4, \"characters\": expected each character once");
    refuse_argument("{\"characters\": [\"digits\", \"uppercase\", \"letters\"], \"least\": 1, "
                    "\"most\": 2}",
                    "\"characters\": expected each character once");
    refuse_argument("{\"characters\": [\"a\"], \"least\": 2, \"most\": 2}",
                    "\"characters\": expected more than one possible argument");
    refuse_argument("{\"characters\": [\"digits\"], \"most\": 2}",
                    "line 3, \"least\": expected a whole number from 1 to 1024");
    refuse_argument("{\"characters\": [\"digits\"], \"least\": 0, \"most\": 2}",
                    "\"least\": expected");
    refuse_argument("{\"characters\": [\"digits\"], \"least\": 3, \"most\": 2}",
                    "\"most\": expected a whole number from 3 to 1024");
    refuse_argument("{\"characters\": [\"digits\", \"\xc3\xa9\"], \"least\": 3, \"most\": 513}",
                    "\"most\": expected a whole number from 3 to 512");
    refuse_argument("{\"characters\": [\"digits\", \"\xf0\x9f\x98\x80\"], \"least\": 1, "
                    "\"most\": 257}",
                    "\"most\": expected a whole number from 1 to 256");

    refuse("/{argument}", LETTERS, "\"bits_per_hour\": expected with an \"argument\", but it is");
    refuse("/{argument}", LETTERS ", \"bits_per_hour\": 0", "expected a whole number from 1 to");
    refuse("/{argument}", LETTERS ", \"bits_per_hour\": 100, \"requests_per_hour\": 3",
           "line 3, \"requests_per_hour\": expected nothing: \"bits_per_hour\" bounds a question");
    refuse("/{argument}", LETTERS ", \"bits_per_hour\": 22",
           "line 3, \"bits_per_hour\": expected at least 23, which one asking costs");
}

static void test_request(void)
{
    const struct feed *feed =
        accept("/a", "\"method\": \"POST\", \"body\": {}, \"ttl_seconds\": 0, \"headers\": "
                     "{\"Accept\": \"text/{word}\", \"X-A\": \"b c\"}");

    ok(feed->is_post && feed->ttl_seconds == 0 && strcmp(feed->body, "{}") == 0 && !feed->argument,
       "a POST needs no argument");
    ok(strcmp(feed->headers[0], "Accept: text/w") == 0 &&
           strcmp(feed->headers[1], "X-A: b c") == 0 && !feed->headers[2],
       "headers are constant, but for the port's values");
    feeds_free(&feeds);
    feed = accept("/a", "\"method\": \"GET\"");
    ok(!feed->is_post && !feed->body && !feed->headers, "a GET is the default");
    feeds_free(&feeds);

    refuse("/a", "\"method\": \"PUT\"", "line 3, \"method\": expected \"GET\" or \"POST\"");
    refuse("/a", "\"method\": 1", "line 3, \"method\": expected \"GET\" or \"POST\"");
    refuse("/a", "\"method\": \"POST\"", "\"body\": expected with \"POST\", but it is missing");
    refuse("/a", "\"body\": {}", "line 3, \"body\": expected nothing: only a \"POST\" has one");
    refuse("/a", "\"method\": \"POST\", \"body\": \"a=b\"", "line 3, \"body\": expected an object");
    refuse("/a", "\"method\": \"POST\", \"body\": {\"a\": \"{id}\"}",
           "\"body\": expected no \"{id}");
    refuse("/a", "\"method\": \"POST\", \"body\": {\"a\": \"\\u0000\"}",
           "\"body\": expected strings");
    refuse("/a", "\"method\": \"POST\", \"body\": {\"a\": [NaN]}", "\"body\": expected finite");
    refuse("/a", "\"method\": \"POST\", \"body\": {\"a\": null}",
           "line 3: expected a value, not nul");
    refuse("/a", "\"method\": \"POST\", \"body\": {\"a\": \"{town}\"}",
           "expected \"town\" among the");
    refuse("/a", "\"headers\": []", "line 3, \"headers\": expected an object");
    refuse("/a", "\"headers\": {\"A\": 1}", "line 3, \"A\": expected a string");
    refuse("/a", "\"headers\": {\"A b\": \"c\"}", "line 3, \"A b\": expected the name of a header");
    refuse("/a", "\"headers\": {\"A\": \"b\\r\\nC: d\"}",
           "line 3, \"A\": expected printable ASCII");
    refuse("/a", "\"headers\": {\"A\": \"\"}", "line 3, \"A\": expected 1 to 256 characters");
    refuse("/a", "\"headers\": {\"A\": \"b\", \"a\": \"c\"}",
           "line 3, \"a\": expected each header");
    refuse("/a", "\"headers\": {\"host\": \"b\"}",
           "line 3, \"host\": expected none of the headers");
    refuse("/a", "\"headers\": {\"Content-Length\": \"1\"}", "expected none of the headers that");
    refuse("/a", "\"headers\": {\"x-key\": \"b\"}, \"credential\": \"k\", \"header\": \"X-Key: \"",
           "line 3, \"headers\": expected not the \"header\" of the credential among them");
}

/* ---- Arguments ---- */

static bool fits(const struct feed *feed, const char *bytes, size_t length)
{
    text_clear(&fault);
    return argument_fits(feed->argument, bytes, length, &fault);
}

static void expect_denied(const struct feed *feed, const char *bytes, size_t length,
                          const char *rule)
{
    const bool success = fits(feed, bytes, length);

    if (!ok(!success && strcmp(fault.data, rule) == 0, "denies: %s", rule))
        printf("# %s\n", success ? "it did not" : fault.data);
}

#define BYTES(literal) (literal), sizeof(literal) - 1

static void test_fits(void)
{
    const struct feed *feed = accept(
        "/{argument}", "\"argument\": {\"characters\": [\"lowercase\", \".\", \"/\", \"\xc3\xa9"
                       "\"], \"least\": 2, \"most\": 4}, \"bits_per_hour\": 40");

    ok(fits(feed, BYTES("ab")) && fits(feed, BYTES("\xc3\xa9\xc3\xa9zz")) &&
           fits(feed, BYTES("a../")) && fits(feed, BYTES("a/b")),
       "what is of the characters and has one of the lengths");
    expect_denied(feed, BYTES("a"),
                  "the argument has 1 characters; it must be 2 to 4 characters of: lowercase, '.', "
                  "'/', U+00E9");
    expect_denied(feed, BYTES("abcde"),
                  "the argument has 5 characters; it must be 2 to 4 characters of: lowercase, '.', "
                  "'/', U+00E9");
    expect_denied(feed, BYTES("abC"),
                  "character 3 of the argument (U+0043) is not allowed; it must be 2 to 4 "
                  "characters of: lowercase, '.', '/', U+00E9");
    ok(!fits(feed, BYTES("ab\n")) && !fits(feed, BYTES("ab\0")) && !fits(feed, BYTES("a\xc3\xaa")),
       "no newline, NUL or other letter");
    expect_denied(feed, BYTES("ab\xc3"), "the argument is not UTF-8");
    expect_denied(feed, BYTES("ab\xc0\xae"), "the argument is not UTF-8");
    expect_denied(feed, BYTES(".."), "an argument in a path must have no name of dots only");
    expect_denied(feed, BYTES("../a"), "an argument in a path must have no name of dots only");
    expect_denied(feed, BYTES("a/."), "an argument in a path must have no name of dots only");
    ok(!argument_is_path(BYTES("a\\..")) && !argument_is_path(BYTES("..;a")) &&
           argument_is_path(BYTES("..a;b/.c")),
       "whatever a server takes for the end of a name");
    feeds_free(&feeds);

    feed = accept("/a?b={argument}", "\"argument\": {\"values\": [\"..\", \"{word}2\", \"c d\"]}, "
                                     "\"bits_per_hour\": 2");
    ok(fits(feed, BYTES("..")) && fits(feed, BYTES("w2")) && fits(feed, BYTES("c d")),
       "what is in the list");
    expect_denied(feed, BYTES("w"), "the argument must be one of: .., w2, c d");
    expect_denied(feed, BYTES("c d\0"), "the argument must be one of: .., w2, c d");
    expect_denied(feed, BYTES(""), "the argument must be one of: .., w2, c d");
    feeds_free(&feeds);
}

static void test_long_list(void)
{
    char more[2048] = "\"bits_per_hour\": 7, \"argument\": {\"values\": [\"0\"";
    const struct feed *feed;

    for (size_t i = 1; i < 100; i++)
        snprintf(more + strlen(more), sizeof(more) - strlen(more), ", \"%zu\"", i);
    strcat(more, "]}");
    feed = accept("/{argument}", more);
    ok(strlen(feed->argument->words) <= 200 && strstr(feed->argument->words, "41, 42 and 57 more"),
       "a long list is not named in full: %s", feed->argument->words);
    ok(feed->argument->millibits == 6644, "one of 100 costs log2(100) = 6.643856 bits");
    feeds_free(&feeds);
}

static uint32_t cost_of_values(size_t count)
{
    return argument_cost(&(struct argument){.value_count = count});
}

static uint32_t cost(size_t characters, unsigned least, unsigned most)
{
    return argument_cost(
        &(struct argument){.character_count = characters, .least = least, .most = most});
}

static void test_cost(void)
{
    ok(cost_of_values(2) == 1000 && cost_of_values(4096) == 12000, "powers of two are exact");
    ok(cost_of_values(3) == 1585 && cost_of_values(5) == 2322, "others are rounded up");
    ok(cost(2, 1, 1) == 1000 && cost(16, 8, 8) == 32000, "length times log2 of the characters");
    ok(cost(2, 1, 2) == 2585, "2 + 4 arguments");
    ok(cost(1, 1, 8) == 3000, "lengths of one character");
    ok(cost(52, 1, 4) == 22830, "52 + 52^2 + 52^3 + 52^4 = 7454980");
    ok(cost(10, 1, 1024) == 3401807, "1024 digits: %u", cost(10, 1, 1024));
    ok(cost(4096 + 62, 256, 256) == 3077549, "many characters: %u", cost(4096 + 62, 256, 256));
}

int main(void)
{
    test_places();
    test_lookup();
    test_grammar();
    test_request();
    test_fits();
    test_long_list();
    test_cost();
    return done();
}
