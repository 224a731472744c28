/*
 * Keeps the counters of clang's source-based coverage in a file that each process of a program
 * maps. They survive SIGKILL and _exit(2), and work where no file can be opened: the jailer opens
 * the files of all three programs and hands two of them into its jails.
 *
 * Code compiled with -runtime-counter-relocation adds __llvm_profile_counter_bias to a
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

/*
 * These replace the C library's syscall(2) and close_range(2), and keep the descriptors open that
 * are handed into the jails. A system call takes registers only.
 */
static long call(long number, long a, long b, long c, const long rest[3])
{
    register long d __asm__("r10") = rest[0], e __asm__("r8") = rest[1], f __asm__("r9") = rest[2];
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(d), "r"(e), "r"(f)
                     : "rcx", "r11", "memory");
    if (result >= -4095 && result < 0) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

int close_range(unsigned first, unsigned last, int flags)
{
    static const long none[3];
    long below = 0, above = 0;

    if (last < HANDED_FIRST || first >= HANDED_FIRST + HANDED)
        return (int)call(SYS_close_range, first, last, flags, none);
    if (first < HANDED_FIRST)
        below = call(SYS_close_range, first, HANDED_FIRST - 1, flags, none);
    if (last >= HANDED_FIRST + HANDED)
        above = call(SYS_close_range, HANDED_FIRST + HANDED, last, flags, none);
    return (int)(below | above);
}

long syscall(long number, ...)
{
    long a[6];
    va_list arguments;

    va_start(arguments, number);
    for (unsigned i = 0; i < 6; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_close_range)
        return close_range((unsigned)a[0], (unsigned)a[1], (int)a[2]);
    return call(number, a[0], a[1], a[2], a + 3);
}

static int open_counters(unsigned program)
{
    char path[512];

    snprintf(path, sizeof(path), COVERAGE_COUNTERS "/%s.profraw", programs[program]);
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
