/*
 * The files of the guest's kernel against those of the host's: the same random calls, on a tmpfs of
 * Linux and on ours, over an image and over none, have the same results, and leave the same tree.
 *
 * Each round is a process of its own, in its own root. FILES_ROUNDS=1000 runs more of them,
 * FILES_SEED=N that one only, with each call.
 */
#include "tests/unit/guest/machine.h"

#include "guest/linux/kernel.h"
#include "guest/linux/syscalls_files.h"
#include "vmm/linux.h"

#include "tap.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS = 400, SLOTS = 6, BUFFER = 20000, TREE_MAX = 1 << 20 };
enum side { LINUX, OURS, SIDES };

static int slots[SLOTS][SIDES]; /* open files: a descriptor for each side, or -1 */
static bool verbose, allocated;
static char *image;
static size_t image_size;

/* ---- A call, of either side ---- */

#define P (const char *)
#define V (void *)
static long call_ours(long number, long a, long b, long c, long d, long e, long f)
{
    switch (number) {
    case SYS_openat:
        return sys_openat((int)a, P b, (int)c, (uint32_t)d);
    case SYS_close:
        return sys_close((int)a);
    case SYS_read:
        return sys_read((int)a, V b, (size_t)c);
    case SYS_write:
        return sys_write((int)a, V b, (size_t)c);
    case SYS_pread64:
        return sys_pread64((int)a, V b, (size_t)c, d);
    case SYS_pwrite64:
        return sys_pwrite64((int)a, V b, (size_t)c, d);
    case SYS_readv:
        return sys_readv((int)a, V b, (unsigned long)c);
    case SYS_writev:
        return sys_writev((int)a, V b, (unsigned long)c);
    case SYS_lseek:
        return sys_lseek((int)a, b, (unsigned)c);
    case SYS_ftruncate:
        return sys_ftruncate((int)a, b);
    case SYS_truncate:
        return sys_truncate(P a, b);
    case SYS_fallocate:
        return sys_fallocate((int)a, (int)b, c, d);
    case SYS_mkdirat:
        return sys_mkdirat((int)a, P b, (uint32_t)c);
    case SYS_mknodat:
        return sys_mknodat((int)a, P b, (uint32_t)c, (unsigned)d);
    case SYS_unlinkat:
        return sys_unlinkat((int)a, P b, (int)c);
    case SYS_renameat2:
        return sys_renameat2((int)a, P b, (int)c, P d, (unsigned)e);
    case SYS_linkat:
        return sys_linkat((int)a, P b, (int)c, P d, (int)e);
    case SYS_symlinkat:
        return sys_symlinkat(P a, (int)b, P c);
    case SYS_readlinkat:
        return sys_readlinkat((int)a, P b, V c, (int)d);
    case SYS_newfstatat:
        return sys_newfstatat((int)a, P b, V c, (int)d);
    case SYS_faccessat2:
        return sys_faccessat2((int)a, P b, (int)c, (int)d);
    case SYS_fchmodat:
        return sys_fchmodat((int)a, P b, (uint32_t)c);
    case SYS_fchmod:
        return sys_fchmod((int)a, (uint32_t)b);
    case SYS_fchownat:
        return sys_fchownat((int)a, P b, (uint32_t)c, (uint32_t)d, (int)e);
    case SYS_utimensat:
        return sys_utimensat((int)a, P b, V c, (int)d);
    case SYS_chdir:
        return sys_chdir(P a);
    case SYS_fchdir:
        return sys_fchdir((int)a);
    case SYS_getcwd:
        return sys_getcwd(V a, (size_t)b);
    case SYS_umask:
        return sys_umask((uint32_t)a);
    case SYS_getdents64:
        return sys_getdents64((int)a, V b, (unsigned)c);
    case SYS_dup:
        return sys_dup((int)a);
    case SYS_fcntl:
        return sys_fcntl((int)a, (unsigned)b, (unsigned long)c);
    case SYS_sendfile:
        return sys_sendfile((int)a, (int)b, V c, (size_t)d);
    case SYS_copy_file_range:
        return sys_copy_file_range((int)a, V b, (int)c, V d, (size_t)e, (unsigned)f);
    case SYS_fsync:
        return sys_fsync((int)a);
    case SYS_fadvise64:
        return sys_fadvise64((int)a, b, (size_t)c, (int)d);
    default:
        abort();
    }
}

