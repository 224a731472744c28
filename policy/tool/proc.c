/* Reads what /proc says of a process. */
#include "policy/tool/proc.h"

#include <string.h>
#include <unistd.h>

FILE *proc_open(pid_t pid, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
    return fopen(path, "re");
}

size_t proc_read(pid_t pid, const char *name, char text[static PROC_TEXT_MAX])
{
    FILE *file = proc_open(pid, name);
    size_t length = 0;

    if (file) {
        length = fread(text, 1, PROC_TEXT_MAX - 1, file);
        fclose(file);
    }
    text[length] = '\0';
    return length;
}

const char *proc_field(const char *status, const char *name, char value[static PROC_FIELD_MAX])
{
    char wanted[32];
    const char *line;

    *value = '\0';
    snprintf(wanted, sizeof(wanted), "\n%s:", name);
    line = strstr(status, wanted);
    if (line)
        sscanf(line + strlen(wanted), "%*[ \t]%127[^\n]", value);
    return value;
}

bool proc_link(pid_t pid, const char *kind, const char *name, char target[static PROC_LINK_MAX])
{
    char path[96];
    ssize_t length;

    snprintf(path, sizeof(path), "/proc/%d/%s/%.40s", pid, kind, name);
    length = readlink(path, target, PROC_LINK_MAX - 1);
    target[length > 0 ? length : 0] = '\0';
    return length > 0;
}
