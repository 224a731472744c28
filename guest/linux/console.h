/* Standard input, output and error, and the terminal that some of them may be. */
#ifndef LINUX_CONSOLE_H
#define LINUX_CONSOLE_H

#include "vfs.h"

extern const struct file_operations console_file;

/* The terminal has another size; which process group its signals are for. */
void console_resize(unsigned rows, unsigned columns);
int console_foreground(void);

/* Provided by who schedules: waits for LINUX_EVENT_INPUT; -EINTR if a signal came first. */
int console_wait(void);

#endif
