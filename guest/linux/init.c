/* The first process: where it is, who it is, which program it runs. */
#include "init.h"

#include "credentials.h"
#include "host.h"
#include "itimer.h"
#include "kernel.h"
#include "process.h"
#include "program.h"

#include <asm/errno.h>
#include <asm/fcntl.h>

#define STATUS_FAILED         125
#define STATUS_NOT_EXECUTABLE 126
#define STATUS_NOT_FOUND      127

_Static_assert(LINUX_RLIMITS_MAX == RLIM_NLIMITS, "as setrlimit(2) has them");
_Static_assert(LINUX_GROUPS_MAX == ARRAY_SIZE(((struct credentials *)NULL)->groups), "all fit");

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

/* To whoever reads the program's standard error, as env(1) would say it there. */
static void complain(const char *path, const char *why, int error)
{
    static char line[PATH_MAX + 128];
    const bool is_terminal = (host_config->flags & LINUX_TTY_ERROR) != 0;

    format(line, sizeof(line), "sparkler: %s: %s (error %d)%s\n", path, why, -error,
           is_terminal ? "\r" : "");
    host_write(LINUX_ERROR, line, strlen(line));
}

_Noreturn static void fail(const char *path, int error, bool is_found)
{
    const char *why = "cannot be started";

    switch (error) {
    case -ENOENT:
        why = is_found ? "needs a loader or interpreter that the root (--root) does not have"
                       : "not found";
        break;
    case -EACCES:
        why = "may not be executed, or is not a regular file";
        break;
    case -ENOEXEC:
        why = "neither a program for x86-64 Linux nor a script";
        break;
    case -ELIBBAD:
        why = "its interpreter is not a program for x86-64 Linux";
        break;
    case -ENOMEM:
        why = "does not fit into memory";
        break;
    case -E2BIG:
        why = "too many arguments";
        break;
    }
    complain(path, why, error);
    host_exit(error == -ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE);
}

_Noreturn static void fail_files(const char *why)
{
    log_line("/ cannot be set up: %s", why);
    host_exit(STATUS_FAILED);
}

void init_files(struct process *process)
{
    const char *failure = vfs_start(), *path;

    if (failure != NULL)
        fail_files(failure);
    process->fs = fs_new();
    process->files = files_new();
    if (process->fs == NULL || process->files == NULL || vfs_open_console(process->files) != 0)
        fail_files("memory is too small");
    failure = vfs_mount(&path);
    if (failure != NULL) {
        log_line("%s cannot be set up: %s", path, failure);
        host_exit(STATUS_FAILED);
    }
    if (fs_chdir(config_string(host_config->directory)) != 0)
        fail_files("memory is too small");
}

void init_identity(struct process *process)
{
    struct credentials *credentials = &process->credentials;

    credentials_start(credentials, host_config->uid, host_config->gid);
    credentials->group_count = (int)host_config->group_count;
    memcpy(credentials->groups, host_config->groups, sizeof(credentials->groups));
    for (unsigned i = 0; i < RLIM_NLIMITS; i++)
        if ((host_config->rlimits_given >> i & 1) != 0)
            process->limits[i] =
                (struct limit){host_config->rlimits[i].soft, host_config->rlimits[i].hard};
    itimers_limit(process);
    uts_start(config_string(host_config->hostname));
}

/* ---- The environment ---- */

static const char *find_variable(const struct strings *environment, const char *name)
{
    const char *string = environment->bytes;
    const size_t length = strlen(name);

    for (unsigned i = 0; i < environment->count; i++, string += strlen(string) + 1)
        if (strncmp(string, name, length) == 0 && string[length] == '=')
            return string + length + 1;
    return NULL;
}

/* The field of a line of passwd(5), and its length; NULL if there are not so many. */
static const char *field_of(const char *line, unsigned number, size_t *length)
{
    const char *end;

    for (; number > 0; number--) {
        line = strchr(line, ':');
        if (line == NULL)
            return NULL;
        line++;
    }
    end = strchr(line, ':');
    *length = end != NULL ? (size_t)(end - line) : strlen(line);
    return line;
}

/* The home in a line of passwd(5), cut off in place; NULL where it is of another user. */
static char *home_in(char *line, const char *uid)
{
    size_t length;
    const char *field = field_of(line, 2, &length);

    if (field == NULL || length != strlen(uid) || strncmp(field, uid, length) != 0)
        return NULL;
    field = field_of(line, 5, &length);
    if (field == NULL || length == 0)
        return NULL;
    ((char *)field)[length] = '\0';
    return (char *)field;
}

/* The user's home by /etc/passwd, or "/". */
static const char *find_home(uint32_t user)
{
    static char text[16 * PAGE_SIZE];
    char uid[16], *home = NULL;
    struct file *file;
    long length;

    if (file_open("/etc/passwd", O_RDONLY, &file) != 0)
        return "/";
    length = file_read_at(file, text, sizeof(text) - 1, 0);
    file_put(file);
    format(uid, sizeof(uid), "%u", user);
    text[length > 0 ? length : 0] = '\0';
    for (char *line = text, *next; line != NULL && home == NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        home = home_in(line, uid);
    }
    return home != NULL ? home : "/";
}

/* What the configuration has, and HOME. */
static struct strings environment_of(const struct process *process)
{
    struct strings given = config_strings(host_config->environment, host_config->environment_count);

    if (find_variable(&given, "HOME") != NULL)
        return given;
    const char *home = find_home(process->credentials.user.effective);
    const size_t size = sizeof("HOME=") + strlen(home);
    char *bytes = kmalloc(given.size + size);
    if (bytes == NULL)
        fail_files("memory is too small");
    memcpy(bytes, given.bytes, given.size);
    format(bytes + given.size, size, "HOME=%s", home);
    return (struct strings){bytes, given.size + size, given.count + 1};
}

/* ---- The program ---- */

/* As execvp(3): a name without a slash is looked for in the directories of PATH. */
static int open_program(const char *name, const struct strings *environment, char *path,
                        struct file **file)
{
    const char *directory = find_variable(environment, "PATH");
    int error = -ENOENT;

    if (*name == '\0')
        directory = "";
    if (strchr(name, '/') != NULL || directory == NULL) {
        format(path, PATH_MAX, "%s", name);
        return program_open(path, file);
    }
    for (const char *end; *directory != '\0'; directory = end + (*end == ':')) {
        end = strchr(directory, ':');
        if (end == NULL)
            end = directory + strlen(directory);
        format(path, PATH_MAX, "%.*s/%s", (int)(end - directory), directory, name);
        int found = program_open(path, file);
        if (found == 0)
            return 0;
        if (found == -EACCES) /* the next directory may have one that can be executed */
            error = found;
    }
    format(path, PATH_MAX, "%s", name);
    return error;
}

void init_start(void)
{
    static char path[PATH_MAX];

    const char *program = config_string(host_config->program);
    const struct strings arguments =
        config_strings(host_config->arguments, host_config->argument_count);
    const struct strings environment = environment_of(current_process());
    struct file *file;
    bool is_lost;

    if (*program == '\0')
        program = arguments.count > 0 ? arguments.bytes : "";
    int error = open_program(program, &environment, path, &file);
    const bool is_found = error == 0;
    if (is_found) {
        error = program_start(file, path, &arguments, &environment, &is_lost);
        file_put(file);
    }
    if (error != 0)
        fail(path, error, is_found);
}
