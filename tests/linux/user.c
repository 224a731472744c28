/*
 * Who may do what: users and groups, capabilities, files of others, programs that change who one
 * is.
 *
 *     user root    as root, which becomes others
 *     user self    as anybody but root
 *
 * Names and numbers of the system that it runs on appear nowhere in what it says.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of <linux/capability.h>, which musl has not. */
enum { CAP_SYS_CHROOT = 18, CAP_LAST_CAP = 40, CAPABILITY_VERSION = 0x20080522 };

struct capability_header {
    uint32_t version;
    int pid;
};

struct capability_data {
    uint32_t effective, permitted, inheritable;
};

enum { USER = 1000, NOBODY_ELSE = 61234, OTHER = 1001, GROUP = 100, STRANGE_GROUP = 101 };

static const char *name_of(int error)
{
    static const struct {
        int error;
        const char *name;
    } names[] = {{0, "0"},           {EPERM, "EPERM"},   {EACCES, "EACCES"},
                 {EINVAL, "EINVAL"}, {ESRCH, "ESRCH"},   {ENOENT, "ENOENT"},
                 {EBADF, "EBADF"},   {EEXIST, "EEXIST"}, {ENOTDIR, "ENOTDIR"}};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].error == error)
            return names[i].name;
    return "another error";
}

static void tell(const char *what, long result)
{
    printf("    %s: %s\n", what, result < 0 ? name_of(errno) : "yes");
}

#define TRY(call) tell(#call, call)

static int try_open(const char *path, int flags)
{
    int fd = open(path, flags, 0666);

    return fd < 0 ? fd : close(fd);
}

static int make(const char *path, mode_t mode, uid_t uid, gid_t gid)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);

    if (fd < 0 || write(fd, "text\n", 5) != 5 || fchown(fd, uid, gid) != 0 || fchmod(fd, mode) != 0)
        return -1;
    return close(fd);
}

static int make_directory(const char *path, mode_t mode, uid_t uid, gid_t gid)
{
    if (mkdir(path, 0700) != 0 || chown(path, uid, gid) != 0)
        return -1;
    return chmod(path, mode);
}

/* ---- What a process is ---- */

static const char *amount_of(uint64_t set)
{
    uint64_t bounding = 0;

    for (int i = 0; i <= CAP_LAST_CAP; i++)
        bounding |= (uint64_t)(prctl(PR_CAPBSET_READ, i) == 1) << i;
    return set == 0 ? "none" : set == bounding ? "all" : "some";
}

static void show(const char *when)
{
    struct capability_header header = {CAPABILITY_VERSION, 0};
    struct capability_data data[2] = {{0}};
    uid_t ruid, euid, suid;
    gid_t rgid, egid, sgid;

    getresuid(&ruid, &euid, &suid);
    getresgid(&rgid, &egid, &sgid);
    syscall(SYS_capget, &header, data);
    printf("%s: uid %d %d %d %d gid %d %d %d %d effective %s permitted %s\n", when, (int)ruid,
           (int)euid, (int)suid, setfsuid((uid_t)-1), (int)rgid, (int)egid, (int)sgid,
           setfsgid((gid_t)-1), amount_of(data[0].effective | (uint64_t)data[1].effective << 32),
           amount_of(data[0].permitted | (uint64_t)data[1].permitted << 32));
}

static int drop(unsigned capability)
{
    struct capability_header header = {CAPABILITY_VERSION, 0};
    struct capability_data data[2];

    if (syscall(SYS_capget, &header, data) != 0)
        return -1;
    data[capability / 32].effective &= ~(1u << capability % 32);
    return (int)syscall(SYS_capset, &header, data);
}

/* All that is permitted, or one more than that. */
static int raise_all(bool more)
{
    struct capability_header header = {CAPABILITY_VERSION, 0};
    struct capability_data data[2];

    if (syscall(SYS_capget, &header, data) != 0)
        return -1;
    for (int i = 0; i < 2; i++)
        data[i].effective = data[i].permitted;
    if (more)
        data[0].permitted |= 1;
    return (int)syscall(SYS_capset, &header, data);
}

