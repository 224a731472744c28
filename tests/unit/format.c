/*
 * Each format on a body as its upstream sends it, and on what a hostile upstream may send. Run it
 * in the project's root: it reads tests/upstream/bodies.
 */
#include "netbroker/format/format.h"
#include "netbroker/format/utc.h"

#include "tap.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BODIES "tests/upstream/bodies/"

struct sample {
    char bytes[65536];
    size_t length;
};

static struct text text = TEXT_EMPTY, reason = TEXT_EMPTY;
static struct lookup lookup;

static void read_sample(const char *name, struct sample *sample)
{
    char path[256];

    snprintf(path, sizeof(path), BODIES "%s", name);
    FILE *file = fopen(path, "re");
    if (!file)
        err(1, "cannot read %s; run this in the project's root", path);
    sample->length = fread(sample->bytes, 1, sizeof(sample->bytes) - 1, file);
    sample->bytes[sample->length] = '\0';
    fclose(file);
}

static bool run(const char *format, const char *body, size_t length)
{
    const struct feed feed = {
        .name = "test",
        .format = format_find(format),
        .place = "London, United Kingdom",
        .template = "{/a/0/b} deg, {/a~1b}, {/t} {/n}\n",
    };

    text_clear(&reason);
    return format_text(&feed, format_needs_lookup(feed.format) ? &lookup : NULL, body, length,
                       &text, &reason);
}

static bool run_lookup(const char *format, const char *body, size_t length)
{
    const struct feed feed = {.name = "test", .format = format_find(format)};

    text_clear(&reason);
    return format_lookup(&feed, body, length, &lookup, &reason);
}

static void expect_bytes(const char *format, const char *body, size_t length, const char *expected)
{
    bool success = run(format, body, length);

    if (!ok(success && strcmp(text.data, expected) == 0, "%s shows: %.*s", format,
            (int)strcspn(expected, "\n"), expected))
        printf("# got '%s', reason '%s'\n", text.data, reason.data);
}

static void expect(const char *format, const char *body, const char *expected)
{
    expect_bytes(format, body, strlen(body), expected);
}

static void refuse_bytes(const char *format, const char *body, size_t length, const char *why)
{
    bool success = run(format, body, length);

    if (!ok(!success && text.length == 0 && text.data[0] == '\0' && reason.length > 0 &&
                strstr(reason.data, why),
            "%s refuses: %s", format, reason.data))
        printf("# got '%s', expected a reason with '%s'\n", text.data, why);
}

static void refuse(const char *format, const char *body, const char *why)
{
    refuse_bytes(format, body, strlen(body), why);
}

static void expect_file(const char *format, const char *name, const char *expected)
{
    struct sample sample;

    read_sample(name, &sample);
    expect_bytes(format, sample.bytes, sample.length, expected);
}

static void expect_lookup(const char *format, const char *name, const char *id)
{
    struct sample sample;

    read_sample(name, &sample);
    ok(run_lookup(format, sample.bytes, sample.length) && strcmp(lookup.id, id) == 0, "%s finds %s",
       format, id);
}

static void refuse_lookup(const char *format, const char *body, const char *why)
{
    bool success = run_lookup(format, body, strlen(body));

    if (!ok(!success && strstr(reason.data, why), "%s's lookup refuses: %s", format, reason.data))
        printf("# expected a reason with '%s'\n", why);
}

/* `start`, then `value` as often as fits into 400 KB, then `end`. */
static const char *repeated(const char *start, const char *value, const char *end)
{
    static char json[400000];
    char *at = stpcpy(json, start);

    while (at + strlen(value) + strlen(end) < json + sizeof(json))
        at = stpcpy(at, value);
    strcpy(at, end);
    return json;
}

