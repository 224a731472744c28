/* The timer: see timer.h. */
#include "timer.h"

#include <err.h>
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>

static volatile sig_atomic_t fired;

static void fire(int signal)
{
    (void)signal;
    fired = 1;
}

void timer_open(void)
{
    const struct sigaction action = {.sa_handler = fire};

    if (sigaction(SIGALRM, &action, NULL) != 0)
        err(1, "cannot handle SIGALRM");
}

void timer_set(uint64_t microseconds)
{
    const struct timeval interval = {
        .tv_sec = (time_t)(microseconds / 1000000),
        .tv_usec = (suseconds_t)(microseconds % 1000000),
    };
    const struct itimerval timer = {.it_interval = interval, .it_value = interval};

    setitimer(ITIMER_REAL, &timer, NULL);
}

bool timer_fired(void)
{
    const bool has_fired = fired != 0;

    fired = 0;
    return has_fired;
}
