/* The feeds as files: in a Linux guest each has a place below /feeds. */
#ifndef SPARKLER_FEED_PATHS_H
#define SPARKLER_FEED_PATHS_H

#include "feeds.h"
#include "text.h"

/* Gives each feed that names no path one that is made of its name. Ends the program by err(3)
 * without memory. */
void feed_paths_set_defaults(struct feeds *feeds);

/* True if all paths can be there side by side, and their list fits into an answer; else puts into
 * `expected` what was expected, in words. */
bool feed_paths_fit(const struct feeds *feeds, struct text *expected);

/* The list, as WIRE_LIST_PORT answers it; `text` starts empty. */
void feed_paths_list(const struct feeds *feeds, struct text *text);

#endif