/* A body that would take a thousand times its size in memory. */
static void test_many_values(const char *format)
{
    refuse(format, repeated("[", "{},", "{}]"), "more than 32768 values");
    refuse(format, repeated("[", "[],", "[]]"), "more than 32768 values");
    refuse(format, repeated("[", "1,", "1]"), "more than 32768 values");
    refuse(format, repeated("{'\"':[", "{},", "{}]}"), "more than 32768 values");
    refuse(format, repeated("[", "1234567890123,", "1]"), "the ");
    ok(!strstr(reason.data, "values"), "%s reads 28,000 values", format);
}

/* For any format that reads JSON: what is not JSON, or more than JSON. */
static void test_json(const char *format)
{
    static char deep[20000];

    memset(deep, '[', sizeof(deep) - 1);
    refuse(format, deep, "nesting too deep");
    refuse(format, "", "cut short");
    refuse(format, "{\"a\":", "cut short");
    refuse(format, "<html>502 Bad Gateway</html>", "not JSON");
    refuse(format, "{} Timeout was reached", "holds more than JSON");
    refuse_bytes(format, "{}\0{}", 5, "holds more than JSON");
    refuse_bytes(format, "{\"a\":\"x\0y\"}", 11, "the answer ");
    refuse(format, "null", "the answer ");
    refuse(format, "{\"a\":\"\xc0\x9b\"}", "not UTF-8");
    refuse(format, "{\"a\":\"\xed\xa0\x80\"}", "not UTF-8");
    refuse(format, "\xff\xfe{\0}\0", "not UTF-8");
}

/* JSON of a shape that no format expects. The reason depends on the format. */
static void test_shape(const char *format)
{
    refuse(format, "{}", "");
    refuse(format, "[]", "");
    refuse(format, "[null]", "");
    refuse(format, "\"text\"", "");
    refuse(format, "{\"daily\":[],\"current\":1,\"data\":null,\"results\":{},\"status\":7}", "");
}

static void test_weather(void)
{
    const char *format = "open-meteo-forecast";

    expect_file(format, "forecast.json",
                "Date: 2024-02-21\n        Weather: rain\n        Min. temp: 9.70\n"
                "        Max. temp: 12.40\n        Humidity: 91\n"
                "Date: 2024-02-22\n        Weather: overcast\n        Min. temp: 5.20\n"
                "        Max. temp: 11.90\n        Humidity: 84\n"
                "Date: 2024-02-23\n        Weather: light rain showers\n        Min. temp: 3.10\n"
                "        Max. temp: 9.30\n        Humidity: 78\n"
                "Date: 2024-02-24\n        Weather: partly cloudy\n        Min. temp: 1.04\n"
                "        Max. temp: 8.80\n        Humidity: 81\n"
                "Date: 2024-02-25\n        Weather: fog\n        Min. temp: -0.60\n"
                "        Max. temp: 7.00\n        Humidity: 93\n"
                "Date: 2024-02-26\n        Weather: unknown\n        Min. temp: unknown\n"
                "        Max. temp: unknown\n        Humidity: unknown\n");
    expect(format, "{\"daily\":{\"time\":[\"d\\u001b[2J\"],\"weather_code\":[98.5]}}",
           "Date: d[2J\n        Weather: unknown\n        Min. temp: unknown\n"
           "        Max. temp: unknown\n        Humidity: unknown\n");
    refuse(format, "{\"error\":true,\"reason\":\"Latitude must be\\u001b in range\"}",
           "reports an error: Latitude must be in range");
    refuse(format, "{\"error\":true}", "reports an error");
    refuse(format, "{\"daily\":{\"time\":[]}}", "no text");
    refuse(format, "{\"daily\":{\"time\":[3]}}", "a date that is not a string");
    refuse(format, "{\"daily\":{}}", "no array \"time\"");
    refuse(format, "{\"daily\":{\"time\":[\"d\"],\"weather_code\":[\"3\"]}}", "weather_code");
    refuse(format, "{\"daily\":{\"time\":[\"d\"],\"temperature_2m_min\":[NaN]}}", "min is not");
    refuse(format, "{\"daily\":{\"time\":[\"d\"],\"temperature_2m_min\":[1e999]}}", "min is not");
    refuse(format, "{\"daily\":{\"time\":[\"d\"],\"temperature_2m_max\":[-Infinity]}}", "max is");
    refuse(format,
           "{\"daily\":{\"time\":[\"d\"],\"relative_humidity_2m_mean\":[99999999999999999999]}}",
           "humidity_2m_mean is not a number from 0 to 100");
}