static void change_ids(void)
{
    show("at first");
    TRY(seteuid(USER));
    show("seteuid");
    TRY(setuid(OTHER));
    TRY(seteuid(0));
    show("back");
    TRY(setreuid(USER, OTHER));
    show("setreuid");
    TRY(setreuid(-1, USER));
    show("its effective one alone");
    TRY(setresuid(-1, OTHER, OTHER));
    TRY(setresuid(-1, 0, -1));
    TRY(setresuid(OTHER, OTHER, USER));
    show("setresuid");
    TRY(seteuid(USER));
    TRY(setuid(0));
    TRY(setgid(GROUP));
    TRY(setgroups(0, NULL));
    TRY(raise_all(false));
    TRY(raise_all(true));
    show("without a way back");
}

static void change_groups(void)
{
    gid_t groups[] = {GROUP, STRANGE_GROUP}, read[8] = {0};

    TRY(setgroups(2, groups));
    TRY(setresgid(USER, OTHER, GROUP));
    TRY(setresuid(USER, USER, USER));
    show("groups");
    TRY(getgroups(8, read));
    printf("    %d %d\n", (int)read[0], (int)read[1]);
    TRY(getgroups(1, read));
    TRY(setregid(-1, GROUP));
    TRY(setgid(USER));
    TRY(setgid(STRANGE_GROUP));
    show("groups");
}

static void keep_capabilities(void)
{
    prctl(PR_SET_KEEPCAPS, 1);
    TRY(setresuid(USER, USER, USER));
    show("kept");
    TRY(raise_all(false));
    show("kept");
    TRY(drop(CAP_SYS_CHROOT));
    show("dropped");
    TRY(chroot("/"));
    printf("    keeps %d\n", prctl(PR_GET_KEEPCAPS));
}

static void file_ids(void)
{
    setfsuid(USER);
    show("setfsuid");
    TRY(try_open("closed/file", O_RDONLY));
    setfsuid(0);
    TRY(try_open("closed/file", O_RDONLY));
}

/* ---- What it may do ---- */

static void open_files(void)
{
    TRY(try_open("private", O_RDONLY));
    TRY(try_open("private", O_PATH));
    TRY(try_open("readable", O_RDONLY));
    TRY(try_open("readable", O_RDWR));
    TRY(try_open("readable", O_RDONLY | O_TRUNC));
    TRY(try_open("readable", O_RDONLY | O_NOATIME));
    TRY(try_open("group", O_RDONLY));
    TRY(try_open("group", O_WRONLY));
    TRY(try_open("others", O_RDONLY));
    TRY(try_open("mine", O_RDONLY));
    TRY(try_open("closed", O_RDONLY));
    TRY(try_open("closed/file", O_RDONLY));
    TRY(try_open("closed/none", O_RDONLY));
    TRY(try_open("closed/../readable", O_RDONLY));
    TRY(try_open("listed", O_RDONLY));
    TRY(try_open("listed/file", O_RDONLY));
    TRY(try_open("searched", O_RDONLY));
    TRY(try_open("searched/file", O_RDONLY));
    TRY(try_open("new", O_CREAT | O_WRONLY));
    TRY(try_open("readable", O_CREAT | O_RDONLY));
    TRY(try_open("shared/new", O_CREAT | O_WRONLY));
    TRY(try_open("sticky", O_TMPFILE | O_WRONLY));
    TRY(try_open(".", O_TMPFILE | O_WRONLY));
    TRY(truncate("readable", 0));
    TRY(truncate("group", 0));
    TRY(truncate("mine", 1));
    TRY(chdir("searched"));
    TRY(chdir(".."));
    TRY(chdir("listed"));
    TRY(chroot("."));
}

static void look(void)
{
    struct stat status;

    TRY(access("private", F_OK));
    TRY(access("private", R_OK));
    TRY(access("readable", R_OK));
    TRY(access("readable", W_OK));
    TRY(access("program", X_OK));
    TRY(access("readable", X_OK));
    TRY(access("closed/file", F_OK));
    TRY(stat("closed/file", &status));
    TRY(lstat("closed", &status));
}

