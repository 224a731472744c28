/*
 * Keeps the counters of clang's source-based coverage in a file that each process of a program
 * maps, so that they outlive SIGKILL and _exit(2), and are there where no file can be opened: the
 * jailer opens the files of all three programs and hands two of them through its jails.
 *
 * Code that is compiled with -runtime-counter-relocation adds __llvm_profile_counter_bias to a
 * counter's address. The layout of the file is that of a raw profile, version 8 (LLVM 14).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HANDED_FIRST 700

static const char *const programs[] = {"sparkler-vmm", "sparkler-netbroker", "jailer"};
#define HANDED 2u /* of these, through the jails */

struct header {
    uint64_t magic, version, binary_ids, data, padding, counters, padding_after, names;
    uint64_t counters_delta, names_delta, value_kinds;
};

extern intptr_t __llvm_profile_counter_bias;
uint64_t __llvm_profile_get_size_for_buffer(void);
int __llvm_profile_write_buffer(char *buffer);
char *__llvm_profile_begin_counters(void);
const char *__llvm_profile_begin_data(void);
const char *__llvm_profile_end_data(void);

int __llvm_profile_runtime; /* this file is the runtime: nothing is written at exit */

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

/* All that syscall(2) takes are registers. */
long __wrap_syscall(long number, ...)
{
    long a[6];
    va_list arguments;

    va_start(arguments, number);
    for (unsigned i = 0; i < 6; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    if (number != SYS_close_range || a[1] < HANDED_FIRST || a[0] >= (long)(HANDED_FIRST + HANDED))
        return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    return __real_syscall(number, a[0], HANDED_FIRST - 1, 0) |
           __real_syscall(number, HANDED_FIRST + HANDED, a[1], 0);
}

int __wrap_close_range(unsigned first, unsigned last, int flags);
int __wrap_close_range(unsigned first, unsigned last, int flags)
{
    return (int)__wrap_syscall(SYS_close_range, first, last, flags);
}

static int open_counters(unsigned program)
{
    char path[512];

    snprintf(path, sizeof(path), COUNTERS "/%s.profraw", programs[program]);
    return open(path, O_RDWR | O_CLOEXEC);
}

static void map(int fd)
{
    struct stat status;
    size_t size = __llvm_profile_get_size_for_buffer();
    struct header *file;

    if (fstat(fd, &status) != 0 || (status.st_size == 0 && ftruncate(fd, (off_t)size) != 0))
        return;
    file = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (file == MAP_FAILED)
        return;
    if (file->magic == 0)
        __llvm_profile_write_buffer((char *)file);
    __llvm_profile_counter_bias = (char *)(file + 1) + file->binary_ids +
                                  (__llvm_profile_end_data() - __llvm_profile_begin_data()) +
                                  file->padding - __llvm_profile_begin_counters();
}

__attribute__((constructor)) static void keep_counters(void)
{
    for (unsigned i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        int fd;

        if (strcmp(program_invocation_short_name, programs[i]) == 0) {
            fd = open_counters(i);
            map(fd >= 0 ? fd : (int)(HANDED_FIRST + i));
            close(fd >= 0 ? fd : (int)(HANDED_FIRST + i));
        } else if (strcmp(program_invocation_short_name, "jailer") == 0) {
            fd = open_counters(i);
            dup2(fd, (int)(HANDED_FIRST + i));
            close(fd);
        }
    }
}
