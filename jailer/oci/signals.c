/* Names of signals: see signals.h. */
#include "signals.h"

#include "log.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Behind a name such as RTMIN: nothing, or how far to go up or down. */
static int realtime(const char *text, int from)
{
    char *end = (char *)text;
    const long offset = *text == '+' || *text == '-' ? strtol(text, &end, 10) : 0;
    const long number = from + offset;

    return *end == '\0' && number >= SIGRTMIN && number <= SIGRTMAX ? (int)number : 0;
}

static int named(const char *name)
{
    if (strncasecmp(name, "SIG", 3) == 0)
        name += 3;
    if (strncasecmp(name, "RTMIN", 5) == 0)
        return realtime(name + 5, SIGRTMIN);
    if (strncasecmp(name, "RTMAX", 5) == 0)
        return realtime(name + 5, SIGRTMAX);
    for (int number = 1; number < SIGRTMIN; number++) {
        const char *known = sigabbrev_np(number);

        if (known && strcasecmp(name, known) == 0)
            return number;
    }
    return 0;
}

int signal_number(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);

    if (end == text || *end != '\0')
        number = named(text);
    if (number < 1 || number > SIGRTMAX)
        fail("%s: no such signal", text);
    return (int)number;
}
