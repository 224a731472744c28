/* Which program a descriptor belongs to, so that no policy names another program's. */
#ifndef SPARKLER_OWNER_H
#define SPARKLER_OWNER_H

#include <stdbool.h>

/*
 * Whether a rule of the policy (vmm-boot for vmm-boot.policy) may use the constant. A descriptor of
 * policy/fds.h may be used only where the policy confines its program: VMM_FD_KVM in policies of
 * sparkler-vmm. A policy that confines no process of the table in processes.c may use them all.
 */
bool owner_permits(const char *policy, const char *constant);

#endif
