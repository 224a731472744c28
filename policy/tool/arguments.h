/* What the arguments of system calls are called, for those that read about them. */
#ifndef SPARKLER_ARGUMENTS_H
#define SPARKLER_ARGUMENTS_H

/* The manual page's name for an argument, like "fd"; "argument N" where we have none. */
const char *argument_name(const char *syscall, unsigned arg);

#endif
