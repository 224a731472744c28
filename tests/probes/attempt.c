/*
 * usage: jailer --exec attempt -- NAME [NUMBER]
 *        jailer --exec attempt --broker attempt -- ask|ask-resolver NAME [NUMBER]
 *
 * Stands in VMM's place and makes the attempt of that name (attempts.c), or asks a second one in
 * the broker's place, by a request for port N, to make the Nth of them, there or confined as the
 * resolver is. Prints the errno of an
 * attempt that was refused, "allowed" for one that worked, or, of the broker's, "killed by signal".
 * A probe in VMM's place that is killed prints nothing: the jailer's exit status tells.
 */
#include "attempts.h"

#include "netbroker/landlock.h"
#include "netbroker/wire.h"
#include "policy/fds.h"
#include "policy/runtime/policy.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* In whose place an attempt is made, which a request has as its version. */
enum place { AS_BROKER, AS_RESOLVER };

static unsigned find(const char *name)
{
    unsigned i = 0;

    while (attempts[i].name && strcmp(attempts[i].name, name) != 0)
        i++;
    if (!attempts[i].name)
        errx(1, "no attempt is named %s", name);
    return i;
}

/* Makes the attempt; returns its errno, or 0 if it worked. */
static int make(const struct attempt *attempt, long number)
{
    long a[6], result;

    for (unsigned i = 0; i < 6; i++)
        a[i] = attempt->arguments[i] == NUMBER ? number : attempt->arguments[i];
    attempt_number = number;
    errno = 0;
    result = attempt->function ? attempt->function()
                               : syscall(attempt->call, a[0], a[1], a[2], a[3], a[4], a[5]);
    return result < 0 ? errno : 0;
}

/* The errors that a lock gives, by name. */
static const struct {
    int number;
    const char *name;
} errors[] = {
    {EACCES, "EACCES"},
    {ECONNREFUSED, "ECONNREFUSED"},
    {EINVAL, "EINVAL"},
    {ENETUNREACH, "ENETUNREACH"},
    {EINPROGRESS, "EINPROGRESS"},
    {ENOENT, "ENOENT"},
    {ENOMEM, "ENOMEM"},
    {ENOSYS, "ENOSYS"},
    {ENOTTY, "ENOTTY"},
    {EPERM, "EPERM"},
    {EPIPE, "EPIPE"},
    {EROFS, "EROFS"},
    {ESRCH, "ESRCH"},
};

static void describe(int error, char *text, size_t size)
{
    snprintf(text, size, error == 0 ? "allowed" : "errno %d", error);
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (errors[i].number == error)
            snprintf(text, size, "%s", errors[i].name);
}

/* Confines this process as netbroker/resolver_process.c does. */
static void become_resolver(void)
{
    static const uint16_t dns_port = 53;

    landlock_confine(&dns_port, 1, LANDLOCK_MAY_READ);
    policy_install(&policy_resolver);
}

/* In the broker's place: in a child, since many of these attempts are the last. */
static void serve(void)
{
    struct wire_request request;
    struct wire_reply reply;
    int status;

    while (recv(BROKER_FD_LINK, &request, sizeof(request), 0) == sizeof(request)) {
        pid_t child = fork();

        if (child == 0 && request.version == AS_RESOLVER)
            become_resolver();
        if (child == 0)
            _exit(make(&attempts[request.port], (long)request.sequence));
        if (child < 0 || waitpid(child, &status, 0) != child)
            err(1, "cannot make an attempt");
        memset(&reply, 0, sizeof(reply));
        if (WIFSIGNALED(status))
            snprintf(reply.piece, sizeof(reply.piece), "killed by signal %d", WTERMSIG(status));
        else
            describe(WEXITSTATUS(status), reply.piece, sizeof(reply.piece));
        send(BROKER_FD_LINK, &reply, sizeof(reply), MSG_NOSIGNAL);
    }
}

static void ask(enum place place, const char *name, const char *number, char *text, size_t size)
{
    struct wire_request request = {
        .version = place,
        .sequence = (uint32_t)atol(number),
        .port = (uint16_t)find(name),
    };
    struct wire_reply reply;

    if (write(VMM_FD_BROKER, &request, sizeof(request)) != sizeof(request) ||
        read(VMM_FD_BROKER, &reply, sizeof(reply)) != sizeof(reply))
        errx(1, "the probe in the broker's place gave no answer");
    snprintf(text, size, "%.60s", reply.piece);
}

int main(int argc, char **argv)
{
    bool asks_resolver = argc > 2 && strcmp(argv[1], "ask-resolver") == 0;
    bool asks = asks_resolver || (argc > 2 && strcmp(argv[1], "ask") == 0);
    const char *number = argc > 2 + asks ? argv[2 + asks] : "0";
    char text[64] = "";

    if (strcmp(argv[0], "sparkler-netbroker") == 0) {
        serve();
        return 0;
    }
    if (argc < 2)
        errx(1, "usage: attempt [ask|ask-resolver] NAME [NUMBER]");
    if (asks)
        ask(asks_resolver ? AS_RESOLVER : AS_BROKER, argv[2], number, text, sizeof(text));
    else
        describe(make(&attempts[find(argv[1])], atol(number)), text, sizeof(text));
    strcat(text, "\n");
    return write(FD_CONSOLE_OUT, text, strlen(text)) < 0;
}
