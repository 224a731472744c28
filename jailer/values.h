/*
 * The values of the command line's options. Each function ends the program with status 1 and a line
 * that says what was expected if the value is another.
 */
#ifndef SPARKLER_VALUES_H
#define SPARKLER_VALUES_H

#include "options.h"

/* A whole number; `name` is the option's. */
uint64_t number_option(const char *name, const char *text, uint64_t least, uint64_t most);

/* The number of an inherited descriptor, which becomes close-on-exec. */
int descriptor_option(const char *name, const char *text);

/* Bytes of guest memory, which may end with K, M or G; and how much there is without the option. */
uint64_t memory_option(const char *text, bool is_linux);
uint64_t memory_preset(bool is_linux);

/* These add to what was given before: NAME=VALUE of an environment, of two values of one name the
 * last, and NAME=VALUE that is taken apart in `text`. */
void environment_option(const char *text, struct strings *environment);
void setting_option(const char *name, const char *form, char *text, struct settings *settings);
void credential_option(char *text, struct settings *credentials);
void cgroup_option(char *text, struct settings *settings);

/* PATH=IMAGE; FILE or PATH=FILE; PATH or PATH=SIZE: added to `mounts`, and taken apart in `text`.
 * And where a file without a path appears, /input/NAME. */
void mount_option(char *text, struct mounts *mounts);
void file_option(char *text, struct mounts *mounts);
void tmpfs_option(char *text, struct mounts *mounts);
const char *input_path(const char *file);

/* UID[:GID[:GROUP,...]]; NAME=SOFT[:HARD]; 1 to 64 characters. */
struct guest_user user_option(const char *text);
void rlimit_option(char *text, struct rlimits *rlimits);
const char *hostname_option(const char *text);

/* These return the text as it is, the last one whether it is "raw". */
const char *directory_option(const char *text);
const char *id_option(const char *text);
const char *parent_cgroup_option(const char *text);
enum console console_option(const char *text);

#endif
