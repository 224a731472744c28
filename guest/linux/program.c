/* The start of a program: scripts lead to their interpreter, and that is an ELF file at last. */
#include "program.h"

#include "elf.h"
#include "kernel.h"
#include "permission.h"
#include "process.h"
#include "space.h"
#include "stack.h"
#include "table.h"
#include "vdso.h"

#include <asm/errno.h>
#include <asm/fcntl.h>
#include <linux/mman.h>

#define PIE_BASE 0x555555554000ul
#define STACK_GAP_MIN                                                                              \
    (128ul << 20)       /* what the stack may grow to, at least, before mappings begin */
#define SCRIPTS_MAX   5 /* that lead to another */
#define SHEBANG_MAX   256
#define INTERRUPTS_ON 0x202
#define USER_CS       0x33
#define USER_SS       0x2b

/* What is being started; freed as one. */
struct loading {
    struct elf program, interpreter;
    struct file *file, *interpreter_file;
};

int program_open(const char *path, struct file **file)
{
    int error = file_open(path, O_RDONLY, file);

    if (error != 0)
        return error;
    error = may_execute((*file)->inode);
    if (error != 0)
        file_put(*file);
    return error;
}

static int open_interpreter(struct loading *loading)
{
    if (loading->program.interpreter[0] == '\0')
        return 0;

    int error = program_open(loading->program.interpreter, &loading->interpreter_file);
    if (error != 0) {
        loading->interpreter_file = NULL;
        return error;
    }
    error = elf_read(&loading->interpreter, loading->interpreter_file);
    return error == -ENOEXEC ? -ELIBBAD : error;
}

static struct space *make_space(const struct process *process)
{
    struct space *space = space_new();

    if (space == NULL)
        return NULL;

    uint64_t limit = process->limits[RLIMIT_STACK].soft;
    uint64_t gap = limit < STACK_GAP_MIN ? STACK_GAP_MIN : limit;
    space->stack_limit = limit < USER_END / 4 ? limit : USER_END / 4;
    space->top = USER_END - (gap < USER_END / 4 ? gap & ~PAGE_MASK : USER_END / 4);
    return space;
}

static int map_files(const struct loading *loading, struct space *space, struct start *start)
{
    int error = elf_map(&loading->program, loading->file, space, PIE_BASE, &start->program);

    space->heap_start = space->heap_end = (start->program.end + PAGE_MASK) & ~PAGE_MASK;
    if (error == 0 && loading->interpreter_file != NULL)
        error = elf_map(&loading->interpreter, loading->interpreter_file, space, 0,
                        &start->interpreter);
    return error;
}

static void set_command(struct process *process, const char *path)
{
    const char *name = strrchr(path, '/');

    name = name != NULL ? name + 1 : path;
    memset(process->command, 0, sizeof(process->command));
    memcpy(process->command, name, strnlen(name, sizeof(process->command) - 1));
}

static void set_registers(struct thread *thread, uint64_t entry, uint64_t stack)
{
    *thread_registers(thread) = (struct registers){
        .rip = entry,
        .cs = USER_CS,
        .rflags = INTERRUPTS_ON,
        .rsp = stack,
        .ss = USER_SS,
    };
}

/* Once the new address space is there, the old program cannot be gone back to: *is_lost. */
static int replace(struct loading *loading, struct start *start, bool *is_lost)
{
    struct process *process = current_process();
    struct space *old = process->space, *space;
    struct credentials credentials = process->credentials;
    int error = credentials_execute(&credentials, loading->file->inode, process->no_new_privileges,
                                    &start->is_secure);

    if (error != 0)
        return error;
    space = make_space(process);
    if (space == NULL)
        return -ENOMEM;
    *is_lost = true;
    end_other_threads();
    process->space = space;
    space_switch(space);
    if (old != NULL)
        space_put(old);

    error = map_files(loading, space, start);
    if (error != 0)
        return error;
    process->credentials = credentials;
    process->not_dumpable = start->is_secure;
    start->vdso = vdso_map(space);
    long stack = stack_make(space, start);
    if (stack < 0)
        return (int)stack;

    const bool has_interpreter = loading->interpreter_file != NULL;
    set_registers(current, has_interpreter ? start->interpreter.entry : start->program.entry,
                  (uint64_t)stack);
    set_command(process, start->path);
    if (process->executable != NULL)
        dentry_put(process->executable);
    process->executable = dentry_get(loading->file->dentry);
    __asm__ volatile("wrfsbase %0; wrgsbase %0" : : "r"(0ul));
    return 0;
}

