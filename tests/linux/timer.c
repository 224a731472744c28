/* timer_create(2): signals to the process or a thread, what they carry, and how many were missed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static const char *result(long value)
{
    static char texts[4][64];
    static unsigned at;
    char *text = texts[at++ % 4];

    snprintf(text, 64, value < 0 ? "%s" : "%s%ld", value < 0 ? strerror(errno) : "", value);
    return text;
}

static volatile sig_atomic_t count, code, value, thread;

static void handle(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    count++;
    code = info->si_code;
    value = info->si_value.sival_int;
    thread = (sig_atomic_t)syscall(SYS_gettid);
}

static long set(timer_t timer, long value_ms, long interval_ms)
{
    const struct itimerspec spec = {
        .it_value = {value_ms / 1000, value_ms % 1000 * 1000000},
        .it_interval = {interval_ms / 1000, interval_ms % 1000 * 1000000},
    };

    return timer_settime(timer, 0, &spec, NULL);
}

static void sleep_ms(long ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};

    while (nanosleep(&left, &left) != 0)
        ;
}

static void test_signal(void)
{
    struct sigevent event = {
        .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42};
    struct itimerspec spec;
    timer_t timer;

    printf("create: %s\n", result(timer_create(CLOCK_MONOTONIC, &event, &timer)));
    timer_gettime(timer, &spec);
    printf("not set: %ld %ld\n", (long)spec.it_value.tv_sec, spec.it_value.tv_nsec);
    set(timer, 100000, 7000);
    timer_gettime(timer, &spec);
    printf("set: %d, every %ld\n", spec.it_value.tv_sec >= 90, (long)spec.it_interval.tv_sec);
    set(timer, 1, 0);
    while (count == 0)
        sleep_ms(1);
    printf("once: %d, code %d, value %d\n", (int)count, (int)code, (int)value);
    set(timer, 1, 1);
    while (count < 5) /* a program that computes is interrupted, too */
        ;
    set(timer, 0, 0);
    puts("again and again");
    clock_gettime(CLOCK_MONOTONIC, &spec.it_value);
    spec.it_interval = (struct timespec){0};
    count = 0;
    timer_settime(timer, TIMER_ABSTIME, &spec, NULL);
    while (count == 0)
        ;
    puts("a time that is over");
    printf("delete: %s\n", result(timer_delete(timer)));
    printf("again: %s\n", result(syscall(SYS_timer_delete, 0)));
}

/* While the signal waits, it is there once. */
static void test_overrun(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    siginfo_t info;
    timer_t timer;
    sigset_t set_of;

    sigemptyset(&set_of);
    sigaddset(&set_of, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set_of, NULL);
    timer_create(CLOCK_REALTIME, &event, &timer);
    set(timer, 1, 1);
    sleep_ms(30);
    printf("pending: %d\n", sigwaitinfo(&set_of, &info) == SIGRTMIN);
    printf("missed: %d, %d\n", info.si_overrun >= 10, timer_getoverrun(timer) == info.si_overrun);
    timer_delete(timer);
}

static pid_t other;

static void *wait_for_signal(void *timer)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};

    other = (pid_t)syscall(SYS_gettid);
    event.sigev_notify_thread_id = other;
    printf("create: %s\n", result(timer_create(CLOCK_MONOTONIC, &event, timer)));
    set(*(timer_t *)timer, 5, 0);
    while (count == 0)
        sleep_ms(1);
    return NULL;
}

static void test_thread(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
    pthread_t id;
    timer_t timer;

    count = 0;
    pthread_create(&id, NULL, wait_for_signal, &timer);
    pthread_join(id, NULL);
    printf("to the thread: %d\n", thread == other);
    set(timer, 1, 0); /* who is no more does not get any */
    sleep_ms(10);
    printf("to nobody: %d\n", (int)count);
    timer_delete(timer);
    event.sigev_notify_thread_id = 1 << 30;
    printf("no thread: %s\n", result(timer_create(CLOCK_MONOTONIC, &event, &timer)));
}

static void test_errors(void)
{
    struct sigevent event = {.sigev_notify = 77, .sigev_signo = SIGUSR1};
    struct itimerspec spec = {.it_value = {0, 1000000000}};
    timer_t timer;

    printf("notify: %s\n", result(timer_create(CLOCK_MONOTONIC, &event, &timer)));
    printf("clock: %s\n", result(timer_create(77, NULL, &timer)));
    timer_create(CLOCK_MONOTONIC, NULL, &timer);
    printf("time: %s\n", result(timer_settime(timer, 0, &spec, NULL)));
    fflush(stdout);
    if (fork() == 0) { /* it has none of its parent's */
        printf("child: %s\n", result(syscall(SYS_timer_getoverrun, 0)));
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    timer_delete(timer);
}

/* Many that are due all the time leave everybody else time to run. */
static void test_many(void)
{
    const struct itimerspec spec = {.it_value = {0, 1}, .it_interval = {0, 1}};
    int fds[200], ready = 0;
    uint64_t expirations;

    for (int i = 0; i < 200; i++) {
        fds[i] = timerfd_create(CLOCK_MONOTONIC, 0);
        timerfd_settime(fds[i], 0, &spec, NULL);
    }
    for (int i = 0; i < 200; i++) {
        ready += read(fds[i], &expirations, sizeof(expirations)) == sizeof(expirations);
        close(fds[i]);
    }
    printf("many: %d\n", ready);
}

int main(void)
{
    const struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};

    sigaction(SIGUSR1, &action, NULL);
    test_signal();
    test_overrun();
    test_thread();
    test_errors();
    test_many();
    return 0;
}
