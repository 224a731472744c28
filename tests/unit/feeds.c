/* The default feeds file, and what each slip in a feeds file is answered with. Run it in the
 * project's root: it reads policy/feeds.json. */
#include "netbroker/feeds.h"
#include "netbroker/feed_paths.h"
#include "netbroker/format/format.h"
#include "netbroker/text.h"

#include "tap.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

static struct text fault = TEXT_EMPTY;

static bool read_feeds(const char *json, size_t length, struct feeds *feeds)
{
    text_clear(&fault);
    return feeds_read(json, length, feeds, &fault);
}

static void test_shipped(void)
{
    static char json[65536];
    struct feeds feeds;
    FILE *file = fopen("policy/feeds.json", "re");

    if (!file)
        err(1, "cannot read policy/feeds.json; run this in the project's root");
    size_t length = fread(json, 1, sizeof(json), file);
    fclose(file);

    if (!ok(read_feeds(json, length, &feeds), "policy/feeds.json is good")) {
        printf("# %s\n", fault.data);
        return;
    }
    ok(feeds.count == 13, "it defines 13 ports");
    for (size_t i = 0; i < feeds.count; i++) {
        const struct feed *feed = &feeds.feed[i];
        ok(feeds_find(&feeds, feed->port) == feed && feed->sample && !feed->allow_private,
           "port 0x%x is %s", feed->port, feed->name);
    }
    ok(feeds_find(&feeds, 0x100) && feeds_find(&feeds, 0x106) && feeds_find(&feeds, 0x206) &&
           !feeds_find(&feeds, 0x107),
       "it defines the ports of the guest ABI and no other");

    const struct feed *london = feeds_find(&feeds, 0x203);
    ok(strcmp(london->name, "air quality for London") == 0,
       "a port's values are filled into the name");
    ok(strcmp(london->place, "London, United Kingdom") == 0, "and the place");
    ok(strstr(london->url, "latitude=51.51&longitude=-0.13&"), "and the url");
    ok(strstr(london->sample, "London, United Kingdom: "), "and the sample");
    ok(strcmp(london->file, "air-quality/London") == 0, "and the file");
    ok(strstr(feeds_find(&feeds, 0x100)->url, "/{id}/"), "\"{id}\" is left for the lookup");
    feeds_free(&feeds);
}

/* Writes a file with one good feed. Lines 4 to 7 are its four keys, `more` is from line 8 on. */
static void make(char *json, size_t size, const char *ports, const char *format, const char *url,
                 const char *more)
{
    snprintf(json, size,
             "{\n\"feeds\": [\n{\n\"name\": \"a\",\n\"ports\": %s,\n\"format\": %s,\n"
             "\"url\": \"%s\"%s%s\n}\n]}\n",
             ports, format, url, *more == '\0' ? "" : ",\n", more);
}

static void refuse_text(const char *json, size_t length, const char *why)
{
    struct feeds feeds;
    bool success = read_feeds(json, length, &feeds);

    if (!ok(!success && strstr(fault.data, why), "refuses: %s", why))
        printf("# %s\n", success ? "it did not" : fault.data);
    if (success)
        feeds_free(&feeds);
}

static void refuse(const char *ports, const char *format, const char *url, const char *more,
                   const char *why)
{
    char json[8192];

    make(json, sizeof(json), ports, format, url, more);
    refuse_text(json, strlen(json), why);
}

#define PORTS "{\"0x101\": {\"city\": \"London\"}}"
#define TEXT  "\"text\""
#define URL   "https://a.example/b"

static void refuse_more(const char *more, const char *why)
{
    refuse(PORTS, TEXT, URL, more, why);
}

static void refuse_url(const char *url)
{
    refuse(PORTS, TEXT, url, "", "line 7, \"url\": expected https://");
}

static void test_defaults(void)
{
    char json[8192];
    struct feeds feeds;

    make(json, sizeof(json), PORTS, TEXT, URL, "");
    if (!ok(read_feeds(json, strlen(json), &feeds), "four keys suffice")) {
        printf("# %s\n", fault.data);
        return;
    }
    const struct feed *feed = feeds_find(&feeds, 0x101);
    ok(feed->requests_per_hour == 3600 / 900 + 24, "requests as ttl_seconds and failures need");
    ok(feed->ttl_seconds == 900 && feed->max_bytes == 65536 && feed->connect_ms == 5000 &&
           feed->total_ms == 10000 && !feed->allow_private,
       "the other keys have their defaults");
    ok(!feed->lookup_url && !feed->place && !feed->template && !feed->credential && !feed->ca &&
           !feed->sample,
       "or are absent");
    feeds_free(&feeds);
}

