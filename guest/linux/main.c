/* The start of the kernel: memory, clocks, files, then the process that the VM is for. */
#include "clock.h"
#include "host.h"
#include "init.h"
#include "kernel.h"
#include "page.h"
#include "process.h"
#include "signal.h"
#include "table.h"

static void check_processor(void)
{
    uint32_t eax = 7, ebx, ecx = 0, edx;

    __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    if ((ebx & 1) == 0)
        panic("this processor has no FSGSBASE, which Linux programs need here");
}

static void check_contract(void)
{
    if (host_config->version != LINUX_VERSION || host_time->version != LINUX_VERSION)
        panic("the kernel in the VM is for version %u, and the VMM has version %u", LINUX_VERSION,
              host_config->version);
}

/* Called by entry.asm, in ring 3. */
void kernel_main(void)
{
    const uint64_t tsc = read_tsc();

    check_contract();
    pages_start(host_config->ram);
    table_start();
    check_processor();
    fpu_check();
    clock_start(tsc);

    struct process *process = process_new();
    if (process == NULL)
        panic("no memory for the first process");
    current = process->threads;
    process->actions = signal_actions_new();
    if (process->actions == NULL)
        panic("no memory for the first process");
    init_files(process);
    init_identity(process);
    init_start();
    thread_begin(current);
}
