/* The exit loop: the guest runs until it needs us, again and again. */
#include "run.h"

#include "exits.h"
#include "log.h"
#include "policy/fds.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

enum run_end run_guest(struct machine *machine, struct ports *ports)
{
    const struct coalesced *coalesced = &ports->console.coalesced;

    for (;;) {
        int error;

        coalesced_resume(coalesced);
        error = ioctl(FD_VCPU, KVM_RUN, 0) == 0 ? 0 : errno;
        coalesced_pause(coalesced);
        if (!console_drain(&ports->console))
            return RUN_CONSOLE_CLOSED;
        if (error == EINTR) /* the timer of coalesced output; or stopped and continued */
            continue;
        if (error != 0) {
            log_line("the guest failed: KVM_RUN: %s", strerror(error));
            return RUN_FAILED;
        }

        switch (machine->run->exit_reason) {
        case KVM_EXIT_IO:
            if (!ports_access(ports, machine->run))
                return RUN_CONSOLE_CLOSED;
            break;
        case KVM_EXIT_HLT:
            return RUN_HALTED;
        case KVM_EXIT_INTR:
        case KVM_EXIT_IRQ_WINDOW_OPEN:
        case KVM_EXIT_SET_TPR: /* CR8 was lowered: that means nothing where there is no APIC */
            break;
        default:
            exits_report(machine);
            return RUN_FAILED;
        }
    }
}
