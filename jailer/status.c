/* --status: see status.h. */
#include "status.h"

#include "jail.h"
#include "openmetrics.h"
#include "status_file.h"
#include "supervisor.h"
#include "usage.h"

#include "netbroker/wire.h"
#include "policy/fds.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PERIOD   (10 * TIMING_SECOND)
#define LIST_MAX 65536 /* bytes; 269 feeds and their names are fewer */

struct status {
    struct status_file file;
    struct feed_counts counts[WIRE_PORTS]; /* which the ledger counts */
    struct usage usage;
    long long next; /* when to write, timing_now() */
    time_t started; /* since the epoch */
    bool has_ended;
    int exit_status;
    bool is_failing; /* the file could not be written the last time */
    size_t length;
    char list[LIST_MAX]; /* a line "0x103 weather for London" for each feed */
};

void status_open(struct jail *jail, struct supervisor *supervisor)
{
    const struct options *options = jail->options;
    struct status *status;
    int files[STATUS_FILES];

    if (!options->status)
        return;
    status = calloc(1, sizeof(*status));
    if (!status)
        err(1, "cannot have the memory of --status");
    jail_give(jail, SUPERVISOR_FD_STATUS,
              status_file_open(options->status, options->root ? jail->gid : (gid_t)-1, files),
              "status");
    jail_give(jail, SUPERVISOR_FD_STATUS_TEXT, files[0], "status-text");
    jail_give(jail, SUPERVISOR_FD_STATUS_SPARE0, files[1], "status-spare");
    jail_give(jail, SUPERVISOR_FD_STATUS_SPARE1, files[2], "status-spare");
    status->file =
        (struct status_file){.files = {SUPERVISOR_FD_STATUS_TEXT, SUPERVISOR_FD_STATUS_SPARE0,
                                       SUPERVISOR_FD_STATUS_SPARE1},
                             .next = 1};
    status->started = time(NULL);
    supervisor->status = status;
    supervisor->ledger.counts = status->counts;
}

bool status_read_feeds(struct status *status, int pipe)
{
    const ssize_t n = read(pipe, status->list + status->length, LIST_MAX - status->length);

    if (n < 0 && errno != EINTR)
        err(1, "cannot read the names of the feeds");
    status->length += n > 0 ? (size_t)n : 0;
    return n != 0;
}

void status_open_sources(const struct supervisor *supervisor, struct jails *jails)
{
    if (supervisor->status)
        usage_open(jails, &supervisor->cgroups);
}

/* A line of the list. */
struct feed {
    struct label labels[2]; /* its name, its port */
    int index;              /* wire_feed_index() */
};

/* False at the end of the list. */
static bool next_feed(const struct status *status, size_t *at, struct feed *feed)
{
    const char *const line = status->list + *at;
    const size_t left = status->length - *at;
    const char *const end = memchr(line, '\n', left), *const space = memchr(line, ' ', left);

    if (!end || !space || space > end || strncmp(line, "0x", 2) != 0)
        return false;
    feed->labels[0] = (struct label){"feed", space + 1, (size_t)(end - space - 1)};
    feed->labels[1] = (struct label){"port", line, (size_t)(space - line)};
    feed->index = wire_feed_index((uint16_t)strtoul(line, NULL, 16));
    *at += (size_t)(end - line) + 1;
    return feed->index >= 0;
}

static struct label word(const char *name, const char *value)
{
    return (struct label){name, value, strlen(value)};
}

static const struct label none[] = {{0}};

/* A sample with one label. */
static void sample(struct openmetrics *text, const char *name, const char *value, uint64_t number)
{
    const struct label labels[] = {word(name, value), {0}};

    openmetrics_sample(text, labels, "%" PRIu64, number);
}

static void print_life(struct openmetrics *text, const struct status *status)
{
    static const struct family up = {"sparkler_up", .help = "Whether the VM runs."};
    static const struct family started = {"sparkler_start_time_seconds", .unit = "seconds",
                                          .help = "When it was started, since the epoch."};
    static const struct family exit_status = {"sparkler_exit_status",
                                              .help = "Of the jailer, once the VM has ended."};

    openmetrics_family(text, &up);
    openmetrics_sample(text, none, "%d", !status->has_ended);
    openmetrics_family(text, &started);
    openmetrics_sample(text, none, "%lld", (long long)status->started);
    if (status->has_ended) {
        openmetrics_family(text, &exit_status);
        openmetrics_sample(text, none, "%d", status->exit_status);
    }
}

static void print_exits(struct openmetrics *text, const struct exit_usage *exits)
{
    static const struct family all = {"sparkler_exits", true,
                                      .help = "How often the guest was left, by KVM's count."};
    static const struct family kinds = {
        "sparkler_exits_by_kind", true,
        .help = "The same, for those that KVM counts by kind, under its names."};

    if (!exits->is_known)
        return;
    openmetrics_family(text, &all);
    openmetrics_sample(text, none, "%" PRIu64, exits->all);
    openmetrics_family(text, &kinds);
    for (unsigned i = 0; i < exits->count; i++)
        sample(text, "kind", exits->kinds[i].name, exits->kinds[i].exits);
}

