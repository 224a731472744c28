/*
 * A machine for the files of the guest's kernel (guest/linux/) in a program of the host: memory by
 * malloc(3), one process, a console and feeds that are buffers, and a clock that the test sets.
 */
#ifndef SPARKLER_TESTS_MACHINE_H
#define SPARKLER_TESTS_MACHINE_H

#include "guest/linux/credentials.h"
#include "guest/linux/vfs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MACHINE_PAGES = 16384, OUTPUT_MAX = 65536 };

extern struct machine {
    struct files *files;
    struct fs *fs;
    struct credentials credentials;
    uint64_t clock; /* nanoseconds; each look at it adds one microsecond */
    uint64_t size_limit;
    long allocations;  /* that are alive */
    long fail_after;   /* allocations succeed before all fail; negative: none fails */
    unsigned unmapped; /* calls of unmap_file_pages() */
    char output[3][OUTPUT_MAX];
    size_t output_length[3];
    const char *input;
    int signal; /* the last one that was sent */
    /* The answer to a question, of which the piece at `offset` is asked for; NULL: it is gone. */
    const char *(*feed)(uint16_t port, const char *argument, uint32_t offset);
    unsigned questions;
    char log[OUTPUT_MAX];
} machine;

/* RAM and the configuration; mounts are added before vfs_start(). To stop it frees all that it
 * allocated; what the kernel keeps in static variables is the caller's to forget. */
void machine_start(void);
void machine_stop(void);
void machine_mount(uint32_t kind, const char *path, const void *bytes, uint64_t size);
void machine_terminal(unsigned flags); /* LINUX_TTY_* */

/* Bytes on a page boundary, with zeros up to the next one, as images are mapped; free()d. */
void *machine_copy(const void *bytes, size_t size);
void *machine_read_file(const char *path, size_t *size);

/* The process gets a fresh table of descriptors and starts at the root. */
void machine_process(void);

#endif
