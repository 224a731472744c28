/*
 * usage: vmm-link VMM GUEST [FAULT...]
 *
 * Plays a network broker that its upstream has taken over: starts the VMM as the jailer does, but
 * without a jail, and answers its first request with the first FAULT, and so on; "good" is a right
 * answer, as all requests behind the last FAULT get. The console and the log are our own 0, 1 and
 * 2. Ends with the VMM's exit status, or 128 + the signal that ended it.
 */
#include "jailer/configure.h"
#include "jailer/kvm.h"
#include "netbroker/wire.h"
#include "policy/fds.h"
#include "policy/runtime/policy.h"

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMORY_SIZE (1 << 20)
#define LATE_FLOOD  40 /* more late replies than the VMM bears */

/* Moves a descriptor to its number. All sources lie above all numbers. */
static void place(int fd, int number)
{
    if (dup2(fd, number) < 0)
        err(1, "dup2 to %d", number);
}

static int above(int fd, const char *what)
{
    int high = fcntl(fd, F_DUPFD_CLOEXEC, JAIL_FD_PROGRAM + 1);

    if (fd < 0 || high < 0)
        err(1, "%s", what);
    close(fd);
    return high;
}

static void start_vmm(const char *vmm, const char *guest, int link)
{
    const struct options options = {.guest = guest, .memory_bytes = MEMORY_SIZE, .ready = -1};
    struct jail jail = {.options = &options};
    struct config config;
    char *arguments[] = {"sparkler-vmm", NULL}, *environment[] = {NULL};
    int start[2] = {-1, -1};

    if (pipe2(start, O_CLOEXEC) != 0)
        err(1, "pipe2");
    int kvm = above(kvm_open(), "/dev/kvm");
    int image = above(open(guest, O_RDONLY), guest);
    jail.fds[VMM_FD_KVM] = kvm;
    jail.fds[VMM_FD_GUEST] = image;
    jail.fds[VMM_FD_CONFIG] = -1; /* ours is still needed */
    configure_vm(&jail, &config);
    configure_send(&jail, &config, start[1]);
    int program = above(open(vmm, O_RDONLY), vmm);
    int broker = above(link, "link");
    int started = above(start[0], "start");

    place(kvm, VMM_FD_KVM);
    place(image, VMM_FD_GUEST);
    place(broker, VMM_FD_BROKER);
    place(started, VMM_FD_CONFIG);
    close_range(VMM_FD_CONFIG + 1, JAIL_FD_PROGRAM, 0);
    place(program, JAIL_FD_PROGRAM);
    fcntl(JAIL_FD_PROGRAM, F_SETFD, FD_CLOEXEC);

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        err(1, "no_new_privs");
    policy_install(&policy_vmm_boot);
    execveat(JAIL_FD_PROGRAM, "", arguments, environment, AT_EMPTY_PATH);
    err(1, "%s", vmm);
}

/* Makes a right answer of `*size` bytes wrong. Room for one byte more follows the reply. */
static void spoil(const char *fault, struct wire_reply *reply, size_t *size)
{
    if (strcmp(fault, "short") == 0)
        *size -= 1;
    else if (strcmp(fault, "long") == 0)
        *size += 1;
    else if (strcmp(fault, "empty") == 0)
        *size = 0;
    else if (strcmp(fault, "version") == 0)
        reply->version++;
    else if (strcmp(fault, "future") == 0)
        reply->sequence++;
    else if (strcmp(fault, "port") == 0)
        reply->port++;
    else if (strcmp(fault, "length") == 0)
        reply->total = WIRE_ANSWER_MAX + 1;
    else if (strcmp(fault, "kind") == 0)
        reply->kind = WIRE_BYTES + 1;
    else if (strcmp(fault, "offset") == 0)
        reply->offset = 1;
    else if (strcmp(fault, "behind") == 0)
        reply->offset = reply->total + 1;
    else if (strcmp(fault, "escape") == 0)
        reply->piece[0] = '\033';
    else if (strcmp(fault, "nul") == 0)
        reply->piece[0] = '\0';
    else if (strcmp(fault, "eight-bit") == 0)
        reply->piece[0] = (char)0xe9;
    else if (strcmp(fault, "tail") == 0)
        reply->piece[WIRE_PIECE_MAX - 1] = 'x';
    else if (strcmp(fault, "bytes") == 0) /* no fault: what is no text */
        memset(reply->piece, 0xff, sizeof(reply->piece)), reply->kind = WIRE_BYTES,
                                                          reply->total = WIRE_ANSWER_MAX;
    else if (strcmp(fault, "full") == 0) /* no fault: the first piece of the longest text */
        memset(reply->piece, '~', sizeof(reply->piece)), reply->total = WIRE_ANSWER_MAX;
    else if (strcmp(fault, "good") != 0)
        errx(1, "no such fault: %s", fault);
}

static void answer(int link, const struct wire_request *request, const char *fault)
{
    struct {
        struct wire_reply reply;
        uint8_t excess;
    } frame = {.reply = {
                   .version = WIRE_VERSION,
                   .sequence = request->sequence,
                   .port = request->port,
               }};
    size_t size = sizeof(frame.reply);

    frame.reply.total = (uint32_t)snprintf(frame.reply.piece, sizeof(frame.reply.piece),
                                           "text %u of port 0x%x%s%.*s", request->sequence,
                                           request->port, request->argument_length > 0 ? ": " : "",
                                           request->argument_length, request->argument);

    unsigned late = strcmp(fault, "late") == 0 ? 1 : strcmp(fault, "flood") == 0 ? LATE_FLOOD : 0;
    if (late > 0)
        fault = "good";
    for (frame.reply.sequence -= late; late > 0; late--, frame.reply.sequence++)
        send(link, &frame, size, MSG_NOSIGNAL);

    spoil(fault, &frame.reply, &size);
    send(link, &frame, size, MSG_NOSIGNAL);
}

/* Serves until the VMM has ended, or a fault is to leave it alone. */
static void serve(int link, char **faults)
{
    struct wire_request request;

    while (recv(link, &request, sizeof(request), 0) == sizeof(request)) {
        const char *fault = *faults ? *faults++ : "good";
        if (strcmp(fault, "hangup") == 0)
            return;
        if (strcmp(fault, "silent") != 0)
            answer(link, &request, fault);
    }
}

int main(int count, char **arguments)
{
    int link[2], status;

    if (count < 3)
        errx(1, "usage: vmm-link VMM GUEST [FAULT...]");
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, link) != 0)
        err(1, "socketpair");

    pid_t vmm = fork();
    if (vmm < 0)
        err(1, "fork");
    if (vmm == 0)
        start_vmm(arguments[1], arguments[2], link[1]);

    close(link[1]);
    serve(link[0], arguments + 3);
    close(link[0]);
    if (waitpid(vmm, &status, 0) != vmm)
        err(1, "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
