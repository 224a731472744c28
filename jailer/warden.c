/*
 * The warden, pid 1 of the broker's jail. It holds the broker's end of the link, and starts the
 * broker as inetd would: when the link becomes readable. A broker that dies loses nothing, since it
 * takes a request off the link only once it has the answer. The warden restarts it, after a longer
 * pause each time, and tells the new one which request the old one died on: what is a POST must not
 * be sent twice. If the broker keeps dying on the same feed, the warden gives that feed up: it
 * tells the next broker, which tells the guest. If the broker still dies, or dies without a request
 * for a feed, the warden closes the link, and the VMM tells the guest.
 */
#include "jail.h"

#include "netbroker/wire.h"
#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEATHS_MAX     6  /* in a row for one feed, each within a minute of the broker's start */
#define STEADY_SECONDS 60 /* a broker that lived this long had a good start */
#define FIRST_PAUSE_MS 100

#define NO_FEED WIRE_FEEDS /* no request, or one for no feed */

struct deaths {
    unsigned row[WIRE_FEEDS + 1]; /* deaths in a row, by the feed that was asked for */
    /* option of the broker: the ports of the feeds that are given up */
    char given_up[sizeof("--given-up=") + WIRE_FEEDS * sizeof("0x100,")];
    size_t length;
    /* option of the next broker: the request that this one died on, or "" */
    char interrupted[sizeof("--interrupted=") + 10];
};

/* Waits up to `ms` (-1: forever) for a request; false also if the VMM has closed the link. */
static bool is_asked(int ms)
{
    struct pollfd link = {.fd = BROKER_FD_LINK, .events = POLLIN};

    while (poll(&link, 1, ms) < 0)
        if (errno != EINTR)
            err(1, "cannot wait for a request");
    return (link.revents & POLLIN) != 0 && (link.revents & (POLLHUP | POLLERR)) == 0;
}

/* Looks at the request on the link. The VMM is not trusted to send a whole one. */
static bool peek(struct wire_request *request)
{
    return recv(BROKER_FD_LINK, request, sizeof(*request), MSG_PEEK | MSG_DONTWAIT) ==
           sizeof(*request);
}

static _Noreturn void become_broker(const struct jail *jail, struct deaths *deaths)
{
    char *argv[5] = {jail->argv[0]};
    struct jail broker = *jail;
    size_t count = 1;

    if (deaths->length > 0)
        argv[count++] = deaths->given_up;
    if (deaths->interrupted[0] != '\0')
        argv[count++] = deaths->interrupted;
    argv[count] = jail->argv[1];
    broker.argv = argv;
    jail_execute(&broker);
}

/* Runs the broker until it ends; returns its wait status. */
static int run_broker(const struct jail *jail, struct deaths *deaths)
{
    pid_t broker = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL), ended; /* fork */
    int status;

    if (broker == 0)
        become_broker(jail, deaths);
    if (broker < 0) {
        warn("cannot start the broker");
        return 1 << 8; /* as if it had exited with 1: it is retried */
    }
    /* pid 1 also inherits, and reaps, the resolver of a broker that died */
    while ((ended = waitpid(-1, &status, 0)) != broker)
        if (ended < 0 && errno != EINTR)
            err(1, "cannot wait for the broker");
    return status;
}

/* Logs how the broker died; false if it exited because it was idle. */
static bool died(int status)
{
    if (WIFSIGNALED(status))
        warnx("killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
        warnx("ended with status %d", WEXITSTATUS(status));
    else if (is_asked(0))
        warnx("ended without an answer to what it was asked for");
    else
        return false;
    return true;
}

/* The broker exited properly, so later deaths start a new row. */
static void forget(struct deaths *deaths)
{
    for (unsigned feed = 0; feed <= NO_FEED; feed++)
        if (deaths->row[feed] < DEATHS_MAX)
            deaths->row[feed] = 0;
}

/* -1: forever */
static void pause_ms(int ms)
{
    poll(NULL, 0, ms);
}

static void give_up(struct deaths *deaths, uint16_t port)
{
    warnx("died %d times in a row on a request for port 0x%x; that feed is given up", DEATHS_MAX,
          port);
    deaths->length += (size_t)snprintf(deaths->given_up + deaths->length,
                                       sizeof(deaths->given_up) - deaths->length, "%s0x%x",
                                       deaths->length == 0 ? "--given-up=" : ",", port);
}

/* Notes the request that the broker died on, which it may have sent on; one that exits properly has
 * begun none. */
static void note_interrupted(struct deaths *deaths, int status)
{
    struct wire_request request;

    deaths->interrupted[0] = '\0';
    if (status != 0 && peek(&request))
        snprintf(deaths->interrupted, sizeof(deaths->interrupted), "--interrupted=%u",
                 request.sequence);
}

/* Counts a death and waits until the broker may be started again; false if it may not. */
static bool recover(struct deaths *deaths, bool was_steady)
{
    struct wire_request request = {0};
    const bool asked = peek(&request);
    const uint16_t port = request.port;
    const int feed = asked ? wire_feed_index(port) : -1;
    unsigned *row = &deaths->row[feed < 0 ? NO_FEED : feed];

    if (*row == DEATHS_MAX) {
        warnx("died even so; feeds are not answered any more");
        return false;
    }
    *row = was_steady ? 1 : *row + 1;
    if (*row < DEATHS_MAX) {
        pause_ms(FIRST_PAUSE_MS << (*row - 1));
    } else if (feed < 0) {
        warnx("died %d times in a row; feeds are not answered any more", DEATHS_MAX);
        return false;
    } else {
        give_up(deaths, port);
        pause_ms(FIRST_PAUSE_MS);
    }
    return true;
}

_Noreturn void warden_run(const struct jail *jail)
{
    const long long steady = STEADY_SECONDS * 1000000000LL;
    struct deaths deaths = {0};
    bool again = true;

    while (again && is_asked(-1)) {
        long long start = timing_now();
        int status = run_broker(jail, &deaths);

        note_interrupted(&deaths, status);
        if (died(status))
            again = recover(&deaths, timing_now() - start >= steady);
        else
            forget(&deaths);
    }
    close(BROKER_FD_LINK);
    for (;;)
        pause_ms(-1);
}
