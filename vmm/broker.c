/*
 * Asks the network broker and trusts nothing it sends: a malformed frame, or one that was not asked
 * for, drops it for good; a late reply is skipped; every wait is bounded.
 */
#include "broker.h"

#include "log.h"
#include "policy/fds.h"
#include "timer.h"

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define TEXT(number)  TEXT_(number)
#define TEXT_(number) #number

/* Replies to requests that have timed out. Endless ones would keep us waiting for ever. */
#define LATE_REPLIES_MAX 16

static const char broker_ended[] = "the network broker has ended; it will not be asked again";
static const char broker_broke[] = "the link to the network broker broke; it will not be asked "
                                   "again";
static const char broker_violated[] = "the network broker violated the link's protocol; it will "
                                      "not be asked again";
static const char broker_full[] = "the network broker is not taking requests";
static const char broker_silent[] =
    "the network broker did not answer in " TEXT(WIRE_REPLY_SECONDS) " s";

void broker_open(void)
{
    struct timeval limit = {.tv_sec = WIRE_REPLY_SECONDS};

    if (setsockopt(VMM_FD_BROKER, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0 ||
        setsockopt(VMM_FD_BROKER, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) != 0)
        err(1, "cannot set a time limit for the network broker");
}

static const char *drop(struct broker *broker, const char *why)
{
    log_line("%s", why);
    broker->dropped = why;
    return why;
}

/* Turns the errno of a failed read or write on the link into words. */
static const char *link_fault(struct broker *broker, const char *when_timed_out)
{
    if (errno == EAGAIN)
        return when_timed_out;
    if (errno == EPIPE || errno == ECONNRESET)
        return drop(broker, broker_ended);
    return drop(broker, broker_broke);
}

/* Whether a signal has interrupted a read or write. Each tick of a Linux guest would begin its time
 * limit anew, so the first one stops the timer. */
static bool was_interrupted(struct broker *broker, ssize_t size)
{
    if (size >= 0 || errno != EINTR)
        return false;
    timer_set(0);
    broker->timer_stopped = true;
    return true;
}

static const char *send_request(struct broker *broker, const struct question *question)
{
    struct wire_request request = {
        .version = WIRE_VERSION,
        .sequence = broker->sequence + 1,
        .port = question->port,
        .argument_length = (uint16_t)question->argument_length,
        .offset = question->offset,
    };
    ssize_t size;

    memcpy(request.argument, question->argument, question->argument_length);
    do
        size = write(VMM_FD_BROKER, &request, sizeof(request));
    while (was_interrupted(broker, size));

    if (size < 0)
        return link_fault(broker, broker_full);
    broker->sequence = request.sequence;
    return NULL;
}

static bool is_text(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] != '\n' && (bytes[i] < ' ' || bytes[i] > '~'))
            return false;
    return true;
}

/* Whether these `size` bytes are a well-formed reply, to whatever request. */
static bool is_reply(const struct wire_reply *reply, size_t size)
{
    if (size != sizeof(*reply) || reply->version != WIRE_VERSION ||
        (reply->kind != WIRE_TEXT && reply->kind != WIRE_BYTES) || reply->total > WIRE_ANSWER_MAX ||
        reply->offset > reply->total)
        return false;
    if (reply->kind == WIRE_TEXT && !is_text(reply->piece, wire_piece_length(reply)))
        return false;
    for (size_t i = wire_piece_length(reply); i < sizeof(reply->piece); i++)
        if (reply->piece[i] != '\0')
            return false;
    return true;
}

/* Whether it replies to this question, with the piece that was asked for or another answer. */
static bool answers(const struct wire_reply *reply, const struct question *question)
{
    return reply->port == question->port &&
           (reply->offset == question->offset || reply->offset == 0);
}

static const char *receive_reply(struct broker *broker, const struct question *question,
                                 struct broker_frame *frame)
{
    const struct wire_reply *reply = &frame->reply;
    unsigned late = 0;

    while (late <= LATE_REPLIES_MAX) {
        ssize_t size = read(VMM_FD_BROKER, frame, sizeof(*frame));

        if (was_interrupted(broker, size))
            continue;
        if (size < 0)
            return link_fault(broker, broker_silent);
        if (size == 0)
            return drop(broker, broker_ended);
        if (!is_reply(reply, (size_t)size))
            break;
        if (reply->sequence == broker->sequence && answers(reply, question))
            return NULL;
        if ((int32_t)(broker->sequence - reply->sequence) <= 0)
            break;
        late++;
    }
    return drop(broker, broker_violated);
}

void broker_ask(struct broker *broker, const struct question *question, struct broker_frame *frame)
{
    const char *fault = broker->dropped;

    broker->timer_stopped = false;
    if (!fault)
        fault = send_request(broker, question);
    if (!fault)
        fault = receive_reply(broker, question, frame);
    if (!fault)
        return;
    frame->reply.kind = WIRE_TEXT;
    frame->reply.offset = 0;
    frame->reply.total =
        (uint32_t)snprintf(frame->reply.piece, sizeof(frame->reply.piece), "[feeds: %s]", fault);
}
