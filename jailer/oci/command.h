/* The commands of sparkler-oci: those of runc that engines use. */
#ifndef SPARKLER_OCI_COMMAND_H
#define SPARKLER_OCI_COMMAND_H

#include <stdbool.h>

/* The options in front of a command. */
struct globals {
    const char *root; /* directory of the containers' directories */
    bool systemd_cgroup;
    const char *settings; /* --config, or NULL */
};

/* Each gets its own name and arguments, and returns the program's exit status. Mistakes end the
 * program by fail(). */
int create_command(const struct globals *globals, int argc, char **argv);
int run_command(const struct globals *globals, int argc, char **argv);
int start_command(const struct globals *globals, int argc, char **argv);
int state_command(const struct globals *globals, int argc, char **argv);
int kill_command(const struct globals *globals, int argc, char **argv);
int delete_command(const struct globals *globals, int argc, char **argv);
int list_command(const struct globals *globals, int argc, char **argv);
int ps_command(const struct globals *globals, int argc, char **argv);
int events_command(const struct globals *globals, int argc, char **argv);
int features_command(const struct globals *globals, int argc, char **argv);
int unsupported_command(const struct globals *globals, int argc, char **argv);
int image_command(const struct globals *globals, int argc, char **argv);
int cache_command(const struct globals *globals, int argc, char **argv);

#endif
