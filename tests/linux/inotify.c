/* inotify(7): what is told of files, directories, names, ends. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int queue;

static const char *result(long value)
{
    return value < 0 ? strerror(errno) : "yes";
}

static void show(const char *what)
{
    static const char *const names[] = {"access",
                                        "modify",
                                        "attrib",
                                        "close_write",
                                        "close",
                                        "open",
                                        "from",
                                        "to",
                                        "create",
                                        "delete",
                                        "gone",
                                        "moved",
                                        [13] = "unmounted",
                                        [14] = "overflow",
                                        [15] = "ignored",
                                        [30] = "directory"};
    char bytes[4096] __attribute__((aligned(8)));
    unsigned cookie = 0;
    ssize_t size;

    printf("%s:", what);
    while ((size = read(queue, bytes, sizeof(bytes))) > 0)
        for (char *at = bytes; at < bytes + size;) {
            const struct inotify_event *event = (void *)at;

            printf(" %d", event->wd);
            for (unsigned i = 0; i < 31; i++)
                if ((event->mask >> i & 1) != 0 && names[i])
                    printf(" %s", names[i]);
            if (event->len > 0)
                printf(" '%s' %u", event->name, event->len);
            if (event->cookie != 0)
                printf("%s", event->cookie == cookie ? " as before" : " moves");
            cookie = event->cookie;
            printf(";");
            at += sizeof(*event) + event->len;
        }
    printf(" %s\n", result(size));
}

static void make(const char *path)
{
    close(open(path, O_CREAT | O_WRONLY, 0644));
}

static void try_errors(void)
{
    char byte;
    int file = open(".", O_RDONLY), size = 0;

    printf("flags: %s", result(inotify_init1(1)));
    printf(", events: %s", result(inotify_add_watch(queue, ".", 0)));
    printf(", %s", result(inotify_add_watch(queue, ".", IN_ONLYDIR)));
    printf(", path: %s", result(inotify_add_watch(queue, "none", IN_OPEN)));
    printf(", file: %s", result(inotify_add_watch(file, ".", IN_OPEN)));
    printf(", no directory: %s",
           result(inotify_add_watch(queue, "/dev/null", IN_OPEN | IN_ONLYDIR)));
    printf(", watch: %s", result(inotify_rm_watch(queue, 99)));
    printf(", nothing: %s\n", result(read(queue, &byte, 1)));
    printf("all %d\n", inotify_add_watch(queue, ".", IN_ALL_EVENTS));
    make("queued");
    unlink("queued");
    ioctl(queue, FIONREAD, &size);
    printf("queued: %d, too short: %s, poll %d\n", size, result(read(queue, &byte, 1)),
           poll(&(struct pollfd){.fd = queue, .events = POLLIN}, 1, 0));
    close(file);
    show("and shown");
}

int main(void)
{
    char directory[] = "/tmp/inotify-XXXXXX", bytes[8];
    int fd;

    if (!mkdtemp(directory) || chdir(directory) != 0)
        return 1;
    queue = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    printf("watch %d", inotify_add_watch(queue, ".", IN_ALL_EVENTS));
    printf(", again %d", inotify_add_watch(queue, directory, IN_ALL_EVENTS));
    printf(", new: %s\n", result(inotify_add_watch(queue, ".", IN_OPEN | IN_MASK_CREATE)));
    try_errors();
    printf("all %d\n", inotify_add_watch(queue, ".", IN_ALL_EVENTS));
    fd = open("a", O_CREAT | O_RDWR, 0644);
    show("create");
    printf("the file %d\n", inotify_add_watch(queue, "a", IN_ALL_EVENTS));
    write(fd, "text", 4);
    write(fd, "text", 4);
    show("write");
    pread(fd, bytes, 4, 0);
    show("read");
    ftruncate(fd, 2);
    show("truncate");
    fchmod(fd, 0600);
    show("chmod");
    close(fd);
    show("close");
    link("a", "b");
    show("link");
    unlink("b");
    show("unlink one");
    mkdir("d", 0755);
    show("mkdir");
    printf("below %d\n", inotify_add_watch(queue, "d", IN_ALL_EVENTS));
    rename("a", "d/a name that is long");
    show("rename");
    make("d/over");
    show("make");
    rename("d/a name that is long", "d/over");
    show("over");
    fd = open("d/over", O_RDONLY);
    truncate("d/over", 0); /* kernels differ in whether O_TRUNC is told of before the open(2) */
    close(fd);
    close(open("d/over", O_RDONLY));
    show("open");
    /* kernels differ in whether the file or its directory hears first */
    inotify_rm_watch(queue, 3);
    show("alone");
    unlink("d/over");
    show("unlink");
    printf("below again %d", inotify_add_watch(queue, "d", IN_ALL_EVENTS));
    printf(", above %d\n", inotify_add_watch(queue, ".", IN_CREATE));
    rmdir("d");
    show("rmdir");
    printf("all %d\n", inotify_add_watch(queue, ".", IN_ALL_EVENTS));
    symlink("x", "s");
    show("symlink");
    unlink("s");
    mkfifo("f", 0600);
    unlink("f");
    show("others");
    printf("fewer %d\n", inotify_add_watch(queue, ".", IN_CREATE));
    make("m");
    show("create only");
    printf("more %d\n", inotify_add_watch(queue, ".", IN_DELETE | IN_MASK_ADD));
    unlink("m");
    show("delete, too");
    printf("once %d\n", inotify_add_watch(queue, ".", IN_CREATE | IN_ONESHOT));
    make("m");
    unlink("m");
    show("once");
    fd = inotify_add_watch(queue, ".", IN_ALL_EVENTS);
    printf("new one %d, removed: %s\n", fd, result(inotify_rm_watch(queue, fd)));
    show("removed");
    make("m");
    show("nothing");
    unlink("m");
    chdir("/");
    rmdir(directory);
    close(queue);
    return 0;
}