static long call_linux(long number, long a, long b, long c, long d, long e, long f)
{
    const long result = syscall(number, a, b, c, d, e, f);

    return result < 0 ? -errno : result;
}

static long call(enum side side, long number, long a, long b, long c, long d, long e, long f)
{
    return side == LINUX ? call_linux(number, a, b, c, d, e, f)
                         : call_ours(number, a, b, c, d, e, f);
}

#define CALL(side, name, a, b, c, d, e, f)                                                         \
    call(side, SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* ---- What differs ---- */

static void die(const char *what, const char *of, long ours, long linux)
{
    printf("# %s: %s: ours %ld, Linux' %ld\n", of, what, ours, linux);
    fflush(stdout);
    _exit(1);
}

static long same(const char *of, const long results[SIDES])
{
    if (verbose)
        printf("# %s = %ld\n", of, results[OURS]);
    if (results[OURS] != results[LINUX])
        die("result", of, results[OURS], results[LINUX]);
    return results[OURS];
}

static void same_bytes(const char *of, uint8_t bytes[SIDES][BUFFER], size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[OURS][i] != bytes[LINUX][i])
            die("byte", of, bytes[OURS][i], bytes[LINUX][i]);
    }
}

static void same_stat(const char *of, const struct stat stats[SIDES])
{
    const struct stat *ours = &stats[OURS], *linux = &stats[LINUX];

    if (ours->st_mode != linux->st_mode)
        die("mode", of, ours->st_mode, linux->st_mode);
    if (ours->st_nlink != linux->st_nlink)
        die("links", of, (long)ours->st_nlink, (long)linux->st_nlink);
    if (ours->st_uid != linux->st_uid || ours->st_gid != linux->st_gid)
        die("owner", of, ours->st_uid, linux->st_uid);
    if (!S_ISDIR(ours->st_mode) && ours->st_size != linux->st_size)
        die("size", of, ours->st_size, linux->st_size);
    if (ours->st_rdev != linux->st_rdev)
        die("device", of, (long)ours->st_rdev, (long)linux->st_rdev);
}

/* ---- Chance ---- */

static unsigned below(unsigned limit)
{
    return (unsigned)rand() % limit;
}

static const char *path(void)
{
    static const char *const names[] = {"a", "b", "c",  "d",  "e",     "f007", "l",
                                        "m", "n", "h1", "h2", ".",     "..",   "loop",
                                        "x", "y", "z",  "a",  "empty", "two",  "gone"};
    static char paths[4][1400];
    static unsigned next;
    char *to = paths[next++ % 4];
    const unsigned parts = 1 + below(3);

    strcpy(to, below(6) == 0 ? "/w/" : "");
    if (below(60) == 0)
        return to;
    for (unsigned part = 0; part < parts; part++) {
        if (part > 0)
            strcat(to, below(9) == 0 ? "//" : "/");
        if (below(80) == 0)
            sprintf(to + strlen(to), "%0*d", 250 + (int)below(8), 0);
        else
            strcat(to, names[below(sizeof(names) / sizeof(*names))]);
    }
    if (below(12) == 0)
        strcat(to, "/");
    return to;
}

/* A directory for calls of the …at kind: mostly the working directory. */
static unsigned at_slot(void)
{
    return below(8) == 0 ? below(SLOTS) : SLOTS;
}

static int fd_at(unsigned slot, enum side side)
{
    return slot < SLOTS ? slots[slot][side] : AT_FDCWD;
}

/* ---- The calls ---- */

