/* Random calls about names, and what files are besides their bytes. */
#include "both.h"

#include <linux/fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void same_stat(const char *of, const struct stat stats[SIDES])
{
    const struct stat *ours = &stats[OURS], *linux = &stats[LINUX];

    if (comparable_mode(ours->st_mode) != comparable_mode(linux->st_mode))
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

static void test_make(void)
{
    static const uint32_t types[] = {0, S_IFREG, S_IFSOCK, S_IFSOCK, S_IFDIR, 0150000};
    static const char *const targets[] = {"a",  "../a", "/w/b", "x",    "l", ".",
                                          "..", "/",    "a/",   "loop", "",  "x/y"};
    const unsigned at = at_slot();
    const uint32_t mode = below(010000), type = types[below(6)];
    const char *to = random_path(), *target = targets[below(12)];
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
    const char *to = random_path();
    long results[SIDES];

    BOTH(results, unlinkat, fd_at(at, side), to, flags, 0, 0, 0);
    same(name("unlink %u %s %x", at, to, (unsigned)flags), results);
}

static void test_rename(void)
{
    static const unsigned some[] = {0, 0, 0, 1, 2, 2, 3, 8};
    const unsigned at = at_slot(), to_at = at_slot(), flags = some[below(8)];
    const char *from = random_path(), *to = random_path();
    long results[SIDES];

    BOTH(results, renameat2, fd_at(at, side), from, fd_at(to_at, side), to, flags, 0);
    same(name("rename %u %s %u %s %u", at, from, to_at, to, flags), results);
}

static void test_link(void)
{
    const unsigned at = at_slot(), to_at = at_slot();
    const int flags = below(3) ? 0 : below(2) ? AT_SYMLINK_FOLLOW : AT_EMPTY_PATH;
    const char *from = flags == AT_EMPTY_PATH && below(2) ? "" : random_path(), *to = random_path();
    long results[SIDES];

    BOTH(results, linkat, fd_at(at, side), from, fd_at(to_at, side), to, flags, 0);
    same(name("link %u %s %u %s %x", at, from, to_at, to, (unsigned)flags), results);
}

static void test_stat(void)
{
    const unsigned at = at_slot();
    const int flags = (below(2) ? AT_SYMLINK_NOFOLLOW : 0) | (below(4) ? 0 : AT_EMPTY_PATH);
    const char *to = flags & AT_EMPTY_PATH && below(2) ? "" : random_path();
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
    const char *to = random_path();
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
    const char *to = random_path();
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
    const char *to = random_path();
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
    const char *to = random_path();
    long results[SIDES], length;

    BOTH(results, readlinkat, fd_at(at, side), to, bytes[side], size, 0, 0);
    length = same(name("readlink %u %s %u", at, to, size), results);
    if (length > 0)
        same_bytes("readlink", bytes, (size_t)length);
}

void random_call_of_names(void)
{
    static void (*const calls[])(void) = {
        test_make, test_make,   test_unlink,     test_rename,    test_rename,  test_link,
        test_stat, test_access, test_attributes, test_directory, test_readlink};

    calls[below(sizeof(calls) / sizeof(*calls))]();
}
