/* Threads: mutexes, conditions, preemption, and that each keeps its own registers. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 4, ROUNDS = 20000, TURNS = 500 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static long counter;
static long turn;
static volatile int stop;

static void *count_up(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

static void *take_turns(void *which)
{
    for (int i = 0; i < TURNS; i++) {
        pthread_mutex_lock(&mutex);
        while (turn != (long)which)
            pthread_cond_wait(&condition, &mutex);
        turn = !turn;
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

/* Sums in floating point, whose registers are not to be another thread's. */
static void *sum_up(void *step)
{
    static double sums[THREADS];
    double sum = 0, by = 1.0 + (double)(long)step / 8;

    for (int i = 0; i < 20000000; i++)
        sum += by;
    sums[(long)step] = sum;
    return &sums[(long)step];
}

static void *spin(void *unused)
{
    while (!stop)
        ;
    return unused;
}

static __thread int of_thread = 1;

static void *change_local(void *unused)
{
    of_thread = 2;
    return unused;
}

static void test_together(void *(*what)(void *), const char *name)
{
    pthread_t threads[THREADS];

    for (long i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, what, (void *)i);
    for (int i = 0; i < THREADS; i++) {
        void *result;

        pthread_join(threads[i], &result);
        if (what == sum_up)
            printf("%s: %.3f\n", name, *(double *)result);
    }
}

static void test_timeout(void)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 20000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&mutex);
    int error = 0;
    while (error == 0)
        error = pthread_cond_timedwait(&condition, &mutex, &until);
    pthread_mutex_unlock(&mutex);
    printf("timed out: %d\n", error == ETIMEDOUT);
}

static void test_robust(void)
{
    static pthread_mutex_t robust;
    pthread_mutexattr_t attributes;
    pthread_t thread;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &attributes);
    pthread_create(&thread, NULL, (void *(*)(void *))(void (*)(void))pthread_mutex_lock, &robust);
    pthread_join(thread, NULL);
    printf("its owner died: %d\n", pthread_mutex_lock(&robust) == EOWNERDEAD);
}

static void *count_for_ever(void *at)
{
    volatile long *count = at;

    for (;;)
        ++*count;
    return NULL;
}

/* A stop is one of all threads, those that compute among them. */
static void test_stop(void)
{
    volatile long *counts =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_t threads[2];
    int status;

    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 2; i++)
            pthread_create(&threads[i], NULL, count_for_ever, (void *)&counts[i]);
        pause();
    }
    while (counts[0] == 0 || counts[1] == 0)
        usleep(1000);
    kill(child, SIGSTOP);
    waitpid(child, NULL, WUNTRACED);
    const long before[2] = {counts[0], counts[1]};
    usleep(50000);
    printf("stopped: %d %d\n", counts[0] == before[0], counts[1] == before[1]);
    kill(child, SIGCONT);
    while (counts[0] == before[0] || counts[1] == before[1])
        usleep(1000);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    printf("went on, and ended: signal %d\n", WTERMSIG(status));
}

static volatile pthread_t handled_by;

static void remember_thread(int number)
{
    (void)number;
    handled_by = pthread_self();
}

static void *wait_in_read(void *ends)
{
    char byte;

    return (void *)read(((int *)ends)[0], &byte, 1);
}

/* A signal to the process is the first thread's, if that does not block it. */
static void test_receiver(void)
{
    static int ends[2];
    pthread_t thread, other;
    void *result;

    (void)!pipe(ends);
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = remember_thread}, NULL);
    stop = 0;
    pthread_create(&thread, NULL, wait_in_read, ends);
    pthread_create(&other, NULL, spin, NULL);
    if (fork() == 0) {
        usleep(20000);
        kill(getppid(), SIGUSR1);
        _exit(0);
    }
    while (handled_by == 0)
        usleep(500000);
    printf("handled by the first: %d\n", handled_by == pthread_self());
    (void)!write(ends[1], "x", 1);
    pthread_join(thread, &result);
    printf("who reads is not interrupted: %ld\n", (long)result);
    stop = 1;
    pthread_join(other, NULL);
    wait(NULL);
}

int main(void)
{
    pthread_t thread, other;

    test_together(count_up, "count");
    printf("count: %ld\n", counter);
    pthread_create(&thread, NULL, take_turns, (void *)0);
    pthread_create(&other, NULL, take_turns, (void *)1);
    pthread_join(thread, NULL);
    pthread_join(other, NULL);
    printf("turns: %ld\n", turn);
    test_together(sum_up, "sum");
    pthread_create(&thread, NULL, change_local, NULL);
    pthread_join(thread, NULL);
    printf("thread-local: %d\n", of_thread);
    test_timeout();
    test_robust();
    pthread_create(&thread, NULL, spin, NULL);
    usleep(20000); /* comes back only if the other one is preempted */
    stop = 1;
    pthread_join(thread, NULL);
    printf("preempted\n");
    test_stop();
    test_receiver();
    return 0;
}
