/*
 * The read-only memory of a Linux guest: see images.h. It is one memory slot, since KVM waits for
 * its readers (SRCU) at each that is added, which is longer than all else here takes.
 */
#include "images.h"

#include "linux.h"
#include "policy/fds.h"

#include <err.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>

static void fill_time(struct linux_time *guest_time)
{
    struct timespec now;
    int khz = ioctl(VMM_FD_VCPU, KVM_GET_TSC_KHZ, 0);

    if (khz <= 0)
        err(1, "cannot read the frequency of the vCPU's time-stamp counter");
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 ||
        getrandom(guest_time->seed, sizeof(guest_time->seed), 0) != sizeof(guest_time->seed))
        err(1, "cannot give the guest the time and a seed");
    guest_time->version = LINUX_VERSION;
    guest_time->tsc_khz = (uint64_t)khz;
    guest_time->realtime_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void images_map(const struct config *config)
{
    const uint64_t size = config->image_bytes;
    uint8_t *all = machine_map(size, false);

    if (!all)
        err(1, "cannot reserve %llu bytes for the images", (unsigned long long)size);
    for (uint32_t i = 0; i < config->image_count; i++) {
        const struct config_image *image = &config->images[i];
        const uint64_t offset = image->address - LINUX_TIME;

        if (image->kind != IMAGE_MAPPED)
            continue;
        if (image->address < LINUX_CONFIG || offset > size || image->size > size - offset)
            errx(1, "an image of %llu bytes cannot be mapped at 0x%llx",
                 (unsigned long long)image->size, (unsigned long long)image->address);
        if (mmap(all + offset, image->size, PROT_READ, MAP_PRIVATE | MAP_FIXED, image->fd, 0) ==
            MAP_FAILED)
            err(1, "cannot map image %u", i);
        /* what is not in the page cache yet is read in huge pages, if its file system can; what
         * would be read ahead is in smaller ones */
        if (madvise(all + offset, image->size, MADV_HUGEPAGE) == 0 && config->no_readahead)
            madvise(all + offset, image->size, MADV_RANDOM);
    }
    fill_time((struct linux_time *)all);
    machine_add_slot(LINUX_TIME, all, size, KVM_MEM_READONLY);
}