static void change_names(void)
{
    TRY(mkdir("directory", 0755));
    TRY(mkdir("shared/directory", 0755));
    TRY(symlink("x", "link"));
    TRY(mknod("sticky/null", S_IFCHR | 0666, makedev(1, 3)));
    TRY(mknod("sticky/fifo", S_IFIFO | 0666, 0));
    TRY(link("mine", "sticky/link"));
    TRY(unlink("private"));
    TRY(unlink("none"));
    TRY(rmdir("closed"));
    TRY(unlink("sticky/theirs"));
    TRY(unlink("sticky/mine"));
    TRY(rename("sticky/theirs", "sticky/renamed"));
    TRY(rename("sticky/link", "sticky/theirs"));
    TRY(rename("sticky/link", "sticky/renamed"));
    TRY(rename("sticky/fifo", "moved"));
    TRY(rename("readable", "sticky/readable"));
    TRY(rmdir("sticky/directory"));
    TRY(rename("shared/theirs", "sticky/theirs2"));
    TRY(unlink("shared/file"));
}

static void show_mode(const char *path)
{
    struct stat status;

    if (stat(path, &status) == 0)
        printf("    %s: mode %o uid %d gid %d\n", path, (unsigned)status.st_mode,
               (int)status.st_uid, (int)status.st_gid);
}

static void change_attributes(void)
{
    const struct timespec times[2] = {{1, 0}, {1, 0}}, now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};

    TRY(chmod("readable", 0666));
    TRY(chmod("mine", 06755));
    show_mode("mine");
    TRY(chown("mine", -1, GROUP));
    show_mode("mine");
    TRY(chmod("mine", 06755));
    show_mode("mine");
    TRY(chown("mine", -1, STRANGE_GROUP));
    TRY(chown("mine", OTHER, -1));
    TRY(chown("mine", USER, -1));
    TRY(chown("readable", -1, -1));
    TRY(chown("group", -1, GROUP));
    TRY(utimensat(AT_FDCWD, "mine", times, 0));
    TRY(utimensat(AT_FDCWD, "readable", times, 0));
    TRY(utimensat(AT_FDCWD, "readable", now, 0));
    TRY(utimensat(AT_FDCWD, "readable", NULL, 0));
    TRY(utimensat(AT_FDCWD, "open", NULL, 0));
    TRY(utimensat(AT_FDCWD, "open", now, 0));
    TRY(utimensat(AT_FDCWD, "open", times, 0));
    TRY(chmod("mine", 06755));
    TRY(truncate("mine", 3));
    show_mode("mine");
}

static void inherit(void)
{
    struct stat status;
    int ends[2];

    TRY(make("shared/mine", 0644, -1, -1));
    show_mode("shared/mine");
    TRY(mkdir("shared/below", 0755));
    show_mode("shared/below");
    TRY(make("sticky/own", 0600, -1, -1));
    show_mode("sticky/own");
    if (pipe(ends) == 0 && fstat(ends[0], &status) == 0)
        printf("    a pipe: uid %d gid %d\n", (int)status.st_uid, (int)status.st_gid);
}

static int connect_to(const char *path)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    strcpy(address.sun_path, path);
    return connect(fd, (struct sockaddr *)&address, sizeof(address));
}

static int listen_at(const char *path, mode_t mode)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    strcpy(address.sun_path, path);
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || chmod(path, mode) != 0)
        return -1;
    return listen(fd, 5);
}

static int limit(int resource, rlim_t soft, rlim_t hard)
{
    const struct rlimit value = {soft, hard};

    return setrlimit(resource, &value);
}

