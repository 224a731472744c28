/*
 * Before anything else starts, the broker checks what the user has given it, in its jail: the feeds
 * file, authorities, credentials. It has only what it will have later, these files and a pipe for
 * its log; and one for the names of the feeds.
 */
#ifndef SPARKLER_CHECK_H
#define SPARKLER_CHECK_H

#include "jail.h"
#include "supervisor.h"

/* Ends the program with status 1 if a file is of no use, or by a signal that arrives meanwhile on
 * the signalfd `signals`. With --status, takes the names of the feeds from the check. */
void check_feeds(struct jail broker, struct supervisor *supervisor, int signals);

#endif