static void print_cpu(struct openmetrics *text, const char *process, uint64_t ticks)
{
    const struct label labels[] = {word("process", process), {0}};

    openmetrics_sample(text, labels, "%" PRIu64 ".%02" PRIu64, ticks / USAGE_TICKS,
                       ticks % USAGE_TICKS);
}

static void print_processes(struct openmetrics *text, const struct usage *usage)
{
    static const struct family cpu = {"sparkler_process_cpu_seconds", true, "seconds",
                                      "CPU time of a process; of sparkler-netbroker's and its "
                                      "resolver's once they have ended."};
    static const struct family resident = {"sparkler_process_resident_memory_bytes",
                                           .unit = "bytes",
                                           .help = "Resident memory of a process."};
    const struct {
        const char *name;
        const struct process_usage *usage;
    } all[] = {{process_of(VMM)->title, &usage->vmm},
               {"warden", &usage->warden},
               {"supervisor", &usage->supervisor}};

    openmetrics_family(text, &cpu);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (all[i].usage->is_known)
            print_cpu(text, all[i].name, all[i].usage->cpu_ticks);
    if (usage->warden.is_known)
        print_cpu(text, "sparkler-netbroker", usage->warden.children_ticks);
    openmetrics_family(text, &resident);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (all[i].usage->resident_pages > 0) /* it is not dead */
            sample(text, "process", all[i].name, all[i].usage->resident_pages * USAGE_PAGE);
}

static void print_cgroups(struct openmetrics *text, const struct status *status)
{
    static const struct family cpu = {"sparkler_cgroup_cpu_seconds", true, "seconds",
                                      "CPU time of all processes of a cgroup."};
    static const struct family memory = {"sparkler_cgroup_memory_bytes", .unit = "bytes",
                                         .help = "Memory that is charged to a cgroup."};
    const struct {
        const char *name;
        const struct cgroup_usage *usage;
    } cgroups[] = {{"vmm", &status->usage.vmm_cgroup}, {"broker", &status->usage.broker_cgroup}};

    openmetrics_family(text, &cpu);
    for (size_t i = 0; i < sizeof(cgroups) / sizeof(cgroups[0]); i++) {
        const struct label labels[] = {word("cgroup", cgroups[i].name), {0}};
        const uint64_t us = cgroups[i].usage->cpu_us;

        if (cgroups[i].usage->has_cpu)
            openmetrics_sample(text, labels, "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
    }
    openmetrics_family(text, &memory);
    for (size_t i = 0; i < sizeof(cgroups) / sizeof(cgroups[0]); i++)
        if (cgroups[i].usage->has_memory && !status->has_ended)
            sample(text, "cgroup", cgroups[i].name, cgroups[i].usage->memory);
}

/* The supervisor sees a console only if it is a terminal. */
static void print_streams(struct openmetrics *text, const struct supervisor *supervisor)
{
    static const struct family console = {"sparkler_console_bytes", true, "bytes",
                                          "Bytes that a terminal and the guest sent each other."};
    static const struct family log = {"sparkler_log_bytes", true, "bytes", "Bytes of the log."};
    static const struct family dropped = {"sparkler_log_dropped_lines", true,
                                          .help = "Lines that are missing in the log."};

    openmetrics_family(text, &console);
    if (supervisor->input.bytes > 0 || supervisor->input.from >= 0)
        sample(text, "direction", "in", supervisor->input.bytes);
    if (supervisor->output.bytes > 0 || supervisor->output.from >= 0)
        sample(text, "direction", "out", supervisor->output.bytes);
    openmetrics_family(text, &log);
    openmetrics_sample(text, none, "%zu", supervisor->log.taken);
    openmetrics_family(text, &dropped);
    openmetrics_sample(text, none, "%lu", supervisor->log.lost);
}

static uint64_t questions_of(const struct feed_counts *counts)
{
    uint64_t sum = 0;

    for (enum ledger_event event = LEDGER_ANSWERED; event <= LEDGER_FAILED; event++)
        sum += counts->of[event];
    return sum;
}

typedef void print_feed(struct openmetrics *text, const struct ledger *ledger,
                        const struct feed *feed);

static void print_count(struct openmetrics *text, const struct feed *feed, const char *outcome,
                        uint64_t count)
{
    const struct label labels[] = {feed->labels[0],
                                   feed->labels[1],
                                   outcome ? word("outcome", outcome) : (struct label){0},
                                   {0}};

    openmetrics_sample(text, labels, "%" PRIu64, count);
}

static void print_requests(struct openmetrics *text, const struct ledger *ledger,
                           const struct feed *feed)
{
    print_count(text, feed, NULL, ledger->counts[feed->index].of[LEDGER_ASKED]);
}

static void print_questions(struct openmetrics *text, const struct ledger *ledger,
                            const struct feed *feed)
{
    for (enum ledger_event event = LEDGER_ANSWERED; event <= LEDGER_FAILED; event++)
        print_count(text, feed, ledger_events[event], ledger->counts[feed->index].of[event]);
}

static void print_answers(struct openmetrics *text, const struct ledger *ledger,
                          const struct feed *feed)
{
    print_count(text, feed, NULL, ledger->counts[feed->index].bytes);
}

static void print_left(struct openmetrics *text, const struct ledger *ledger,
                       const struct feed *feed, enum ledger_unit unit)
{
    const struct label labels[] = {feed->labels[0], feed->labels[1], {0}};
    const struct budget *budget = &ledger->budgets[feed->index];
    const uint32_t left = ledger_left(budget);

    if (budget->is_fixed && budget->unit == unit)
        openmetrics_sample(text, labels, "%u.%03u", left / 1000, left % 1000);
}

static void print_bits(struct openmetrics *text, const struct ledger *ledger,
                       const struct feed *feed)
{
    print_left(text, ledger, feed, LEDGER_BITS);
}

static void print_requests_left(struct openmetrics *text, const struct ledger *ledger,
                                const struct feed *feed)
{
    print_left(text, ledger, feed, LEDGER_REQUESTS);
}

/* A guest may ask on any port. */
static void print_stray(struct openmetrics *text, const struct supervisor *supervisor)
{
    static const struct family stray = {"sparkler_stray_questions", true,
                                        .help = "The guest's questions on ports without a feed."};
    const struct status *status = supervisor->status;
    uint64_t questions = 0;
    struct feed feed;

    for (int i = 0; i < WIRE_PORTS; i++)
        questions += questions_of(&status->counts[i]);
    for (size_t at = 0; next_feed(status, &at, &feed);)
        questions -= questions_of(&status->counts[feed.index]);
    openmetrics_family(text, &stray);
    openmetrics_sample(text, none, "%" PRIu64, questions);
}

static void print_feeds(struct openmetrics *text, const struct supervisor *supervisor)
{
    static const struct {
        struct family family;
        print_feed *print;
    } families[] = {
        {{"sparkler_feed_requests", true,
          .help = "Requests that the supervisor has let the broker send."},
         print_requests},
        {{"sparkler_feed_questions", true,
          .help = "The guest's questions, by what became of them; the broker's word."},
         print_questions},
        {{"sparkler_feed_answer_bytes", true, "bytes", "Bytes of all answers; the broker's word."},
         print_answers},
        {{"sparkler_feed_budget_left_bits",
          .help = "Bits that the guest's arguments may still tell in this hour."},
         print_bits},
        {{"sparkler_feed_budget_left_requests",
          .help = "Requests that may still be sent in this hour."},
         print_requests_left},
    };
    struct feed feed;

    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        openmetrics_family(text, &families[i].family);
        for (size_t at = 0; next_feed(supervisor->status, &at, &feed);)
            families[i].print(text, &supervisor->ledger, &feed);
    }
}

