/*
 * Requests in, replies out. The guest may control the VMM, so every field is checked. A request
 * stays on the link until its reply is ready: if the broker dies before that, the next broker finds
 * the request there.
 */
#include "serve.h"

#include "argument.h"
#include "clock.h"
#include "feed_paths.h"
#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define IDLE_MS 30000

static _Noreturn void drop_vmm(const char *why)
{
    shutdown(BROKER_FD_LINK, SHUT_RDWR);
    errx(1, "the VMM broke the link's protocol and is dropped: %s", why);
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

static void check(const struct wire_request *request, const struct wire_request *last)
{
    if (request->version != WIRE_VERSION)
        drop_vmm("a request of an unknown version");
    if (request->reserved != 0)
        drop_vmm("a request with its reserved field set");
    if (last->version != 0 && request->sequence != last->sequence + 1)
        drop_vmm("a request out of sequence");
}

/* Takes the request off the link and sends the reply. */
static void send_reply(const struct wire_request *request, const struct text *text)
{
    struct wire_request taken;
    struct wire_reply frame = {
        .version = WIRE_VERSION,
        .sequence = request->sequence,
        .port = request->port,
        .length = (uint16_t)text->length,
    };

    memcpy(frame.text, text->data, text->length);
    if (recv(BROKER_FD_LINK, &taken, sizeof(taken), MSG_DONTWAIT) != sizeof(taken))
        err(1, "a request vanished from the link");
    if (send(BROKER_FD_LINK, &frame, sizeof(frame), MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof(frame))
        return;
    if (errno == EAGAIN)
        drop_vmm("it asks but never reads the replies");
    if (errno != EPIPE && errno != ECONNRESET)
        err(1, "cannot answer the VMM");
}

/* Answers, and returns what became of the question and, in `reason`, why. */
static enum ledger_event answer(struct cache *cache, const struct question *question,
                                struct text *text, struct text *reason)
{
    if (!question->feed) {
        text_printf(reason, "no feed is configured");
        text_printf(text, "[port 0x%x: %s]", question->port, reason->data);
        return LEDGER_DENIED;
    }
    if (question->feed->given_up) {
        text_printf(reason, "given up: the network broker died on it every time");
        text_printf(text, "[%s: %s]", question->feed->name, reason->data);
        return LEDGER_FAILED;
    }
    if (question->feed->argument) {
        text_printf(reason, "%s takes an argument, and got none; it must be %s",
                    question->feed->name, question->feed->argument->words);
        text_printf(text, "[denied: %s]", reason->data);
        return LEDGER_DENIED;
    }
    return cache_answer(cache, question, text, reason);
}

/* The same, and on record. */
static void answer_question(struct cache *cache, struct ledger *ledger,
                            const struct question *question, struct text *text)
{
    struct text reason = TEXT_EMPTY, denial = TEXT_EMPTY;
    const enum ledger_event outcome = answer(cache, question, text, &reason);

    if (ledger_records(ledger, question, outcome, reason.data, text->length, &denial))
        return;
    text_clear(text);
    text_printf(text, "[denied: %s]", denial.data);
}

void serve(struct cache *cache, struct ledger *ledger, const struct feeds *feeds)
{
    struct wire_request request, last = {0};

    while (wait_for_request(cache) && peek(&request)) {
        const struct question question = {.port = request.port,
                                          .feed = feeds_find(feeds, request.port)};
        struct text text = TEXT_EMPTY;

        check(&request, &last);
        if (request.port == WIRE_LIST_PORT)
            feed_paths_list(feeds, &text);
        else
            answer_question(cache, ledger, &question, &text);
        send_reply(&request, &text);
        last = request;
    }
}
