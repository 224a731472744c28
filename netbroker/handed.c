/* Reads all that was handed over, once and before the filter: the broker opens nothing itself. */
#include "handed.h"

#include "policy/fds.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define FEEDS_MAX      (1 << 20)
#define CA_MAX         (4 << 20)
#define CREDENTIAL_MAX (64 << 10)

/* By pread(2), since a broker that is started anew gets the same open files. */
static void slurp(struct secret *secret, size_t max)
{
    const char *name = secret->name;
    struct stat status;

    if (fstat(secret->fd, &status) != 0)
        err(1, "cannot read '%s' (descriptor %d)", name, secret->fd);
    if (!S_ISREG(status.st_mode) || (size_t)status.st_size > max)
        errx(1, "'%s' must be a regular file of at most %zu bytes", name, max);
    secret->data = malloc((size_t)status.st_size + 1);
    if (!secret->data)
        err(1, "cannot read '%s' into memory", name);
    while (secret->length < (size_t)status.st_size) {
        ssize_t got = pread(secret->fd, secret->data + secret->length,
                            (size_t)status.st_size - secret->length, (off_t)secret->length);
        if (got < 0)
            err(1, "cannot read '%s'", name);
        if (got == 0)
            break;
        secret->length += (size_t)got;
    }
    secret->data[secret->length] = '\0';
    close(secret->fd);
}

static bool is_pem(const struct secret *secret)
{
    return strstr(secret->data, "-----BEGIN ") != NULL;
}

/* A credential becomes part of a header line, which it must not be able to end. */
static void check_credential(struct secret *secret)
{
    while (secret->length > 0 && strchr("\r\n", secret->data[secret->length - 1]))
        secret->data[--secret->length] = '\0';
    if (secret->length == 0)
        errx(1, "credential '%s' is empty", secret->name);
    for (size_t i = 0; i < secret->length; i++)
        if (secret->data[i] < ' ' || secret->data[i] > '~')
            errx(1, "credential '%s' must be one line of printable ASCII", secret->name);
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

static void check_link(void)
{
    int type = 0;
    socklen_t size = sizeof(type);

    if (getsockopt(BROKER_FD_LINK, SOL_SOCKET, SO_TYPE, &type, &size) != 0 ||
        type != SOCK_SEQPACKET)
        errx(1, "descriptor %d ('link') is not a SOCK_SEQPACKET socket", BROKER_FD_LINK);
}

struct handed handed_take(void)
{
    struct handed handed = {0};
    int count, fd = BROKER_FD_LINK;
    char *names = announced_names(&count), *rest;

    if (strncmp(names, BROKER_FDNAMES, strlen(BROKER_FDNAMES)) != 0)
        errx(1, "the descriptors handed over must be named '%s', not '%s'", BROKER_FDNAMES, names);
    handed.credential = calloc((size_t)(count > 0 ? count : 1), sizeof(*handed.credential));
    if (!handed.credential)
        err(1, "cannot take %d descriptors", count);

    for (char *name = strtok_r(names, ":", &rest); name; name = strtok_r(NULL, ":", &rest), fd++) {
        if (fd - BROKER_FD_LINK >= count)
            errx(1, "LISTEN_FDNAMES names more descriptors than LISTEN_FDS=%d", count);
        if (fd == BROKER_FD_LINK)
            check_link();
        else if (fd == BROKER_FD_FEEDS)
            handed.feeds = (struct secret){.name = name, .fd = fd};
        else if (fd == BROKER_FD_CA)
            handed.ca = (struct secret){.name = name, .fd = fd};
        else if (strncmp(name, "credential.", 11) == 0)
            handed.credential[handed.credential_count++] =
                (struct secret){.name = name + 11, .fd = fd};
        else
            errx(1, "descriptor %d has the unknown name '%s'", fd, name);
    }
    slurp(&handed.feeds, FEEDS_MAX);
    return handed;
}

void handed_read(struct handed *handed)
{
    slurp(&handed->ca, CA_MAX);
    if (!is_pem(&handed->ca))
        errx(1, "the file of trusted authorities holds no certificate in PEM form");
    for (size_t i = 0; i < handed->credential_count; i++) {
        slurp(&handed->credential[i], CREDENTIAL_MAX);
        if (!is_pem(&handed->credential[i]))
            check_credential(&handed->credential[i]);
    }
}

const struct secret *handed_credential(const struct handed *handed, const char *name)
{
    for (size_t i = 0; i < handed->credential_count; i++)
        if (!strcmp(handed->credential[i].name, name))
            return &handed->credential[i];
    return NULL;
}

static void check_named(const struct handed *handed, const struct feed *feed, const char *name,
                        bool pem)
{
    const struct secret *secret = name ? handed_credential(handed, name) : NULL;

    if (name && !secret)
        errx(1, "feed '%s' needs the credential '%s': hand it over with --credential %s=FILE",
             feed->name, name, name);
    if (name && is_pem(secret) != pem)
        errx(1, "feed '%s': the credential '%s' must%s be a certificate in PEM form", feed->name,
             name, pem ? "" : " not");
}

void handed_check(const struct handed *handed, const struct feeds *feeds)
{
    for (size_t i = 0; i < feeds->count; i++) {
        check_named(handed, &feeds->feed[i], feeds->feed[i].credential, false);
        check_named(handed, &feeds->feed[i], feeds->feed[i].ca, true);
    }
}
