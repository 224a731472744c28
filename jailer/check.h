/*
 * Before anything else starts, the broker checks the user's feeds file, in its jail, where it has
 * only what it will have later: the file, and a pipe for its log.
 */
#ifndef SPARKLER_CHECK_H
#define SPARKLER_CHECK_H

#include "jail.h"
#include "log.h"

/* Ends the program with status 1 if the file is invalid, or by a signal that arrives meanwhile on
 * the signalfd `signals`. */
void check_feeds(struct jail broker, struct user_log *out, int signals);

#endif
