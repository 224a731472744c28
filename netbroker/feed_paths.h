/* The feeds' paths: a Linux guest shows each feed as a file below /feeds. */
#ifndef SPARKLER_FEED_PATHS_H
#define SPARKLER_FEED_PATHS_H

#include "feeds.h"
#include "text.h"

/* Gives each feed without a path one made of its name. Ends the program by err(3) without memory.
 */
void feed_paths_set_defaults(struct feeds *feeds);

/* True if no two paths collide and the list of them fits into a reply to the guest; else appends to
 * `expected` what was expected, in words. */
bool feed_paths_fit(const struct feeds *feeds, struct text *expected);

/* Writes the list that WIRE_LIST_PORT stands for into `text`, which must be empty. */
void feed_paths_list(const struct feeds *feeds, struct text *text);

#endif
