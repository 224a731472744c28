/*
 * Extended attributes, and what a program gets by its file's capabilities. The working directory is
 * the tree of tests/as-linux.bats, and this program is in it.
 *
 *     attribute root    as root, which becomes others
 *     attribute self    as anybody but root
 *     attribute show    what this process has; the program executes itself so
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Of <linux/capability.h>, which musl has not. */
enum { CAP_NET_BIND_SERVICE = 10, CAP_NET_RAW = 13, CAPABILITY_VERSION = 0x20080522 };
enum { RAW = 1 << CAP_NET_RAW, BIND = 1 << CAP_NET_BIND_SERVICE };

struct capability_header {
    uint32_t version;
    int pid;
};

struct capability_data {
    uint32_t effective, permitted, inheritable;
};

enum { USER = 1000 };

static const char *name_of(int error)
{
    static const struct {
        int error;
        const char *name;
    } names[] = {{EPERM, "EPERM"},     {EACCES, "EACCES"},         {EINVAL, "EINVAL"},
                 {ENOENT, "ENOENT"},   {EBADF, "EBADF"},           {EFAULT, "EFAULT"},
                 {ENODATA, "ENODATA"}, {EOPNOTSUPP, "EOPNOTSUPP"}, {ERANGE, "ERANGE"}};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].error == error)
            return names[i].name;
    return "another error";
}

static void tell(const char *what, long result)
{
    if (result < 0)
        printf("    %s: %s\n", what, name_of(errno));
    else
        printf("    %s: %ld\n", what, result);
}

#define TRY(call) tell(#call, call)

/* ---- What files have ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_compared(const char *name)
{
    return strncmp(name, "user.", 5) == 0 || strcmp(name, "security.capability") == 0;
}

static void show_value(const char *path, const char *name)
{
    static unsigned char value[65536];
    const ssize_t size = lgetxattr(path, name, value, sizeof(value));

    printf("        %s: %zd:", name, size);
    for (ssize_t i = 0; i < size && i < 24; i++)
        printf(" %02x", value[i]);
    puts("");
}

/* Those that Linux' own file systems add are not compared. */
static void show_list(const char *path)
{
    static char list[65536];
    const ssize_t length = llistxattr(path, list, sizeof(list));
    char *names[100];
    size_t count = 0;

    printf("    %s: %s\n", path, length < 0 ? name_of(errno) : "listed");
    for (ssize_t at = 0; at < length && count < 100; at += (ssize_t)strlen(list + at) + 1)
        if (is_compared(list + at))
            names[count++] = list + at;
    qsort(names, count, sizeof(names[0]), by_text);
    for (size_t i = 0; i < count; i++)
        show_value(path, names[i]);
}

static void read_attributes(void)
{
    static const char *const paths[] = {"file", "other",   "again", "link", "directory",
                                        "none", "private", "raw",   "gone"};
    char value[100], name[400];
    int fd;

    puts("attributes of files");
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        show_list(paths[i]);

    puts("calls");
    TRY(getxattr("link", "user.shared", value, sizeof(value)));
    TRY(lgetxattr("link", "user.shared", value, sizeof(value)));
    TRY(listxattr("link", NULL, 0) > 0);
    TRY(getxattr("file", "user.shared", NULL, 0));
    TRY(getxattr("file", "user.shared", value, 1));
    TRY(getxattr("file", "user.shared", NULL, 100));
    TRY(getxattr("file", "user.empty", value, 1));
    TRY(listxattr("file", name, 3));
    TRY(listxattr("none/", name, 3));
    TRY(getxattr("file", "user.none", value, sizeof(value)));
    TRY(getxattr("file", "user.share", value, sizeof(value)));
    TRY(getxattr("file", "user.sharedd", value, sizeof(value)));
    TRY(getxattr("file", "security.none", value, sizeof(value)));
    TRY(getxattr("file", "trusted.none", value, sizeof(value)));
    TRY(getxattr("file", "nonsense", value, sizeof(value)));
    TRY(getxattr("file", "user.", value, sizeof(value)));
    TRY(getxattr("file", "", value, sizeof(value)));
    TRY(getxattr("file", NULL, value, sizeof(value)));
    TRY(getxattr("gone", "user.shared", value, sizeof(value)));
    TRY(getxattr("private", "user.shared", value, sizeof(value)));
    TRY(getxattr("private", "security.none", value, sizeof(value)));
    memset(name, 'n', sizeof(name));
    memcpy(name, "user.", 5);
    name[255] = 0;
    TRY(getxattr("file", name, value, sizeof(value)));
    name[255] = 'n';
    name[256] = 0;
    TRY(getxattr("file", name, value, sizeof(value)));
    fd = open("file", O_RDONLY);
    TRY(fgetxattr(fd, "user.shared", value, sizeof(value)));
    TRY(flistxattr(fd, name, 3));
    close(fd);
    fd = open("file", O_PATH);
    TRY(fgetxattr(fd, "user.shared", value, sizeof(value)));
    TRY(flistxattr(fd, NULL, 0));
    close(fd);
    TRY(fgetxattr(fd, "user.shared", value, sizeof(value)));
}

