/* Loads guests: a binary without a header, which starts in real mode; for Linux, more images. */
#include "load.h"

#include "images.h"

#include <err.h>
#include <errno.h>
#include <unistd.h>

#define LOAD_ADDRESS 0x1000u

static void read_image(const struct config_image *image, uint8_t *to)
{
    uint64_t done = 0;

    while (done < image->size) {
        ssize_t count = pread(image->fd, to + done, image->size - done, (off_t)done);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            err(1, "cannot read the guest image");
        if (count == 0)
            errx(1, "the guest image shrank from %llu to %llu bytes while it was read",
                 (unsigned long long)image->size, (unsigned long long)done);
        done += (uint64_t)count;
    }
}

/* Where an image of `size` bytes goes in the guest's memory. */
static uint8_t *place_flat(const struct machine *machine, uint64_t size)
{
    uint64_t max = machine->memory_size > LOAD_ADDRESS ? machine->memory_size - LOAD_ADDRESS : 0;

    if (size == 0)
        errx(1, "the guest image is empty; 1 to %llu bytes fit", (unsigned long long)max);
    if (size > max)
        errx(1, "the guest image is %llu bytes; only %llu fit in the guest's memory: raise --mem",
             (unsigned long long)size, (unsigned long long)max);
    return machine->memory + LOAD_ADDRESS;
}

static void start_real_mode(uint64_t ip)
{
    struct cpu_state state;

    machine_reset_state(&state);
    state.sregs.cs.selector = 0; /* reset points it at firmware, which we do not have */
    state.sregs.cs.base = 0;
    state.regs.rip = ip;
    state.regs.rflags = 0x2; /* only the bit that is always set */
    machine_start(&state);
}

/* Loads and starts the first image. */
static void load_first(const struct machine *machine, const struct config *config)
{
    const struct config_image *image = &config->images[0];

    if (config->image_count == 0 || image->kind != IMAGE_FLAT)
        errx(1, "the first of %u images is not a flat image", config->image_count);
    read_image(image, place_flat(machine, image->size));
    start_real_mode(LOAD_ADDRESS);
}

void load_flat(const struct machine *machine, const struct config *config)
{
    if (config->image_count != 1)
        errx(1, "a flat guest is one image, not %u", config->image_count);
    load_first(machine, config);
}

void load_linux(const struct machine *machine, const struct config *config)
{
    load_first(machine, config);
    images_map(config);
}
