/* Reads the values of the command line's options: see values.h. */
#include "values.h"

#include "vmm/linux.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PARENT_CGROUP_MAX 400

/* Guest memory: the least, the most, and what there is without --mem. */
static const struct memory {
    uint64_t least, most, preset;
    const char *range;
} flat_memory = {64u << 10, LINUX_RAM_LOW_MAX, 1u << 20, "64K to 3G"},
  linux_memory = {4u << 20, LINUX_RAM_MAX, 512u << 20, "4M to 255G"};

/* False if the text is not a whole number, with K, M or G behind it where that is allowed. */
static bool parse_number(const char *text, bool suffixes, uint64_t *number)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *number = strtoull(text, &end, 10);
    if (errno != 0)
        return false;
    if (suffixes && *end != '\0') {
        const char *units = "KMG", *unit = strchr(units, *end);

        if (!unit || *number > UINT64_MAX >> 30)
            return false;
        *number <<= 10 * (unit - units + 1);
        end++;
    }
    return *end == '\0';
}

uint64_t number_option(const char *name, const char *text, uint64_t least, uint64_t most)
{
    uint64_t number;

    if (!parse_number(text, false, &number) || number < least || number > most)
        errx(1, "--%s %s: expected a whole number from %llu to %llu", name, text,
             (unsigned long long)least, (unsigned long long)most);
    return number;
}

uint64_t memory_preset(bool is_linux)
{
    return (is_linux ? &linux_memory : &flat_memory)->preset;
}

uint64_t memory_option(const char *text, bool is_linux)
{
    const struct memory *memory = is_linux ? &linux_memory : &flat_memory;
    uint64_t bytes;

    if (!parse_number(text, true, &bytes) || bytes < memory->least || bytes > memory->most ||
        bytes % 4096 != 0)
        errx(1, "--mem %s: expected a multiple of 4K from %s", text, memory->range);
    return bytes;
}

int descriptor_option(const char *name, const char *text)
{
    const int fd = (int)number_option(name, text, STDERR_FILENO + 1, INT_MAX);

    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        err(1, "--%s %d: no such descriptor was inherited", name, fd);
    return fd;
}

void string_option(const char *name, const char *text, struct strings *strings)
{
    if (strings->count == OPTION_STRINGS_MAX)
        errx(1, "--%s is given more than %d times", name, OPTION_STRINGS_MAX);
    strings->list[strings->count++] = text;
}

/* Of two values of one name the last one counts. */
void environment_option(const char *text, struct strings *environment)
{
    const char *equals = strchr(text, '=');

    if (!equals || equals == text)
        errx(1, "--env %s: expected NAME=VALUE", text);
    for (unsigned i = 0; i < environment->count; i++)
        if (strncmp(environment->list[i], text, (size_t)(equals - text) + 1) == 0) {
            environment->list[i] = text;
            return;
        }
    string_option("env", text, environment);
}

const char *directory_option(const char *text)
{
    if (*text != '/')
        errx(1, "--cwd %s: expected a path from / on, inside the VM", text);
    return text;
}

void setting_option(const char *name, char *text, struct settings *settings)
{
    char *equals = strchr(text, '=');

    if (!equals || equals == text || equals[1] == '\0')
        errx(1, "--%s %s: expected NAME=VALUE", name, text);
    if (settings->count == OPTION_REPEATS_MAX)
        errx(1, "--%s is given more than %d times", name, OPTION_REPEATS_MAX);
    *equals = '\0';
    settings->list[settings->count++] = (struct setting){text, equals + 1};
}

const char *id_option(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

    if (length == 0 || length > 64 || text[length] != '\0')
        errx(1, "--id %s: expected 1 to 64 letters, digits and '-'", text);
    return text;
}

/* Below the parent of all cgroups, whatever it is: no way up, and no path that is cut off. */
const char *parent_cgroup_option(const char *text)
{
    for (const char *part = text; part; part = strchr(part, '/')) {
        part += strspn(part, "/");
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            errx(1, "--parent-cgroup %s: '..' is not accepted; give a path below /sys/fs/cgroup",
                 text);
    }
    if (strlen(text) > PARENT_CGROUP_MAX)
        errx(1, "--parent-cgroup: expected a path of at most %d bytes", PARENT_CGROUP_MAX);
    return text;
}

enum console console_option(const char *text)
{
    static const char *const names[] = {
        [CONSOLE_AUTO] = "auto", [CONSOLE_SAFE] = "safe", [CONSOLE_RAW] = "raw"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(text, names[i]) == 0)
            return (enum console)i;
    errx(1, "--console %s: expected auto, safe or raw", text);
}
