/* Any bytes as a record: each line is read or found malformed, and none is skipped. */
#include "policy/tool/record.h"

#include "clean.h"

static size_t count_lines(const uint8_t *data, size_t size)
{
    size_t lines = 0;
    bool begun = false;

    for (size_t i = 0; i < size; i++) {
        begun = data[i] != '\n' && (begun || data[i] != ' ');
        lines += data[i] == '\n';
    }
    return lines + begun;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FILE *file = size > 0 ? fmemopen((void *)data, size, "r") : NULL;
    struct record_line line;
    enum record_read read;
    const char *fault;
    size_t lines = 0;

    if (!file)
        return 0;
    while ((read = record_read(file, &line, &fault)) != RECORD_END) {
        lines++;
        must((read == RECORD_MALFORMED) == (fault != NULL), "a malformed line has a fault");
        must(read == RECORD_MALFORMED || (line.time && line.feed && line.outcome < OUTCOMES),
             "a line has all that is counted");
        must(read == RECORD_MALFORMED || line.bits >= 0, "bits are not given back");
        record_line_free(&line);
    }
    must(lines == count_lines(data, size), "no line is skipped");
    fclose(file);
    return 0;
}
