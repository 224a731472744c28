/* OpenMetrics text: see openmetrics.h. */
#include "openmetrics.h"

#include "status_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void flush(struct openmetrics *text)
{
    status_file_append(text->file, text->buffer, text->length);
    text->length = 0;
}

static void add(struct openmetrics *text, const char *bytes, size_t length)
{
    for (; length > 0; length--) {
        if (text->length == sizeof(text->buffer))
            flush(text);
        text->buffer[text->length++] = *bytes++;
    }
}

static void add_string(struct openmetrics *text, const char *string)
{
    add(text, string, strlen(string));
}

static void add_header(struct openmetrics *text, const char *what, const char *value)
{
    add_string(text, what);
    add_string(text, text->family->name);
    add_string(text, " ");
    add_string(text, value);
    add_string(text, "\n");
}

static void add_label(struct openmetrics *text, const struct label *label)
{
    add_string(text, label->name);
    add_string(text, "=\"");
    for (size_t i = 0; i < label->length; i++) {
        const char c = label->value[i];

        if (c == '\\' || c == '"' || c == '\n')
            add_string(text, "\\");
        add(text, c == '\n' ? "n" : &c, 1);
    }
    add_string(text, "\"");
}

void openmetrics_family(struct openmetrics *text, const struct family *family)
{
    text->family = family;
    text->has_header = false;
}

void openmetrics_sample(struct openmetrics *text, const struct label labels[], const char *format,
                        ...)
{
    const struct family *family = text->family;
    char value[64];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(value, sizeof(value), format, arguments);
    va_end(arguments);
    if (!text->has_header) {
        text->has_header = true;
        add_header(text, "# TYPE ", family->is_counter ? "counter" : "gauge");
        if (family->unit)
            add_header(text, "# UNIT ", family->unit);
        add_header(text, "# HELP ", family->help);
    }
    add_string(text, family->name);
    if (family->is_counter)
        add_string(text, "_total");
    add_string(text, "{");
    add_label(text, &text->common);
    for (const struct label *label = labels; label->name; label++) {
        add_string(text, ",");
        add_label(text, label);
    }
    add_string(text, "} ");
    add_string(text, value);
    add_string(text, "\n");
}

void openmetrics_end(struct openmetrics *text)
{
    add_string(text, "# EOF\n");
    flush(text);
}
