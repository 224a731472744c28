/* A Linux program's VM: see linux.h. Nothing of the images is read here; only their sizes matter.
 */
#include "linux.h"

#include "kernel.h"

#include "policy/fds.h"
#include "vmm/linux.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOT_ALIGNMENT (2ull << 20)
#define SEALS          (F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_WRITE | F_SEAL_SEAL)

/* Appends to the strings of the guest's configuration; returns where. */
static uint32_t add_string(struct linux_config *guest, const char *string)
{
    const uint32_t offset = guest->size - (uint32_t)sizeof(*guest);
    const size_t size = strlen(string) + 1;

    if (size > LINUX_STRINGS_MAX - offset)
        errx(1, "the program's arguments and environment have more than %u bytes",
             LINUX_STRINGS_MAX);
    memcpy(guest->strings + offset, string, size);
    guest->size += (uint32_t)size;
    return offset;
}

static void add_variable(struct linux_config *guest, const char *variable)
{
    add_string(guest, variable);
    guest->environment_count++;
}

static bool gives(const struct strings *environment, const char *variable)
{
    const size_t length = strcspn(variable, "=") + 1;

    for (unsigned i = 0; i < environment->count; i++)
        if (strncmp(environment->list[i], variable, length) == 0)
            return true;
    return false;
}

/* What --env gives; and of what programs expect to be there, the rest. */
static void add_environment(struct linux_config *guest, const struct strings *environment)
{
    static const char *const expected[] = {
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/"};
    const char *type = isatty(STDOUT_FILENO) ? getenv("TERM") : NULL;
    char terminal[64];

    guest->environment = guest->size - (uint32_t)sizeof(*guest);
    for (unsigned i = 0; i < environment->count; i++)
        add_variable(guest, environment->list[i]);
    for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        if (!gives(environment, expected[i]))
            add_variable(guest, expected[i]);
    snprintf(terminal, sizeof(terminal), "TERM=%s", type ? type : "dumb");
    if (!gives(environment, terminal))
        add_variable(guest, terminal);
}

static void add_arguments(struct linux_config *guest, const struct options *options)
{
    guest->arguments = guest->size - (uint32_t)sizeof(*guest);
    if (options->linux_program) {
        add_string(guest, options->linux_program);
        guest->argument_count++;
    }
    for (char **argument = options->arguments; *argument; argument++) {
        add_string(guest, *argument);
        guest->argument_count++;
    }
}

/* Has the VMM map a file for the guest. */
static void add_slot(struct jail *vmm, struct config *config, uint64_t address, int fd,
                     uint64_t size, const char *name)
{
    const int number = VMM_FD_IMAGES + (int)config->image_count - 1; /* one is VMM_FD_GUEST */
    struct config_image *image = &config->images[config->image_count++];

    *image = (struct config_image){
        .kind = IMAGE_SLOT,
        .fd = number,
        .size = size,
        .address = address,
    };
    vmm->image_bytes += size;
    jail_give(vmm, number, fd, name);
}

/* Where the next image belongs: behind the last one. */
static uint64_t next_address(const struct linux_config *guest)
{
    const struct linux_image *image = guest->images;
    uint64_t end = LINUX_IMAGES;

    if (guest->image_count > 0) {
        image += guest->image_count - 1;
        end = image->address + image->size;
    }
    return (end + SLOT_ALIGNMENT - 1) & ~(SLOT_ALIGNMENT - 1);
}

static int open_image(const char *path, const char *option, uint64_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat status;

    if (fd < 0 || fstat(fd, &status) != 0)
        err(1, "cannot open %s (%s)", path, option);
    if (!S_ISREG(status.st_mode))
        errx(1, "%s is not a regular file (%s)", path, option);
    if (status.st_size == 0)
        errx(1, "%s is empty (%s)", path, option);
    *size = (uint64_t)status.st_size;
    return fd;
}

/* /input has one of each name. */
static void check_name(const struct linux_config *guest, const char *name)
{
    for (unsigned i = 0; i < guest->image_count; i++) {
        const struct linux_image *image = &guest->images[i];

        if (image->kind == LINUX_IMAGE_FILE && strcmp(guest->strings + image->name, name) == 0)
            errx(1, "two files would be /input/%s (--file)", name);
    }
}

static void add_image(struct jail *vmm, struct config *config, struct linux_config *guest,
                      enum linux_image_kind kind, const char *path, const char *option)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    uint64_t address = next_address(guest), size;
    int fd = open_image(path, option, &size);

    if (kind == LINUX_IMAGE_FILE)
        check_name(guest, name);
    if (guest->image_count == LINUX_IMAGES_MAX)
        errx(1, "%s is one too many: --program, --root and --file give at most %d files", path,
             LINUX_IMAGES_MAX);
    if (size > LINUX_PHYSICAL_MAX - address)
        errx(1, "%s has %llu bytes, and only %llu are left for it (%s)", path,
             (unsigned long long)size, (unsigned long long)(LINUX_PHYSICAL_MAX - address), option);
    guest->images[guest->image_count++] = (struct linux_image){
        .kind = kind,
        .name = add_string(guest, kind == LINUX_IMAGE_PROGRAM ? path : name),
        .address = address,
        .size = size,
    };
    add_slot(vmm, config, address, fd, size, "image");
}

static void describe_terminal(struct linux_config *guest)
{
    struct winsize size;

    guest->flags |= isatty(STDIN_FILENO) ? LINUX_TTY_INPUT : 0;
    guest->flags |= isatty(STDOUT_FILENO) ? LINUX_TTY_OUTPUT : 0;
    guest->flags |= isatty(STDERR_FILENO) ? LINUX_TTY_ERROR : 0;
    for (int fd = 0; fd <= STDERR_FILENO && guest->rows == 0; fd++)
        if (isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0) {
            guest->rows = size.ws_row;
            guest->columns = size.ws_col;
        }
}

/* Nobody can change what the guest is told, not even the jailer. */
static int seal(const struct linux_config *guest)
{
    const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int fd = memfd_create("linux-config", flags | MFD_NOEXEC_SEAL);

    if (fd < 0 && errno == EINVAL) /* before Linux 6.3: the log says that it lacks write-execute */
        fd = memfd_create("linux-config", flags);
    if (fd < 0 || write(fd, guest, guest->size) != (ssize_t)guest->size ||
        fcntl(fd, F_ADD_SEALS, SEALS) != 0)
        err(1, "cannot make the configuration of the kernel in the guest");
    return fd;
}

void linux_furnish(struct jail *vmm, struct config *config)
{
    const struct options *options = vmm->options;
    struct linux_config *guest = calloc(1, sizeof(*guest) + LINUX_STRINGS_MAX);

    if (!guest)
        err(1, "cannot make the configuration of the kernel in the guest");
    guest->version = LINUX_VERSION;
    guest->size = sizeof(*guest);
    guest->ram = options->memory_bytes;
    guest->flags = options->trace ? LINUX_TRACE : 0;
    describe_terminal(guest);
    if (options->linux_root)
        add_image(vmm, config, guest, LINUX_IMAGE_ROOT, options->linux_root, "--root");
    if (options->linux_program)
        add_image(vmm, config, guest, LINUX_IMAGE_PROGRAM, options->linux_program, "--program");
    for (unsigned i = 0; i < options->files.count; i++)
        add_image(vmm, config, guest, LINUX_IMAGE_FILE, options->files.list[i], "--file");
    add_arguments(guest, options);
    add_environment(guest, &options->environment);
    guest->directory = add_string(guest, options->directory);
    add_slot(vmm, config, LINUX_CONFIG, seal(guest), guest->size, "linux-config");
    free(guest);
}
