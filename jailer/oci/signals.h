/* The names of signals, as kill(1) has them. */
#ifndef SPARKLER_OCI_SIGNALS_H
#define SPARKLER_OCI_SIGNALS_H

#include <stdbool.h>

/* The number of a signal: "9", "KILL", "sigkill", "RTMIN+3". Ends the program if there is none. */
int signal_number(const char *text);

/* Whether the supervisor forwards it to the program, or is ended by it (jailer/README.md). */
bool signal_reaches(int number);

#endif
