/* System calls of the host's kernel and of the guest's, and what they return. */
#include "both.h"

#include "guest/linux/syscalls_files.h"

#include <errno.h>
#include <linux/fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

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

long call(enum side side, long number, long a, long b, long c, long d, long e, long f)
{
    return side == LINUX ? call_linux(number, a, b, c, d, e, f)
                         : call_ours(number, a, b, c, d, e, f);
}

int slots[SLOTS][SIDES];
bool verbose;

unsigned at_slot(void)
{
    return below(8) == 0 ? below(SLOTS) : SLOTS;
}

int fd_at(unsigned slot, enum side side)
{
    return slot < SLOTS ? slots[slot][side] : AT_FDCWD;
}

long same(const char *of, const long results[SIDES])
{
    if (verbose)
        printf("# %s = %ld\n", of, results[OURS]);
    if (results[OURS] != results[LINUX])
        die("result", of, results[OURS], results[LINUX]);
    return results[OURS];
}

void same_bytes(const char *of, uint8_t bytes[SIDES][BUFFER], size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[OURS][i] != bytes[LINUX][i])
            die("byte", of, bytes[OURS][i], bytes[LINUX][i]);
    }
}
