/*
 * Requests in, replies out. The guest may control the VMM, so every field is checked. A request
 * stays on the link until its reply is ready: if the broker dies before that, the next broker finds
 * the request there.
 */
#include "serve.h"

#include "argument.h"
#include "clock.h"
#include "feed_paths.h"
#include "pieces.h"
#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define IDLE_MS 30000

struct server {
    struct cache *cache;
    struct ledger *ledger;
    const struct feeds *feeds;
    int64_t interrupted; /* sequence of the request that a broker died on, or -1 */
    struct pieces pieces;
    struct answer answer; /* the current one */
};

static _Noreturn void drop_vmm(const char *why)
{
    /* first, since a VMM that ends when it is dropped takes us with it */
    warnx("the VMM broke the link's protocol and is dropped: %s", why);
    shutdown(BROKER_FD_LINK, SHUT_RDWR);
    exit(1);
}

/* Waits for a request. False if none came and the cache may be lost. */
static bool wait_for_request(const struct cache *cache)
{
    struct pollfd link = {.fd = BROKER_FD_LINK, .events = POLLIN};
    int64_t stay_until = clock_ms() + IDLE_MS;

    for (;;) {
        int64_t left = stay_until - clock_ms();
        int ready;

        if (left < 0)
            left = 0;
        ready = poll(&link, 1, left < INT32_MAX ? (int)left : INT32_MAX);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            err(1, "cannot wait for a request of the VMM");
        if (clock_ms() >= stay_until) {
            stay_until = cache_needed_until(cache);
            if (stay_until == 0)
                return false;
        }
    }
}

/* Reads the next request but leaves it on the link. False if the VMM closed the link. */
static bool peek(struct wire_request *request)
{
    struct pollfd link = {.fd = BROKER_FD_LINK};
    ssize_t length = recv(BROKER_FD_LINK, request, sizeof(*request), MSG_PEEK | MSG_TRUNC);

    if (length < 0 && errno != ECONNRESET)
        err(1, "cannot read from the link to the VMM");
    if (length <= 0 && poll(&link, 1, 0) == 1 && (link.revents & POLLHUP))
        return false;
    if (length != sizeof(*request))
        drop_vmm("a request of the wrong size");
    return true;
}

static bool all_nul(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != '\0')
            return false;
    return true;
}

static void check(const struct wire_request *request, const struct wire_request *last)
{
    if (request->version != WIRE_VERSION)
        drop_vmm("a request of an unknown version");
    if (request->argument_length > WIRE_ARGUMENT_MAX)
        drop_vmm("a request with an argument that is too long");
    if (!all_nul(request->argument + request->argument_length,
                 WIRE_ARGUMENT_MAX - request->argument_length))
        drop_vmm("a request with bytes behind its argument");
    if (request->offset >= WIRE_ANSWER_MAX)
        drop_vmm("a request for a piece of no answer");
    if (last->version != 0 && request->sequence != last->sequence + 1)
        drop_vmm("a request out of sequence");
}

