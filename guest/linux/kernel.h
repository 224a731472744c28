/* What every part of the kernel uses: messages, time, random bytes, and the like of <string.h>. */
#ifndef LINUX_KERNEL_H
#define LINUX_KERNEL_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define NSEC_PER_SEC      1000000000ull

/*
 * One line on the VM's log, cut to what fits. Of printf's conversions: %s %c %d %u %x %lx %ld %lu
 * %zu %p %%, with a width and `0`, `-` and `.*` for strings.
 */
__attribute__((format(printf, 1, 2))) void log_line(const char *format, ...);

/* For what cannot be: says it, and ends the VM. */
__attribute__((format(printf, 1, 2), noreturn)) void panic(const char *format, ...);

/* As snprintf(3), for the same conversions. */
__attribute__((format(printf, 3, 4))) int format(char *to, size_t size, const char *format, ...);
__attribute__((format(printf, 3, 0))) int vformat(char *to, size_t size, const char *format,
                                                  va_list arguments);

uint64_t time_realtime(void);  /* nanoseconds since 1970 */
uint64_t time_monotonic(void); /* nanoseconds since the VM's start */
void random_bytes(void *to, size_t size);

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memchr(const void *bytes, int byte, size_t size);
size_t strlen(const char *string);
size_t strnlen(const char *string, size_t size);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);
char *strchr(const char *string, int byte);
char *strrchr(const char *string, int byte);

#endif
