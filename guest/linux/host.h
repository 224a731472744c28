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

/* Bytes of a device, to memory of the kernel: an exit for up to 1,024 of them. */
void port_read_string(uint16_t port, void *to, size_t size);

_Noreturn void host_exit(unsigned status);

#endif
