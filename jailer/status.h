/*
 * --status: what a VM does, in numbers, as a file for Prometheus. The supervisor writes it when it
 * starts, every ten seconds, and when the VM has ended. Labels are the VM's --id, the names in the
 * feeds file, and words of ours and the kernel's; none comes from the guest.
 */
#ifndef SPARKLER_STATUS_H
#define SPARKLER_STATUS_H

#include <stdbool.h>

struct jail;
struct jails;
struct status;
struct supervisor;

/* Before anything starts: opens the file that --status names, if any, sets supervisor->status and
 * has the ledger count. Ends the program by err(3) if it cannot. */
void status_open(struct jail *jail, struct supervisor *supervisor);

/* Reads names of feeds, as sparkler-netbroker --check writes them to the pipe. Returns false at
 * their end. */
bool status_read_feeds(struct status *status, int pipe);

/* The rest does nothing without --status, when supervisor->status is NULL. */

/* Once both jails have started: opens what the kernel counts. */
void status_open_sources(const struct supervisor *supervisor, struct jails *jails);

/* When to call status_update() next, timing_now(); LLONG_MAX: never. */
long long status_wakes(const struct status *status);

/* Writes the file, if it is time to. */
void status_update(struct supervisor *supervisor);

/* Reads what the kernel has counted, once both jails were killed; they must not have been reaped.
 */
void status_read_last(struct status *status);

/* Writes the file for the last time. */
void status_finish(struct supervisor *supervisor, int exit_status);

#endif
