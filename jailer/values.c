/* Reads the values of the command line's options: see values.h. */
#include "values.h"

#include "rlimits.h"

#include "vmm/linux.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
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
    if (environment->count == OPTION_STRINGS_MAX)
        errx(1, "--env is given more than %d times", OPTION_STRINGS_MAX);
    environment->list[environment->count++] = text;
}

static void add_mount(struct mounts *mounts, struct mount mount)
{
    if (mounts->count == LINUX_MOUNTS_MAX)
        errx(1, "--mount, --file and --tmpfs are given more than %d times", LINUX_MOUNTS_MAX);
    mounts->list[mounts->count++] = mount;
}

/* Cuts PATH=VALUE in two: the value, or NULL where there is none. */
static char *take_path(char *text)
{
    char *equals = strchr(text, '=');

    if (equals)
        *equals++ = '\0';
    return equals;
}

/* Of PATH, or of PATH=VALUE. */
static bool is_below_root(const char *text)
{
    return text[0] == '/' && !strchr("=", text[strspn(text, "/")]);
}

void mount_option(char *text, struct mounts *mounts)
{
    const char *equals = strchr(text, '=');

    if (!is_below_root(text) || !equals || equals[1] == '\0')
        errx(1, "--mount %s: expected PATH=IMAGE, with an absolute path inside the VM", text);
    add_mount(mounts, (struct mount){LINUX_MOUNT_EROFS, text, take_path(text), "--mount"});
}

const char *input_path(const char *file)
{
    const char *slash = strrchr(file, '/');
    char *path;

    if (asprintf(&path, "/input/%s", slash ? slash + 1 : file) < 0)
        err(1, "asprintf");
    return path;
}

/* A '=' in the file's own name is none of PATH=FILE if the name does not start at the root. */
void file_option(char *text, struct mounts *mounts)
{
    const char *file = is_below_root(text) ? take_path(text) : NULL;

    if (file && *file == '\0')
        errx(1, "--file %s=: expected FILE or PATH=FILE, with an absolute path inside the VM",
             text);
    add_mount(mounts, (struct mount){LINUX_MOUNT_FILE, file ? text : input_path(text),
                                     file ? file : text, "--file"});
}

void tmpfs_option(char *text, struct mounts *mounts)
{
    const char *options;

    if (!is_below_root(text))
        errx(1, "--tmpfs %s: expected PATH or PATH=OPTIONS, with an absolute path inside the VM",
             text);
    options = take_path(text);
    add_mount(mounts, (struct mount){LINUX_MOUNT_TMPFS, text, options ? options : "", "--tmpfs"});
}

/* The number at `*at`, which is then behind it; false if there is none, or -1, which is nobody. */
static bool take_id(const char **at, uint32_t *id)
{
    char *end;
    unsigned long number;

    if (**at < '0' || **at > '9')
        return false;
    errno = 0;
    number = strtoul(*at, &end, 10);
    *at = end;
    *id = (uint32_t)number;
    return errno == 0 && number < UINT32_MAX;
}

static bool parse_user(const char *at, struct guest_user *user)
{
    if (!take_id(&at, &user->uid))
        return false;
    user->gid = user->uid;
    if (*at == ':' && (at++, !take_id(&at, &user->gid)))
        return false;
    for (char before = ':'; *at == before; before = ',') {
        at++;
        if (user->group_count == LINUX_GROUPS_MAX ||
            !take_id(&at, &user->groups[user->group_count++]))
            return false;
    }
    return *at == '\0';
}

struct guest_user user_option(const char *text)
{
    struct guest_user user = {0};

    if (!parse_user(text, &user))
        errx(1, "--user %s: expected UID[:GID[:GROUP,...]], whole numbers, at most %d groups", text,
             LINUX_GROUPS_MAX);
    return user;
}

static bool parse_rlimit(const char *text, uint64_t *limit)
{
    *limit = UINT64_MAX;
    return strcmp(text, "unlimited") == 0 || parse_number(text, true, limit);
}

void rlimit_option(char *text, struct rlimits *rlimits)
{
    char *soft = take_path(text), *hard = soft ? strchr(soft, ':') : NULL;
    const int number = rlimit_number(text);
    struct linux_rlimit limit;
    bool valid;

    if (hard)
        *hard++ = '\0';
    valid =
        soft && parse_rlimit(soft, &limit.soft) && parse_rlimit(hard ? hard : soft, &limit.hard);
    if (soft) /* whole again, for the messages */
        soft[-1] = '=';
    if (hard)
        hard[-1] = ':';
    if (number < 0)
        errx(1, "--rlimit %s: no such limit; there are " RLIMIT_NAMES, text);
    if (!valid)
        errx(1, "--rlimit %s: expected NAME=SOFT[:HARD], whole numbers or 'unlimited'", text);
    if (limit.soft > limit.hard)
        errx(1, "--rlimit %s: the soft limit is above the hard one", text);
    rlimits->of[number] = limit;
    rlimits->given |= 1u << number;
}

const char *hostname_option(const char *text)
{
    if (strlen(text) > LINUX_HOSTNAME_MAX)
        errx(1, "--hostname '%s': expected 1 to %d characters", text, LINUX_HOSTNAME_MAX);
    return text;
}

const char *directory_option(const char *text)
{
    if (*text != '/')
        errx(1, "--cwd %s: expected an absolute path inside the VM", text);
    return text;
}

void setting_option(const char *name, const char *form, char *text, struct settings *settings)
{
    char *equals = strchr(text, '=');

    if (!equals || equals == text || equals[1] == '\0')
        errx(1, "--%s %s: expected %s", name, text, form);
    if (settings->count == OPTION_REPEATS_MAX)
        errx(1, "--%s is given more than %d times", name, OPTION_REPEATS_MAX);
    *equals = '\0';
    settings->list[settings->count++] = (struct setting){text, equals + 1};
}

void credential_option(char *text, struct settings *credentials)
{
    setting_option("credential", "NAME=FILE", text, credentials);
    for (unsigned i = 0; i + 1 < credentials->count; i++)
        if (strcmp(credentials->list[i].name, text) == 0)
            errx(1, "--credential %s=... is given twice", text);
}

/* A limit, and no file that moves processes or reaches another cgroup. */
void cgroup_option(char *text, struct settings *settings)
{
    const char *const file = strncmp(text, "broker:", 7) == 0 ? text + 7 : text;

    setting_option("cgroup", "[broker:]FILE=VALUE", text, settings);
    if (!strchr(file, '.') || strchr(file, '/') || strncmp(file, "cgroup.", 7) == 0)
        errx(1, "--cgroup %s: expected a controller's file, such as memory.max or pids.max", text);
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