static const char *const bad_files[] = {
    "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/./b", "caf\303\251", "a\\nb",
};

static void test_files(void)
{
    static const char *const expected = "0x100 a\n0x101 a_0x101\n";
    char json[8192];
    struct feeds feeds;
    struct text list = TEXT_EMPTY;

    make(json, sizeof(json), "{\"0x100\": {}, \"0x101\": {}}", TEXT, URL, "");
    if (ok(read_feeds(json, strlen(json), &feeds), "two ports of one name are accepted")) {
        feed_paths_list(&feeds, &list);
        if (!ok(strcmp(list.data, expected) == 0, "they become two files"))
            printf("# %s\n", list.data);
        feeds_free(&feeds);
    }
    for (size_t i = 0; i < sizeof(bad_files) / sizeof(bad_files[0]); i++) {
        char key[128];

        snprintf(key, sizeof(key), "\"file\": \"%s\"", bad_files[i]);
        refuse("{\"0x101\": {}}", TEXT, URL, key, "\"file\": expected");
    }
    refuse("{\"0x100\": {\"x\": \"1\"}, \"0x101\": {\"x\": \"1/2\"}}", TEXT, URL,
           "\"file\": \"w/{x}\"", "\"w/1\" (port 0x100) and \"w/1/2\" (port 0x101)");
}

static void test_all_keys(void)
{
    char json[8192];
    struct feeds feeds;

    make(json, sizeof(json), "{\"0x100\": {\"x\": \"1\"}, \"0x5ff\": {\"x\": \"2\"}}", "\"json\"",
         "https://127.0.0.1:8443/a?b={x}",
         "\"about\": \"why\", \"template\": [\"{/a}\", \"{x}\"], \"credential\": \"key\",\n"
         "\"header\": \"X-API-Key: \", \"ca\": \"own-ca\", \"place\": \"here\",\n"
         "\"pinned_key\": \"sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\",\n"
         "\"sample\": \"a \\\"b\\\" {x}\", \"ttl_seconds\": 1, \"max_bytes\": 1048576,\n"
         "\"connect_ms\": 100, \"total_ms\": 100, \"allow_private\": true");
    if (!ok(read_feeds(json, strlen(json), &feeds), "a feed may have all keys")) {
        printf("# %s\n", fault.data);
        return;
    }
    const struct feed *feed = feeds_find(&feeds, 0x5ff);
    ok(feeds.count == 2 && feeds.feed[0].port == 0x100, "ports are in order");
    ok(strcmp(feed->url, "https://127.0.0.1:8443/a?b=2") == 0, "each has its own url");
    ok(strcmp(feed->template, "{/a}\n2\n") == 0, "each string of a list becomes a line");
    ok(strcmp(feed->sample, "a \"b\" 2") == 0, "a string is kept as it is");
    ok(strcmp(feed->credential, "key") == 0 && strcmp(feed->header, "X-API-Key: ") == 0 &&
           strcmp(feed->ca, "own-ca") == 0 && feed->ttl_seconds == 1 &&
           feed->max_bytes == 1048576 && feed->connect_ms == 100 && feed->allow_private,
       "the other keys are kept");
    feeds_free(&feeds);
}

