/* Words under a heading, in lines that fit a screen. */
#ifndef SPARKLER_WRAP_H
#define SPARKLER_WRAP_H

struct wrap {
    unsigned column;
};

/* Starts a line with the heading. */
struct wrap wrap_begin(const char *heading);

/* Prints a word or a phrase like printf(3), cut if it is longer than a line; on a new line if it
 * does not fit into this one. */
void wrap_print(struct wrap *wrap, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints a text of several words. */
void wrap_words(struct wrap *wrap, const char *text);

void wrap_end(struct wrap *wrap);

#endif
