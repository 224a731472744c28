/* Two kernels side by side: the host's, and the files of the guest's. */
#ifndef SPARKLER_TESTS_BOTH_H
#define SPARKLER_TESTS_BOTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum side { LINUX, OURS, SIDES };

/* A system call by its number, of either side: what it returns, -errno on failure. */
long call(enum side side, long number, long a, long b, long c, long d, long e, long f);

#define CALL(side, name, a, b, c, d, e, f)                                                         \
    call(side, SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* What both sides return for the same arguments, among which `side` may be. */
#define BOTH(results, call_number, ...)                                                            \
    do {                                                                                           \
        for (enum side side = LINUX; side < SIDES; side++)                                         \
            (results)[side] = CALL(side, call_number, __VA_ARGS__);                                \
    } while (0)

/* Open files: a descriptor for each side, or -1. SLOTS itself stands for the working directory. */
enum { SLOTS = 6, BUFFER = 20000 };
extern int slots[SLOTS][SIDES];
unsigned at_slot(void); /* at random; mostly the working directory */
int fd_at(unsigned slot, enum side side);

/* Results, and bytes, that have to be the same; `of` is the call in words. */
extern bool verbose;
long same(const char *of, const long results[SIDES]);
void same_bytes(const char *of, uint8_t bytes[SIDES][BUFFER], size_t size);

/* One call, at random, that has the same results: of what files hold, or of what they are called.
 */
extern bool holes_differ; /* holes of files need not be the same */
void random_call_of_bytes(void);
void random_call_of_names(void);

/* A mode as far as it can be the same: to root of a user namespace only, Linux takes the set-id
 * bits from a file that is written. */
extern bool is_root;
unsigned comparable_mode(unsigned mode);

/* Both have the same tree below a directory, to the last byte; or else the process ends. */
void same_tree(const char *directory);

/* They differ: says so, and ends the process. */
_Noreturn void die(const char *what, const char *of, long ours, long linux);

/* As printf(3), into a text that the next call overwrites. */
const char *name(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A path as programs have them, and as they do not. */
const char *random_path(void);
unsigned below(unsigned limit); /* at random */

#endif
