/*
 * Any 4 bytes as an OUT to the call port, and any bytes as the structure there: no access is
 * outside the guest's memory (AddressSanitizer watches), nothing but the buffer and the result of a
 * call changes, no descriptor is used but those of the program's streams, and the broker is asked
 * nothing that it would drop us for.
 *
 * The input is the address, and what lies from there on in the guest's memory.
 */
#include "clean.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>

/* The system calls of the call port, in its own process. */
static ssize_t fuzz_write(int fd, const void *bytes, size_t size);
static ssize_t fuzz_read(int fd, void *bytes, size_t size);
#define write(fd, bytes, size) fuzz_write(fd, bytes, size)
#define read(fd, bytes, size)  fuzz_read(fd, bytes, size)
#define ioctl(...)             0
#include "vmm/call.c"
#undef write
#undef read
#undef ioctl

#define RAM ((size_t)16 << 10)

static uint8_t *touched; /* the buffer that a call reads or fills, or NULL */
static size_t touched_size;
static bool asked; /* the broker was */

void log_line(const char *format, ...)
{
    va_list arguments;
    char line[1024];

    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    for (const char *next = line; *next != '\0'; next++)
        must(*next >= ' ' && *next <= '~', "a line of the log is printable");
}

void console_make_blocking(int fd)
{
    (void)fd;
}

void timer_set(uint64_t microseconds)
{
    must(microseconds == 0 || microseconds >= 1000, "a tick is not too fast");
}

bool timer_fired(void)
{
    return false;
}

static ssize_t fuzz_write(int fd, const void *bytes, size_t size)
{
    static volatile uint8_t sum;

    must(fd == FD_CONSOLE_OUT || fd == VMM_FD_ERROR, "only the program's output is written to");
    for (size_t i = 0; i < size; i++)
        sum ^= ((const uint8_t *)bytes)[i];
    return (ssize_t)size;
}

static ssize_t fuzz_read(int fd, void *bytes, size_t size)
{
    must(fd == FD_CONSOLE_IN, "only the program's input is read");
    memset(bytes, 'k', size);
    touched = bytes;
    touched_size = size;
    return (ssize_t)size;
}

void broker_ask(struct broker *broker, const struct question *question, struct broker_frame *frame)
{
    static volatile char sum;

    (void)broker;
    must(wire_port_index(question->port) >= 0, "a port of a feed");
    must(question->argument_length <= WIRE_ARGUMENT_MAX, "an argument fits");
    must(question->offset < WIRE_ANSWER_MAX, "a piece of an answer");
    for (size_t i = 0; i < question->argument_length; i++)
        sum ^= question->argument[i];
    memset(frame, 'a', sizeof(*frame));
    frame->reply.offset = question->port % 2 == 0 ? question->offset : 0;
    frame->reply.total = question->port % 3 == 0 ? WIRE_ANSWER_MAX : frame->reply.offset;
    asked = true;
}

int signals_poll(struct pollfd *polled, uint64_t nanoseconds)
{
    (void)nanoseconds;
    must(polled->fd == FD_CONSOLE_IN || polled->fd == -1, "it waits for the input");
    return polled->fd == FD_CONSOLE_IN;
}

void signals_open(struct kvm_run *run)
{
    (void)run;
}

bool signals_arrived(void)
{
    return false;
}

bool signals_pending(void)
{
    return true;
}

unsigned signals_window(void)
{
    return 24 << 16 | 80;
}

unsigned signals_take(void)
{
    return SIGTERM;
}

struct range {
    size_t from, size;
};

static bool is_in(struct range range, size_t at)
{
    return at >= range.from && at - range.from < range.size;
}

/* The memory is as it was, but for the result of the call at `call`, the buffer of a read, and what
 * a question is answered with. */
static void must_be_untouched(const uint8_t *before, const uint8_t *after, size_t address)
{
    struct range result = {address + offsetof(struct linux_call, result), sizeof(int64_t)};
    struct range buffer = {0}, fields = {0};
    struct linux_call call;
    struct linux_ask ask;

    if (touched)
        buffer = (struct range){(size_t)(touched - after), touched_size};
    if (asked) {
        memcpy(&call, before + address, sizeof(call));
        memcpy(&ask, before + call.arguments[0], sizeof(ask));
        fields = (struct range){call.arguments[0] + offsetof(struct linux_ask, offset), 8};
        buffer = (struct range){ask.buffer, WIRE_PIECE_MAX};
    }
    for (size_t i = 0; i < RAM; i++)
        must(is_in(result, i) || is_in(buffer, i) || is_in(fields, i) || before[i] == after[i],
             "nothing else changes");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *ram = malloc(RAM), *before = malloc(RAM), bytes[4];
    struct kvm_run run = {0};
    const struct machine machine = {.memory = ram, .memory_size = RAM, .run = &run};
    static struct call_port port;
    const struct access access = {
        .port = LINUX_CALL_PORT, .size = sizeof(bytes), .count = 1, .data = bytes};
    uint32_t address;

    if (size >= sizeof(address)) {
        memset(ram, 0, RAM);
        memcpy(bytes, data, sizeof(bytes));
        memcpy(&address, data, sizeof(address));
        data += sizeof(address);
        size -= sizeof(address);
        if (address < RAM)
            memcpy(ram + address, data, size < RAM - address ? size : RAM - address);
        memcpy(before, ram, RAM);
        touched = NULL;
        asked = false;
        port = (struct call_port){.machine = &machine};
        must(call_device.out(&port, &access) <= 255, "an end has a status");
        must_be_untouched(before, ram, address);
    }
    free(before);
    free(ram);
    return 0;
}
