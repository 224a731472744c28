/* The call port: what the kernel asks of the VMM (vmm/linux.h). */
#ifndef LINUX_HOST_H
#define LINUX_HOST_H

#include "vmm/linux.h"

#include <stddef.h>
#include <stdint.h>

extern const struct linux_config *const host_config;
extern const volatile struct linux_time *const host_time;

/* The buffers of these are the kernel's (copied by host_write if they are in no RAM), of any size.
 * What they return is what vmm/linux.h says: bytes or events, or -errno. */
long host_write(enum linux_stream stream, const void *bytes, size_t size);
long host_read(void *bytes, size_t size);
uint64_t host_wait(unsigned events, uint64_t nanoseconds);
void host_tick(uint64_t nanoseconds);

/* Asks for the answer to `argument`, or for a piece of it, of at most LINUX_PIECE_MAX bytes; both
 * are in RAM. It sets the addresses in `ask`, and its offset and total are the VMM's afterwards. */
long host_ask(struct linux_ask *ask, const char *argument, void *piece);

_Noreturn void host_exit(unsigned status);

#endif
