/*
 * The user's own feeds file is checked before anything starts, by the broker in its jail. There it
 * has no more of the user's than it will have later: the file, and a pipe for its log.
 */
#ifndef SPARKLER_CHECK_H
#define SPARKLER_CHECK_H

#include "jail.h"
#include "log.h"

/* Ends the program with 1 if the file is not valid, or as by one of the `signals` (a signalfd) that
 * comes meanwhile. */
void check_feeds(struct jail broker, struct user_log *out, int signals);

#endif
