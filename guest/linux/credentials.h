/* Who a process is: user and group IDs, and capabilities. */
#ifndef LINUX_CREDENTIALS_H
#define LINUX_CREDENTIALS_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>

#define CAPABILITY(number) (1ull << (number))
#define CAPABILITIES_ALL   (CAPABILITY(CAP_LAST_CAP + 1) - 1)

struct inode;

struct ids {
    uint32_t real, effective, saved;
    uint32_t file; /* that files are asked for by: the effective one, but for setfsuid(2) */
};

struct credentials {
    struct ids user, group;
    int group_count;
    uint32_t groups[32];
    uint64_t permitted, effective, inheritable, bounding, ambient; /* as in capabilities(7) */
    bool keeps_capabilities;                                       /* PR_SET_KEEPCAPS */
};

/* Those of the running process: provided by who keeps processes. */
struct credentials *current_credentials(void);

/* The ids, and the capabilities that Linux gives to such a process at its start: all, or none. */
void credentials_start(struct credentials *credentials, uint32_t uid, uint32_t gid);

/*
 * What they become by executing a file. *is_secure: the program has more than its caller, and must
 * not trust it (AT_SECURE). -EPERM where a capability that the file needs is not to be had, -EINVAL
 * where what it says of them is no such thing, -EUCLEAN where the image is broken.
 */
int credentials_execute(struct credentials *credentials, struct inode *inode,
                        bool no_new_privileges, bool *is_secure);

bool is_capable(unsigned capability);
bool is_in_group(const struct credentials *credentials, uint32_t group);

/* Of prctl(2): -EINVAL where it is none of theirs. */
long capability_control(int option, uint64_t a, uint64_t b);

#endif
