/* Random calls about what open files hold. */
#include "both.h"

#include "guest/linux/syscalls_files.h"

#include <linux/fcntl.h>
#include <linux/uio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

bool holes_differ;

static void test_open(void)
{
    static const unsigned some[] = {O_CREAT, O_EXCL,      O_TRUNC,    O_APPEND,
                                    O_PATH,  O_DIRECTORY, O_NOFOLLOW, O_TMPFILE};
    const unsigned slot = below(SLOTS), at = at_slot();
    unsigned flags = below(3);
    const uint32_t mode = below(010000);
    const char *to = random_path();
    long results[SIDES];

    if (slots[slot][OURS] >= 0) {
        BOTH(results, close, slots[slot][side], 0, 0, 0, 0, 0);
        same(name("close %u", slot), results);
        slots[slot][OURS] = slots[slot][LINUX] = -1;
    }
    for (unsigned i = below(4); i > 0; i--)
        flags |= some[below(sizeof(some) / sizeof(*some))];
    if (flags & O_CREAT && (flags & O_TMPFILE) != O_TMPFILE)
        flags &= ~(unsigned)O_DIRECTORY; /* before 6.4 Linux made a file, and then complained */
    BOTH(results, openat, fd_at(at, side), to, flags | O_CLOEXEC, mode, 0, 0);
    for (enum side side = LINUX; side < SIDES; side++) {
        if (results[side] >= 0) {
            slots[slot][side] = (int)results[side];
            results[side] = 0;
        }
    }
    same(name("%u: open %u %s %o %o", slot, at, to, flags, mode), results);
}

static void test_read(void)
{
    static uint8_t bytes[SIDES][BUFFER];
    const unsigned slot = below(SLOTS), size = below(2) ? below(100) : below(BUFFER);
    const long position = below(3) ? below(30000) : (long)below(3) - 1;
    const bool at = below(2);
    long results[SIDES], length;

    if (at)
        BOTH(results, pread64, slots[slot][side], bytes[side], size, position, 0, 0);
    else
        BOTH(results, read, slots[slot][side], bytes[side], size, 0, 0, 0);
    length = same(name("read %u %u %ld", slot, size, at ? position : -9), results);
    if (length > 0)
        same_bytes("read", bytes, (size_t)length);
}

static void test_write(void)
{
    static uint8_t bytes[BUFFER];
    const unsigned slot = below(SLOTS), size = below(2) ? below(100) : below(BUFFER);
    const long position = below(3) ? below(30000) : (long)below(3) - 1;
    const bool at = below(2);
    const int byte = rand();
    long results[SIDES];

    memset(bytes, byte, size);
    if (at)
        BOTH(results, pwrite64, slots[slot][side], bytes, size, position, 0, 0);
    else
        BOTH(results, write, slots[slot][side], bytes, size, 0, 0, 0);
    same(name("write %u %u %ld", slot, size, at ? position : -9), results);
}

static void test_vector(void)
{
    static uint8_t bytes[SIDES][BUFFER];
    const unsigned slot = below(SLOTS), a = below(5000), b = below(100), c = below(9000);
    const bool write = below(2);
    long results[SIDES], length;

    memset(bytes, (int)a, sizeof(bytes));
    for (enum side side = LINUX; side < SIDES; side++) {
        struct iovec vector[] = {
            {bytes[side], a}, {bytes[side] + a, 0}, {bytes[side] + a, b}, {bytes[side] + a + b, c}};

        results[side] = write ? CALL(side, writev, slots[slot][side], vector, 4, 0, 0, 0)
                              : CALL(side, readv, slots[slot][side], vector, 4, 0, 0, 0);
    }
    length = same(name("vector %d %u %u %u %u", write, slot, a, b, c), results);
    if (length > 0)
        same_bytes("vector", bytes, (size_t)length);
}

static void test_seek(void)
{
    const unsigned slot = below(SLOTS), whence = below(6);
    const long offset = (long)below(30000) - (whence % 3 ? 15000 : 100);
    struct stat stat;
    long results[SIDES];

    /* Positions in directories are each kernel's own; so are holes in what the image holds, and
     * whether pages that are allocated and never written are any. */
    if (slots[slot][OURS] < 0 || sys_fstat(slots[slot][OURS], &stat) < 0 || S_ISDIR(stat.st_mode))
        return;
    if (whence > 2 && holes_differ)
        return;
    BOTH(results, lseek, slots[slot][side], offset, whence, 0, 0, 0);
    same(name("seek %u %ld %u", slot, offset, whence), results);
}