static void reach_others(void)
{
    char path[64], link[64];

    TRY(kill(getppid(), 0));
    TRY(kill(getppid(), SIGCONT));
    TRY(kill(getpid(), 0));
    TRY(kill(0, 0));
    snprintf(path, sizeof(path), "/proc/%d/environ", (int)getppid());
    tell("the environment of another", try_open(path, O_RDONLY));
    snprintf(path, sizeof(path), "/proc/%d/exe", (int)getppid());
    tell("the program of another", readlink(path, link, sizeof(link)));
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)getppid());
    tell("the descriptors of another", try_open(path, O_RDONLY));
    tell("its own", try_open("/proc/self/fd", O_RDONLY));
    show_mode("/proc/self");
    TRY(connect_to("socket"));
    TRY(connect_to("closed socket"));
    TRY(setpriority(PRIO_PROCESS, 0, 19));
    TRY(setpriority(PRIO_PROCESS, 0, 18));
    TRY(setpriority(PRIO_PROCESS, getppid(), 19));
    TRY(limit(RLIMIT_NOFILE, 10, 20));
    TRY(limit(RLIMIT_NOFILE, 20, 20));
    TRY(limit(RLIMIT_NOFILE, 20, 30));
    TRY(limit(RLIMIT_NOFILE, 21, 20));
    TRY(prlimit(getppid(), RLIMIT_NOFILE, NULL, NULL));
    TRY(sethostname("x", 1));
}

/* RLIMIT_NPROC counts what a user has, wherever. */
static void start_processes(void)
{
    int children = 0;

    TRY(limit(RLIMIT_NPROC, 3, 3));
    TRY(setresuid(NOBODY_ELSE, NOBODY_ELSE, NOBODY_ELSE));
    while (children < 10) {
        const pid_t child = fork();

        if (child == 0) {
            pause();
            exit(0);
        }
        if (child < 0)
            break;
        children++;
    }
    printf("    %d beside itself: %s\n", children, errno == EAGAIN ? "EAGAIN" : "another error");
    signal(SIGTERM, SIG_IGN);
    kill(0, SIGTERM);
    while (children > 0 && wait(NULL) > 0)
        children--;
}

/* ---- Programs ---- */

static void execute(const char *path, const char *argument)
{
    const pid_t child = fork();

    if (child == 0) {
        execl(path, path, argument, NULL);
        tell(path, -1);
        exit(0);
    }
    waitpid(child, NULL, 0);
}

static void execute_all(void)
{
    execute("program", "show");
    execute("of user", "show");
    execute("of group", "show");
    execute("of root", "show");
    execute("readable", "show");
    execute("only executed", "show");
    execute("closed/file", "show");
    execute("script", "show");
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    execute("of root", "show");
}

static int copy(const char *path, mode_t mode, uid_t uid, gid_t gid)
{
    char buffer[65536];
    ssize_t size;
    int from = open("/proc/self/exe", O_RDONLY), to = open(path, O_CREAT | O_WRONLY, 0700);

    while ((size = read(from, buffer, sizeof(buffer))) > 0)
        if (write(to, buffer, (size_t)size) != size)
            return -1;
    close(from);
    if (fchown(to, uid, gid) != 0 || fchmod(to, mode) != 0)
        return -1;
    return close(to);
}

/* ---- The parts ---- */

static void in_child(const char *name, void (*part)(void), bool as_user)
{
    const gid_t group = GROUP;
    int status;

    printf("%s\n", name);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        /* in the group of some of the files */
        if (as_user && (setgroups(1, &group) != 0 || setresgid(USER, USER, USER) != 0 ||
                        setresuid(USER, USER, USER) != 0))
            tell("becoming a user", -1);
        setbuf(stdout, NULL);
        part();
        exit(0);
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        printf("    ends with %d\n", status);
}

