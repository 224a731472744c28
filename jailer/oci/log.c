/* Errors, for the engine and its user: see log.h. */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <locale.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#define MESSAGE_MAX 4096

static int file = -1;
static bool as_json;

void log_open(const char *path, const char *format)
{
    as_json = strcmp(format, "json") == 0;
    if (!as_json && strcmp(format, "text") != 0)
        fail("--log-format %s: expected text or json", format);
    if (!path)
        return;
    file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
    if (file < 0)
        fail_errno("cannot open the log %s (--log)", path);
}

/* One write(2) for each line: others append to the same file. */
static void write_line(int fd, const char *line, size_t length)
{
    if (write(fd, line, length) < 0)
        return; /* nobody is left to be told */
}

static void write_json(const char *level, const char *message)
{
    struct json_object *entry = json_object_new_object();
    char now[32], *line;
    const time_t seconds = time(NULL);
    int length;

    strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", gmtime(&seconds));
    json_object_object_add(entry, "level", json_object_new_string(level));
    json_object_object_add(entry, "msg", json_object_new_string(message));
    json_object_object_add(entry, "time", json_object_new_string(now));
    length = asprintf(&line, "%s\n", json_object_to_json_string_ext(entry, JSON_C_TO_STRING_PLAIN));
    if (length > 0) {
        write_line(file, line, (size_t)length);
        free(line);
    }
    json_object_put(entry);
}

/* Names come from whoever wrote config.json or the image; a terminal is where they often end. */
static void clean(char *message)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    for (char *at = message; *at != '\0';) {
        mbstate_t state = {0};
        wchar_t character;
        const size_t length = mbrtowc(&character, at, MB_LEN_MAX, &state);
        const bool valid = length <= MB_LEN_MAX;

        if (!valid || (!iswprint((wint_t)character) && character != L'\n'))
            memset(at, '?', valid ? length : 1);
        at += valid ? length : 1;
    }
}

static void say(const char *level, char message[MESSAGE_MAX])
{
    char line[MESSAGE_MAX + 64];
    int length;

    clean(message);
    length = snprintf(line, sizeof(line), "sparkler-oci: %s\n", message);
    write_line(STDERR_FILENO, line, (size_t)length);
    if (file >= 0 && as_json)
        write_json(level, message);
    else if (file >= 0)
        write_line(file, line, (size_t)length);
}

static void format_message(char message[MESSAGE_MAX], int error, const char *format, va_list values)
{
    int length = vsnprintf(message, MESSAGE_MAX, format, values);

    if (error != 0 && length >= 0 && length < MESSAGE_MAX)
        snprintf(message + length, MESSAGE_MAX - (size_t)length, ": %s", strerror(error));
}

void complain(const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list values;

    va_start(values, format);
    format_message(message, 0, format, values);
    va_end(values);
    say("warning", message);
}

void fail(const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list values;

    va_start(values, format);
    format_message(message, 0, format, values);
    va_end(values);
    say("error", message);
    exit(1);
}

void fail_errno(const char *format, ...)
{
    const int error = errno;
    char message[MESSAGE_MAX];
    va_list values;

    va_start(values, format);
    format_message(message, error, format, values);
    va_end(values);
    say("error", message);
    exit(1);
}
