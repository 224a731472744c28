/* Standard input, output and error, and the terminal that some of them may be. */
#ifndef LINUX_CONSOLE_H
#define LINUX_CONSOLE_H

#include "vfs.h"

extern const struct file_operations console_file; /* /dev/console */

/* Keys are taken as they are typed, as long as there is room for them, so that ^C has its effect
 * on a program that reads none: whether LINUX_EVENT_INPUT is of interest, and that it came. */
bool console_watches(void);
void console_input(void);

/* The user has given the terminal another size. */
void console_resize(unsigned rows, unsigned columns);

/* Provided by who schedules: waits for LINUX_EVENT_INPUT; -EINTR if a signal came first. */
int console_wait(void);

#endif