static void test_air_quality(void)
{
    const char *format = "open-meteo-air-quality";

    expect_file(format, "air-quality.json", "Open-Meteo model, London, United Kingdom: 8.80\n");
    refuse(format, "{\"current\":{\"pm2_5\":null}}", "no PM2.5");
    refuse(format, "{\"current\":{}}", "no PM2.5");
    refuse(format, "{\"current\":{\"pm2_5\":\"8.8\"}}", "pm2_5 is not a number");
    refuse(format, "{\"current\":{\"pm2_5\":NaN}}", "pm2_5 is not a number");
    refuse(format, "{\"current\":{\"pm2_5\":-1}}", "pm2_5 is not a number");
}

static void test_mastodon(void)
{
    expect_lookup("mastodon", "lookup.json", "109326");
    expect_file("mastodon", "statuses.json",
                "grep -c '<br>' *.html | sort -t: -k2 -n && echo \"done\"\n"
                "# Count the line breaks of each page. #bash\nIt's 5 us ...");
    expect("mastodon",
           "[{\"spoiler_text\":\"cat\\u009b\",\"content\":\"<p>&#27;[31mx&#x202e;</p>\"}]",
           "cat\n[31mx");
    refuse("mastodon", "[]", "no status");
    refuse("mastodon", "[{\"content\":null}]", "no string \"content\"");
    refuse("mastodon", "[{\"content\":\"<p></p>\"}]", "no text");
    refuse("mastodon", "{\"error\":\"Record not found\"}", "not a list");
    refuse_lookup("mastodon", "{\"error\":\"Record not found\"}", "no id");
    refuse_lookup("mastodon", "{\"id\":[1]}", "no id");
    refuse_lookup("mastodon", "{\"id\":\"../../admin\"}", "not plain");
    refuse_lookup("mastodon", "{\"id\":\"1?x=2\"}", "not plain");
    refuse_lookup("mastodon", "{\"id\":\"\"}", "not plain");
    refuse_lookup("mastodon",
                  "{\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
                  "not plain");
    refuse_lookup("mastodon", "[", "cut short");
}

static void test_x(void)
{
    expect_lookup("x", "x-user.json", "91333167");
    expect_file("x", "x-tweets.json",
                "ls -t | head -1 && cat <(date)\n# The newest file, and the time ?");
    refuse("x", "{\"meta\":{\"result_count\":0}}", "no post");
    refuse("x", "{\"data\":[{\"id\":\"1\"}]}", "no string \"text\"");
    refuse_lookup("x", "{\"errors\":[{\"detail\":\"Not found\"}]}", "no id");
}

/* Reads a sample, with each "@NOW@" replaced by the time `age` seconds ago. */
static void read_dated_sample(const char *name, time_t age, struct sample *sample)
{
    static const char mark[] = "@NOW@";
    const time_t then = time(NULL) - age;
    struct sample raw;
    char date[32];
    struct tm tm;

    read_sample(name, &raw);
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&then, &tm));
    sample->length = 0;
    for (const char *from = raw.bytes; *from != '\0';) {
        bool dated = strncmp(from, mark, strlen(mark)) == 0;

        sample->length +=
            (size_t)snprintf(sample->bytes + sample->length, sizeof(sample->bytes) - sample->length,
                             "%.*s", dated ? (int)strlen(date) : 1, dated ? date : from);
        from += dated ? strlen(mark) : 1;
    }
}