static void prepare(void)
{
    char directory[] = "/var/tmp/user-XXXXXX", script[] = "#!./program show\n";
    int fd;

    umask(022);
    if (!mkdtemp(directory) || chdir(directory) != 0 || chmod(".", 0755) != 0)
        tell("a directory", -1);
    TRY(make("private", 0600, 0, 0));
    TRY(make("readable", 0644, 0, 0));
    TRY(make("open", 0666, 0, 0));
    TRY(make("group", 0620, 0, GROUP));
    TRY(make("others", 0604, 0, GROUP));
    TRY(make("mine", 0200, USER, USER));
    TRY(make_directory("closed", 0700, 0, 0));
    TRY(copy("closed/file", 0755, 0, 0));
    TRY(make_directory("listed", 0744, 0, 0));
    TRY(make("listed/file", 0644, 0, 0));
    TRY(make_directory("searched", 0711, 0, 0));
    TRY(make("searched/file", 0644, 0, 0));
    TRY(make_directory("shared", 02775, 0, GROUP));
    TRY(make("shared/file", 0600, 0, 0));
    TRY(make_directory("shared/theirs", 0755, OTHER, OTHER));
    TRY(make_directory("sticky", 01777, 0, 0));
    TRY(make("sticky/theirs", 0666, OTHER, OTHER));
    TRY(make("sticky/mine", 0666, USER, USER));
    TRY(make_directory("sticky/directory", 0777, OTHER, OTHER));
    TRY(copy("program", 0755, 0, 0));
    TRY(copy("of user", 04755, OTHER, OTHER));
    TRY(copy("of group", 02755, OTHER, OTHER));
    TRY(copy("of root", 06755, 0, 0));
    TRY(copy("only executed", 0711, 0, 0));
    TRY(make("script", 06755, 0, 0));
    fd = open("script", O_WRONLY | O_TRUNC);
    if (write(fd, script, strlen(script)) < 0 || fchmod(fd, 06755) != 0)
        tell("a script", -1);
    close(fd);
    TRY(listen_at("socket", 0777));
    TRY(listen_at("closed socket", 0755));
}

static void as_self(void)
{
    const uid_t uid = getuid();
    struct stat status;
    char directory[] = "/var/tmp/user-XXXXXX";

    printf("ids %d %d %d\n", uid == geteuid(), getgid() == getegid(),
           getauxval(AT_UID) == uid && getauxval(AT_GID) == getgid());
    TRY(setuid(0));
    TRY(setuid(uid));
    TRY(setgroups(0, NULL));
    TRY(chroot("/"));
    TRY(try_open("/new", O_CREAT | O_WRONLY));
    TRY(mkdir("/directory", 0755));
    if (!mkdtemp(directory) || chdir(directory) != 0)
        tell("a directory", -1);
    TRY(make("own", 0400, -1, -1));
    TRY(try_open("own", O_WRONLY));
    TRY(try_open("own", O_RDONLY));
    TRY(stat("own", &status));
    printf("    it is %d %d\n", status.st_uid == uid, status.st_gid == getgid());
    TRY(chown("own", 0, -1));
    TRY(chmod(".", 0500));
    TRY(try_open("new", O_CREAT | O_WRONLY));
    TRY(chmod(".", 0700));
    TRY(unlink("own"));
    TRY(rmdir(directory));
}

int main(int argc, char **argv)
{
    char directory[4096];

    setbuf(stdout, NULL);
    if (argc == 2 && strcmp(argv[1], "self") == 0) {
        as_self();
        return 0;
    }
    if (argc >= 2 && strcmp(argv[1], "root") != 0) { /* executed by itself */
        show("    executed");
        printf("    secure %lu, auxiliary %lu %lu %lu %lu\n", getauxval(AT_SECURE),
               getauxval(AT_UID), getauxval(AT_EUID), getauxval(AT_GID), getauxval(AT_EGID));
        return 0;
    }
    prepare();
    in_child("ids", change_ids, false);
    in_child("groups", change_groups, false);
    in_child("capabilities", keep_capabilities, false);
    in_child("ids for files", file_ids, false);
    in_child("root opens", open_files, false);
    in_child("root executes", execute_all, false);
    in_child("open", open_files, true);
    in_child("look", look, true);
    in_child("inherit", inherit, true);
    in_child("names", change_names, true);
    in_child("attributes", change_attributes, true);
    in_child("others", reach_others, true);
    in_child("processes", start_processes, false);
    in_child("programs", execute_all, true);
    if (getcwd(directory, sizeof(directory)))
        execl("/bin/rm", "rm", "-r", directory, NULL); /* where there is one */
    return 0;
}
