/*
 * For the build with sanitizers only: leaves the locks open that AddressSanitizer cannot run under.
 * It needs its shared libraries (root, Landlock), terabytes of address space (rlimits), and more
 * system calls, which tests/probes/allow-all.c allows. All other locks are closed.
 */
#include "jailer/jail.h"
#include "netbroker/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* What the command line says of limits is checked as ever. */
#define lock_rlimits lock_rlimits_closed
#include "jailer/rlimits.c"
#undef lock_rlimits

static const char *left_open(const struct jail *jail)
{
    (void)jail;
    return "left open for AddressSanitizer";
}

#define LEFT_OPEN .roles = VMM | BROKER, .skipped = left_open

const struct lock lock_root = {.name = "root", LEFT_OPEN};
const struct lock lock_landlock = {.name = "landlock", LEFT_OPEN};
const struct lock lock_rlimits = {.name = "rlimits", LEFT_OPEN};

void landlock_confine(const uint16_t *ports, size_t count, enum landlock_files files)
{
    (void)ports, (void)count, (void)files;
}

/* ASan's options are set here, since a jailed program's environment is empty. Leak detection does
 * not work in a process that must not be traced. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

/* A broker that dies is restarted, and its report is one of many lines on a log; a script that
 * looks for findings therefore creates this file. */
static void note_finding(void)
{
    int fd = open(FINDINGS, O_WRONLY | O_APPEND | O_CLOEXEC);

    if (fd >= 0)
        dprintf(fd, "%s\n", program_invocation_short_name);
}

/* The sanitizers call these with each report. */
void __asan_on_error(void);
void __asan_on_error(void)
{
    note_finding();
}

void __ubsan_on_report(void);
void __ubsan_on_report(void)
{
    note_finding();
}
