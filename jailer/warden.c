/*
 * The warden, pid 1 of the broker's jail. It keeps the broker's end of the link, and starts the
 * broker as inetd would: when the link becomes readable. A broker that dies loses nothing, since
 * it takes a request off the link only with the answer in its hand; it is started again, later
 * each time, until it has died too often. Then the link is closed, and the VMM tells its guest.
 */
#include "jail.h"

#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEATHS_MAX     6  /* in a row, each within a minute of its start */
#define STEADY_SECONDS 60 /* a broker that lived as long had a good start */
#define FIRST_PAUSE_MS 100

/* Waits until the VMM asks for something; false when it never will again. */
static bool wait_for_request(void)
{
    struct pollfd link = {.fd = FD_LINK, .events = POLLIN};

    while (poll(&link, 1, -1) < 0)
        if (errno != EINTR)
            err(1, "cannot wait for a request");
    return (link.revents & POLLIN) != 0 && (link.revents & (POLLHUP | POLLERR)) == 0;
}

/* Runs the broker until it ends; returns its wait status. */
static int run_broker(const struct jail *jail)
{
    pid_t broker = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL), ended; /* fork */
    int status;

    if (broker == 0)
        jail_execute(jail);
    if (broker < 0) {
        warn("cannot start the broker");
        return 1 << 8; /* as if it had ended with 1: it is tried again */
    }
    /* as pid 1 the warden also inherits, and so reaps, the resolver of a broker that died */
    while ((ended = waitpid(-1, &status, 0)) != broker)
        if (ended < 0 && errno != EINTR)
            err(1, "cannot wait for the broker");
    return status;
}

/* Says how the broker died; true if it did not simply end because it had nothing to do. */
static bool died(int status)
{
    if (WIFSIGNALED(status))
        warnx("killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
        warnx("ended with status %d", WEXITSTATUS(status));
    else
        return false;
    return true;
}

/* -1: for ever */
static void pause_ms(int ms)
{
    poll(NULL, 0, ms);
}

_Noreturn void warden_run(const struct jail *jail)
{
    unsigned deaths = 0;

    while (deaths < DEATHS_MAX && wait_for_request()) {
        time_t start = time(NULL);

        if (!died(run_broker(jail))) {
            deaths = 0;
            continue;
        }
        deaths = time(NULL) - start < STEADY_SECONDS ? deaths + 1 : 1;
        pause_ms(FIRST_PAUSE_MS << deaths);
    }
    if (deaths == DEATHS_MAX)
        warnx("died %u times in a row; feeds are not answered any more", deaths);
    close(FD_LINK);
    for (;;)
        pause_ms(-1);
}
