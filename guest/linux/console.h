/* Standard input, output and error, and the terminal that some of them may be. */
#ifndef LINUX_CONSOLE_H
#define LINUX_CONSOLE_H

#include "vfs.h"

extern const struct file_operations console_file;

/* Provided by who schedules: waits for LINUX_EVENT_INPUT; -EINTR if a signal came first. */
int console_wait(void);

#endif
