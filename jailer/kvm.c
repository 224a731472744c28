/* Opens KVM for the VMM. */
#include "kvm.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

int kvm_open(void)
{
    int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

    if (fd < 0 && errno == EACCES)
        errx(
            1,
            "/dev/kvm: permission denied; join its group (usermod -aG kvm USER, then log in anew)");
    if (fd < 0 && (errno == ENOENT || errno == ENODEV || errno == ENXIO))
        errx(1,
             "/dev/kvm: %s; load the module kvm_intel or kvm_amd and switch virtualization on in "
             "the firmware",
             strerror(errno));
    if (fd < 0)
        err(1, "cannot open /dev/kvm");
    return fd;
}