static const char *name(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *name(const char *format, ...)
{
    static char text[3000];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return text;
}

#define BOTH(results, call_number, ...)                                                            \
    do {                                                                                           \
        for (enum side side = LINUX; side < SIDES; side++)                                         \
            (results)[side] = CALL(side, call_number, __VA_ARGS__);                                \
    } while (0)

static void test_open(void)
{
    static const unsigned some[] = {O_CREAT, O_EXCL,      O_TRUNC,    O_APPEND,
                                    O_PATH,  O_DIRECTORY, O_NOFOLLOW, O_TMPFILE};
    const unsigned slot = below(SLOTS), at = at_slot();
    unsigned flags = below(3);
    const uint32_t mode = below(010000);
    const char *to = path();
    long results[SIDES];

    if (slots[slot][OURS] >= 0) {
        BOTH(results, close, slots[slot][side], 0, 0, 0, 0, 0);
        same(name("close %u", slot), results);
        slots[slot][OURS] = slots[slot][LINUX] = -1;
    }
    for (unsigned i = below(4); i > 0; i--)
        flags |= some[below(sizeof(some) / sizeof(*some))];
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
    if (whence > 2 && (image || allocated))
        return;
    BOTH(results, lseek, slots[slot][side], offset, whence, 0, 0, 0);
    same(name("seek %u %ld %u", slot, offset, whence), results);
}

static void test_size(void)
{
    const unsigned slot = below(SLOTS);
    const long size = (long)below(30000) - 20;
    const char *to = path();
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
            allocated = true;
    }
    }
}

static void test_make(void)
{
    static const uint32_t types[] = {0, S_IFREG, S_IFSOCK, S_IFSOCK, S_IFDIR, 0150000};
    static const char *const targets[] = {"a",  "../a", "/w/b", "x",    "l", ".",
                                          "..", "/",    "a/",   "loop", "",  "x/y"};
    const unsigned at = at_slot();
    const uint32_t mode = below(010000), type = types[below(6)];
    const char *to = path(), *target = targets[below(12)];
    long results[SIDES];

    switch (below(4)) {
    case 0:
    case 1:
        BOTH(results, mkdirat, fd_at(at, side), to, mode, 0, 0, 0);
        same(name("mkdir %u %s %o", at, to, mode), results);
        break;
    case 2:
        BOTH(results, symlinkat, target, fd_at(at, side), to, 0, 0, 0);
        same(name("symlink %s %u %s", target, at, to), results);
        break;
    default:
        BOTH(results, mknodat, fd_at(at, side), to, mode | type, 0, 0, 0);
        same(name("mknod %u %s %o", at, to, mode | type), results);
    }
}

static void test_unlink(void)
{
    const unsigned at = at_slot();
    const int flags = below(2) ? AT_REMOVEDIR : 0;
    const char *to = path();
    long results[SIDES];

    BOTH(results, unlinkat, fd_at(at, side), to, flags, 0, 0, 0);
    same(name("unlink %u %s %x", at, to, (unsigned)flags), results);
}

static void test_rename(void)
{
    static const unsigned some[] = {0, 0, 0, 1, 2, 2, 3, 8};
    const unsigned at = at_slot(), to_at = at_slot(), flags = some[below(8)];
    const char *from = path(), *to = path();
    long results[SIDES];

    BOTH(results, renameat2, fd_at(at, side), from, fd_at(to_at, side), to, flags, 0);
    same(name("rename %u %s %u %s %u", at, from, to_at, to, flags), results);
}

static void test_link(void)
{
    const unsigned at = at_slot(), to_at = at_slot();
    const int flags = below(3) ? 0 : below(2) ? AT_SYMLINK_FOLLOW : AT_EMPTY_PATH;
    const char *from = flags == AT_EMPTY_PATH && below(2) ? "" : path(), *to = path();
    long results[SIDES];

    BOTH(results, linkat, fd_at(at, side), from, fd_at(to_at, side), to, flags, 0);
    same(name("link %u %s %u %s %x", at, from, to_at, to, (unsigned)flags), results);
}

static void test_stat(void)
{
    const unsigned at = at_slot();
    const int flags = (below(2) ? AT_SYMLINK_NOFOLLOW : 0) | (below(4) ? 0 : AT_EMPTY_PATH);
    const char *to = flags & AT_EMPTY_PATH && below(2) ? "" : path();
    struct stat stats[SIDES];
    long results[SIDES];

    BOTH(results, newfstatat, fd_at(at, side), to, &stats[side], flags, 0, 0);
    if (same(name("stat %u %s %x", at, to, (unsigned)flags), results) == 0)
        same_stat(name("stat %u %s", at, to), stats);
}

