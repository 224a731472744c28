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
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define IMAGE_ALIGNMENT (2ull << 20)
#define SEALS           (F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_WRITE | F_SEAL_SEAL)

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

static void add_to_list(struct linux_config *guest, uint32_t *count, const char *string)
{
    add_string(guest, string);
    ++*count;
}

static bool gives(const struct strings *environment, const char *variable)
{
    const size_t length = strcspn(variable, "=") + 1;

    for (unsigned i = 0; i < environment->count; i++)
        if (strncmp(environment->list[i], variable, length) == 0)
            return true;
    return false;
}

/* What --env gives; and of what programs expect to be there, the rest. The guest adds HOME. */
static void add_environment(struct linux_config *guest, const struct strings *environment)
{
    static const char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    const char *type = isatty(STDOUT_FILENO) ? getenv("TERM") : NULL;
    char terminal[64];

    guest->environment = guest->size - (uint32_t)sizeof(*guest);
    for (unsigned i = 0; i < environment->count; i++)
        add_to_list(guest, &guest->environment_count, environment->list[i]);
    if (!gives(environment, path))
        add_to_list(guest, &guest->environment_count, path);
    snprintf(terminal, sizeof(terminal), "TERM=%s", type ? type : "");
    if (type && !gives(environment, terminal))
        add_to_list(guest, &guest->environment_count, terminal);
}

static void add_arguments(struct linux_config *guest, const struct options *options)
{
    guest->arguments = guest->size - (uint32_t)sizeof(*guest);
    if (options->linux_program)
        add_to_list(guest, &guest->argument_count, options->linux_program);
    for (char **argument = options->arguments; *argument; argument++)
        add_to_list(guest, &guest->argument_count, *argument);
}

/* Has the VMM map a file for the guest. */
static void add_image(struct jail *vmm, struct config *config, uint64_t address, int fd,
                      uint64_t size, const char *name)
{
    const int number = VMM_FD_IMAGES + (int)config->image_count - 1; /* one is VMM_FD_GUEST */
    struct config_image *image = &config->images[config->image_count++];

    *image = (struct config_image){
        .kind = IMAGE_MAPPED,
        .fd = number,
        .size = size,
        .address = address,
    };
    jail_give(vmm, number, fd, name);
}

/* Of a file that may be executed, the guest is told so. */
static int open_image(const char *path, const char *option, struct linux_mount *mount)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat status;

    if (fd < 0 || fstat(fd, &status) != 0)
        err(1, "cannot open %s (%s)", path, option);
    if (!S_ISREG(status.st_mode))
        errx(1, "%s is not a regular file (%s)", path, option);
    if (status.st_size == 0 && mount->kind != LINUX_MOUNT_FILE)
        errx(1, "%s is empty (%s)", path, option);
    if (mount->kind == LINUX_MOUNT_FILE && status.st_mode & 0111)
        mount->kind = LINUX_MOUNT_EXECUTABLE;
    /* as long as a VM maps it, so that no cache of images removes it (jailer/oci/cache.h); somebody
     * else's lock does not matter */
    flock(fd, LOCK_SH | LOCK_NB);
    mount->size = (uint64_t)status.st_size;
    return fd;
}

/* An address for the image of a mount, which the VMM maps there. */
static void map_image(struct jail *vmm, struct config *config, struct linux_mount *mount,
                      const char *path, const char *option)
{
    int fd = open_image(path, option, mount);

    if (mount->size == 0) /* nothing of it can be mapped, or is read */
        return;
    mount->address = LINUX_TIME + vmm->image_bytes; /* behind the last one */
    if (mount->size > LINUX_PHYSICAL_MAX - mount->address)
        errx(1, "%s has %llu bytes, and only %llu are left for it (%s)", path,
             (unsigned long long)mount->size,
             (unsigned long long)(LINUX_PHYSICAL_MAX - mount->address), option);
    vmm->image_bytes += (mount->size + IMAGE_ALIGNMENT - 1) & ~(IMAGE_ALIGNMENT - 1);
    add_image(vmm, config, mount->address, fd, mount->size, "image");
}

