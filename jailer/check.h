/*
 * Before anything else starts, the broker checks the user's feeds file, in its jail, where it has
 * only what it will have later: the file, and a pipe for its log; and one for the names of the
 * feeds.
 */
#ifndef SPARKLER_CHECK_H
#define SPARKLER_CHECK_H

#include "jail.h"
#include "supervisor.h"

/* Ends the program with status 1 if the file is invalid, or by a signal that arrives meanwhile on
 * the signalfd `signals`. With --status, takes the names of the feeds from the check. */
void check_feeds(struct jail broker, struct supervisor *supervisor, int signals);

#endif
