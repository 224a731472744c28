/*
 * A process for the audit to look at: takes the name in its argument, installs the two policies
 * that it was linked with (FIRST and SECOND, the same for a chain of one), says "ready", and ends
 * when it can read a byte. It keeps three descriptors only. With the argument "wx" it holds memory
 * that can be written and executed; with "descriptor" one descriptor more; with "stuck" it waits
 * for a child of vfork(2), where no debugger can stop it.
 */
#include "policy/runtime/policy.h"

#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

extern const struct policy FIRST, SECOND;

static bool is_asked(char **words, const char *for_what)
{
    while (*words && strcmp(*words, for_what) != 0)
        words++;
    return *words;
}

/* The child has the parent's death signal, since nobody else can end either. */
static void get_stuck(void)
{
    if (vfork() == 0) {
        prctl(PR_SET_PDEATHSIG, 9);
        for (;;)
            pause();
    }
}

int main(int argc, char **argv)
{
    char byte;

    if (argc < 2 || prctl(PR_SET_NAME, argv[1]) != 0)
        errx(1, "usage: confined NAME [wx] [descriptor] [terminal] [stuck]");
    if (is_asked(argv + 2, "wx") && mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
        err(1, "cannot map writable and executable memory");
    if (close_range(3, ~0u, 0) != 0 ||
        (is_asked(argv + 2, "descriptor") && open("/etc/passwd", O_RDONLY) != 3) ||
        (is_asked(argv + 2, "terminal") && (close(0) != 0 || posix_openpt(O_RDWR) != 0)))
        err(1, "cannot arrange the descriptors");
    if (is_asked(argv + 2, "stuck")) {
        if (write(STDOUT_FILENO, "ready\n", 6) == 6)
            get_stuck();
        return 1;
    }
    policy_install(&FIRST);
    if (&SECOND != &FIRST)
        policy_install(&SECOND);
    if (write(STDOUT_FILENO, "ready\n", 6) != 6 || read(STDIN_FILENO, &byte, 1) != 1)
        return 1;
    return 0;
}