static void write_status(struct supervisor *supervisor)
{
    struct status *status = supervisor->status;
    struct openmetrics text = {.file = &status->file, .common = word("vm", supervisor->id)};

    status_file_begin(&status->file);
    print_life(&text, status);
    print_exits(&text, &status->usage.exits);
    print_processes(&text, &status->usage);
    print_cgroups(&text, status);
    print_streams(&text, supervisor);
    print_feeds(&text, supervisor);
    print_stray(&text, supervisor);
    openmetrics_end(&text);
    if (status_file_replace(&status->file)) {
        status->is_failing = false;
    } else if (!status->is_failing) {
        user_log_say(&supervisor->log,
                     "cannot write the status: %s (--status); it stays as it was until it can be",
                     strerror(errno));
        status->is_failing = true;
    }
}

long long status_wakes(const struct status *status)
{
    return status ? status->next : LLONG_MAX;
}

void status_update(struct supervisor *supervisor)
{
    struct status *status = supervisor->status;

    if (!status || timing_now() < status->next)
        return;
    status->next = timing_now() + PERIOD;
    status->usage = usage_read();
    write_status(supervisor);
}

void status_read_last(struct status *status)
{
    static const int jails[] = {SUPERVISOR_FD_VMM_PID, SUPERVISOR_FD_WARDEN_PID};

    if (!status)
        return;
    for (size_t i = 0; i < sizeof(jails) / sizeof(jails[0]); i++) {
        struct pollfd ended = {.fd = jails[i], .events = POLLIN};

        while (poll(&ended, 1, -1) < 0)
            if (errno != EINTR)
                err(1, "cannot wait for a jail");
    }
    status->usage = usage_read();
    usage_let_go();
}

void status_finish(struct supervisor *supervisor, int exit_status)
{
    struct status *status = supervisor->status;

    if (!status)
        return;
    status->has_ended = true;
    status->exit_status = exit_status;
    write_status(supervisor);
}