static void test_utc(void)
{
    static const char *const bad[] = {
        "",
        "2024-02-21",
        "2024-02-21T16:00:00",
        "2024-02-21T16:00:00+01:00",
        "2024-13-21T16:00:00Z",
        "2024-02-21T24:00:00Z",
        "1969-12-31T23:59:59Z",
        "2024-02-21T16:00:00Zx",
    };
    char date[32];
    struct tm tm;
    int64_t seconds;
    size_t wrong = 0;

    for (time_t day = 0; day < 365 * 140; day++) {
        const time_t then = day * 86400 + day % 86400;
        strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&then, &tm));
        wrong += !utc_parse(date, &seconds) || seconds != then;
    }
    ok(wrong == 0, "each day of 140 years is the second that gmtime(3) says");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ok(!utc_parse(bad[i], &seconds), "not a time in UTC: '%s'", bad[i]);
}

static void test_openaq(void)
{
    struct sample sample;

    expect_lookup("openaq", "openaq-location.json", "2178");
    ok(lookup.sensor_count == 1 && lookup.sensors[0] == 3920, "only the PM2.5 sensor is kept");
    for (time_t age = -3000; age <= 86000; age += 44500) {
        read_dated_sample("openaq-latest.json", age, &sample);
        expect_bytes("openaq", sample.bytes, sample.length,
                     "Del Norte, Albuquerque, United States: 4.40\n");
    }
    read_dated_sample("openaq-latest.json", 86500, &sample);
    refuse_bytes("openaq", sample.bytes, sample.length, "from the last 24 hours");
    read_dated_sample("openaq-latest.json", -7200, &sample);
    refuse_bytes("openaq", sample.bytes, sample.length, "from the last 24 hours");
    read_sample("openaq-latest.json", &sample);
    refuse_bytes("openaq", sample.bytes, sample.length, "from the last 24 hours");
    refuse("openaq", "{\"results\":[{\"sensorsId\":3919,\"value\":1}]}", "no reading of PM2.5");
    refuse("openaq", "{\"results\":[{\"sensorsId\":\"3920\"}]}", "no reading of PM2.5");
    refuse_lookup("openaq", "{\"results\":[]}", "no id");
    refuse_lookup("openaq", "{\"results\":[{\"id\":1}]}", "no array \"sensors\"");
    refuse_lookup("openaq", "{\"results\":[{\"id\":1,\"sensors\":[{\"id\":2},7]}]}", "no sensor");
}

static void test_original(void)
{
    expect_file("original-tweet", "original-tweet.json",
                "history | awk '{print $2}' | sort | uniq -c | sort -rn | head\n"
                "# What you type most.");
    struct sample sample;
    read_sample("original-weather.json", &sample);
    ok(run("original-weather", sample.bytes, sample.length) &&
           strncmp(text.data,
                   "Date: 2019-10-05\n        Weather: Light Rain\n        Min. temp: 8.10\n"
                   "        Max. temp: 14.20\n        Humidity: 75\nDate: 2019-10-06\n",
                   118) == 0 &&
           strstr(text.data, "Min. temp: unknown"),
       "original-weather, six days");
    expect_file("original-air-quality", "original-air-quality.json",
                "Camden - Euston Road, London, GB: 41.00\nHaringey Roadside, London, GB: 9.50\n"
                "Westminster, London, GB: 7.00\n");
    refuse("original-tweet", "{\"status\":\"error\",\"message\":\"no \\u001b luck\"}",
           "the service says: no  luck");
    refuse("original-tweet", "{\"status\":\"error\"}", "not report success");
    refuse("original-tweet", "{\"tweet\":{\"text\":\"x\"}}", "not report success");
    refuse("original-tweet", "{\"status\":\"success\"}", "no string \"text\"");
    refuse("original-tweet", "{\"status\":\"success\",\"tweet\":{\"text\":{}}}", "\"text\"");
    refuse("original-weather", "{\"status\":\"success\",\"data\":{\"consolidated_weather\":[1]}}",
           "applicable_date");
    refuse("original-weather",
           "{\"status\":\"success\",\"data\":{\"consolidated_weather\":"
           "[{\"applicable_date\":\"d\",\"min_temp\":\"8\"}]}}",
           "min_temp");
    refuse("original-air-quality", "{\"status\":\"success\",\"data\":[7]}", "not an object");
    refuse("original-air-quality", "{\"status\":\"success\",\"data\":[]}", "no text");
    refuse("original-air-quality", "{\"status\":\"success\",\"data\":[{\"a\":\"nan\"}]}", "number");
    refuse("original-air-quality", "{\"status\":\"success\",\"data\":[{\"a\":\"0x1p9\"}]}",
           "number");
    refuse("original-air-quality", "{\"status\":\"success\",\"data\":[{\"a\":\"1e9\"}]}", "number");
    refuse("original-air-quality", "{\"status\":\"success\",\"data\":[{\"a\":\"\"}]}", "number");
    refuse("original-air-quality", "{\"status\":\"success\",\"data\":[{\"a\":[]}]}", "number");
}

