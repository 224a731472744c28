/*
 * The stack of a new program: from the top down the path of its file, the strings of environment
 * and arguments, 16 random bytes, the auxiliary vector, and the pointers that main() gets.
 */
#include "stack.h"

#include "kernel.h"
#include "process.h"
#include "table.h"

#include <asm/errno.h>
#include <linux/auxvec.h>
#include <linux/mman.h>

#define FIRST_SIZE   (128ul << 10) /* it grows from there on */
#define TICKS        100
#define HAS_FSGSBASE 2    /* of AT_HWCAP2: WRFSBASE may be used */
#define STACK_MIN    2048 /* AT_MINSIGSTKSZ */

struct cursor {
    uint64_t at;
    bool failed;
};

static void push(struct cursor *cursor, const void *bytes, size_t size)
{
    cursor->at -= size;
    if (copy_to_user((void *)cursor->at, bytes, size) != 0)
        cursor->failed = true;
}

static uint64_t push_text(struct cursor *cursor, const char *text)
{
    push(cursor, text, strlen(text) + 1);
    return cursor->at;
}

static void push_word(struct cursor *cursor, uint64_t word)
{
    push(cursor, &word, sizeof(word));
}

/* Pointers to strings that follow each other from `address` on, and NULL. */
static void push_pointers(struct cursor *cursor, const struct strings *strings, uint64_t address)
{
    const char *string = strings->bytes;
    uint64_t at = cursor->at - (strings->count + 1) * sizeof(uint64_t);
    uint64_t end = at;

    for (unsigned i = 0; i < strings->count; i++) {
        struct cursor one = {.at = end += sizeof(uint64_t)};

        push_word(&one, address + (uint64_t)(string - strings->bytes));
        cursor->failed |= one.failed;
        string += strlen(string) + 1;
    }
    push_word(&(struct cursor){.at = cursor->at}, 0);
    cursor->at = at;
}

static uint32_t processor_features(void)
{
    uint32_t eax = 1, ebx, ecx = 0, edx;

    __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    return edx;
}

static void push_auxiliary(struct cursor *cursor, const struct start *start, uint64_t path,
                           uint64_t random, uint64_t platform)
{
    const struct credentials *credentials = current_credentials();
    const uint64_t vector[][2] = {
        {AT_SYSINFO_EHDR, start->vdso},
        {AT_HWCAP, processor_features()},
        {AT_PAGESZ, PAGE_SIZE},
        {AT_CLKTCK, TICKS},
        {AT_PHDR, start->program.headers},
        {AT_PHENT, sizeof(struct elf64_phdr)},
        {AT_PHNUM, start->elf->header.e_phnum},
        {AT_BASE, start->interpreter.bias},
        {AT_FLAGS, 0},
        {AT_ENTRY, start->program.entry},
        {AT_UID, credentials->user.real},
        {AT_EUID, credentials->user.effective},
        {AT_GID, credentials->group.real},
        {AT_EGID, credentials->group.effective},
        {AT_SECURE, start->is_secure},
        {AT_RANDOM, random},
        {AT_HWCAP2, HAS_FSGSBASE},
        {AT_EXECFN, path},
        {AT_PLATFORM, platform},
        {AT_MINSIGSTKSZ, STACK_MIN},
        {AT_NULL, 0},
    };
    const size_t skipped = start->vdso == 0 ? 1 : 0;

    push(cursor, vector[skipped], sizeof(vector) - skipped * sizeof(vector[0]));
}

static int add_area(struct space *space)
{
    const uint64_t size =
        space->stack_limit < FIRST_SIZE ? space->stack_limit & ~PAGE_MASK : FIRST_SIZE;
    const struct area area = {
        .start = USER_END - size,
        .end = USER_END,
        .protection = PROT_READ | PROT_WRITE,
        .flags = MAP_PRIVATE | MAP_GROWSDOWN,
        .name = "[stack]",
    };

    int error = space_add(space, &area);
    if (error == 0)
        space_populate(space, area.start, area.end, ACCESS_WRITE);
    return error;
}

long stack_make(struct space *space, const struct start *start)
{
    const struct strings *arguments = start->arguments, *environment = start->environment;
    struct cursor cursor = {.at = USER_END - sizeof(uint64_t)};
    uint8_t bytes[16];

    if (arguments->size + environment->size > space->stack_limit / 4)
        return -E2BIG;
    int error = add_area(space);
    if (error != 0)
        return error;

    const uint64_t path = push_text(&cursor, start->path);
    push(&cursor, environment->bytes, environment->size);
    const uint64_t environment_at = cursor.at;
    push(&cursor, arguments->bytes, arguments->size);
    const uint64_t arguments_at = cursor.at;
    space->arguments = arguments_at;
    space->arguments_end = environment_at;
    space->environment_end = path;

    const uint64_t platform = push_text(&cursor, "x86_64");
    random_bytes(bytes, sizeof(bytes));
    push(&cursor, bytes, sizeof(bytes));
    const uint64_t random = cursor.at;

    /* argc is on a 16-byte boundary. The auxiliary vector's size is a multiple of that. */
    cursor.at &= ~15ul;
    if ((arguments->count + environment->count + 3) % 2 != 0)
        cursor.at -= sizeof(uint64_t);
    push_auxiliary(&cursor, start, path, random, platform);
    push_pointers(&cursor, environment, environment_at);
    push_pointers(&cursor, arguments, arguments_at);
    push_word(&cursor, arguments->count);
    return cursor.failed ? -ENOMEM : (long)cursor.at;
}
