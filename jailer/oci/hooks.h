/*
 * Hooks (the OCI runtime specification, "POSIX-platform Hooks"): programs of the engine's that run
 * on the host at the turns of a container's life, with its state on their standard input.
 */
#ifndef SPARKLER_OCI_HOOKS_H
#define SPARKLER_OCI_HOOKS_H

#include "json.h"

/* Checks all lists of `hooks`. startContainer's would run inside the container, whose programs the
 * host cannot start, so there must be none of these unless the container goes without. */
void hooks_check(struct reading *reading, const struct place *whole, unsigned without);

/*
 * Runs the list of this name in its order, each hook until it ends or its time is over. Returns
 * false, and logs why, as soon as one fails. `hooks` may be NULL.
 */
bool hooks_run(struct json_object *hooks, const char *name, struct json_object *state);

/* The same, but a hook that fails is only logged, and the next one runs. */
void hooks_run_all(struct json_object *hooks, const char *name, struct json_object *state);

#endif
