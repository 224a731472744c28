/*
 * Any INs and OUTs of a flat guest at the feed ports, of any size and count: no access is outside
 * the ports' state (AddressSanitizer watches), the broker is asked nothing that it would drop us
 * for, and what the guest reads is a text that ends with NUL.
 *
 * The input is a row of accesses: direction and size, port, count, then what an OUT writes.
 */
#include "clean.h"

#include "vmm/feed.h"

#include <stdint.h>
#include <string.h>

#define DATA_MAX 4096 /* of a KVM_EXIT_IO, a page */

static uint8_t next(const uint8_t **data, size_t *size)
{
    const uint8_t byte = *size > 0 ? **data : 0;

    *data += *size > 0;
    *size -= *size > 0;
    return byte;
}

void broker_ask(struct broker *broker, const struct question *question, struct broker_frame *frame)
{
    static volatile char sum;

    must(wire_port_index(question->port) >= 0, "a port of a feed");
    must(question->argument_length <= WIRE_ARGUMENT_MAX, "an argument fits");
    must(question->offset == 0, "the first piece of an answer");
    for (size_t i = 0; i < question->argument_length; i++)
        sum ^= question->argument[i];
    memset(frame, 'a', sizeof(*frame));
    frame->reply.offset = 0;
    frame->reply.kind = broker->sequence % 5 == 4 ? WIRE_BYTES : WIRE_TEXT;
    frame->reply.total = broker->sequence % 3 == 2 ? WIRE_ANSWER_MAX : broker->sequence % 1000;
    broker->sequence++;
}

static void must_be_text(const uint8_t *bytes, size_t count, size_t size)
{
    bool ended = false;

    for (size_t i = 0; i < count; i++) {
        const uint8_t character = bytes[i * size];

        must(!ended || character == 0, "behind the NUL are only others");
        must(character == 0 || (character >= ' ' && character <= '~'), "a text is printable");
        ended |= character == 0;
        for (size_t j = 1; j < size; j++)
            must(bytes[i * size + j] == 0, "a character is zero-extended");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t ports[] = {0x100, 0x106, 0x1ff, 0x201, 0x500, 0x5ff};
    static struct feed_ports feeds;
    uint8_t *bytes = malloc(DATA_MAX);

    feeds.broker.sequence = 0;
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
        memset(&feeds.ports[wire_port_index(ports[i])], 0, sizeof(struct feed_port));
    while (bytes && size > 0) {
        const uint8_t kind = next(&data, &size);
        struct access access = {.size = (size_t)1 << kind % 3, .data = bytes};

        access.port = ports[next(&data, &size) % (sizeof(ports) / sizeof(ports[0]))];
        access.count = (size_t)next(&data, &size) * 16 % (DATA_MAX / access.size) + 1;
        memset(bytes, next(&data, &size), DATA_MAX);
        if (kind & 4) {
            must(feed_device.out(&feeds, &access) == RUN_GOES_ON, "an OUT goes on");
        } else {
            must(feed_device.in(&feeds, &access) == RUN_GOES_ON, "an IN goes on");
            must_be_text(bytes, access.count, access.size);
        }
    }
    free(bytes);
    return 0;
}
