/*
 * OpenMetrics text (specification 1.0.0), of which this writes what Prometheus's older text format
 * takes as well: families of counters and gauges, without timestamps.
 */
#ifndef SPARKLER_OPENMETRICS_H
#define SPARKLER_OPENMETRICS_H

#include <stdbool.h>
#include <stddef.h>

/* A family. It has a header once it has a sample. */
struct family {
    const char *name; /* without "_total"; ends in the unit, if it has one */
    bool is_counter;  /* else a gauge */
    const char *unit; /* a base unit ("seconds", "bytes"), or NULL */
    const char *help; /* one line without a backslash */
};

/* A value of any bytes but NUL; they must be UTF-8 for the text to be. */
struct label {
    const char *name, *value;
    size_t length;
};

#define LABELS_MAX 4 /* of a sample, without the common one */

struct status_file;

/* The text, on its way to a file that has been begun. */
struct openmetrics {
    struct status_file *file;
    struct label common; /* of every sample */
    const struct family *family;
    bool has_header;
    size_t length;
    char buffer[4096];
};

/* Samples of this family follow. */
void openmetrics_family(struct openmetrics *text, const struct family *family);

/* A sample with these labels, up to one without a name; its value as printf(3) makes it of
 * `format`. */
void openmetrics_sample(struct openmetrics *text, const struct label labels[], const char *format,
                        ...) __attribute__((format(printf, 3, 4)));

/* Ends the text. */
void openmetrics_end(struct openmetrics *text);

#endif
