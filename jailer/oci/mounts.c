/* Reads /proc/self/mountinfo (proc_pid_mountinfo(5)): see mounts.h. */
#include "jailer/oci/mounts.h"

#include "jailer/oci/log.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The number of the mount whose root `fd` is; 0 if it is none's. */
static uint64_t mount_of(int fd)
{
    struct statx status;

    if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &status) != 0)
        fail_errno("cannot find out what is mounted");
    if (!(status.stx_mask & STATX_MNT_ID) || !(status.stx_attributes & STATX_ATTR_MOUNT_ROOT))
        return 0;
    return status.stx_mnt_id;
}

char *mounted_unescape(const char *field, size_t length)
{
    char *plain = malloc(length + 1), *to = plain;

    for (size_t i = 0; plain && i < length; i++) {
        unsigned code;

        if (field[i] == '\\' && length - i > 3 && sscanf(field + i + 1, "%3o", &code) == 1) {
            *to++ = (char)code;
            i += 3;
        } else {
            *to++ = field[i];
        }
    }
    if (plain)
        *to = '\0';
    return plain;
}

/* ID PARENT DEVICE ROOT POINT OPTIONS [TAG...] - TYPE SOURCE OPTIONS */
static bool parse(const char *line, uint64_t wanted, struct mounted *mounted)
{
    const char *rest = strstr(line, " - ");
    unsigned long long id;
    char root[8]; /* only "/", the whole file system, is of use */

    *mounted = (struct mounted){.source = NULL};
    return rest && sscanf(line, "%llu %*u %31s %7s", &id, mounted->device, root) == 3 &&
           id == wanted && strcmp(root, "/") == 0 &&
           sscanf(rest, " - %31s %ms %ms", mounted->type, &mounted->source, &mounted->options) == 3;
}

bool mounted_at(int fd, struct mounted *mounted)
{
    const uint64_t wanted = mount_of(fd);
    bool found = false;
    char *line = NULL;
    size_t size = 0;
    FILE *file;

    if (wanted == 0)
        return false;
    file = fopen("/proc/self/mountinfo", "re");
    if (!file)
        fail_errno("cannot read /proc/self/mountinfo");
    while (!found && getline(&line, &size, file) > 0) {
        found = parse(line, wanted, mounted);
        if (!found)
            mounted_free(mounted);
    }
    free(line);
    fclose(file);
    return found;
}

void mounted_free(struct mounted *mounted)
{
    free(mounted->source);
    free(mounted->options);
}
