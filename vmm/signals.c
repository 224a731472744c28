/* Signals from outside: see signals.h. */
#include "signals.h"

#include "config.h"

#include <err.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000ull

static const int handled[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH, SIGNAL_FORWARDED};

static volatile sig_atomic_t pending[_NSIG]; /* by number */
static volatile sig_atomic_t window;

/*
 * A signal may arrive just before the system call that it is to interrupt. So the handler also
 * changes what the kernel reads when the call begins: the flag of KVM_RUN (KVM's api.rst has this
 * use of it), and how long to wait.
 */
static volatile uint8_t *immediate_exit;
static volatile struct timespec wait_time;

static void handle(int signal, siginfo_t *info, void *context)
{
    const int value = info->si_value.sival_int;

    (void)context;
    if (signal == SIGWINCH)
        window = value;
    if (signal == SIGNAL_FORWARDED && value > 0 && value < _NSIG)
        signal = value;
    pending[signal] = 1;
    *immediate_exit = 1;
    wait_time.tv_sec = 0;
    wait_time.tv_nsec = 0;
}

void signals_open(struct kvm_run *run)
{
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};

    immediate_exit = &run->immediate_exit;
    for (unsigned i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
        sigaddset(&action.sa_mask, handled[i]);
    for (unsigned i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
        if (sigaction(handled[i], &action, NULL) != 0)
            err(1, "cannot handle signal %d", handled[i]);
    if (sigprocmask(SIG_UNBLOCK, &action.sa_mask, NULL) != 0)
        err(1, "cannot unblock signals");
}

bool signals_arrived(void)
{
    if (*immediate_exit == 0)
        return false;
    *immediate_exit = 0;
    return true;
}

bool signals_pending(void)
{
    for (int number = 1; number < _NSIG; number++)
        if (pending[number] != 0)
            return true;
    return false;
}

unsigned signals_take(void)
{
    for (unsigned number = 1; number < _NSIG; number++)
        if (pending[number] != 0) {
            pending[number] = 0;
            return number;
        }
    return 0;
}

unsigned signals_window(void)
{
    return (unsigned)window;
}

int signals_poll(struct pollfd *polled, uint64_t nanoseconds)
{
    wait_time.tv_sec = (time_t)(nanoseconds / SECOND_NS);
    wait_time.tv_nsec = (long)(nanoseconds % SECOND_NS);
    if (signals_pending())
        wait_time.tv_sec = wait_time.tv_nsec = 0;
    /* not ppoll(3), which copies the time before the system call */
    return (int)syscall(SYS_ppoll, polled, 1, &wait_time, NULL, 0);
}
