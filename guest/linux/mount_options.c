/* The options of a tmpfs: size, mode, uid and gid, as in tmpfs(5); ro; and tmpcopyup of the OCI
 * runtime specification. */
#include "kernel.h"
#include "memory.h"
#include "mount.h"

/* Digits of a base up to the end of an option or a unit: what is behind them, or NULL where there
 * are none or too many. */
static const char *take_number(const char *text, unsigned base, uint64_t *number)
{
    const char *at = text;

    for (*number = 0; *at >= '0' && *at < (char)('0' + base); at++) {
        if (*number > UINT64_MAX / 16)
            return NULL;
        *number = *number * base + (unsigned)(*at - '0');
    }
    return at > text ? at : NULL;
}

static const char *take_size(const char *text, uint64_t *pages)
{
    static const char units[] = "kmg";
    uint64_t size;
    const char *end = take_number(text, 10, &size);
    unsigned bits = 0;

    if (!end)
        return NULL;
    if (*end == '%') {
        *pages = size < 100 ? pages_total() * size / 100 : pages_total();
        return end + 1;
    }
    for (unsigned i = 0; units[i] && bits == 0; i++)
        if ((*end | 0x20) == units[i])
            bits = 10 * (i + 1);
    if (size > UINT64_MAX >> (bits + 1))
        return NULL;
    size <<= bits;
    *pages = size / PAGE_SIZE + (size % PAGE_SIZE > 0);
    return bits > 0 ? end + 1 : end;
}

/* What is behind the name, which the option begins with, or NULL. */
static const char *behind(const char *option, const char *name)
{
    const size_t length = strlen(name);

    return strncmp(option, name, length) == 0 ? option + length : NULL;
}

/* One of them: what is behind it, or NULL if it is none. */
static const char *take_option(const char *option, struct tmpfs_options *options)
{
    const char *value;
    uint64_t number;

    if ((value = behind(option, "size=")))
        return take_size(value, &options->pages);
    if ((value = behind(option, "mode="))) {
        value = take_number(value, 8, &number);
        options->has_mode = true;
        options->mode = (uint32_t)number & 07777;
        return number <= 07777 ? value : NULL;
    }
    if ((value = behind(option, "uid=")) || (value = behind(option, "gid="))) {
        value = take_number(value, 10, &number);
        *(option[0] == 'u' ? &options->uid : &options->gid) = (uint32_t)number;
        return number < UINT32_MAX ? value : NULL;
    }
    if ((value = behind(option, "ro")))
        options->read_only = true;
    else if ((value = behind(option, "tmpcopyup")))
        options->copy_up = true;
    return value;
}

bool tmpfs_options(const char *text, struct tmpfs_options *options)
{
    *options = (struct tmpfs_options){0};
    while (*text) {
        text = take_option(text, options);
        if (!text || (*text != ',' && *text != '\0') || (*text == ',' && text[1] == '\0'))
            return false;
        text += *text == ',';
    }
    return true;
}
