/*
 * A container's directory, ROOT/ID:
 *
 *     state.json   what create knew; missing while it is at work
 *     hold         the FIFO that the VM's guest waits at; has a reader until it starts
 *     log          of the VM
 *
 * Whether it is created, running or stopped is seen from the process and from the FIFO, and
 * stands in no file. The directory itself is what commands lock (flock(2)).
 */
#ifndef SPARKLER_OCI_CONTAINER_H
#define SPARKLER_OCI_CONTAINER_H

#include "group.h"
#include "process.h"

#include <json-c/json.h>
#include <stdbool.h>

#define CONTAINER_STATE "state.json"
#define CONTAINER_HOLD  "hold"
#define CONTAINER_LOG   "log"

enum status { STATUS_CREATING, STATUS_CREATED, STATUS_RUNNING, STATUS_STOPPED };

struct container {
    const char *root, *id;
    int directory;             /* ROOT/ID */
    struct json_object *state; /* state.json, or NULL */
    struct process_id process; /* of it */
};

/* Whether it may name a container; ends the program if it may not. */
bool container_is_id(const char *id);
void container_check_id(const char *id);

/* Makes the directory, locked, without a state. Ends the program if there is such a container. */
struct container container_make(const char *root, const char *id);

/* Lets other commands have it. */
void container_unlock(const struct container *container);

/* Opens a container, and locks it for the caller if `lock`, which waits for other commands. Returns
 * false if there is none. Ends the program if its state cannot be read. */
bool container_open(struct container *container, const char *root, const char *id, bool lock);

enum status container_status(const struct container *container);
const char *container_status_name(enum status status);

/* The state as the specification and runc show it; to be released by json_object_put(). */
struct json_object *container_describe(const struct container *container, enum status status);

/* Writes container->state to state.json, all or nothing. */
void container_save(const struct container *container);

/* Removes ROOT/ID: all files and the directory. */
void container_remove(const struct container *container);

/* The same of a container whose process has ended, with its cgroup; then poststop's hooks run. */
void container_destroy(const struct container *container);

/* The path of one of its files; in memory of its own. */
char *container_path(const struct container *container, const char *file);

/* Has the guest start that waits at the FIFO, and runs the hooks that follow. Ends the program if
 * it has ended. */
void container_start(const struct container *container);

/* Its cgroup. */
struct group container_group(const struct container *container);

/* A member of the state, or NULL. */
struct json_object *container_member(const struct container *container, const char *name);

#endif
