/*
 * jailer: opens what the jails need, starts a process in each, then locks itself up as their
 * supervisor.
 */
#include "daemon.h"
#include "furnish.h"
#include "jail.h"
#include "rlimits.h"
#include "start.h"
#include "status_file.h"
#include "supervisor.h"

#include "policy/runtime/policy.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

/* If one was closed, the next open(2) would take its number. */
static void fill_standard_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd < 0)
        err(1, "cannot open /dev/null; is /dev mounted?");
    close(fd);
}

int main(int argc, char **argv)
{
    struct timing timing = {.start = timing_now(), .last = timing_now()};
    const struct options options = options_parse(argc, argv);
    struct jails jails = {
        .vmm = jail_new(VMM, &options, &timing),
        .broker = jail_new(BROKER, &options, &timing),
        .supervisor = jail_new(SUPERVISOR, &options, &timing),
        .janitor = jail_new(JANITOR, &options, &timing),
    };
    static struct supervisor supervisor; /* static, so that its pages cost nothing until used */
    static char line[1024];              /* of stderr: no message is mixed with another process's */
    const char *why;

    relro_protect();
    if ((why = rlimits_allow_jail())) /* before anything is opened or made */
        errx(1, "%s", why);
    fill_standard_descriptors();
    setvbuf(stderr, line, _IOLBF, sizeof(line));
    rlimits_check(&options.limits);
    if (options.explain) {
        explain(&jails);
        if (fflush(stdout) != 0 || ferror(stdout))
            err(1, "cannot write to standard output");
        _exit(0);
    }
    timing.on = options.timing;
    timing_phase(&timing, "options");

    furnish(&jails, &supervisor);
    timing_phase(&timing, "files, pipes, signals");
    start(&jails, &supervisor);
    status_open_sources(&supervisor, &jails);
    if (options.pid_file)
        pid_file_write(jails.supervisor.fds[SUPERVISOR_FD_PID_FILE]);
    log_missing(&jails, &supervisor.log);

    if (!options.record)
        user_log_limit(&supervisor.log, options.status ? STATUS_FILE_MAX : 0);
    prctl(PR_SET_NAME, jails.supervisor.process->name);
    jail_close_locks(&jails.supervisor);
    _exit(supervise(&supervisor));
}
