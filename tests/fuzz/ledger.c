/*
 * Any frames as what a broker sends to the ledger: each right one is answered, the first wrong one
 * ends it; no port ever gets more than its budget; and the record has whole lines only, which
 * nothing in the frames can forge.
 */
#include "clean.h"

#include "jailer/ledger.h"
#include "policy/fds.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define ENTRIES_MAX 16

/* What is left of the fuzzer's input. */
struct input {
    const uint8_t *data;
    size_t size;
};

static unsigned take(struct input *input)
{
    if (input->size == 0)
        return 0;
    input->size--;
    return *input->data++;
}

/* An entry that is right but for what the input says; returns the length of the frame. */
static size_t next_frame(struct input *input, uint64_t sequence, struct ledger_entry *entry)
{
    static const uint16_t ports[] = {0x100, 0x206, 0x500, 0x5ff};
    const unsigned shape = take(input), lengths = take(input), fill = take(input);
    unsigned changes = shape >> 6;

    *entry = (struct ledger_entry){
        .version = LEDGER_VERSION,
        .event = LEDGER_ASKED + shape % 6,
        .sequence = sequence,
        .cost = 1500,
        .limit = 4000,
        .port = ports[shape / 8 % 4],
        .unit = LEDGER_REQUESTS,
        .feed_length = (uint16_t)(lengths % 8 * LEDGER_FEED_MAX / 7),
        .has_argument = 1,
        .argument_length = (uint16_t)(lengths / 8 % 8 * LEDGER_ARGUMENT_MAX / 7),
        .reason_length = (uint16_t)(lengths / 64 * LEDGER_REASON_MAX / 3),
    };
    memset(entry->feed, (int)fill, sizeof(entry->feed));
    for (size_t i = 0; i < sizeof(entry->argument); i++)
        entry->argument[i] = (char)(i < input->size ? input->data[i] : fill);
    memcpy(entry->reason, entry->argument, sizeof(entry->reason));
    while (changes-- > 0) {
        const unsigned at = take(input);

        ((uint8_t *)entry)[at % 48] ^= take(input);
    }
    return fill == 0xfd ? lengths * 5 : sizeof(*entry);
}

static struct ledger new_ledger(int supervisor)
{
    static struct budget budgets[WIRE_PORTS];

    memset(budgets, 0, sizeof(budgets));
    return (struct ledger){.fd = supervisor,
                           .id = "fuzz",
                           .has_record = true,
                           .record.size_max = 1 << 24,
                           .budgets = budgets};
}

/* Sends a frame; true if it was answered, false if it ended the ledger. */
static bool serve_frame(struct ledger *ledger, int broker, const struct ledger_entry *entry,
                        size_t length, struct user_log *log, uint32_t *spent)
{
    const struct pollfd polled = {.revents = POLLIN};
    struct ledger_reply reply;

    must(send(broker, entry, length, 0) == (ssize_t)length, "a frame can be sent");
    ledger_serve(ledger, &polled, log);
    must(!ledger->is_held, "nobody else locks the record");
    if (ledger->fd < 0)
        return false;
    must(recv(broker, &reply, sizeof(reply), MSG_DONTWAIT) == sizeof(reply),
         "an entry is answered");
    must(length == sizeof(*entry) && reply.sequence == entry->sequence, "that entry");
    if (entry->event == LEDGER_ASKED && reply.verdict == LEDGER_GRANTED)
        spent[wire_port_index(entry->port)] += entry->cost;
    must(spent[wire_port_index(entry->port)] <= entry->limit, "no port gets more than its budget");
    return true;
}

/* How many lines the record has. */
static size_t check_record(void)
{
    static char text[1 << 20];
    const ssize_t size = pread(SUPERVISOR_FD_RECORD, text, sizeof(text), 0);
    size_t lines = 0;

    must(size >= 0 && size < (ssize_t)sizeof(text), "the record is bounded");
    must(size == 0 || text[size - 1] == '\n', "the last line is whole");
    for (ssize_t at = 0; at < size; lines++) {
        const char *end = memchr(text + at, '\n', (size_t)(size - at));
        const char *start = text + at + strspn(text + at, " ");

        must((start - text) / RECORD_LINE_MAX == (end - text) / RECORD_LINE_MAX,
             "a line is in one page");
        must(strncmp(start, "{\"time\":\"", 9) == 0 && end[-1] == '}', "a line is an object");
        for (const char *byte = start; byte < end; byte++)
            must(*byte >= ' ' && *byte <= '~', "a line is printable");
        at = end + 1 - text;
    }
    return lines;
}

static void open_record(void)
{
    int file = memfd_create("record", MFD_CLOEXEC);

    must(file >= 0 && dup2(file, SUPERVISOR_FD_RECORD) == SUPERVISOR_FD_RECORD &&
             fcntl(SUPERVISOR_FD_RECORD, F_SETFL, O_APPEND) == 0,
         "there is a record");
    close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct user_log log;
    struct input input = {data, size};
    uint32_t spent[WIRE_PORTS] = {0};
    struct ledger_entry entry;
    size_t count = 0;
    int pair[2];

    if (fcntl(SUPERVISOR_FD_RECORD, F_GETFD) < 0)
        open_record();
    must(ftruncate(SUPERVISOR_FD_RECORD, 0) == 0 &&
             socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair) == 0,
         "there is a ledger");
    struct ledger ledger = new_ledger(pair[1]);
    log.start = log.end = 0;
    for (bool goes_on = true; goes_on && input.size > 0 && count < ENTRIES_MAX; count++) {
        const size_t length = next_frame(&input, count, &entry);

        goes_on = serve_frame(&ledger, pair[0], &entry, length, &log, spent);
    }
    ledger_finish(&ledger, &log);
    must(check_record() <= 2 * count, "an entry makes two lines at most");
    must(log.end < 512, "the log has a line or two");
    if (ledger.fd >= 0)
        close(ledger.fd);
    close(pair[0]);
    return 0;
}
