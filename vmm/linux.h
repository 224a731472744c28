/*
 * The contract between Sparkler and the kernel that serves a Linux program inside the VM
 * (guest/linux/): the layout of guest-physical memory, the guest's configuration, and its calls.
 * vmm/, jailer/ and guest/linux/ share this header. Fields are little-endian.
 *
 * The kernel is loaded and started like a flat guest (load.c), and trusted no more than one.
 */
#ifndef SPARKLER_VMM_LINUX_H
#define SPARKLER_VMM_LINUX_H

#include <stdint.h>

#define LINUX_VERSION 4u

/*
 * Guest-physical memory. RAM starts at 0; what exceeds 3 GiB continues at 4 GiB, above the hole for
 * PC devices and KVM's own pages. Each image is read-only, above LINUX_IMAGES and on a 2 MiB
 * boundary, at its address in struct linux_config.
 */
#define LINUX_RAM_LOW_MAX  (3ull << 30)
#define LINUX_RAM_HIGH     (4ull << 30)
#define LINUX_RAM_MAX      (LINUX_RAM_LOW_MAX + LINUX_TIME - LINUX_RAM_HIGH)
#define LINUX_TIME         (256ull << 30)              /* struct linux_time, a page, read-only */
#define LINUX_CONFIG       (LINUX_TIME + (4ull << 10)) /* struct linux_config, read-only */
#define LINUX_IMAGES       (LINUX_TIME + (2ull << 20)) /* the first image */
#define LINUX_PHYSICAL_MAX (512ull << 30) /* 39 bits, the least that x86-64 CPUs have */

/* The time at the start of the guest, which counts on from there by the TSC: nanoseconds = ticks *
 * 10^6 / tsc_khz. A VM that resumes from a snapshot gets a new page, with a new generation. */
struct linux_time {
    uint32_t version; /* LINUX_VERSION */
    uint32_t generation;
    uint64_t tsc_khz;     /* KVM_GET_TSC_KHZ */
    uint64_t realtime_ns; /* CLOCK_REALTIME at the start */
    uint8_t seed[64];     /* from the host's getrandom(2) */
};

enum linux_mount_kind {
    LINUX_MOUNT_EROFS = 1,      /* a file system, read-only: --mount; at "/": --root */
    LINUX_MOUNT_TMPFS = 2,      /* one in memory: --tmpfs */
    LINUX_MOUNT_FILE = 3,       /* one file: --file */
    LINUX_MOUNT_EXECUTABLE = 4, /* one that may be executed: --file, --program */
};

#define LINUX_MOUNTS_MAX   48
#define LINUX_HOSTNAME_MAX 64
#define LINUX_GROUPS_MAX   32
#define LINUX_RLIMITS_MAX  16 /* RLIM_NLIMITS of setrlimit(2) */
#define LINUX_STRINGS_MAX  (128u << 10)

/* What stands where in the guest. Of a tmpfs there is no image, and `size` is the offset of its
 * options in strings. */
struct linux_mount {
    uint32_t kind;
    uint32_t path;    /* offset into strings: absolute, in the guest */
    uint64_t address; /* of the image: guest-physical, on a 2 MiB boundary */
    uint64_t size;    /* bytes; the rest of an image's last page is zero */
};

struct linux_rlimit {
    uint64_t soft, hard; /* all ones: unlimited */
};

enum linux_flags {
    LINUX_TTY_INPUT = 1, /* standard input, output or error is a terminal */
    LINUX_TTY_OUTPUT = 2,
    LINUX_TTY_ERROR = 4,
    LINUX_TRACE = 8,      /* --trace: log each system call to LINUX_ERROR */
    LINUX_READ_ONLY = 16, /* --read-only: the root cannot be written to */
};

/* The guest's configuration, from the jailer. */
struct linux_config {
    uint32_t version;       /* LINUX_VERSION */
    uint32_t size;          /* bytes, strings included */
    uint64_t ram;           /* bytes of RAM in all, whole pages */
    uint32_t flags;         /* enum linux_flags */
    uint16_t rows, columns; /* of the terminal; 0 without one */
    uint32_t mount_count;
    uint32_t argument_count; /* strings at `arguments`, each ending with NUL */
    uint32_t environment_count;
    uint32_t arguments, environment; /* offsets into strings */
    uint32_t program;   /* offset: its path; "" if the first argument is to be looked up */
    uint32_t directory; /* offset: the working directory (--cwd) */
    uint32_t hostname;  /* offset: at most LINUX_HOSTNAME_MAX bytes (--hostname) */
    uint32_t uid, gid;  /* of the program, inside the guest (--user) */
    uint32_t group_count;
    uint32_t rlimits_given; /* bit N: rlimits[N] is valid (--rlimit) */
    uint32_t groups[LINUX_GROUPS_MAX];
    struct linux_rlimit rlimits[LINUX_RLIMITS_MAX]; /* by RLIMIT_* */
    struct linux_mount mounts[LINUX_MOUNTS_MAX];    /* in the order in which they are made */
    char strings[]; /* size - sizeof(struct linux_config) bytes, the last one NUL */
};

