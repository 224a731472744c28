/* Random bytes: ChaCha20 (RFC 8439) over the seed that the host gave; each use takes a new key. */
#include "host.h"
#include "kernel.h"
#include "memory.h"
#include "syscalls.h"

#include <asm/errno.h>
#include <linux/random.h>

#define WORDS 16

static uint32_t key[8];
static uint64_t counter;

static uint32_t rotate(uint32_t word, unsigned by)
{
    return word << by | word >> (32 - by);
}

static void quarter_round(uint32_t *x, unsigned a, unsigned b, unsigned c, unsigned d)
{
    x[d] = rotate(x[d] ^ (x[a] += x[b]), 16);
    x[b] = rotate(x[b] ^ (x[c] += x[d]), 12);
    x[d] = rotate(x[d] ^ (x[a] += x[b]), 8);
    x[b] = rotate(x[b] ^ (x[c] += x[d]), 7);
}

static void next_block(uint32_t block[WORDS])
{
    const uint32_t start[WORDS] = {
        0x61707865,
        0x3320646e,
        0x79622d32,
        0x6b206574,
        key[0],
        key[1],
        key[2],
        key[3],
        key[4],
        key[5],
        key[6],
        key[7],
        (uint32_t)counter,
        counter >> 32,
        0,
        0,
    };

    memcpy(block, start, sizeof(start));
    for (unsigned i = 0; i < 10; i++) {
        for (unsigned column = 0; column < 4; column++)
            quarter_round(block, column, column + 4, column + 8, column + 12);
        for (unsigned row = 0; row < 4; row++)
            quarter_round(block, row, (row + 1) % 4 + 4, (row + 2) % 4 + 8, (row + 3) % 4 + 12);
    }
    for (unsigned i = 0; i < WORDS; i++)
        block[i] += start[i];
    counter++;
}

static void seed(void)
{
    uint32_t given[WORDS];

    for (unsigned i = 0; i < WORDS; i++)
        given[i] = ((const volatile uint32_t *)host_time->seed)[i];
    for (unsigned i = 0; i < ARRAY_SIZE(key); i++)
        key[i] = given[i] ^ given[i + ARRAY_SIZE(key)];
}

void random_bytes(void *to, size_t size)
{
    uint32_t block[WORDS];

    if (counter == 0)
        seed();
    for (uint8_t *at = to; size > 0;) {
        size_t part = size < sizeof(block) ? size : sizeof(block);

        next_block(block);
        memcpy(at, block, part);
        at += part;
        size -= part;
    }
    next_block(block); /* what was given cannot be computed from what is kept */
    memcpy(key, block, sizeof(key));
}

long sys_getrandom(uint8_t *to, size_t size, unsigned flags)
{
    uint8_t bytes[256];

    if ((flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) != 0)
        return -EINVAL;
    for (size_t done = 0; done < size;) {
        size_t part = size - done < sizeof(bytes) ? size - done : sizeof(bytes);

        random_bytes(bytes, part);
        if (copy_to_user(to + done, bytes, part) != 0)
            return done > 0 ? (long)done : -EFAULT;
        done += part;
    }
    return (long)size;
}
