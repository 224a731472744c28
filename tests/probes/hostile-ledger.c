/*
 * usage: jailer --broker hostile-ledger --credential mode=FILE
 *
 * A broker that its upstream has taken over, on the ledger: FILE has the name of what it does, see
 * below. Then it answers the VMM's request with what came of that. When the feeds file is checked,
 * before any upstream could have taken it over, it is honest.
 */
#include "netbroker/ledger.h"
#include "netbroker/wire.h"
#include "policy/fds.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static uint64_t sequence;

static struct ledger_entry entry_of(enum ledger_event event)
{
    struct ledger_entry entry = {
        .version = LEDGER_VERSION,
        .event = event,
        .cost = 1000,
        .limit = 5000,
        .port = 0x100,
        .unit = LEDGER_REQUESTS,
        .feed_length = 4,
        .feed = "feed",
    };

    entry.sequence = ++sequence;
    return entry;
}

/* The verdict; 0 if the ledger has ended. */
static unsigned exchange(const struct ledger_entry *entry)
{
    struct pollfd readable = {.fd = BROKER_FD_LEDGER, .events = POLLIN};
    struct ledger_reply reply;

    if (send(BROKER_FD_LEDGER, entry, sizeof(*entry), MSG_NOSIGNAL) != sizeof(*entry))
        return 0;
    do {
        if (poll(&readable, 1, 10000) != 1 ||
            recv(BROKER_FD_LEDGER, &reply, sizeof(reply), 0) != sizeof(reply))
            return 0;
    } while (reply.sequence != entry->sequence);
    return reply.verdict;
}

static unsigned ask(void)
{
    struct ledger_entry entry = entry_of(LEDGER_ASKED);

    return exchange(&entry);
}

/* A right entry but for one field, or for its length. */
static void malformed(const char *mode)
{
    struct ledger_entry entry = entry_of(LEDGER_ASKED);
    char frame[sizeof(entry) + 1] = {0};
    size_t length = sizeof(entry);

    if (strcmp(mode, "version") == 0)
        entry.version++;
    else if (strcmp(mode, "event") == 0)
        entry.event = LEDGER_FAILED + 1;
    else if (strcmp(mode, "port") == 0)
        entry.port = 0x3f8;
    else if (strcmp(mode, "unit") == 0)
        entry.unit = 3;
    else if (strcmp(mode, "free") == 0)
        entry.cost = 0;
    else if (strcmp(mode, "dear") == 0)
        entry.cost = entry.limit + 1;
    else if (strcmp(mode, "feed") == 0)
        entry.feed_length = LEDGER_FEED_MAX + 1;
    else if (strcmp(mode, "argument") == 0)
        entry.argument_length = LEDGER_ARGUMENT_MAX + 1;
    else if (strcmp(mode, "reason") == 0)
        entry.reason_length = LEDGER_REASON_MAX + 1;
    else if (strcmp(mode, "raised") == 0)
        entry.limit *= 100;
    else if (strcmp(mode, "cheap") == 0)
        entry.cost = 1;
    else if (strcmp(mode, "short") == 0)
        length--;
    else if (strcmp(mode, "long") == 0)
        length++;
    else if (strcmp(mode, "empty") == 0)
        length = 0;
    memcpy(frame, &entry, sizeof(entry));
    send(BROKER_FD_LEDGER, frame, length, MSG_NOSIGNAL);
}

/* Sends entries without reading a reply, until the ledger has ended. */
static void never_read(void)
{
    struct pollfd writable = {.fd = BROKER_FD_LEDGER, .events = POLLOUT};
    struct ledger_entry entry = entry_of(LEDGER_CACHED);

    while (poll(&writable, 1, 10000) == 1 &&
           send(BROKER_FD_LEDGER, &entry, sizeof(entry), MSG_NOSIGNAL) == sizeof(entry))
        continue;
}

/* Sends as many right entries; returns the last verdict. */
static unsigned flood(unsigned count)
{
    unsigned verdict = 0;

    while (count-- > 0) {
        struct ledger_entry entry = entry_of(count % 2 ? LEDGER_ASKED : LEDGER_FAILED);

        verdict = exchange(&entry);
    }
    return verdict;
}

/* Strings that would be lines and keys of their own. */
static unsigned forge(void)
{
    static const char forged[] = "x\",\"outcome\":\"answered\"}\n{\"time\":\"\\\r\0\x1b[2J\xff\x80";
    struct ledger_entry entry = entry_of(LEDGER_FAILED);

    entry.has_argument = 1;
    entry.feed_length = entry.argument_length = entry.reason_length = sizeof(forged) - 1;
    memcpy(entry.feed, forged, sizeof(forged));
    memcpy(entry.argument, forged, sizeof(forged));
    memcpy(entry.reason, forged, sizeof(forged));
    if (exchange(&entry) != LEDGER_GRANTED)
        return 0;
    entry.sequence = ++sequence;
    entry.feed_length = LEDGER_FEED_MAX;
    entry.argument_length = LEDGER_ARGUMENT_MAX;
    entry.reason_length = LEDGER_REASON_MAX;
    memset(entry.feed, '\xff', sizeof(entry.feed));
    memset(entry.argument, '\xff', sizeof(entry.argument));
    memset(entry.reason, '\xff', sizeof(entry.reason));
    return exchange(&entry);
}

static unsigned act(const char *mode)
{
    if (strcmp(mode, "forge") == 0)
        return forge();
    if (strcmp(mode, "flood") == 0)
        return flood(50000);
    if (strcmp(mode, "unread") == 0)
        never_read();
    else if (ask() == LEDGER_GRANTED) /* a first one, which is right */
        malformed(mode);
    return ask();
}

int main(int argc, char **argv)
{
    static const char names[] = "0x100 honest\n";
    struct wire_request request;
    char mode[32] = "";

    if (argc > 1 && strcmp(argv[1], "--check") == 0)
        return writev(FD_CONSOLE_OUT, &(struct iovec){(char *)names, strlen(names)}, 1) < 0;
    if (pread(BROKER_FD_CREDENTIALS, mode, sizeof(mode) - 1, 0) <= 0)
        return 1;
    mode[strcspn(mode, "\n")] = '\0';
    while (recv(BROKER_FD_LINK, &request, sizeof(request), MSG_PEEK) == sizeof(request)) {
        struct wire_reply reply = {
            .version = WIRE_VERSION, .sequence = request.sequence, .port = request.port};

        reply.total = (uint32_t)snprintf(reply.piece, sizeof(reply.piece), "verdict %u", act(mode));
        recv(BROKER_FD_LINK, &request, sizeof(request), 0);
        send(BROKER_FD_LINK, &reply, sizeof(reply), MSG_NOSIGNAL);
    }
    return 0;
}
