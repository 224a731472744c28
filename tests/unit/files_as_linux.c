/*
 * The files of the guest's kernel against those of the host's: the same random calls, on a tmpfs of
 * Linux and on ours, over an image and over none, have the same results, and leave the same tree.
 *
 * Each round is a process of its own, in its own root. FILES_ROUNDS=1000 runs more of them,
 * FILES_SEED=N that one only, with each call.
 */
#include "tests/unit/guest/both.h"
#include "tests/unit/guest/machine.h"

#include "guest/linux/syscalls_files.h"
#include "vmm/linux.h"

#include "tap.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS = 400 };

static char *image;
static size_t image_size;

static void make_file(const char *to, size_t size)
{
    FILE *file = fopen(to, "w");

    for (size_t i = 0; i < size; i++)
        fputc((int)(i * 7 + i / 256), file);
    fclose(file);
}

/* What the image has, in the working directory. */
static void make_tree(void)
{
    umask(0);
    mkdir("w", 0755);
    if (chdir("w") < 0)
        abort();
    mkdir("a", 0750);
    mkdir("a/b", 0700);
    mkdir("a/b/c", 0777);
    make_file("a/a", 10);
    make_file("a/c", 5000);
    mkdir("b", 01777);
    for (unsigned i = 0; i < 700; i++)
        make_file(name("b/f%03u", i), i % 5);
    make_file("c", 20000);
    make_file("two", 8192);
    make_file("empty", 0);
    make_file("h1", 4100);
    chmod("h1", 04755);
    if (link("h1", "h2") < 0 || link("c", "a/d") < 0 || symlink("a", "l") < 0 ||
        symlink("../w/c", "m") < 0 || symlink("/w/b", "n") < 0 || symlink("loop", "loop") < 0 ||
        symlink("nowhere/x", "gone") < 0 || mknod("a/x", S_IFSOCK | 0640, 0) < 0)
        abort();
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    if (file) {
        fputs(text, file);
        fclose(file);
    }
}

/* Root of its own files at least: who is not root becomes it, in a user namespace. */
static int leave_namespaces(void)
{
    char uid[40], gid[40];

    snprintf(uid, sizeof(uid), "0 %u 1", geteuid());
    snprintf(gid, sizeof(gid), "0 %u 1", getegid());
    if (geteuid() == 0)
        return unshare(CLONE_NEWNS);
    if (unshare(CLONE_NEWNS | CLONE_NEWUSER) < 0)
        return -1;
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", uid);
    write_file("/proc/self/gid_map", gid);
    return 0;
}

/* A root of its own for the calls of the host. */
static void enter_root(const char *directory, bool with_tree)
{
    static const char *const mount_points[] = {"dev", "proc", "feeds", "input"};

    if (leave_namespaces() < 0 ||
        syscall(SYS_mount, "none", "/", NULL, 1ul << 18 | 1ul << 14, NULL) < 0 ||
        syscall(SYS_mount, "none", directory, "tmpfs", 0, "mode=755") < 0 ||
        chroot(directory) < 0 || chdir("/") < 0) {
        printf("# a root of its own: %s\n", strerror(errno));
        _exit(2);
    }
    umask(0);
    for (unsigned i = 0; i < 4; i++)
        mkdir(mount_points[i], 0755);
    mkdir("tmp", 01777);
    if (with_tree)
        make_tree();
    else
        mkdir("w", 0755);
}

static void start_ours(void)
{
    const char *why;

    machine_start();
    if (image)
        machine_mount(LINUX_MOUNT_EROFS, "/", image, image_size);
    why = vfs_start();
    if (why) {
        printf("# the image: %s\n", why);
        _exit(1);
    }
    machine_process();
    if (!image)
        sys_mkdir("/w", 0755);
}

static void run_round(unsigned seed, const char *directory)
{
    alarm(60); /* ends what hangs */
    enter_root(directory, image != NULL);
    start_ours();
    srand(seed);
    memset(slots, -1, sizeof(slots));
    holes_differ = image; /* what the image holds has some of its own */
    sys_umask(0);
    umask(0);
    sys_chdir("/w");
    if (chdir("/w") < 0)
        _exit(2);
    for (unsigned i = 0; i < CALLS; i++)
        below(2) ? random_call_of_names() : random_call_of_bytes();
    same_tree("/w");
    _exit(0);
}

static bool round_passes(unsigned seed, const char *directory)
{
    int status;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0)
        run_round(seed, directory);
    if (waitpid(child, &status, 0) < 0 || status != 0)
        printf("# FILES_SEED=%u: status %x\n", seed, (unsigned)status);
    return status == 0;
}

static unsigned failures(unsigned rounds, const char *directory)
{
    unsigned failed = 0;

    if (verbose)
        return !round_passes((unsigned)atoi(getenv("FILES_SEED")), directory);
    for (unsigned seed = 1; seed <= rounds; seed++)
        failed += !round_passes(seed, directory);
    return failed;
}

static void make_image(const char *directory)
{
    const char *made = name("%s/made", directory);
    char command[200];

    snprintf(command, sizeof(command), "mkfs.erofs -x-1 --all-root --quiet %s/image %s >/dev/null",
             directory, made);
    fflush(stdout);
    if (fork() == 0) {
        mkdir(made, 0755);
        if (chdir(made) == 0)
            make_tree();
        _exit(0);
    }
    wait(NULL);
    if (system(command) == 0)
        image = machine_read_file(name("%s/image", directory), &image_size);
    snprintf(command, sizeof(command), "rm -rf %s/made %s/image", directory, directory);
    if (system(command) != 0)
        printf("# %s is left\n", directory);
}

int main(void)
{
    char directory[] = "/tmp/files-XXXXXX";
    const char *more = getenv("FILES_ROUNDS");
    const unsigned rounds = more ? (unsigned)atoi(more) : 60;

    verbose = getenv("FILES_SEED");
    is_root = geteuid() == 0;
    setlinebuf(stdout);
    if (!mkdtemp(directory))
        return 1;
    ok(failures(rounds, directory) == 0, "random calls, without an image");
    make_image(directory);
    ok(image, "an image of a tree");
    if (image)
        ok(failures(rounds, directory) == 0, "random calls over an image");
    rmdir(directory);
    free(image);
    return done();
}
