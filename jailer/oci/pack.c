/* Packer and digester, each in its jail: see pack.h. */
#include "jailer/oci/pack.h"

#include "jailer/ids.h"
#include "jailer/jail.h"
#include "jailer/kernel.h"
#include "jailer/oci/log.h"
#include "jailer/oci/source.h"
#include "jailer/stream.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Where distributions have mkfs.erofs; not PATH, which may be the engine's or empty. */
static const char *const programs[] = {"/usr/bin/mkfs.erofs", "/usr/sbin/mkfs.erofs",
                                       "/usr/local/bin/mkfs.erofs", "/usr/local/sbin/mkfs.erofs"};

/* What the digester reads: a tree, or an image that is mapped. */
struct reading {
    struct tree tree;
    const void *image;
    uint64_t size;
};

/* A confined process on its way to its end. */
struct work {
    const char *what; /* it does, for messages */
    struct jail jail;
    struct options options;
    struct timing timing;
    int log[2];
    char words[1024]; /* the first that it wrote to its log */
    size_t length;
};

/* The last ID that a user namespace maps, which is hardly anybody's; 0 if it maps only one. */
static unsigned last_id(const char *map)
{
    unsigned inside, outside, count, last = 0;
    FILE *file = fopen(map, "re");

    while (file && fscanf(file, "%u %u %u", &inside, &outside, &count) == 3)
        last = inside + count - 1;
    if (file)
        fclose(file);
    return last;
}

static bool may_set_groups(void)
{
    char word[8] = "";
    FILE *file = fopen("/proc/self/setgroups", "re");

    if (file && !fgets(word, sizeof(word), file))
        word[0] = '\0';
    if (file)
        fclose(file);
    return strncmp(word, "allow", 5) == 0;
}

/* IDs of nobody's: root's, or those of a user namespace that maps more than one. */
static struct options pick_ids(void)
{
    struct options options = {.root = ids_is_root()};

    if (options.root) {
        options.uid = options.gid = ids_pick(NULL);
    } else if (geteuid() == 0 && may_set_groups()) {
        options.uid = last_id("/proc/self/uid_map");
        options.gid = last_id("/proc/self/gid_map");
        options.root = options.uid != 0 && options.gid != 0;
    }
    return options;
}

static void prepare(struct work *work, const char *what, enum role role, const struct tree *tree)
{
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    *work = (struct work){.what = what, .options = pick_ids()};
    work->jail = jail_new(role, &work->options, &work->timing);
    work->jail.tree = tree;
    work->jail.parent = sys_pidfd_open(getpid());
    if (null < 0 || work->jail.parent < 0)
        fail_errno("cannot prepare a jail: %s", null < 0 ? "/dev/null" : "pidfd_open");
    stream_pipe(work->log);
    jail_give(&work->jail, FD_CONSOLE_IN, null, "console-in");
    jail_give(&work->jail, FD_CONSOLE_OUT, null, "console-out");
    jail_give(&work->jail, FD_LOG, work->log[1], "log");
}

static int start_work(struct work *work)
{
    const int pidfd = jail_start(&work->jail);

    close(work->log[1]);
    close(work->jail.fds[FD_CONSOLE_IN]);
    close(work->jail.parent);
    return pidfd;
}

/* Reads what there is of the log; false at its end. */
static bool read_log(struct work *work)
{
    char dropped[4096];
    const size_t room = sizeof(work->words) - 1 - work->length;
    ssize_t length = room > 0 ? read(work->log[0], work->words + work->length, room)
                              : read(work->log[0], dropped, sizeof(dropped));

    if (room > 0 && length > 0)
        work->length += (size_t)length;
    return length > 0 || (length < 0 && errno == EINTR);
}

/* Behind what a line begins with: spaces, mkfs.erofs' "<E> erofs: ", a program's name. */
static char *skip_beginning(char *line)
{
    const char *const names[] = {
        "<E> ", "erofs: ", "erofs_io: ", "mkfs.erofs: ", program_invocation_short_name, ": "};

    line += strspn(line, "\t");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strncmp(line, names[i], strlen(names[i])) == 0)
            line += strlen(names[i]);
    return line + strspn(line, "\t");
}

/* Its first two lines as one, without what would reach a terminal: mkfs.erofs says in the second
 * why the first is so. */
static const char *first_words(struct work *work)
{
    static char words[sizeof(work->words) + sizeof("; ")];
    char *rest = work->words, *line;

    work->words[work->length] = '\0';
    words[0] = '\0';
    for (int lines = 0; lines < 2 && (line = strsep(&rest, "\n"));) {
        line = skip_beginning(line);
        if (*line == '\0')
            continue;
        strcat(strcat(words, lines++ > 0 ? "; " : ""), line);
    }
    for (char *c = words; *c; c++)
        if (!isascii(*c) || !isprint(*c))
            *c = '?';
    return words;
}

static _Noreturn void explain_end(struct work *work, const siginfo_t *end, bool late)
{
    const char *words = first_words(work), *name = work->jail.process->title;

    if (late)
        fail("cannot %s: %s took more than %d s", work->what, name, PACK_SECONDS);
    if (end->si_code == CLD_EXITED && *words)
        fail("cannot %s: %s: %s%s", work->what, name, words,
             strstr(words, strerror(EFBIG))
                 ? "; the cache's limit bounds an image: sparkler-oci cache --limit"
                 : "");
    if (end->si_code == CLD_EXITED)
        fail("cannot %s: %s ended with status %d", work->what, name, end->si_status);
    fail("cannot %s: %s was killed by signal %d (%s)%s%s; if a path in it is longer than %d bytes, "
         "that does it",
         work->what, name, end->si_status, strsignal(end->si_status), *words ? ": " : "", words,
         PATH_MAX - 1);
}

