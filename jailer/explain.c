/*
 * jailer --explain: the locks that the jails would be built from with these options, as a table,
 * and what they leave to each process; and a line on the log for what this kernel lacks.
 */
#include "cgroup.h"
#include "jail.h"
#include "log.h"

#include <stdio.h>
#include <unistd.h>

#define JAILS  4
#define MARGIN 58 /* of the last column */

static bool is_there(const struct jail *jail)
{
    return jail->role != JANITOR || !cgroups_skipped(jail->options);
}

static bool is_for(const struct lock *lock, const struct jail *jail)
{
    return (lock->roles & jail->role) != 0 && is_there(jail);
}

static const char *mark(const struct lock *lock, const struct jail *jail)
{
    if (!is_for(lock, jail))
        return "";
    if (!lock_left_open(lock, jail))
        return "closed";
    return lock->skipped && lock->skipped(jail) ? "skipped" : "missing";
}

/* What the lock takes away; and if it stays open somewhere, wholly or in part, why. */
static void explain_lock(const struct lock *lock, const struct jail *const jails[JAILS])
{
    const char *why = NULL;
    bool closed = false;

    for (unsigned i = 0; i < JAILS; i++)
        if (is_for(lock, jails[i])) {
            const char *open = lock_left_open(lock, jails[i]);

            closed |= !open;
            if (!why)
                why = open ? open : lock_lacks(lock, jails[i]);
        }
    printf("%-18s %-8s %-8s %-11s %-8s ", lock->name, mark(lock, jails[0]), mark(lock, jails[1]),
           mark(lock, jails[2]), mark(lock, jails[3]));
    if (closed)
        puts(jails[0]->options->root || !lock->as_user ? lock->what : lock->as_user);
    if (closed && why)
        printf("%*s", MARGIN, "");
    if (why)
        puts(why);
}

static bool has_terminal(const struct options *options, int first)
{
    for (int fd = first; fd <= STDERR_FILENO; fd++)
        if (!options->daemonize && isatty(fd))
            return true;
    return false;
}

static void explain_rest(const struct jail *const jails[JAILS])
{
    const struct jail *vmm = jails[0], *broker = jails[1], *janitor = jails[3];
    const struct options *options = vmm->options;

    puts("\nwhat is left to them (the broker's column is its warden's and its resolver's, too)");
    if (!options->root) {
        printf("  all          your uid %u, gid %u and groups: only root can give them others\n",
               vmm->uid, vmm->gid);
        puts("  vmm, broker  you may ptrace them: their user namespaces are yours");
    } else if (options->id_given || options->uid_given) {
        printf("  vmm          uid %u, gid %u\n", vmm->uid, vmm->gid);
        printf("  broker       uid %u, gid %u\n", broker->uid, broker->gid);
    }
    printf("  broker       the network%s%s, and the files of its root to read\n",
           options->netns ? " of " : "", options->netns ? options->netns : "");
    printf("  supervisor   signals to the others%s%s\n",
           has_terminal(options, STDIN_FILENO) ? ", your terminal" : "",
           options->status ? ", the names of the texts of --status" : "");
    if (is_there(janitor) && has_terminal(options, STDERR_FILENO))
        puts("  janitor      your terminal, as its log");
}

void explain(const struct jails *all)
{
    const struct jail *const jails[JAILS] = {&all->vmm, &all->broker, &all->supervisor,
                                             &all->janitor};

    printf("%-18s %-8s %-8s %-11s %-8s %s\n", "lock", "vmm", "broker", "supervisor", "janitor",
           "what it takes away");
    for (const struct lock *const *lock = locks; *lock; lock++)
        explain_lock(*lock, jails);
    explain_rest(jails);
}

void log_missing(const struct jails *jails, struct user_log *log)
{
    char missing[512] = "";
    size_t length = 0;

    for (const struct lock *const *lock = locks; *lock; lock++) {
        const char *why = lock_lacks(*lock, &jails->vmm);

        if (!why)
            why = lock_lacks(*lock, &jails->broker);
        if (why && length < sizeof(missing))
            length += (size_t)snprintf(missing + length, sizeof(missing) - length, "%s%s (%s)",
                                       length > 0 ? ", " : "", (*lock)->name, why);
    }
    if (length > 0)
        user_log_say(log,
                     "locks that this kernel lacks: %s; jailer --explain shows which processes go "
                     "without",
                     missing);
}