static void test_size(void)
{
    const unsigned slot = below(SLOTS);
    const long size = (long)below(30000) - 20;
    const char *to = random_path();
    long results[SIDES];

    switch (below(3)) {
    case 0:
        BOTH(results, ftruncate, slots[slot][side], size, 0, 0, 0, 0);
        same(name("ftruncate %u %ld", slot, size), results);
        break;
    case 1:
        BOTH(results, truncate, to, size, 0, 0, 0, 0);
        same(name("truncate %s %ld", to, size), results);
        break;
    default: {
        static const int modes[] = {0, 1, 2, 3, 3, 3, 0x10};
        const int mode = modes[below(7)];
        const long length = (long)below(20000) - 10;

        BOTH(results, fallocate, slots[slot][side], mode, size, length, 0, 0);
        if (same(name("fallocate %u %x %ld %ld", slot, (unsigned)mode, size, length), results) == 0)
            holes_differ = true;
    }
    }
}

static void test_descriptor(void)
{
    const unsigned slot = below(SLOTS), other = below(SLOTS);
    const uint32_t mask = below(01000);
    const unsigned flags = below(2) ? 0 : O_APPEND, advice = 4 + below(3);
    long results[SIDES];

    switch (below(6)) {
    case 0:
        BOTH(results, umask, mask, 0, 0, 0, 0, 0);
        same(name("umask %o", mask), results);
        break;
    case 1:
        BOTH(results, fcntl, slots[slot][side], F_GETFL, 0, 0, 0, 0);
        same(name("getfl %u", slot), results);
        break;
    case 2:
        BOTH(results, fcntl, slots[slot][side], F_SETFL, flags, 0, 0, 0);
        same(name("setfl %u", slot), results);
        break;
    case 3:
        BOTH(results, fsync, slots[slot][side], 0, 0, 0, 0, 0);
        same(name("fsync %u", slot), results);
        break;
    case 4: /* a second descriptor has the same position */
        if (slots[slot][OURS] < 0 || slots[other][OURS] >= 0)
            break;
        BOTH(results, dup, slots[slot][side], 0, 0, 0, 0, 0);
        slots[other][LINUX] = (int)results[LINUX];
        slots[other][OURS] = (int)results[OURS];
        break;
    default:
        BOTH(results, fadvise64, slots[slot][side], 0, 0, advice, 0, 0);
        same(name("fadvise %u", slot), results);
    }
}

static bool is_same_file(unsigned a, unsigned b)
{
    struct stat stats[2];

    return sys_fstat(slots[a][OURS], &stats[0]) == 0 && sys_fstat(slots[b][OURS], &stats[1]) == 0 &&
           stats[0].st_ino == stats[1].st_ino;
}

static void test_copy(void)
{
    const unsigned from = below(SLOTS), to = below(SLOTS), size = below(9000);
    const long from_at = below(9000), to_at = below(9000);
    long results[SIDES];

    /* What sendfile(2) makes of a file that it reads while it writes it is up to chance. */
    if (below(2) && !is_same_file(from, to)) {
        for (enum side side = LINUX; side < SIDES; side++) {
            long position = from_at;

            results[side] =
                CALL(side, sendfile, slots[to][side], slots[from][side], &position, size, 0, 0);
        }
        same(name("sendfile %u %u %ld %u", to, from, from_at, size), results);
    } else {
        for (enum side side = LINUX; side < SIDES; side++) {
            long in = from_at, out = to_at;

            results[side] =
                CALL(side, copy_file_range, slots[from][side], &in, slots[to][side], &out, size, 0);
        }
        same(name("copy %u %ld %u %ld %u", from, from_at, to, to_at, size), results);
    }
}

void random_call_of_bytes(void)
{
    static void (*const calls[])(void) = {test_open,  test_open,      test_read, test_write,
                                          test_write, test_vector,    test_seek, test_size,
                                          test_copy,  test_descriptor};

    calls[below(sizeof(calls) / sizeof(*calls))]();
}