/* Runs it to its end, in time and with status 0, or else ends the program. */
static void finish(struct work *work, int pidfd)
{
    const long long deadline = timing_now() + PACK_SECONDS * TIMING_SECOND;
    struct pollfd log = {.fd = work->log[0], .events = POLLIN};
    siginfo_t end = {.si_code = 0};
    bool late = false;

    for (bool open = true; open;) {
        const int ready = poll(&log, 1, late ? -1 : timing_ms_until(deadline));

        if (ready == 0) {
            late = true;
            sys_pidfd_send_signal(pidfd, SIGKILL);
        } else if (ready > 0) {
            open = read_log(work);
        }
    }
    while (waitid(P_PIDFD, (id_t)pidfd, &end, WEXITED) != 0)
        if (errno != EINTR)
            fail_errno("cannot wait for %s", work->jail.process->title);
    close(pidfd);
    close(work->log[0]);
    if (late || end.si_code != CLD_EXITED || end.si_status != 0)
        explain_end(work, &end, late);
}

/* The tree is opened once more in the jail, by the path: its identity is what must be the same. */
static struct tree tree_of(const char *directory)
{
    const int fd = source_open(directory);
    struct stat status;

    if (fd < 0 || fstat(fd, &status) != 0)
        fail_errno("cannot open %s%s", directory,
                   errno == EPERM ? ", to which a link of another user leads" : "");
    if (!S_ISDIR(status.st_mode))
        fail("%s is not a directory", directory);
    close(fd);
    return (struct tree){
        .open = source_open, .path = directory, .device = status.st_dev, .inode = status.st_ino};
}

static int open_program(void)
{
    int fd = -1;

    for (size_t i = 0; fd < 0 && i < sizeof(programs) / sizeof(programs[0]); i++)
        fd = open(programs[i], O_PATH | O_CLOEXEC);
    if (fd < 0)
        fail("mkfs.erofs is missing, which makes images; install the package erofs-utils");
    return fd;
}

/* Whether the file system of a directory has extended attributes: mkfs.erofs fails if it asks one
 * that has none for them. */
static bool has_attributes(const char *directory)
{
    const int fd = source_open(directory);
    char path[32];
    bool has;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    has = fd >= 0 && (listxattr(path, NULL, 0) >= 0 || errno != EOPNOTSUPP);
    close(fd);
    return has;
}

void pack(const char *directory, const char *image, int fd, uint64_t limit)
{
    /* -x: with attributes, of which none is shared by files, or without */
    char *arguments[] = {"mkfs.erofs",
                         "--quiet",
                         "-d0",
                         has_attributes(directory) ? "-x2147483647" : "-x-1",
                         "--preserve-mtime",
                         JAIL_IMAGE,
                         JAIL_TREE,
                         NULL};
    struct tree tree = tree_of(directory);
    struct work work;
    char what[128];

    tree.image = image;
    tree.image_limit = limit;
    snprintf(what, sizeof(what), "make an image of %.100s", directory);
    prepare(&work, what, PACKER, &tree);
    work.jail.program = open_program();
    work.jail.argv = arguments;
    if (work.options.root && fchown(fd, work.options.uid, work.options.gid) != 0)
        fail_errno("cannot give %s to mkfs.erofs", image);
    finish(&work, start_work(&work));
    close(work.jail.program);
    if ((work.options.root && fchown(fd, geteuid(), getegid()) != 0) || fchmod(fd, 0444) != 0)
        fail_errno("cannot make %s read-only", image);
}

static _Noreturn void digester_run(const struct jail *jail)
{
    const struct reading *reading = (const struct reading *)jail->tree;
    uint8_t result[DIGEST_BYTES];

    if (reading->image)
        digest_image(reading->image, reading->size, result);
    else
        digest_tree(JAIL_TREE, result);
    _exit(write(DIGESTER_FD_RESULT, result, sizeof(result)) == sizeof(result) ? 0 : 1);
}

static void digest(const char *name, const struct reading *reading, uint8_t result[DIGEST_BYTES])
{
    struct work work;
    char what[128];
    int ends[2];

    snprintf(what, sizeof(what), "read %.110s", name);
    stream_pipe(ends);
    prepare(&work, what, DIGESTER, &reading->tree);
    work.jail.run = digester_run;
    jail_give(&work.jail, DIGESTER_FD_RESULT, ends[1], "result");
    finish(&work, start_work(&work));
    close(ends[1]);
    if (read(ends[0], result, DIGEST_BYTES) != DIGEST_BYTES)
        fail("cannot read %s: the digester has no result", name);
    close(ends[0]);
}

void pack_digest_tree(const char *directory, uint8_t result[DIGEST_BYTES])
{
    const struct reading reading = {.tree = tree_of(directory)};

    digest(directory, &reading, result);
}

void pack_digest_image(const char *image, int fd, uint8_t result[DIGEST_BYTES])
{
    struct reading reading = {.image = MAP_FAILED};
    struct stat status;

    if (fstat(fd, &status) == 0 && status.st_size > 0) {
        reading.size = (uint64_t)status.st_size;
        reading.image = mmap(NULL, reading.size, PROT_READ, MAP_SHARED, fd, 0);
    }
    if (reading.image == MAP_FAILED)
        fail_errno("cannot map %s", image);
    digest(image, &reading, result);
    munmap((void *)reading.image, reading.size);
}
