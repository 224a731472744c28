/*
 * A process for the audit to look at: takes the name in its argument, installs the two policies
 * that it was linked with (FIRST and SECOND, the same for a chain of one), says "ready", and ends
 * when it can read a byte. With a second argument it holds memory that can be written and executed.
 */
#include "policy/policy.h"

#include <err.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

extern const struct policy FIRST, SECOND;

int main(int argc, char **argv)
{
    char byte;

    if (argc < 2 || prctl(PR_SET_NAME, argv[1]) != 0)
        errx(1, "usage: confined NAME [wx]");
    if (argc > 2 && mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
        err(1, "cannot map writable and executable memory");
    policy_install(&FIRST);
    if (&SECOND != &FIRST)
        policy_install(&SECOND);
    if (write(STDOUT_FILENO, "ready\n", 6) != 6 || read(STDIN_FILENO, &byte, 1) != 1)
        return 1;
    return 0;
}
