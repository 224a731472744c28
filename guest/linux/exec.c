/* execve(2). */
#include "kernel.h"
#include "posix_timer.h"
#include "process.h"
#include "program.h"
#include "signal.h"
#include "syscalls.h"

#include <asm/errno.h>
#include <asm/fcntl.h>

#define STRING_MAX  (128ul << 10) /* as Linux' MAX_ARG_STRLEN */
#define STRINGS_MAX (2ul << 20)
#define FIRST_SIZE  PAGE_SIZE

struct buffer {
    char *bytes;
    size_t size, capacity;
};

static int make_room(struct buffer *buffer, size_t size)
{
    if (buffer->capacity - buffer->size >= size)
        return 0;

    size_t capacity = buffer->capacity > 0 ? buffer->capacity : FIRST_SIZE;
    while (capacity - buffer->size < size)
        capacity *= 2;
    if (capacity > STRINGS_MAX)
        return -E2BIG;
    char *bytes = krealloc(buffer->bytes, capacity);
    if (bytes == NULL)
        return -ENOMEM;
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return 0;
}

static int append(struct buffer *buffer, const char *user)
{
    size_t room = buffer->capacity - buffer->size;
    long length = -ENAMETOOLONG;

    while (room < STRING_MAX) {
        length =
            room > 0 ? string_from_user(buffer->bytes + buffer->size, user, room) : -ENAMETOOLONG;
        if (length != -ENAMETOOLONG)
            break;
        int error = make_room(buffer, room + 1);
        if (error != 0)
            return error;
        room = buffer->capacity - buffer->size;
    }
    if (length == -ENAMETOOLONG)
        length = string_from_user(buffer->bytes + buffer->size, user, STRING_MAX);
    if (length < 0)
        return length == -ENAMETOOLONG ? -E2BIG : (int)length;
    buffer->size += (size_t)length + 1;
    return 0;
}

/* The strings that a vector of the program points to; NULL is an empty one. */
static int read_strings(const uint64_t *vector, struct strings *strings)
{
    struct buffer buffer = {0};
    int error = 0;

    *strings = (struct strings){0};
    for (; vector != NULL && error == 0; strings->count++) {
        uint64_t pointer;

        error = copy_from_user(&pointer, &vector[strings->count], sizeof(pointer));
        if (error != 0 || pointer == 0)
            break;
        error = append(&buffer, (const char *)pointer);
    }
    strings->bytes = buffer.bytes;
    strings->size = buffer.size;
    return error;
}

/* What the new program does not have of the old one. */
static int leave_old(void)
{
    struct process *process = current_process();

    if (process->actions->references > 1) {
        struct signal_actions *actions = signal_actions_copy(process->actions);

        if (actions == NULL)
            return -ENOMEM;
        signal_actions_put(process->actions);
        process->actions = actions;
    }
    signal_actions_reset(process->actions);
    files_close_on_exec(process->files);
    posix_timers_end(process);
    vfork_done(process);
    current->alternate_size = 0;
    current->clear_child_id = 0;
    current->robust_list = 0;
    return 0;
}

static int unshare_files(void)
{
    struct process *process = current_process();

    if (!files_are_shared(process->files)) /* they have locks, which the program keeps */
        return 0;
    struct files *files = files_copy(process->files);
    if (files == NULL)
        return -ENOMEM;
    files_put(process->files);
    process->files = files;
    return 0;
}

static int start(struct file *file, const char *path, const struct strings *arguments,
                 const struct strings *environment)
{
    bool is_lost;
    int error = unshare_files();

    if (error == 0)
        error = program_start(file, path, arguments, environment, &is_lost);
    else
        is_lost = false;
    if (error == 0)
        error = leave_old();
    if (error != 0 && is_lost)
        process_exit(STATUS_SIGNALED(SIGKILL));
    return error;
}

long sys_execveat(int directory, const char *user_path, const uint64_t *argv, const uint64_t *envp,
                  int flags)
{
    struct strings arguments, environment = {0};
    struct file *file;
    char *path = kmalloc(PATH_MAX);

    if (path == NULL)
        return -ENOMEM;
    int error = read_strings(argv, &arguments);
    if (error == 0)
        error = read_strings(envp, &environment);
    long length = error == 0 ? string_from_user(path, user_path, PATH_MAX) : error;
    error = length < 0 ? (int)length : file_open_exec(directory, user_path, flags, &file);
    if (error == 0) {
        error = start(file, path, &arguments, &environment);
        file_put(file);
    }
    kfree((void *)arguments.bytes);
    kfree((void *)environment.bytes);
    kfree(path);
    return error;
}

long sys_execve(const char *path, const uint64_t *argv, const uint64_t *envp)
{
    return sys_execveat(AT_FDCWD, path, argv, envp, 0);
}