/* One object may hold any number of stations. */
static void test_many_stations(void)
{
    static char json[65536] = "{\"status\":\"success\",\"data\":[{\"first\":1";
    size_t length = strlen(json), lines = 0;

    for (unsigned i = 0; i < 3000; i++)
        length += (size_t)snprintf(json + length, sizeof(json) - length, ",\"station %u\":1", i);
    snprintf(json + length, sizeof(json) - length, "}]}");
    bool success = run("original-air-quality", json, strlen(json));
    for (const char *c = text.data; *c != '\0'; c++)
        lines += *c == '\n';
    ok(success && lines == 64, "original-air-quality shows 64 of 3000 stations");
}

static void test_template(void)
{
    expect("json", "{\"a\":[{\"b\":-1.25}],\"a/b\":\"x\\u0000\\u001b[1my\",\"t\":true,\"n\":null}",
           "-1.25 deg, x[1my, true unknown\n");
    expect("json", "{\"a\":[{\"b\":9007199254740993}],\"a/b\":\"\",\"t\":false,\"n\":1e300}",
           "9007199254740993 deg, , false 1e+300\n");
    refuse("json", "{\"a\":[]}", "nothing at \"/a/0/b\"");
    refuse("json", "{\"a\":[{\"b\":{}}]}", "not a single value");
    refuse("json", "{\"a\":[{\"b\":NaN}]}", "not finite");
    refuse("json", "{\"a\":{\"0\":[]}}", "nothing at");
}

static void test_text(void)
{
    static char lines[70000];

    expect("text", "plain\ttext\r\n", "plain   text\n");
    expect_bytes("text", "a\0\x1b]0;x\x07\xc0\x9b", 10, "a]0;x??");
    refuse("text", "", "no text");
    refuse("text", "\x1b\r", "no text");
    memset(lines, 'x', sizeof(lines) - 1);
    ok(run("text", lines, sizeof(lines) - 1) && text.length == TEXT_COLUMNS, "a long line is cut");
}

int main(void)
{
    static const char *const json_formats[] = {
        "open-meteo-forecast",
        "open-meteo-air-quality",
        "openaq",
        "mastodon",
        "x",
        "original-tweet",
        "original-weather",
        "original-air-quality",
        "json",
    };

    ok(format_find("text") && !format_find("tex"), "formats are found by name");
    for (size_t i = 0; i < sizeof(json_formats) / sizeof(json_formats[0]); i++) {
        test_json(json_formats[i]);
        test_many_values(json_formats[i]);
        test_shape(json_formats[i]);
    }
    test_weather();
    test_air_quality();
    test_mastodon();
    test_x();
    test_utc();
    test_openaq();
    test_original();
    test_many_stations();
    test_template();
    test_text();
    return done();
}
