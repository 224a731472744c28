/* BLAKE2b, as RFC 7693 describes it, on a machine that is little-endian. */
#include "jailer/oci/blake2b.h"

#include <string.h>

#define ROUNDS 12
#define WORDS  16 /* of a block */

static const uint64_t initial[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

static const uint8_t order[10][WORDS] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

static inline uint64_t rotate(uint64_t word, unsigned bits)
{
    return word >> bits | word << (64 - bits);
}

#define MIX(a, b, c, d, x, y)                                                                      \
    do {                                                                                           \
        v[a] += v[b] + (x);                                                                        \
        v[d] = rotate(v[d] ^ v[a], 32);                                                            \
        v[c] += v[d];                                                                              \
        v[b] = rotate(v[b] ^ v[c], 24);                                                            \
        v[a] += v[b] + (y);                                                                        \
        v[d] = rotate(v[d] ^ v[a], 16);                                                            \
        v[c] += v[d];                                                                              \
        v[b] = rotate(v[b] ^ v[c], 63);                                                            \
    } while (0)

static void compress(struct blake2b *hash, const uint8_t block[BLAKE2B_BLOCK], uint64_t last)
{
    uint64_t v[16], m[WORDS];

    memcpy(m, block, sizeof(m));
    memcpy(v, hash->state, sizeof(hash->state));
    memcpy(v + 8, initial, sizeof(initial));
    v[12] ^= hash->count;
    v[14] ^= last;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const uint8_t *s = order[round % 10];

        MIX(0, 4, 8, 12, m[s[0]], m[s[1]]);
        MIX(1, 5, 9, 13, m[s[2]], m[s[3]]);
        MIX(2, 6, 10, 14, m[s[4]], m[s[5]]);
        MIX(3, 7, 11, 15, m[s[6]], m[s[7]]);
        MIX(0, 5, 10, 15, m[s[8]], m[s[9]]);
        MIX(1, 6, 11, 12, m[s[10]], m[s[11]]);
        MIX(2, 7, 8, 13, m[s[12]], m[s[13]]);
        MIX(3, 4, 9, 14, m[s[14]], m[s[15]]);
    }
    for (unsigned i = 0; i < 8; i++)
        hash->state[i] ^= v[i] ^ v[i + 8];
}

void blake2b_begin(struct blake2b *hash)
{
    *hash = (struct blake2b){.count = 0};
    memcpy(hash->state, initial, sizeof(initial));
    hash->state[0] ^= 0x01010000 ^ BLAKE2B_BYTES; /* no key, one lane */
}

void blake2b_add(struct blake2b *hash, const void *bytes, size_t length)
{
    const uint8_t *from = bytes;

    while (length > 0) {
        const size_t room = BLAKE2B_BLOCK - hash->filled, part = length < room ? length : room;

        if (room == 0) {
            hash->count += BLAKE2B_BLOCK;
            compress(hash, hash->block, 0);
            hash->filled = 0;
            for (; length > BLAKE2B_BLOCK; from += BLAKE2B_BLOCK, length -= BLAKE2B_BLOCK) {
                hash->count += BLAKE2B_BLOCK;
                compress(hash, from, 0);
            }
            continue;
        }
        memcpy(hash->block + hash->filled, from, part);
        hash->filled += part;
        from += part;
        length -= part;
    }
}

void blake2b_end(struct blake2b *hash, uint8_t result[BLAKE2B_BYTES])
{
    hash->count += hash->filled;
    memset(hash->block + hash->filled, 0, BLAKE2B_BLOCK - hash->filled);
    compress(hash, hash->block, ~UINT64_C(0));
    memcpy(result, hash->state, BLAKE2B_BYTES);
}
