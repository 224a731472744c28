/*
 * Stands in for a mkfs.erofs that the tree has taken over. /tree/attempt is a link whose target
 * names what it tries; it says on its log what came of it, and ends with status 1, or 0 for "pack".
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *result(long returned)
{
    return returned < 0 ? strerror(errno) : "done";
}

/* Not dprintf(3), which makes a call that mkfs.erofs does not. */
static void say(const char *format, ...)
{
    char text[256];
    va_list values;
    int length;

    va_start(values, format);
    length = vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    if (write(STDERR_FILENO, text, (size_t)length) != length)
        _exit(2);
}

static void read_files(void)
{
    static const char *const paths[] = {"/etc/shadow", "/proc/1/status", "/tree/link",
                                        "/tree/above/etc/shadow", "/tree/private"};

    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
        say("%s: %s, ", paths[i], result(open(paths[i], O_RDONLY)));
}

static void write_files(void)
{
    static const char *const paths[] = {"/new",     "/tree/private",    "/tree/new",
                                        "/lib/new", "/etc/ld.so.cache", "/image"};

    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
        say("%s: %s, ", paths[i], result(open(paths[i], O_RDWR | O_CREAT, 0644)));
}

static void list_root(void)
{
    DIR *root = opendir("/");
    const struct dirent *entry;

    while (root && (entry = readdir(root)))
        if (entry->d_name[0] != '.')
            say("%s ", entry->d_name);
}

/* Writes as much as it may. */
static void grow(void)
{
    static const char block[1 << 20];
    const int image = open("/image", O_RDWR | O_CREAT, 0644);
    off_t size = 0;
    ssize_t n;

    while ((n = pwrite(image, block, sizeof(block), size)) > 0)
        size += n;
    say("%lld: %s", (long long)size, result(n));
}

/* What the filter kills. */
static void call(const char *name)
{
    if (strcmp(name, "open_by_handle_at") == 0)
        open_by_handle_at(AT_FDCWD, &(struct file_handle){.handle_bytes = 0}, O_RDONLY);
    else if (strcmp(name, "socket") == 0)
        socket(AF_INET, SOCK_STREAM, 0);
    else if (strcmp(name, "clone") == 0)
        syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    else if (strcmp(name, "ptrace") == 0)
        ptrace(PTRACE_TRACEME, 0, 0, 0);
    else if (strcmp(name, "mount") == 0)
        mount("none", "/", "tmpfs", 0, NULL);
    else if (strcmp(name, "chmod") == 0)
        chmod("/image", 0777);
    else
        errx(1, "no attempt is called %s", name);
    warnx("%s is allowed", name);
}

int main(void)
{
    char name[64] = "";

    if (readlink("/tree/attempt", name, sizeof(name) - 1) < 0)
        err(1, "/tree/attempt");
    if (strcmp(name, "read") == 0)
        read_files();
    else if (strcmp(name, "write") == 0)
        write_files();
    else if (strcmp(name, "list") == 0)
        list_root();
    else if (strcmp(name, "grow") == 0)
        grow();
    else if (strcmp(name, "stay") == 0)
        for (;;)
            open("/nowhere", O_RDONLY);
    else
        call(name);
    return 1;
}
