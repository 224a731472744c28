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

/* Second names, which sigabbrev_np(3) does not have. */
static int alias(const char *name)
{
    static const struct {
        const char *name;
        int number;
    } aliases[] = {{"IO", SIGIO}, {"CLD", SIGCHLD}, {"IOT", SIGIOT}};

    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
        if (strcasecmp(name, aliases[i].name) == 0)
            return aliases[i].number;
    return 0;
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
    return alias(name);
}

int signal_number(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);

    if (end == text || *end != '\0')
        number = named(text);
    if (number < 1 || number > SIGRTMAX || (number > 31 && number < SIGRTMIN)) /* or glibc's own */
        fail("%s: no such signal", text);
    return (int)number;
}

bool signal_reaches(int number)
{
    static const int kept[] = {SIGSTOP, SIGCONT, SIGCHLD, SIGALRM,
                               SIGPIPE, SIGTTIN, SIGTTOU, SIGXFSZ};

    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        if (number == kept[i])
            return false;
    return number < 32 || number >= SIGRTMIN;
}
