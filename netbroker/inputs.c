/* Reads the input files once, before the filter. The jailer opened them: the broker opens none. */
#include "inputs.h"

#include "policy/fds.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define CA_MAX         (4 << 20)
#define CREDENTIAL_MAX (64 << 10)

/* Uses pread(2) because a restarted broker gets the same open files. */
static void slurp(struct input_file *file, size_t max)
{
    const char *name = file->name;
    struct stat status;

    if (fstat(file->fd, &status) != 0)
        err(1, "cannot read '%s' (descriptor %d)", name, file->fd);
    if (!S_ISREG(status.st_mode) || (size_t)status.st_size > max)
        errx(1, "'%s' must be a regular file of at most %zu bytes", name, max);
    file->data = malloc((size_t)status.st_size + 1);
    if (!file->data)
        err(1, "cannot read '%s' into memory", name);
    while (file->length < (size_t)status.st_size) {
        ssize_t got = pread(file->fd, file->data + file->length,
                            (size_t)status.st_size - file->length, (off_t)file->length);
        if (got < 0)
            err(1, "cannot read '%s'", name);
        if (got == 0)
            break;
        file->length += (size_t)got;
    }
    file->data[file->length] = '\0';
    close(file->fd);
}

static bool is_pem(const struct input_file *file)
{
    return strstr(file->data, "-----BEGIN ");
}

/* A credential becomes part of a header line, and must not be able to end it. */
static void check_credential(struct input_file *file)
{
    while (file->length > 0 && strchr("\r\n", file->data[file->length - 1]))
        file->data[--file->length] = '\0';
    if (file->length == 0)
        errx(1, "credential '%s' is empty", file->name);
    for (size_t i = 0; i < file->length; i++)
        if (file->data[i] < ' ' || file->data[i] > '~')
            errx(1, "credential '%s' must be one line of printable ASCII", file->name);
}

static char *announced_names(int *count)
{
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
    const char *names = getenv("LISTEN_FDNAMES");
    char *copy;

    if (!pid || !fds || !names || strtol(pid, NULL, 10) != getpid())
        errx(1, "no descriptors were handed over; this program is started by jailer, "
                "try: jailer --exec sparkler-vmm");
    *count = (int)strtol(fds, NULL, 10);
    copy = strdup(names);
    if (!copy)
        err(1, "cannot read LISTEN_FDNAMES");
    clearenv();
    return copy;
}

static void check_socket(int fd, const char *name)
{
    int type = 0;
    socklen_t size = sizeof(type);

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_SEQPACKET)
        errx(1, "descriptor %d ('%s') is not a SOCK_SEQPACKET socket", fd, name);
}

struct inputs inputs_take(void)
{
    struct inputs inputs = {0};
    int count;
    char *names = announced_names(&count), *name, *rest;

    if (strncmp(names, BROKER_FDNAMES, strlen(BROKER_FDNAMES)) != 0)
        errx(1, "the descriptors handed over must be named '%s', not '%s'", BROKER_FDNAMES, names);
    inputs.credential = calloc((size_t)(count > 0 ? count : 1), sizeof(*inputs.credential));
    if (!inputs.credential)
        err(1, "cannot take %d descriptors", count);

    name = strtok_r(names, ":", &rest);
    for (int fd = BROKER_FD_LINK; name; fd++) {
        if (fd - BROKER_FD_LINK >= count)
            errx(1, "LISTEN_FDNAMES names more descriptors than LISTEN_FDS=%d", count);
        if (fd == BROKER_FD_LINK || fd == BROKER_FD_LEDGER)
            check_socket(fd, name);
        else if (fd == BROKER_FD_FEEDS)
            inputs.feeds = (struct input_file){.name = name, .fd = fd};
        else if (fd == BROKER_FD_CA)
            inputs.ca = (struct input_file){.name = name, .fd = fd};
        else if (strncmp(name, "credential.", 11) == 0)
            inputs.credential[inputs.credential_count++] =
                (struct input_file){.name = name + 11, .fd = fd};
        else
            errx(1, "descriptor %d has the unknown name '%s'", fd, name);
        name = strtok_r(NULL, ":", &rest);
    }
    slurp(&inputs.feeds, FEEDS_FILE_MAX);
    return inputs;
}

void inputs_read_rest(struct inputs *inputs)
{
    slurp(&inputs->ca, CA_MAX);
    if (!is_pem(&inputs->ca))
        errx(1, "the file of trusted authorities holds no certificate in PEM form; give jailer "
                "another by --ca");
    for (size_t i = 0; i < inputs->credential_count; i++) {
        slurp(&inputs->credential[i], CREDENTIAL_MAX);
        if (!is_pem(&inputs->credential[i]))
            check_credential(&inputs->credential[i]);
    }
}

const struct input_file *inputs_credential(const struct inputs *inputs, const char *name)
{
    for (size_t i = 0; i < inputs->credential_count; i++)
        if (strcmp(inputs->credential[i].name, name) == 0)
            return &inputs->credential[i];
    return NULL;
}

static void check_named(const struct inputs *inputs, const struct feed *feed, const char *name,
                        bool pem)
{
    const struct input_file *file = name ? inputs_credential(inputs, name) : NULL;

    if (name && !file)
        errx(1, "feed '%s' needs the credential '%s': hand it over with --credential %s=FILE",
             feed->name, name, name);
    if (name && is_pem(file) != pem)
        errx(1, "feed '%s': the credential '%s' must%s be a certificate in PEM form", feed->name,
             name, pem ? "" : " not");
}

void inputs_check(const struct inputs *inputs, const struct feeds *feeds)
{
    for (size_t i = 0; i < feeds->count; i++) {
        check_named(inputs, &feeds->feed[i], feeds->feed[i].credential, false);
        check_named(inputs, &feeds->feed[i], feeds->feed[i].ca, true);
    }
}
