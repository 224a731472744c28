/*
 * The file of --record, a JSON line for each question. VMs may share one. It has whole lines only,
 * whatever is killed and whenever: one write(2) appends a line and, if the line would cross the end
 * of a page of the file, spaces in front of it up to there, since between two pages the kernel may
 * stop a write. A lock on the file keeps its end in place meanwhile.
 */
#ifndef SPARKLER_RECORD_H
#define SPARKLER_RECORD_H

#include <stddef.h>
#include <sys/types.h>

#define RECORD_LINE_MAX   4096                  /* a page; with the newline */
#define RECORD_GROWTH_MAX (2 * RECORD_LINE_MAX) /* of the file, by a line and spaces */

enum record_result {
    RECORD_WRITTEN,
    RECORD_LOCKED, /* by another VM that is writing a line; try again soon */
    RECORD_FAILED, /* errno says why */
};

struct record {
    off_t size_max; /* RLIMIT_FSIZE; only up to there would a line be written that crosses it */
};

/*
 * Opens the file with the caller's rights, mode 0600 if it does not exist. Ends the program by
 * err(3) if it cannot, or if it is not a regular file of this user's with a single link; a symbolic
 * link is refused. Ends a line that is torn at its end. Returns a close-on-exec descriptor.
 */
int record_open(struct record *record, const char *path);

/*
 * Appends a line to SUPERVISOR_FD_RECORD. `line` ends with a newline, and is preceded by
 * RECORD_LINE_MAX bytes that are overwritten. SIGXFSZ must be blocked. If it is written, `length`
 * becomes the number of bytes by which the file has grown.
 */
enum record_result record_append(const struct record *record, char *line, size_t *length);

#endif
