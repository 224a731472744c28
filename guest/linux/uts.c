/* What the machine is called, and what kernel it has. */
#include "host.h"
#include "kernel.h"
#include "process.h"
#include "syscalls.h"
#include "task.h"

#include <asm/errno.h>
#include <linux/utsname.h>

static struct new_utsname uts = {
    .sysname = "Linux",
    .release = KERNEL_RELEASE,
    .version = KERNEL_VERSION,
    .machine = "x86_64",
    .domainname = "(none)",
};

void uts_start(const char *name)
{
    memcpy(uts.nodename, name, strnlen(name, sizeof(uts.nodename) - 1));
}

const char *host_name(void)
{
    return uts.nodename;
}

const char *domain_name(void)
{
    return uts.domainname;
}

long sys_uname(void *to)
{
    return copy_to_user(to, &uts, sizeof(uts));
}

static long set_name(char *name, const char *user, int length)
{
    char new[sizeof(uts.nodename)] = "";

    if (!is_capable(CAP_SYS_ADMIN))
        return -EPERM;
    if (length < 0 || length >= (int)sizeof(new))
        return -EINVAL;
    if (copy_from_user(new, user, (size_t)length) != 0)
        return -EFAULT;
    memcpy(name, new, sizeof(new));
    return 0;
}

long sys_sethostname(const char *name, int length)
{
    return set_name(uts.nodename, name, length);
}

long sys_setdomainname(const char *name, int length)
{
    return set_name(uts.domainname, name, length);
}
