/* Signals of the VMM: none is lost, whenever it arrives. */
#include "tap.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

static int at_the_last_moment; /* a signal that arrives right before a system call, or 0 */

static long late_syscall(long number, struct pollfd *polled, int count, volatile void *time);
#define syscall(number, polled, count, time, ...) late_syscall(number, polled, count, time)
#include "vmm/signals.c"
#undef syscall

static long late_syscall(long number, struct pollfd *polled, int count, volatile void *time)
{
    if (at_the_last_moment != 0)
        raise(at_the_last_moment);
    return syscall(number, polled, count, time, NULL, 0);
}

static bool wait_ends(uint64_t nanoseconds)
{
    struct pollfd none = {.fd = -1, .events = POLLIN};

    return signals_poll(&none, nanoseconds) == 0;
}

int main(void)
{
    struct kvm_run run = {0};
    sigset_t blocked;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, NULL); /* as the jailer leaves it */
    raise(SIGINT);
    signals_open(&run);
    ok(signals_take() == SIGINT, "a signal from before the handlers is not lost");
    ok(signals_take() == 0, "it is taken once");
    ok(signals_arrived() && !signals_arrived(), "it has arrived once");

    raise(SIGTERM);
    ok(run.immediate_exit == 1, "a signal makes KVM_RUN return at once");
    ok(signals_arrived() && run.immediate_exit == 0, "only once");
    ok(signals_pending(), "it is pending until it is taken");
    alarm(20); /* the end of this program, if nothing else ends a wait */
    ok(wait_ends(UINT64_MAX), "nothing waits while a signal is pending");
    raise(SIGHUP);
    raise(SIGHUP);
    ok(signals_take() == SIGHUP && signals_take() == SIGTERM && signals_take() == 0,
       "several signals are taken one after the other");

    at_the_last_moment = SIGQUIT;
    ok(wait_ends(UINT64_MAX), "a signal right before the wait ends it");
    ok(signals_take() == SIGQUIT, "it is pending then");
    at_the_last_moment = 0;
    ok(wait_ends(1000000), "a wait without signals ends in time");
    return done();
}