/* ---- What programs get ---- */

static void get(struct capability_data data[2])
{
    struct capability_header header = {CAPABILITY_VERSION, 0};

    syscall(SYS_capget, &header, data);
}

static long set(uint32_t permitted, uint32_t effective, uint32_t inheritable)
{
    struct capability_header header = {CAPABILITY_VERSION, 0};
    struct capability_data data[2] = {{effective, permitted, inheritable}};

    return syscall(SYS_capset, &header, data);
}

static const char *words(uint32_t capabilities)
{
    static const char *const names[] = {"none", "raw", "bind", "raw and bind"};

    return names[!!(capabilities & RAW) + 2 * !!(capabilities & BIND)];
}

/* Of the many that root may have here, or may not, only two are shown. */
static int show(void)
{
    struct capability_data data[2] = {{0}};
    uint32_t ambient = 0;

    get(data);
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_NET_RAW, 0, 0) > 0)
        ambient |= RAW;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_NET_BIND_SERVICE, 0, 0) > 0)
        ambient |= BIND;
    printf("permitted %s, effective %s, ", words(data[0].permitted), words(data[0].effective));
    printf("inheritable %s, ambient %s, ", words(data[0].inheritable), words(ambient));
    printf("user %s, secure %lu\n", geteuid() == 0 ? "root" : "another", getauxval(AT_SECURE));
    return 0;
}

/* Executes each of the programs, after `prepare` in the process that does. */
static void execute(const char *when, void (*prepare)(void))
{
    static const char *const programs[] = {"plain", "raw",   "permitted", "inheritable",
                                           "both",  "owner", "foreign",   "nothing"};

    printf("%s\n", when);
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        printf("    %s: ", programs[i]);
        fflush(stdout);
        if (fork() == 0) {
            if (prepare)
                prepare();
            execl(programs[i], programs[i], "show", NULL);
            printf("%s\n", name_of(errno));
            exit(1);
        }
        wait(NULL);
    }
}

static void no_new_privileges(void)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void become_user(void)
{
    if (setresgid(USER, USER, USER) != 0 || setresuid(USER, USER, USER) != 0)
        puts("cannot become a user");
}

static void inherit(void)
{
    struct capability_data data[2] = {{0}};

    get(data);
    set(data[0].permitted, data[0].effective, RAW | BIND);
    become_user();
}

static void keep_ambient(void)
{
    prctl(PR_SET_KEEPCAPS, 1);
    become_user();
    set(BIND, BIND, BIND);
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0) != 0)
        puts("cannot raise");
}

static void bound(void)
{
    prctl(PR_CAPBSET_DROP, CAP_NET_RAW);
    become_user();
}

static void give_up(void)
{
    set(0, 0, 0);
}

static void give_up_for_good(void)
{
    no_new_privileges();
    give_up();
}

/* A file that is changed loses its capabilities, and nothing else. */
static void change_files(void)
{
    int fd = open("written", O_WRONLY | O_APPEND);

    puts("changed files");
    TRY(write(fd, "", 0));
    show_list("written");
    TRY(write(fd, "x", 1));
    close(fd);
    show_list("written");
    TRY(truncate("cut", 1));
    show_list("cut");
    TRY(chmod("given", 0700));
    show_list("given");
    TRY(chown("given", USER, -1));
    show_list("given");
    TRY(rename("moved", "moved away"));
    show_list("moved away");
    TRY(link("moved away", "moved"));
    show_list("moved");
}

int main(int count, char **arguments)
{
    const char *what = count > 1 ? arguments[1] : "";

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (strcmp(what, "show") == 0)
        return show();
    read_attributes();
    execute("programs", NULL);
    execute("programs, without new privileges", no_new_privileges);
    if (strcmp(what, "root") != 0)
        return 0;
    execute("programs of a user", become_user);
    execute("programs of a user with inheritable capabilities", inherit);
    execute("programs of a user with an ambient capability", keep_ambient);
    execute("programs outside the bounding set", bound);
    execute("programs of root without capabilities", give_up);
    execute("the same, without new privileges", give_up_for_good);
    change_files();
    return 0;
}