static void add_mount(struct jail *vmm, struct config *config, struct linux_config *guest,
                      const struct mount *what)
{
    struct linux_mount mount = {.kind = what->kind};

    for (uint32_t i = 0; i < guest->mount_count; i++)
        if (strcmp(guest->strings + guest->mounts[i].path, what->path) == 0)
            errx(1, "%s is taken already, by another option (%s)", what->path, what->option);
    if (guest->mount_count == LINUX_MOUNTS_MAX)
        errx(1,
             "%s is one too many: --program, --root, --mount, --file and --tmpfs make at most "
             "%d",
             what->path, LINUX_MOUNTS_MAX);
    if (what->kind == LINUX_MOUNT_TMPFS)
        mount.size = add_string(guest, what->file);
    else
        map_image(vmm, config, &mount, what->file, what->option);
    mount.path = add_string(guest, what->path);
    guest->mounts[guest->mount_count++] = mount;
}

static void add_mounts(struct jail *vmm, struct config *config, struct linux_config *guest)
{
    const struct options *options = vmm->options;
    const struct mount root = {LINUX_MOUNT_EROFS, "/", options->linux_root, "--root"};
    const struct mount program = {LINUX_MOUNT_EXECUTABLE, options->program_path,
                                  options->linux_program, "--program"};

    if (options->linux_root)
        add_mount(vmm, config, guest, &root);
    if (options->linux_program)
        add_mount(vmm, config, guest, &program);
    for (unsigned i = 0; i < options->mounts.count; i++)
        add_mount(vmm, config, guest, &options->mounts.list[i]);
    guest->program = add_string(guest, options->linux_program ? options->program_path : "");
}

/* Who the program is, what it is called, what it may use. */
static void add_identity(struct linux_config *guest, const struct options *options)
{
    const struct guest_user *user = &options->user;

    guest->uid = user->uid;
    guest->gid = user->gid;
    guest->group_count = user->group_count;
    memcpy(guest->groups, user->groups, sizeof(guest->groups));
    guest->hostname = add_string(guest, options->hostname);
    guest->rlimits_given = options->rlimits.given;
    memcpy(guest->rlimits, options->rlimits.of, sizeof(guest->rlimits));
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

/* Since Linux 5.18, a mapping for huge pages is read in whole ones even if it is to be read at
 * random; before, in single small pages (mm/filemap.c, do_sync_mmap_readahead()). */
static bool reads_whole_huge_pages(void)
{
    struct utsname system;
    unsigned major, minor;

    return uname(&system) == 0 && sscanf(system.release, "%u.%u", &major, &minor) == 2 &&
           (major > 5 || (major == 5 && minor >= 18));
}

void linux_furnish(struct jail *vmm, struct config *config)
{
    const struct options *options = vmm->options;
    struct linux_config *guest = calloc(1, sizeof(*guest) + LINUX_STRINGS_MAX);

    if (!guest)
        err(1, "cannot make the configuration of the kernel in the guest");
    vmm->image_bytes = LINUX_IMAGES - LINUX_TIME;
    guest->version = LINUX_VERSION;
    guest->size = sizeof(*guest);
    guest->ram = options->memory_bytes;
    guest->flags =
        (options->trace ? LINUX_TRACE : 0u) | (options->read_only ? (uint32_t)LINUX_READ_ONLY : 0u);
    describe_terminal(guest);
    add_mounts(vmm, config, guest);
    add_arguments(guest, options);
    add_environment(guest, &options->environment);
    add_identity(guest, options);
    guest->directory = add_string(guest, options->directory);
    add_image(vmm, config, LINUX_CONFIG, seal(guest), guest->size, "linux-config");
    config->image_bytes = vmm->image_bytes;
    config->no_readahead = reads_whole_huge_pages();
    free(guest);
}