static void test_access(void)
{
    const unsigned at = at_slot();
    const int mode = (int)below(9), flags = below(3) ? 0 : AT_SYMLINK_NOFOLLOW;
    const char *to = path();
    long results[SIDES];

    BOTH(results, faccessat2, fd_at(at, side), to, mode, flags, 0, 0);
    same(name("access %u %s %d %x", at, to, mode, (unsigned)flags), results);
}

static void test_attributes(void)
{
    static const long times[][4] = {{1, 2, 3, 4}, {5, 1000000000, 6, 0}, {0, 0x3fffffff, 9, 9}};
    const unsigned at = at_slot(), slot = below(SLOTS);
    const uint32_t mode = below(010000);
    const long *time = times[below(3)];
    const char *to = path();
    long results[SIDES];

    switch (below(4)) {
    case 0:
        BOTH(results, fchmodat, fd_at(at, side), to, mode, 0, 0, 0);
        same(name("chmod %u %s %o", at, to, mode), results);
        break;
    case 1:
        BOTH(results, fchmod, slots[slot][side], mode, 0, 0, 0, 0);
        same(name("fchmod %u %o", slot, mode), results);
        break;
    case 2:
        BOTH(results, fchownat, fd_at(at, side), to, 0, -1, AT_SYMLINK_NOFOLLOW, 0);
        same(name("chown %u %s", at, to), results);
        break;
    default:
        BOTH(results, utimensat, fd_at(at, side), to, time, 0, 0, 0);
        same(name("utimens %u %s %ld", at, to, time[1]), results);
    }
}

static void test_directory(void)
{
    static uint8_t bytes[SIDES][BUFFER];
    const unsigned slot = below(SLOTS);
    const char *to = path();
    long results[SIDES], length;

    switch (below(4)) {
    case 0:
        BOTH(results, chdir, to, 0, 0, 0, 0, 0);
        same(name("chdir %s", to), results);
        break;
    case 1:
        BOTH(results, fchdir, slots[slot][side], 0, 0, 0, 0, 0);
        same(name("fchdir %u", slot), results);
        break;
    case 2:
        BOTH(results, chdir, "/w", 0, 0, 0, 0, 0);
        same("chdir /w", results);
        break;
    default: {
        const unsigned size = below(20);

        BOTH(results, getcwd, bytes[side], size, 0, 0, 0, 0);
        length = same(name("getcwd %u", size), results);
        if (length > 0)
            same_bytes("getcwd", bytes, (size_t)length);
    }
    }
}