static void test_keys(void)
{
    /* ESC, newline, DEL, CSI and OSC as C1 controls, CSI as UTF-8, right-to-left override,
     * zero-width space */
    static const char *const invisible[] = {
        "\"place\": \"a\\u001bb\"", "\"place\": \"a\\nb\"",     "\"place\": \"a\\u007fb\"",
        "\"place\": \"a\\u009bb\"", "\"place\": \"a\\u009db\"", "\"place\": \"a\xc2\x9b\"",
        "\"place\": \"a\\u202eb\"", "\"place\": \"a\\u200bb\"",
    };

    refuse_more("\"colour\": 1", "line 8, \"colour\": expected a key of sparkler-feeds(5)");
    refuse_more("\"ttl_seconds\": 0", "line 8, \"ttl_seconds\": expected at least 1");
    refuse_more("\"ttl_seconds\": -1", "line 8, \"ttl_seconds\": expected a whole number from 0");
    refuse_more("\"max_text\": 255", "line 8, \"max_text\": expected a whole number from 256");
    refuse_more("\"requests_per_hour\": 0",
                "line 8, \"requests_per_hour\": expected a whole number from 1 to 3600");
    refuse_more("\"requests_per_hour\": 3601", "line 8, \"requests_per_hour\"");
    refuse_more("\"ttl_seconds\": 1.5", "line 8, \"ttl_seconds\"");
    refuse_more("\"ttl_seconds\": \"60\"", "line 8, \"ttl_seconds\"");
    refuse_more("\"max_bytes\": 99999999999999999999", "line 8, \"max_bytes\"");
    refuse_more("\"max_bytes\": NaN", "line 8, \"max_bytes\"");
    refuse_more("\"total_ms\": 30000", "line 8, \"total_ms\": expected a whole number from 100");
    refuse_more("\"connect_ms\": 200, \"total_ms\": 100", "\"connect_ms\": expected at most");
    refuse_more("\"allow_private\": 1", "line 8, \"allow_private\": expected true or false");
    refuse_more("\"about\": null", "line 8: expected a value, not null");
    refuse_more("\"about\": {}", "line 8, \"about\": expected a string");
    refuse_more("\"place\": []", "line 8, \"place\": expected a string");
    for (size_t i = 0; i < sizeof(invisible) / sizeof(invisible[0]); i++)
        refuse_more(invisible[i], "expected text without control or invisible characters");
    refuse_more("\"place\": \"a\\u0000b\"", "line 8, \"place\": expected a string");
    refuse_more("\"sample\": [\n\"a\",\n2]", "line 10, \"sample\": expected a string for each");
    refuse_more("\"sample\": \"{town}\"",
                "expected \"town\" among the values of the port on line 5");
    refuse_more("\"sample\": \"{Town}\"", "expected {word}, {id} or {/pointer} after '{'");
    refuse_more("\"template\": \"{/a}\"", "\"template\": expected nothing");
    refuse_more("\"lookup_url\": \"" URL "\"", "\"lookup_url\": expected nothing");
    refuse_more("\"header\": \"X-Key: \"", "\"credential\": expected together with \"header\"");
    refuse_more("\"credential\": \"k\"", "\"credential\": expected together with \"header\"");
    refuse_more("\"credential\": \"../k\"", "line 8, \"credential\": expected 1 to 32");
    refuse_more("\"header\": \"X-Key\"", "line 8, \"header\"");
    refuse_more("\"header\": \"X: a\\r\\nB: \"", "line 8, \"header\"");
    refuse_more("\"pinned_key\": \"sha1//abc\"", "line 8, \"pinned_key\"");
    refuse_more("\"name\": \"b\"", "line 8: expected each key once");
    refuse(PORTS, "\"json\"", URL, "", "\"template\": expected with this format");
    refuse(PORTS, "\"json\"", URL, "\"template\": \"{/a\"", "line 8, \"template\": expected each");
    refuse(PORTS, "\"mastodon\"", URL, "", "line 3, \"lookup_url\": expected with this format");
    refuse(PORTS, "\"x\"", URL, "\"lookup_url\": \"https://a/{id}\"", "a URL without \"{id}\"");
    refuse(PORTS, "\"mastodont\"", URL, "", "line 6, \"format\": expected one of open-meteo-");
    refuse(PORTS, "7", URL, "", "line 6, \"format\": expected one of");
}

