/* Claims user IDs or a name: see claim.h. */
#include "claim.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define UIDS_DIRECTORY "/run/sparkler"
#define UIDS_FILE      UIDS_DIRECTORY "/uids"

/* Processes of one uid may signal each other (kill(2)). */
static void refuse_account(const struct options *options, uid_t uid)
{
    const struct passwd *account;

    errno = 0;
    account = getpwuid(uid);
    if (account)
        errx(1,
             "--uid %u: uid %u is the account %s, which could signal the VM's processes; give one "
             "that, like the one after it, belongs to no account, or leave it out",
             options->uid, uid, account->pw_name);
    if (errno != 0 && errno != ENOENT) /* there may be no /etc/passwd */
        err(1, "--uid %u: cannot look up whether uid %u is an account's", options->uid, uid);
}

/*
 * Two --ids may pick the same uids. Each of root's running VMs locks the bytes of a file whose
 * offsets are its uids (fcntl_locking(2)); the lock ends with the VM, and only root can take one.
 */
static int claim_uids(const struct options *options)
{
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = options->uid, .l_len = 2};
    int fd;

    if (mkdir(UIDS_DIRECTORY, 0755) != 0 && errno != EEXIST)
        err(1, "cannot make %s, where running VMs lock their uids; mount /run, or give --uid",
            UIDS_DIRECTORY);
    fd = open(UIDS_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        err(1, "cannot open %s, where running VMs lock their uids; mount /run, or give --uid",
            UIDS_FILE);
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return fd;
    if (errno != EAGAIN)
        err(1, "cannot lock uid %u in %s", options->uid, UIDS_FILE);
    errx(1,
         "uid %u, picked by --id %s, is a running VM's, of this --id or of another that picks the "
         "same uid; give another --id, or --uid",
         options->uid, options->id);
}

/* An abstract name goes with the VM and leaves no file. Nobody listens, so nobody can connect. */
static int claim_id(const struct options *options)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX}; /* abstract: its first byte is NUL */
    int length = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "sparkler:%u:%s",
                          getuid(), options->id);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        err(1, "cannot make a socket to claim --id %s", options->id);
    if (bind(fd, (const struct sockaddr *)&address,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) == 0)
        return fd;
    if (errno != EADDRINUSE)
        err(1, "cannot claim --id %s by the socket @%s", options->id, address.sun_path + 1);
    errx(1, "the socket @%s is bound already; is a VM of this --id running? If not, give another",
         address.sun_path + 1);
}

int claim(const struct options *options)
{
    if (!options->root)
        return options->id_given ? claim_id(options) : -1;
    if (!options->uid_given)
        return claim_uids(options);
    refuse_account(options, options->uid);
    refuse_account(options, options->uid + 1);
    return -1;
}
