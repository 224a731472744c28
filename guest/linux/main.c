/* The start of the kernel: memory, clocks, files, then the program that the VM is for. */
#include "clock.h"
#include "host.h"
#include "kernel.h"
#include "page.h"
#include "process.h"
#include "program.h"
#include "signal.h"
#include "table.h"

#include <asm/errno.h>
#include <asm/fcntl.h>

#define STATUS_FAILED         125
#define STATUS_NOT_EXECUTABLE 126
#define STATUS_NOT_FOUND      127

static const char *config_string(uint32_t offset)
{
    return host_config->strings + offset;
}

static struct strings config_strings(uint32_t offset, uint32_t count)
{
    struct strings strings = {.bytes = config_string(offset), .count = count};

    for (uint32_t i = 0; i < count; i++)
        strings.size += strlen(strings.bytes + strings.size) + 1;
    return strings;
}

static void check_processor(void)
{
    uint32_t eax = 7, ebx, ecx = 0, edx;

    __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    if ((ebx & 1) == 0)
        panic("this processor has no FSGSBASE, which Linux programs need here");
}

static void check_contract(void)
{
    if (host_config->version != LINUX_VERSION || host_time->version != LINUX_VERSION)
        panic("the kernel in the VM is for version %u, and the VMM has version %u", LINUX_VERSION,
              host_config->version);
}

_Noreturn static void fail(const char *path, int error)
{
    const char *why = "cannot be started";

    switch (error) {
    case -ENOENT:
        why = "not found";
        break;
    case -EACCES:
        why = "may not be executed, or is no regular file";
        break;
    case -ENOEXEC:
        why = "neither a program for x86-64 Linux nor a script";
        break;
    case -ELIBBAD:
        why = "its interpreter is no program for x86-64 Linux";
        break;
    case -ENOMEM:
        why = "does not fit into memory";
        break;
    case -E2BIG:
        why = "too many arguments";
        break;
    }
    log_line("%s: %s (error %d)", path, why, -error);
    host_exit(error == -ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE);
}

_Noreturn static void fail_files(const char *why)
{
    log_line("the files cannot be set up: %s", why);
    host_exit(STATUS_FAILED);
}

static void start_files(struct process *process)
{
    const char *failure = vfs_start();
    const char *directory = config_string(host_config->directory);

    if (failure != NULL)
        fail_files(failure);
    process->fs = fs_new();
    process->files = files_new();
    if (process->fs == NULL || process->files == NULL || vfs_open_console(process->files) != 0)
        fail_files("memory is too small");
    if (fs_chdir(directory) != 0) {
        log_line("the working directory %s is not there", directory);
        host_exit(STATUS_FAILED);
    }
}

/* The file of a host's program, which stands in /input. */
static bool find_image(char *path)
{
    for (uint32_t i = 0; i < host_config->image_count; i++)
        if (host_config->images[i].kind == LINUX_IMAGE_PROGRAM) {
            const char *name = config_string(host_config->images[i].name);
            const char *slash = strrchr(name, '/');

            format(path, PATH_MAX, "/input/%s", slash != NULL ? slash + 1 : name);
            return true;
        }
    return false;
}

static const char *find_variable(const struct strings *environment, const char *name)
{
    const char *string = environment->bytes;
    const size_t length = strlen(name);

    for (unsigned i = 0; i < environment->count; i++, string += strlen(string) + 1)
        if (strncmp(string, name, length) == 0 && string[length] == '=')
            return string + length + 1;
    return NULL;
}

/* As execvp(3): a name without a slash is looked for in the directories of PATH. */
static int open_program(const char *name, const struct strings *environment, char *path,
                        struct file **file)
{
    const char *directory = find_variable(environment, "PATH");
    int error = -ENOENT;

    if (strchr(name, '/') != NULL || directory == NULL) {
        format(path, PATH_MAX, "%s", name);
        return file_open(path, O_RDONLY, file);
    }
    while (error != 0 && *directory != '\0') {
        const char *end = strchr(directory, ':');
        const size_t length = end != NULL ? (size_t)(end - directory) : strlen(directory);

        format(path, PATH_MAX, "%.*s/%s", (int)length, directory, name);
        error = file_open(path, O_RDONLY, file);
        directory += length + (end != NULL);
    }
    if (error != 0)
        format(path, PATH_MAX, "%s", name);
    return error;
}

static void start_program(void)
{
    static char path[PATH_MAX];

    const struct strings arguments =
        config_strings(host_config->arguments, host_config->argument_count);
    const struct strings environment =
        config_strings(host_config->environment, host_config->environment_count);
    struct file *file;
    bool is_lost;

    int error = find_image(path) ? file_open(path, O_RDONLY, &file)
                                 : open_program(arguments.count > 0 ? arguments.bytes : "",
                                                &environment, path, &file);
    if (error == 0) {
        error = program_start(file, path, &arguments, &environment, &is_lost);
        file_put(file);
    }
    if (error != 0)
        fail(path, error);
}

/* Called by entry.asm, in ring 3. */
void kernel_main(void)
{
    const uint64_t tsc = read_tsc();

    check_contract();
    pages_start(host_config->ram);
    table_start();
    check_processor();
    fpu_check();
    clock_start(tsc);

    struct process *process = process_new();
    if (process == NULL)
        panic("no memory for the first process");
    current = process->threads;
    process->actions = signal_actions_new();
    if (process->actions == NULL)
        panic("no memory for the first process");
    start_files(process);
    start_program();
    thread_begin(current);
}