/*
 * The call port. A 4-byte OUT of the guest-physical address of a struct linux_call, which must be
 * 8-byte aligned and lie in RAM below 4 GiB, makes the call; `result` is valid after the OUT. A
 * buffer that is not entirely in RAM, below or above the hole, results in -EFAULT. Anything else
 * that is written to the port has no effect.
 */
#define LINUX_CALL_PORT 0x600

enum linux_stream { LINUX_INPUT = 0, LINUX_OUTPUT = 1, LINUX_ERROR = 2, LINUX_LOG = 3 };

enum linux_call_number {
    /* arguments: stream, address, length (at most LINUX_BUFFER_MAX). Returns the bytes written, at
     * least one unless length is 0; or -EINTR when a tick came first, -EPIPE, -EIO. LINUX_LOG takes
     * one line of printable ASCII without its newline, and truncates it at 400 bytes. */
    LINUX_CALL_WRITE = 1,
    /* arguments: address, length. Returns the bytes read from standard input; 0 at its end; -EAGAIN
     * when none are there now. */
    LINUX_CALL_READ = 2,
    /* arguments: what to wait for (enum linux_events), timeout in ns (0: return at once, all ones:
     * none). Returns the events that are there; 0 after the timeout, a tick, or while a signal is
     * pending. */
    LINUX_CALL_WAIT = 3,
    /* argument: the interval in ns of interrupts at vector LINUX_TICK_VECTOR, at least 1 ms; 0
     * stops them. A guest that has none gets one when a signal arrives, to ask for it by WAIT; one
     * that ticks must ask now and then. */
    LINUX_CALL_TICK = 4,
    /* argument: exit status, 0 to 255; 128+N if signal N ended the program. Does not return. */
    LINUX_CALL_EXIT = 5,
    /* argument: the address of a struct linux_ask, which must lie in RAM. Returns the bytes of the
     * piece, which is now in its buffer. -EINVAL if a field is not as described there. */
    LINUX_CALL_ASK = 6,
};

#define LINUX_LIST_PORT    0x1ff      /* of the list of feeds (netbroker/wire.h) */
#define LINUX_ARGUMENT_MAX 1024u      /* bytes of an argument */
#define LINUX_PIECE_MAX    8192u      /* bytes of an answer that one call returns */
#define LINUX_ANSWER_MAX   (1u << 20) /* bytes of an answer */

/*
 * A question to the network broker: a feed's port, and an argument if the feed takes one. Offset 0
 * asks, and returns the first piece of the answer; larger ones return the rest. All pieces but the
 * last have LINUX_PIECE_MAX bytes.
 */
struct linux_ask {
    uint64_t argument; /* address of argument_length bytes */
    uint64_t buffer;   /* address of LINUX_PIECE_MAX bytes */
    uint32_t argument_length;
    uint16_t port;
    uint16_t zero;   /* 0 */
    uint32_t offset; /* below LINUX_ANSWER_MAX; set to 0 if the answer is gone: the piece says so */
    uint32_t total;  /* bytes of the answer, set by the call */
};

enum linux_events {
    LINUX_EVENT_INPUT = 1, /* standard input can be read, or is at its end */
    /* A signal from outside; its number is in bits 8 to 15. With SIGWINCH comes the terminal's
     * size: columns in bits 16 to 31, rows in bits 32 to 47; without one it is only a signal. */
    LINUX_EVENT_SIGNAL = 2,
};

#define LINUX_BUFFER_MAX  (64u << 10)
#define LINUX_TICK_VECTOR 0x20

struct linux_call {
    uint32_t version; /* LINUX_VERSION */
    uint32_t number;  /* enum linux_call_number */
    uint64_t arguments[3];
    int64_t result; /* -errno on failure */
};

_Static_assert(sizeof(struct linux_ask) == 32, "no padding in a question");
_Static_assert(sizeof(struct linux_call) == 40, "no padding in a call");
_Static_assert(sizeof(struct linux_time) == 88, "no padding in the time page");
_Static_assert(sizeof(struct linux_mount) == 24, "no padding in a mount");
_Static_assert(sizeof(struct linux_config) ==
                   72 + LINUX_GROUPS_MAX * 4 + LINUX_RLIMITS_MAX * 16 + LINUX_MOUNTS_MAX * 24,
               "no padding");

#endif