static int start_elf(struct file *file, const char *path, const struct strings *arguments,
                     const struct strings *environment, bool *is_lost)
{
    struct loading *loading = kzalloc(sizeof(*loading));
    struct start start = {.path = path, .arguments = arguments, .environment = environment};

    if (loading == NULL)
        return -ENOMEM;
    loading->file = file;
    start.elf = &loading->program;
    int error = elf_read(&loading->program, file);
    if (error == 0)
        error = open_interpreter(loading);
    if (error == 0)
        error = replace(loading, &start, is_lost);
    if (loading->interpreter_file != NULL)
        file_put(loading->interpreter_file);
    kfree(loading);
    return error;
}

/* ---- Scripts ---- */

/* Cuts "#!interpreter argument" in place; NULL where it is none. */
static char *parse_script(char *line, char **argument)
{
    char *at = line + 2;

    line[strnlen(line, SHEBANG_MAX)] = '\0';
    char *end = strchr(line, '\n');
    if (end == NULL)
        return NULL;
    while (end > at && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    *end = '\0';
    while (*at == ' ' || *at == '\t')
        at++;
    char *interpreter = at;
    while (*at != '\0' && *at != ' ' && *at != '\t')
        at++;
    *argument = NULL;
    if (*at != '\0') {
        *at++ = '\0';
        while (*at == ' ' || *at == '\t')
            at++;
        *argument = at;
    }
    return *interpreter != '\0' ? interpreter : NULL;
}

static char *append(char *to, const char *string)
{
    size_t size = strlen(string) + 1;

    return (char *)memcpy(to, string, size) + size;
}

/* The interpreter, its argument, the script's path, and what followed the script's own name. */
static int script_arguments(const char *interpreter, const char *argument, const char *path,
                            const struct strings *old, struct strings *new)
{
    size_t skipped = old->count > 0 ? strlen(old->bytes) + 1 : 0;
    char *bytes = kmalloc(2 * (SHEBANG_MAX + 1) + strlen(path) + 1 + old->size - skipped);

    if (bytes == NULL)
        return -ENOMEM;
    char *at = append(bytes, interpreter);
    if (argument != NULL)
        at = append(at, argument);
    at = append(at, path);
    memcpy(at, old->bytes + skipped, old->size - skipped);
    *new = (struct strings){
        .bytes = bytes,
        .size = (size_t)(at - bytes) + old->size - skipped,
        .count = (argument != NULL ? 3 : 2) + (old->count > 0 ? old->count - 1 : 0),
    };
    return 0;
}

static int start_file(struct file *file, const char *path, const struct strings *arguments,
                      const struct strings *environment, unsigned scripts, bool *is_lost)
{
    char line[SHEBANG_MAX + 1] = "", *argument;
    long count = file_read_at(file, line, SHEBANG_MAX, 0);

    if (count < 0)
        return (int)count;
    if (count < 2 || line[0] != '#' || line[1] != '!')
        return start_elf(file, path, arguments, environment, is_lost);
    if (scripts == SCRIPTS_MAX)
        return -ELOOP;

    const char *interpreter = parse_script(line, &argument);
    struct strings longer;
    struct file *next;
    if (interpreter == NULL)
        return -ENOEXEC;
    int error = program_open(interpreter, &next);
    if (error != 0)
        return error;
    error = script_arguments(interpreter, argument, path, arguments, &longer);
    if (error == 0) {
        error = start_file(next, interpreter, &longer, environment, scripts + 1, is_lost);
        kfree((void *)longer.bytes);
    }
    file_put(next);
    return error;
}

int program_start(struct file *file, const char *path, const struct strings *arguments,
                  const struct strings *environment, bool *is_lost)
{
    *is_lost = false;
    return start_file(file, path, arguments, environment, 0, is_lost);
}
