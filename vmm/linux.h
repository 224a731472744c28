/*
 * The contract between Sparkler and the kernel that answers a Linux program inside the VM
 * (guest/linux/): where things stand in guest-physical memory, what the guest is told, and how it
 * asks. vmm/, jailer/ and guest/linux/ share this header. Fields are little-endian, as x86 is.
 *
 * The kernel is loaded and started like any flat guest (load.c), and no more trusted than one.
 */
#ifndef SPARKLER_VMM_LINUX_H
#define SPARKLER_VMM_LINUX_H

#include <stdint.h>

#define LINUX_VERSION 1u

/*
 * Guest-physical memory. RAM lies from 0 on; what exceeds 3 GiB continues at 4 GiB. Each image is a
 * read-only slot above LINUX_IMAGES, on a 2 MiB boundary; struct linux_config says where.
 */
#define LINUX_RAM_LOW_MAX  (3ull << 30)
#define LINUX_RAM_HIGH     (4ull << 30)
#define LINUX_RAM_MAX      (LINUX_RAM_LOW_MAX + LINUX_TIME - LINUX_RAM_HIGH)
#define LINUX_TIME         (256ull << 30)              /* struct linux_time, a page, read-only */
#define LINUX_CONFIG       (LINUX_TIME + (2ull << 20)) /* struct linux_config, read-only */
#define LINUX_IMAGES       (LINUX_TIME + (1ull << 30)) /* the first image */
#define LINUX_PHYSICAL_MAX (512ull << 30) /* 39 bits: the least that x86-64 CPUs have */

/* Time starts when the guest does; it goes on by the TSC: nanoseconds = ticks * 10^6 / tsc_khz.
 * Rewritten by the VMM, under a new generation, when a VM goes on from a snapshot. */
struct linux_time {
    uint32_t version; /* LINUX_VERSION */
    uint32_t generation;
    uint64_t tsc_khz;     /* KVM_GET_TSC_KHZ */
    uint64_t realtime_ns; /* CLOCK_REALTIME at the start */
    uint8_t seed[64];     /* of the host's getrandom(2) */
};

enum linux_image_kind {
    LINUX_IMAGE_PROGRAM = 1, /* an ELF file: --program */
    LINUX_IMAGE_ROOT = 2,    /* an EROFS file system: --root */
    LINUX_IMAGE_FILE = 3,    /* shown as /input/NAME: --file */
};

#define LINUX_IMAGES_MAX  16
#define LINUX_NAME_MAX    256 /* with its NUL, as NAME_MAX of Linux */
#define LINUX_STRINGS_MAX (128u << 10)

struct linux_image {
    uint32_t kind;
    uint32_t name; /* offset into strings: the program's path or the file's name; "" for a root */
    uint64_t address; /* guest-physical, on a 2 MiB boundary */
    uint64_t size;    /* bytes; the rest of the last page is zero */
};

enum linux_flags {
    LINUX_TTY_INPUT = 1, /* standard input, output, error is a terminal */
    LINUX_TTY_OUTPUT = 2,
    LINUX_TTY_ERROR = 4,
    LINUX_TRACE = 8, /* --trace: each system call is a line on LINUX_ERROR */
};

/* What the jailer tells the kernel. */
struct linux_config {
    uint32_t version;       /* LINUX_VERSION */
    uint32_t size;          /* bytes, strings included */
    uint64_t ram;           /* bytes of RAM in all, whole pages */
    uint32_t flags;         /* enum linux_flags */
    uint16_t rows, columns; /* of the terminal; 0 where there is none */
    uint32_t image_count;
    uint32_t argument_count; /* strings from `arguments` on, each ended by NUL */
    uint32_t environment_count;
    uint32_t arguments, environment; /* offsets into strings */
    uint32_t directory;              /* offset: the working directory (--cwd) */
    struct linux_image images[LINUX_IMAGES_MAX];
    char strings[]; /* size - sizeof(struct linux_config) bytes, the last one NUL */
};

/*
 * The call port. A 4-byte OUT of the guest-physical address of a struct linux_call, on an 8-byte
 * boundary and wholly in RAM below 4 GiB, makes the call; `result` is there when the OUT returns.
 * Anything else that is written to the port, and any buffer that is not wholly in one range of RAM,
 * ends nothing: the result is -EFAULT, or the OUT has no effect where there is no structure.
 */
#define LINUX_CALL_PORT 0x600

enum linux_stream { LINUX_INPUT = 0, LINUX_OUTPUT = 1, LINUX_ERROR = 2, LINUX_LOG = 3 };

enum linux_call_number {
    /* arguments: stream, address, length (at most LINUX_BUFFER_MAX). Bytes written, at least one
     * unless length is 0; or -EINTR when a tick came first, -EPIPE, -EIO. LINUX_LOG takes one line
     * of printable ASCII, without its newline; what is beyond 400 bytes is cut off. */
    LINUX_CALL_WRITE = 1,
    /* arguments: address, length. Bytes of the standard input; 0 at its end; -EAGAIN when there are
     * none now. */
    LINUX_CALL_READ = 2,
    /* arguments: what to wait for (enum linux_events), longest time in ns (0 returns at once, all
     * ones waits for ever). Which events there are; 0 when the time is over, or a tick came. */
    LINUX_CALL_WAIT = 3,
    /* argument: nanoseconds between two interrupts of vector LINUX_TICK_VECTOR; 0: none. */
    LINUX_CALL_TICK = 4,
    /* argument: exit status, 0 to 255; 128+N when signal N ended the program. Does not return. */
    LINUX_CALL_EXIT = 5,
};

enum linux_events {
    LINUX_EVENT_INPUT = 1,  /* standard input can be read, or has ended */
    LINUX_EVENT_SIGNAL = 2, /* a signal from outside; its number is in bits 8 to 15 */
};

#define LINUX_BUFFER_MAX  (64u << 10)
#define LINUX_TICK_VECTOR 0x20

struct linux_call {
    uint32_t version; /* LINUX_VERSION */
    uint32_t number;  /* enum linux_call_number */
    uint64_t arguments[3];
    int64_t result; /* -errno on failure */
};

_Static_assert(sizeof(struct linux_call) == 40, "no padding in a call");
_Static_assert(sizeof(struct linux_time) == 88, "no padding in the time page");
_Static_assert(sizeof(struct linux_image) == 24, "no padding in an image's entry");
_Static_assert(sizeof(struct linux_config) == 48 + LINUX_IMAGES_MAX * 24, "no padding");

#endif
