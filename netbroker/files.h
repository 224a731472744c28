/* The feeds as files: in a Linux guest each has a place below /feeds. */
#ifndef SPARKLER_FILES_H
#define SPARKLER_FILES_H

#include "feeds.h"
#include "text.h"

/* Gives each feed that names no path one that is made of its name. Ends the program by err(3)
 * without memory. */
void files_set_defaults(struct feeds *feeds);

/* True if all paths can be there side by side, and their list fits into an answer; else puts into
 * `expected` what was expected, in words. */
bool files_fit(const struct feeds *feeds, struct text *expected);

/* The list, as WIRE_LIST_PORT answers it; `text` starts empty. */
void files_list(const struct feeds *feeds, struct text *text);

#endif