static void test_readlink(void)
{
    static uint8_t bytes[SIDES][BUFFER];
    const unsigned at = at_slot(), size = below(10);
    const char *to = path();
    long results[SIDES], length;

    BOTH(results, readlinkat, fd_at(at, side), to, bytes[side], size, 0, 0);
    length = same(name("readlink %u %s %u", at, to, size), results);
    if (length > 0)
        same_bytes("readlink", bytes, (size_t)length);
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

/* ---- The tree that is left ---- */

struct tree {
    char *text;
    size_t length;
};

static void tree_add(struct tree *tree, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void tree_add(struct tree *tree, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tree->length +=
        (size_t)vsnprintf(tree->text + tree->length, TREE_MAX - tree->length, format, arguments);
    va_end(arguments);
    if (tree->length >= TREE_MAX)
        die("size", "tree", 0, 0);
}

static uint32_t sum_of(enum side side, const char *of, long *size)
{
    static uint8_t bytes[3000];
    const long fd = CALL(side, openat, AT_FDCWD, of, O_RDONLY, 0, 0, 0);
    uint32_t sum = 0;
    long length;

    *size = 0;
    while ((length = CALL(side, read, fd, bytes, sizeof(bytes), 0, 0, 0)) > 0) {
        *size += length;
        for (long i = 0; i < length; i++)
            sum = sum * 31 + bytes[i];
    }
    CALL(side, close, fd, 0, 0, 0, 0, 0);
    return length < 0 ? (uint32_t)length : sum;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of a directory, sorted: how many. */
static unsigned names_in(enum side side, const char *directory, char **names, unsigned most)
{
    static uint8_t bytes[4000];
    const unsigned size = 300 + below(3700);
    const long fd = CALL(side, openat, AT_FDCWD, directory, O_RDONLY | O_DIRECTORY, 0, 0, 0);
    unsigned count = 0;
    long length;

    while ((length = CALL(side, getdents64, fd, bytes, size, 0, 0, 0)) > 0) {
        for (long at = 0; at < length && count < most; at += *(uint16_t *)(bytes + at + 16))
            names[count++] = strdup(name("%s %d", (char *)bytes + at + 19, bytes[at + 18]));
    }
    CALL(side, close, fd, 0, 0, 0, 0, 0);
    if (length < 0)
        die("directory", directory, length, side);
    qsort(names, count, sizeof(*names), by_name);
    return count;
}

static void describe(enum side side, const char *of, struct tree *tree, unsigned depth)
{
    char *names[2000];
    struct stat stat = {0};
    long size = 0;
    uint32_t sum = 0;
    unsigned count;

    CALL(side, newfstatat, AT_FDCWD, of, &stat, AT_SYMLINK_NOFOLLOW, 0, 0);
    if (S_ISREG(stat.st_mode))
        sum = sum_of(side, of, &size);
    tree_add(tree, "%s %o %lu %u %u %lu %ld %x\n", of, stat.st_mode, (long)stat.st_nlink,
             stat.st_uid, stat.st_gid, (long)stat.st_rdev, size, sum);
    if (!S_ISDIR(stat.st_mode))
        return;
    if (depth > 12)
        die("depth", of, 0, 0);
    count = names_in(side, of, names, 2000);
    for (unsigned i = 0; i < count; i++) {
        char inner[4096];
        char *space = strrchr(names[i], ' ');

        tree_add(tree, "%s\n", names[i]);
        *space = '\0';
        snprintf(inner, sizeof(inner), "%s/%s", of, names[i]);
        if (strcmp(names[i], ".") && strcmp(names[i], ".."))
            describe(side, inner, tree, depth + 1);
        free(names[i]);
    }
}

static void same_tree(void)
{
    struct tree trees[SIDES];
    size_t at = 0;

    for (enum side side = LINUX; side < SIDES; side++) {
        trees[side] = (struct tree){malloc(TREE_MAX), 0};
        describe(side, "/w", &trees[side], 0);
    }
    while (trees[OURS].text[at] == trees[LINUX].text[at] && at < trees[OURS].length)
        at++;
    if (at < trees[OURS].length || trees[OURS].length != trees[LINUX].length) {
        while (at > 0 && trees[OURS].text[at - 1] != '\n')
            at--;
        printf("# ours: %.80s\n# Linux': %.80s\n", trees[OURS].text + at, trees[LINUX].text + at);
        die("tree", "the end", 0, 0);
    }
    free(trees[LINUX].text);
    free(trees[OURS].text);
}

/* ---- Rounds ---- */

static void make_file(const char *to, size_t size)
{
    FILE *file = fopen(to, "w");

    for (size_t i = 0; i < size; i++)
        fputc((int)(i * 7 + i / 256), file);
    fclose(file);
}

/* What the image has, in the working directory. */
static void make_tree(void)
{
    umask(0);
    mkdir("w", 0755);
    if (chdir("w") < 0)
        abort();
    mkdir("a", 0750);
    mkdir("a/b", 0700);
    mkdir("a/b/c", 0777);
    make_file("a/a", 10);
    make_file("a/c", 5000);
    mkdir("b", 01777);
    for (unsigned i = 0; i < 700; i++)
        make_file(name("b/f%03u", i), i % 5);
    make_file("c", 20000);
    make_file("two", 8192);
    make_file("empty", 0);
    make_file("h1", 4100);
    chmod("h1", 04755);
    if (link("h1", "h2") < 0 || link("c", "a/d") < 0 || symlink("a", "l") < 0 ||
        symlink("../w/c", "m") < 0 || symlink("/w/b", "n") < 0 || symlink("loop", "loop") < 0 ||
        symlink("nowhere/x", "gone") < 0 || mknod("a/x", S_IFSOCK | 0640, 0) < 0)
        abort();
}

/* A root of its own for the calls of the host. */
static void enter_root(const char *directory, bool with_tree)
{
    static const char *const mount_points[] = {"dev", "proc", "feeds", "input"};

    if (unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) < 0 ||
        syscall(SYS_mount, "none", "/", NULL, 1ul << 18 | 1ul << 14, NULL) < 0 ||
        syscall(SYS_mount, "none", directory, "tmpfs", 0, "mode=755") < 0 ||
        chroot(directory) < 0 || chdir("/") < 0) {
        printf("# a root of its own: %s\n", strerror(errno));
        _exit(2);
    }
    umask(0);
    for (unsigned i = 0; i < 4; i++)
        mkdir(mount_points[i], 0755);
    mkdir("tmp", 01777);
    if (with_tree)
        make_tree();
    else
        mkdir("w", 0755);
}

static void start_ours(void)
{
    const char *why;

    machine_start();
    if (image)
        machine_image(LINUX_IMAGE_ROOT, "", image, image_size);
    why = vfs_start();
    if (why) {
        printf("# the image: %s\n", why);
        _exit(1);
    }
    machine_process();
    if (!image)
        sys_mkdir("/w", 0755);
}

static void run_round(unsigned seed, const char *directory)
{
    static void (*const calls[])(void) = {
        test_open,     test_open,       test_read, test_write,  test_write,      test_vector,
        test_seek,     test_size,       test_make, test_make,   test_unlink,     test_rename,
        test_rename,   test_link,       test_stat, test_access, test_attributes, test_directory,
        test_readlink, test_descriptor, test_copy};

    alarm(60); /* ends what hangs */
    enter_root(directory, image != NULL);
    start_ours();
    srand(seed);
    memset(slots, -1, sizeof(slots));
    sys_umask(0);
    umask(0);
    sys_chdir("/w");
    if (chdir("/w") < 0)
        _exit(2);
    for (unsigned i = 0; i < CALLS; i++)
        calls[below(sizeof(calls) / sizeof(*calls))]();
    same_tree();
    _exit(0);
}

static bool round_passes(unsigned seed, const char *directory)
{
    int status;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0)
        run_round(seed, directory);
    if (waitpid(child, &status, 0) < 0 || status != 0)
        printf("# FILES_SEED=%u: status %x\n", seed, (unsigned)status);
    return status == 0;
}

static unsigned failures(unsigned rounds, const char *directory)
{
    unsigned failed = 0;

    if (verbose)
        return !round_passes((unsigned)atoi(getenv("FILES_SEED")), directory);
    for (unsigned seed = 1; seed <= rounds; seed++)
        failed += !round_passes(seed, directory);
    return failed;
}

static void make_image(const char *directory)
{
    const char *made = name("%s/made", directory);
    char command[200];

    snprintf(command, sizeof(command), "mkfs.erofs -x-1 --quiet %s/image %s >/dev/null", directory,
             made);
    fflush(stdout);
    if (fork() == 0) {
        mkdir(made, 0755);
        if (chdir(made) == 0)
            make_tree();
        _exit(0);
    }
    wait(NULL);
    if (system(command) == 0)
        image = machine_read_file(name("%s/image", directory), &image_size);
    snprintf(command, sizeof(command), "rm -rf %s/made %s/image", directory, directory);
    if (system(command) != 0)
        printf("# %s is left\n", directory);
}

int main(void)
{
    char directory[] = "/tmp/files-XXXXXX";
    const char *more = getenv("FILES_ROUNDS");
    const unsigned rounds = more ? (unsigned)atoi(more) : 60;

    verbose = getenv("FILES_SEED");
    setlinebuf(stdout);
    if (!mkdtemp(directory))
        return 1;
    ok(failures(rounds, directory) == 0, "random calls, without an image");
    make_image(directory);
    ok(image, "an image of a tree");
    if (image)
        ok(failures(rounds, directory) == 0, "random calls over an image");
    rmdir(directory);
    free(image);
    return done();
}
