/* A session and a keyring of the jail's own (setsid(2), session-keyring(7)). */
#include "jail.h"

#include <err.h>
#include <errno.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void new_session(struct jail *jail)
{
    (void)jail;
    if (setsid() < 0)
        err(1, "setsid");
    /* ENOSYS: a kernel without keys */
    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
        err(1, "cannot leave the user's keyring");
}

const struct lock lock_session = {
    .name = "session",
    .what = "no controlling terminal, no user's keyring",
    .roles = VMM | BROKER | JANITOR | PACKER | DIGESTER,
    .close = new_session,
};
