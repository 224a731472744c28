/* Prints words beside a heading, in lines of at most 80 columns. */
#ifndef SPARKLER_WRAP_H
#define SPARKLER_WRAP_H

struct wrap {
    unsigned column;
};

/* Starts a line with the heading. */
struct wrap wrap_begin(const char *heading);

/* Prints a word or phrase like printf(3), truncated to a line; on a new line if it does not fit
 * into this one. */
void wrap_print(struct wrap *wrap, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints a text, broken between words. */
void wrap_words(struct wrap *wrap, const char *text);

/* Prints a word of any length, such as a URL, broken behind one of "/?&|," if there is one. */
void wrap_long(struct wrap *wrap, const char *word);

void wrap_end(struct wrap *wrap);

#endif