/* Takes the request off the link and sends the reply: the piece of `bytes` at `offset`. */
static void send_reply(const struct wire_request *request, uint32_t offset, bool is_bytes,
                       const char *bytes, size_t total)
{
    struct wire_request taken;
    struct wire_reply frame = {
        .version = WIRE_VERSION,
        .sequence = request->sequence,
        .port = request->port,
        .kind = is_bytes ? WIRE_BYTES : WIRE_TEXT,
        .offset = offset,
        .total = (uint32_t)total,
    };

    memcpy(frame.piece, bytes + offset, wire_piece_length(&frame));
    if (recv(BROKER_FD_LINK, &taken, sizeof(taken), MSG_DONTWAIT) != sizeof(taken))
        err(1, "a request vanished from the link");
    if (send(BROKER_FD_LINK, &frame, sizeof(frame), MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof(frame))
        return;
    if (errno == EAGAIN)
        drop_vmm("it asks but never reads the replies");
    if (errno != EPIPE && errno != ECONNRESET)
        err(1, "cannot answer the VMM");
}

/* True if the feed takes this argument, or takes none and got none; else appends the rule. */
static bool fits(const struct question *question, struct text *rule)
{
    const struct feed *feed = question->feed;

    if (feed->argument && question->argument)
        return argument_fits(feed->argument, question->argument, question->argument_length, rule);
    if (feed->argument)
        text_printf(rule, "%s takes an argument, and got none; it must be %s", feed->name,
                    feed->argument->words);
    else if (question->argument)
        text_printf(rule, "%s takes no argument", feed->name);
    return rule->length == 0;
}

/* Answers a question. `interrupted`: an earlier broker died on it, and may have asked already. */
static void answer_question(struct server *server, const struct question *question,
                            bool interrupted, struct answer *answer)
{
    const struct feed *feed = question->feed;
    struct text rule = TEXT_EMPTY;

    if (!feed)
        answer_deny(answer, "no feed is configured for port 0x%x", question->port);
    else if (feed->given_up)
        answer_fail(answer, feed->name, "given up: the network broker died on it every time");
    else if (!fits(question, &rule))
        answer_deny(answer, "%s", rule.data);
    else if (interrupted && feed->is_post)
        answer_fail(answer, feed->name,
                    "the network broker died while it was asking; as the server may have been "
                    "told, it is not asked again");
    else
        cache_answer(server->cache, question, answer);
}

/* The same, and on record: what cannot be recorded is not answered. */
static void answer_on_record(struct server *server, const struct question *question,
                             bool interrupted, struct answer *answer)
{
    struct text denial = TEXT_EMPTY;

    answer_question(server, question, interrupted, answer);
    if (!ledger_records(server->ledger, question, answer->outcome, answer->reason,
                        answer->text.length, &denial))
        answer_deny(answer, "%s", denial.data);
}

/* The next piece of an answer that was asked for before. */
static void continue_answer(struct server *server, const struct wire_request *request,
                            const struct question *question)
{
    static const char gone[] = "[feeds: the rest of this answer is gone; ask again]";
    const struct whole *whole = pieces_find(&server->pieces, question);

    if (!whole || request->offset > whole->length) {
        send_reply(request, 0, false, gone, strlen(gone));
        return;
    }
    send_reply(request, request->offset, whole->is_bytes, whole->bytes, whole->length);
    if (whole->length - request->offset <= WIRE_PIECE_MAX)
        pieces_drop(&server->pieces, question);
}

static void serve_request(struct server *server, const struct wire_request *request)
{
    const struct question question = {
        .port = request->port,
        .feed = feeds_find(server->feeds, request->port),
        .argument = request->argument_length > 0 ? request->argument : NULL,
        .argument_length = request->argument_length,
    };
    struct answer *answer = &server->answer;

    if (request->offset > 0) {
        continue_answer(server, request, &question);
        return;
    }
    pieces_drop(&server->pieces, &question);
    answer_begin(answer);
    if (request->port != WIRE_LIST_PORT)
        answer_on_record(server, &question, server->interrupted == request->sequence, answer);
    else if (question.argument)
        answer_deny(answer, "the list of feeds takes no argument");
    else
        feed_paths_list(server->feeds, &answer->text);
    if (answer->text.length > WIRE_PIECE_MAX)
        pieces_keep(&server->pieces, &question, answer);
    send_reply(request, 0, answer->is_bytes, answer->text.data, answer->text.length);
}

void serve(struct cache *cache, struct ledger *ledger, const struct feeds *feeds,
           int64_t interrupted)
{
    struct server server = {
        .cache = cache,
        .ledger = ledger,
        .feeds = feeds,
        .interrupted = interrupted,
        .answer = answer_new(cache_largest(feeds)),
    };
    struct wire_request request, last = {0};

    while (wait_for_request(cache) && peek(&request)) {
        check(&request, &last);
        serve_request(&server, &request);
        last = request;
    }
}
