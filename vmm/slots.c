/* The read-only memory of a Linux guest: see slots.h. */
#include "slots.h"

#include "linux.h"
#include "policy/fds.h"

#include <err.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>

static uint64_t whole_pages(uint64_t size)
{
    return (size + MACHINE_PAGE - 1) & ~(MACHINE_PAGE - 1);
}

void slots_map_images(const struct config *config)
{
    for (uint32_t i = 0; i < config->image_count; i++) {
        const struct config_image *image = &config->images[i];
        uint64_t size = whole_pages(image->size);
        void *bytes;

        if (image->kind != IMAGE_SLOT)
            continue;
        if (image->size == 0 || image->address < LINUX_CONFIG ||
            image->address > LINUX_PHYSICAL_MAX || size > LINUX_PHYSICAL_MAX - image->address)
            errx(1, "an image of %llu bytes cannot be mapped at 0x%llx",
                 (unsigned long long)image->size, (unsigned long long)image->address);
        bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, image->fd, 0);
        if (bytes == MAP_FAILED)
            err(1, "cannot map image %u", i);
        /* what is not in the page cache yet is read in huge pages, if its file system can */
        madvise(bytes, size, MADV_HUGEPAGE);
        machine_add_slot(image->address, bytes, size, KVM_MEM_READONLY);
    }
}

void slots_map_time(void)
{
    static _Alignas(MACHINE_PAGE) union {
        struct linux_time time;
        uint8_t page[MACHINE_PAGE];
    } shared;
    struct linux_time *guest_time = &shared.time;
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
    machine_add_slot(LINUX_TIME, &shared, sizeof(shared), KVM_MEM_READONLY);
}
