/* The exit loop: KVM runs the guest until it needs us, again and again. */
#include "run.h"

#include "failure.h"
#include "log.h"
#include "policy/fds.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

static enum run_end serve_exit(struct machine *machine, struct ports *ports)
{
    switch (machine->run->exit_reason) {
    case KVM_EXIT_IO:
        return ports_access(ports, machine->run);
    case KVM_EXIT_HLT:
        return RUN_HALTED;
    case KVM_EXIT_INTR:
    case KVM_EXIT_IRQ_WINDOW_OPEN:
    case KVM_EXIT_SET_TPR: /* CR8 was lowered, which has no effect without an APIC */
        return RUN_GOES_ON;
    default:
        failure_report(machine);
        return RUN_FAILED;
    }
}

enum run_end run_guest(struct machine *machine, struct ports *ports)
{
    enum run_end end = RUN_GOES_ON;

    while (end == RUN_GOES_ON) {
        int error;

        ports_before_run(ports);
        error = ioctl(VMM_FD_VCPU, KVM_RUN, 0) == 0 ? 0 : errno;
        end = ports_after_run(ports);
        if (end != RUN_GOES_ON)
            break;
        if (error == EINTR) /* the timer, or this process was stopped and continued */
            continue;
        if (error != 0) {
            log_line("the guest failed: KVM_RUN: %s%s", strerror(error),
                     error == EFAULT ? "; was a file that is mapped as its memory truncated?" : "");
            return RUN_FAILED;
        }
        end = serve_exit(machine, ports);
    }
    return end;
}