static void test_urls(void)
{
    static const char *const bad[] = {
        "http://a.example/", "https://",          "https:///b",     "file:///etc/passwd",
        "https://a.example", "https://u@a/",      "https://u:p@a/", "https://a:0/",
        "https://a:99999/",  "https://a:/",       "https://a:44x/", "https://a/#b",
        "https://a/ b",      "https://-a/",       "https://{id}/",  "https://a\\\\b/",
        "HTTPS://a/",        "https://a/\\u001b", "https://[::1]/", "https://a?b",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        refuse_url(bad[i]);
    refuse(PORTS, TEXT, "https://a/{id}", "", "line 7, \"url\": expected no \"{id}\"");
    refuse(PORTS, TEXT, "https://a/{town}", "", "line 7, \"url\": expected \"town\"");
    refuse("{\"0x101\": {\"city\": \"New York\"}}", TEXT, "https://a/{city}", "",
           "line 7, \"url\": expected https://");
    refuse("{\"0x101\": {\"city\": \"b.example/\"}}", TEXT, "https://a@{city}", "",
           "line 7, \"url\": expected https://");
}

static void test_ports(void)
{
    refuse("[]", TEXT, URL, "", "line 5, \"ports\": expected an object");
    refuse("{}", TEXT, URL, "", "line 5, \"ports\": expected an object");
    refuse("{\"257\": {}}", TEXT, URL, "", "line 5, \"257\": expected a port of a feed");
    refuse("{\"0x\": {}}", TEXT, URL, "", "expected a port of a feed");
    refuse("{\"0x10000\": {}}", TEXT, URL, "", "expected a port of a feed");
    refuse("{\"0x-1\": {}}", TEXT, URL, "", "expected a port of a feed");
    refuse("{\"0xx1\": {}}", TEXT, URL, "", "expected a port of a feed");
    refuse("{\"0x3f8\": {}}", TEXT, URL, "", "expected a port of a feed");
    refuse("{\"0x0101\": {}}", TEXT, URL, "", "expected a port of a feed");
    refuse("{\"0x101\": {},\n\"0x101\": {}}", TEXT, URL, "", "line 6: expected each key once");
    refuse("{\"0x101\": 1}", TEXT, URL, "", "line 5, \"0x101\": expected an object");
    refuse("{\"0x101\": {\"id\": \"1\"}}", TEXT, URL, "", "line 5, \"id\"");
    refuse("{\"0x101\": {\"a\": 1}}", TEXT, URL, "", "line 5, \"a\": expected a string");
    refuse("{\"0x101\": {\"A-\": \"1\"}}", TEXT, URL, "", "line 5, \"A-\"");
}

static void test_shared_port(void)
{
    static const char feed[] = "{\"name\": \"a\", \"ports\": {\"0x101\": {}}, \"format\": "
                               "\"text\", \"url\": \"https://a/\"}";
    char json[512];

    snprintf(json, sizeof(json), "{\"feeds\": [\n%s,\n%s]}", feed, feed);
    refuse_text(json, strlen(json), "line 3, \"0x101\": expected a port that no other feed has");
}

static void refuse_json(const char *json, const char *why)
{
    refuse_text(json, strlen(json), why);
}

static void test_json(void)
{
    refuse_json("", "line 1: the file is cut short");
    refuse_json("\n\n{\"feeds\": [", "line 3: the file is cut short");
    refuse_json("{\n\"feeds\": [}", "line 2: ");
    refuse_json("null", "line 1: ");
    refuse_json("[]", "line 1, \"feeds\": expected an object that contains it");
    refuse_json("{}", "line 1, \"feeds\": expected a list of feeds");
    refuse_json("{\n\"feeds\": {}}", "line 2, \"feeds\": expected a list of feeds");
    refuse_json("{\n\"feeds\": [\n1]}", "line 3, \"feeds\": expected an object for each feed");
    refuse_json("{\n\"feeds\": [\n{}]}", "line 3, \"ports\": expected in this feed");
    refuse_json("{\"feeds\": [],\n\"more\": 1}", "line 2, \"more\": expected \"about\" or");
    refuse_json("{\"feeds\": [],\n\"feeds\": []}", "line 2: expected each key once");
    refuse_json("{\"feeds\":\n[{\"a\":{},\n\"b\":1,\"a\":2}]}", "expected ");
    refuse_json("{'feeds': []}", "line 1: expected each key once, in plain double quotes");
    refuse_json("{\"\\u0066eeds\": []}", "line 1: expected each key once, in plain double");
    refuse_json("{\"feeds\": []}\n{}", "line 2: ");
    refuse_json("{\"feeds\": []} /* */", "line 1: ");
    refuse_json("{\"feeds\": [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}", "line 1: nesting too deep");
    refuse_json("{\"feeds\": [\"\xc0\x80\"]}", "line 1: the file is not UTF-8 text");
    refuse_text("{\"feeds\": []}\0", 14, "line 1: the file is not UTF-8 text");
}

int main(void)
{
    test_shipped();
    test_defaults();
    test_files();
    test_all_keys();
    test_keys();
    test_urls();
    test_ports();
    test_shared_port();
    test_json();
    return done();
}
