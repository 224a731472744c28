/*
 * A Linux program that waits for a signal from outside, in the way that it is told:
 *
 *     signalled MODE
 *
 *     pause     says which signal comes, and waits for the next; SIGTERM ends it, status 3
 *     spin      the same, while it computes
 *     default   computes; signals do what they do by default
 *     idle      waits; signals do what they do by default
 *     ignore    ignores them all, and waits
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};

static void say(int signal)
{
    const struct itimerval soon = {.it_value.tv_usec = 1000};
    char line[] = "signal 00\n";

    line[7] = (char)('0' + signal / 10);
    line[8] = (char)('0' + signal % 10);
    setitimer(ITIMER_REAL, &soon, NULL); /* the guest's kernel ticks for a while */
    write(STDOUT_FILENO, line, sizeof(line) - 1);
    if (signal == SIGTERM)
        _exit(3);
}

static void set_all(void (*handler)(int))
{
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        signal(signals[i], handler);
}

int main(int argc, char **argv)
{
    const char *mode = argc == 2 ? argv[1] : "";

    if (strcmp(mode, "pause") == 0 || strcmp(mode, "spin") == 0)
        set_all(say);
    else if (strcmp(mode, "ignore") == 0)
        set_all(SIG_IGN);
    signal(SIGALRM, SIG_IGN);
    puts("ready");
    fflush(stdout);
    if (strcmp(mode, "spin") == 0 || strcmp(mode, "default") == 0)
        for (;;)
            continue;
    for (;;)
        pause();
}
