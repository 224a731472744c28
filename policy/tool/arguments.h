/* Names of system calls' arguments, for explanations. */
#ifndef SPARKLER_ARGUMENTS_H
#define SPARKLER_ARGUMENTS_H

/* An argument's name in the manual, such as "fd"; "argument N" if it is not in the table. */
const char *argument_name(const char *syscall, unsigned arg);

#endif
