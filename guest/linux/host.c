/* The call port. */
#include "host.h"

#include "kernel.h"
#include "memory.h"

#include <asm/errno.h>

const struct linux_config *const host_config = (const void *)(DIRECT_MAP + LINUX_CONFIG);
const volatile struct linux_time *const host_time = (const void *)(DIRECT_MAP + LINUX_TIME);

static long call(enum linux_call_number number, uint64_t a, uint64_t b, uint64_t c)
{
    static struct linux_call call __attribute__((aligned(64))); /* in the image: below 4 GiB */

    call = (struct linux_call){
        .version = LINUX_VERSION,
        .number = number,
        .arguments = {a, b, c},
        .result = -EFAULT, /* stays, where nobody answers */
    };
    __asm__ volatile("outl %0, %1"
                     :
                     : "a"((uint32_t)physical(&call)), "Nd"((uint16_t)LINUX_CALL_PORT)
                     : "memory");
    return call.result;
}

static long write_chunk(enum linux_stream stream, const void *bytes, size_t size)
{
    static uint8_t bounce[PAGE_SIZE];

    if (!page_is_ram(physical(bytes))) {
        size = size < sizeof(bounce) ? size : sizeof(bounce);
        bytes = memcpy(bounce, bytes, size);
    }
    if (size > LINUX_BUFFER_MAX)
        size = LINUX_BUFFER_MAX;
    return call(LINUX_CALL_WRITE, stream, physical(bytes), size);
}

long host_write(enum linux_stream stream, const void *bytes, size_t size)
{
    size_t done = 0;

    while (done < size) {
        long count = write_chunk(stream, (const uint8_t *)bytes + done, size - done);

        if (count == -EINTR) /* a tick; the kernel looks at it when it is done */
            continue;
        if (count <= 0)
            return done > 0 ? (long)done : count;
        done += (size_t)count;
        if (stream == LINUX_LOG)
            break;
    }
    return (long)done;
}

long host_read(void *bytes, size_t size)
{
    return call(LINUX_CALL_READ, physical(bytes), size < LINUX_BUFFER_MAX ? size : LINUX_BUFFER_MAX,
                0);
}

uint64_t host_wait(unsigned events, uint64_t nanoseconds)
{
    long result = call(LINUX_CALL_WAIT, events, nanoseconds, 0);

    return result < 0 ? 0 : (uint64_t)result;
}

void host_tick(uint64_t nanoseconds)
{
    call(LINUX_CALL_TICK, nanoseconds, 0, 0);
}

void host_exit(unsigned status)
{
    for (;;)
        call(LINUX_CALL_EXIT, status, 0, 0);
}

long host_ask(struct linux_ask *ask, const char *argument, void *piece)
{
    static struct linux_ask shared __attribute__((aligned(64)));
    long size;

    shared = *ask;
    shared.argument = ask->argument_length > 0 ? physical(argument) : 0;
    shared.buffer = physical(piece);
    size = call(LINUX_CALL_ASK, physical(&shared), 0, 0);
    *ask = shared;
    return size;
}
