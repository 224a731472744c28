/* A machine for the files of the guest's kernel: its clock, console, feeds, and one process. */
#include "machine.h"

#include "guest/linux/console.h"
#include "guest/linux/host.h"
#include "guest/linux/kernel.h"
#include "guest/linux/mount.h"
#include "guest/linux/task.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void log_line(const char *text, ...)
{
    const size_t length = strlen(machine.log);
    va_list arguments;

    va_start(arguments, text);
    vsnprintf(machine.log + length, sizeof(machine.log) - length, text, arguments);
    va_end(arguments);
}

uint64_t time_realtime(void)
{
    return machine.clock += 1000;
}

uint64_t time_monotonic(void)
{
    return machine.clock - 1700000000 * (uint64_t)NSEC_PER_SEC;
}

void random_bytes(void *to, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)to)[i] = (uint8_t)rand();
}

long host_write(enum linux_stream stream, const void *bytes, size_t size)
{
    size_t *length = &machine.output_length[stream];
    const size_t part = size < 5000 ? size : 5000; /* a write may be short */

    if (part > OUTPUT_MAX - *length)
        return -EIO;
    memcpy(machine.output[stream] + *length, bytes, part);
    *length += part;
    return (long)part;
}

long host_read(void *bytes, size_t size)
{
    size_t length;

    if (!machine.input)
        return -EAGAIN;
    length = strnlen(machine.input, size);
    memcpy(bytes, machine.input, length);
    machine.input += length;
    return (long)length;
}

uint64_t host_wait(unsigned events, uint64_t nanoseconds)
{
    (void)nanoseconds;
    return machine.input ? events & LINUX_EVENT_INPUT : 0;
}

int console_wait(void)
{
    machine.input = "late";
    return 0;
}

void poll_wants_console(void)
{
}

void epoll_forget(struct file *file)
{
    (void)file;
}

long host_ask(struct linux_ask *ask, const char *argument, void *piece)
{
    char text[LINUX_ARGUMENT_MAX + 1];
    const char *answer;
    size_t length;

    memcpy(text, argument, ask->argument_length);
    text[ask->argument_length] = '\0';
    machine.questions += ask->offset == 0;
    answer = machine.feed(ask->port, text, ask->offset);
    if (!answer) {
        answer = "[gone]";
        ask->offset = 0;
    }
    ask->total = (uint32_t)strlen(answer);
    length = ask->total - ask->offset;
    length = length < LINUX_PIECE_MAX ? length : LINUX_PIECE_MAX;
    memcpy(piece, answer + ask->offset, length);
    return (long)length;
}

void unmap_file_pages(struct inode *inode, uint64_t first, uint64_t last, bool with_copies)
{
    (void)inode, (void)first, (void)last, (void)with_copies;
    machine.unmapped++;
}

struct files *current_files(void)
{
    return machine.files;
}

struct credentials *current_credentials(void)
{
    return &machine.credentials;
}

const char *host_name(void)
{
    return "test";
}

const char *domain_name(void)
{
    return "(none)";
}

struct fs *current_fs(void)
{
    return machine.fs;
}

uint64_t current_file_limit(void)
{
    return 256;
}

uint64_t current_size_limit(void)
{
    return machine.size_limit;
}

int current_size_exceeded(void)
{
    return -EFBIG;
}

int task_current(void)
{
    return 1;
}

int task_current_thread(void)
{
    return 1;
}

int task_next(int from)
{
    return from <= 1 ? 1 : -1;
}

int task_next_thread(int pid, int from)
{
    return pid == 1 && from <= 1 ? 1 : -1;
}

bool task_info(int pid, struct task_info *info)
{
    *info = (struct task_info){.pid = 1,
                               .thread = 1,
                               .group = 1,
                               .session = 1,
                               .threads = 1,
                               .state = 'R',
                               .name = "test"};
    return pid == 1;
}

const struct credentials *task_credentials(int pid)
{
    return pid == 1 ? &machine.credentials : NULL;
}

bool task_limit(int pid, unsigned resource, struct task_limit *limit)
{
    *limit = (struct task_limit){resource, UINT64_MAX};
    return pid == 1;
}

struct files *task_files(int pid)
{
    return pid == 1 ? machine.files : NULL;
}

struct fs *task_fs(int pid)
{
    return pid == 1 ? machine.fs : NULL;
}

struct dentry *task_program(int pid)
{
    (void)pid;
    return NULL;
}

size_t task_arguments(int pid, size_t offset, char *to, size_t size)
{
    static const char arguments[] = "test\0one";
    const size_t left = sizeof(arguments) - offset;
    const size_t part = left < size ? left : size;

    (void)pid;
    memcpy(to, arguments + offset, part);
    return part;
}

size_t task_environment(int pid, size_t offset, char *to, size_t size)
{
    (void)pid, (void)offset, (void)to, (void)size;
    return 0;
}

bool task_mapping(int pid, uint64_t address, struct task_mapping *mapping)
{
    *mapping = (struct task_mapping){
        .start = 0x400000, .end = 0x401000, .readable = true, .executable = true, .name = "[test]"};
    return pid == 1 && address < mapping->end;
}

unsigned task_started(void)
{
    return 1;
}

unsigned task_running(void)
{
    return 1;
}
