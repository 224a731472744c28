/*
 * The files of the guest's kernel: what stands where, what an image keeps and what is written over
 * it, pages for who maps them, and memory that is full at any moment. What calls return is compared
 * with Linux in files_as_linux.c.
 */
#include "tests/unit/guest/machine.h"

#include "guest/linux/kernel.h"
#include "guest/linux/memory.h"
#include "tests/unit/guest/files.h"
#include "vmm/linux.h"

#include "tap.h"

#include <asm/ioctls.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* ---- What stands where ---- */

static unsigned asked_with_argument;

static const char *answer(uint16_t port, const char *argument, uint32_t offset)
{
    static char many[LINUX_ANSWER_MAX + 1], echo[LINUX_ARGUMENT_MAX + 64];
    static unsigned asked;

    switch (port) {
    case 0x1ff:
        return "0x103 weather/London\n0x105 weather/San Francisco\n0x100 tweet\n0x500 many\n0x501 "
               "cut\n0x510? ask\n"
               "nonsense\n0x1 a//b\n0x2 ../up\n0x3 tweet/below\n0x4 tweet\n0x12345 five\n0x6 ";
    case 0x500:
        memset(many, 'm', LINUX_ANSWER_MAX);
        return many;
    case 0x501: /* lost behind its second piece */
        return offset < 2 * LINUX_PIECE_MAX ? many : NULL;
    case 0x510:
        snprintf(echo, sizeof(echo), "%s%s, asked %u times", *argument ? "" : "[denied: none] ",
                 argument, ++asked_with_argument);
        return echo;
    case 0x103:
        return asked++ == 0 ? "rain\n" : "sun\n";
    default:
        return "";
    }
}

static void test_feeds(void)
{
    struct stat stat;
    long fd, other;

    ok(machine.questions == 0, "nothing is asked before somebody looks");
    ok(!strcmp(names_in("/feeds", 4096), ". .. weather tweet many cut ask "), "/feeds: %s",
       names_in("/feeds", 4096));
    ok(machine.questions == 1, "the names are asked for once");
    ok(strstr(machine.log, "nonsense") && strstr(machine.log, "a//b") &&
           strstr(machine.log, "../up") && strstr(machine.log, "five"),
       "lines that name nothing are on the log");
    ok(!strcmp(names_in("/feeds/weather", 4096), ". .. London San Francisco "),
       "a directory of them");
    fd = sys_open("/feeds/weather/London", O_RDONLY, 0);
    ok(machine.questions == 1, "opening one does not ask");
    ok(sys_read((int)fd, buffer, 2) == 2 && sys_read((int)fd, buffer + 2, 10) == 3 &&
           sys_read((int)fd, buffer, 10) == 0 && !memcmp(buffer, "rain\n", 5),
       "it is read in parts");
    other = sys_open("/feeds/weather/London", O_RDONLY, 0);
    ok(sys_read((int)other, buffer, 10) == 4 && !memcmp(buffer, "sun\n", 4),
       "who opens it again asks again");
    ok(sys_pread64((int)fd, buffer, 10, 0) == 5 && !memcmp(buffer, "rain\n", 5),
       "and the first one keeps its answer");
    sys_close((int)fd);
    sys_close((int)other);
    fd = sys_open("/feeds/many", O_RDONLY, 0);
    ok(sys_pread64((int)fd, buffer, 10, LINUX_ANSWER_MAX - 4) == 4 && !memcmp(buffer, "mmmm", 4),
       "an answer of as many pieces as there may be");
    sys_close((int)fd);
    ok(has_text("/feeds/cut", "[gone]"),
       "an answer whose rest is gone is the message that says so");
    ok(has_text("/feeds/tweet", ""), "an empty answer");
    ok(sys_stat("/feeds/tweet", &stat) == 0 && stat.st_mode == (S_IFREG | 0444), "a file");
    ok(sys_open("/feeds/tweet", O_WRONLY, 0) == -EROFS && sys_unlink("/feeds/tweet") == -EROFS &&
           sys_open("/feeds/new", O_CREAT | O_RDWR, 0600) == -EROFS,
       "none can be written, removed or made");
}

static bool reads(long fd, const char *expected)
{
    const long length = sys_read((int)fd, buffer, 4000);

    buffer[length > 0 ? length : 0] = '\0';
    return !strcmp((const char *)buffer, expected) && sys_read((int)fd, buffer, 10) == 0;
}

static void test_questions(void)
{
    const unsigned before = machine.questions;
    struct stat stat;
    long fd = sys_open("/feeds/ask", O_RDWR | O_CREAT | O_TRUNC, 0600), other;

    ok(sys_stat("/feeds/ask", &stat) == 0 && stat.st_mode == (S_IFREG | 0666) &&
           sys_access("/feeds/ask", 2) == 0,
       "a file that can be written");
    ok(sys_write((int)fd, "Ber", 3) == 3 && sys_write((int)fd, "lin\n", 4) == 4 &&
           machine.questions == before,
       "writing does not ask");
    ok(reads(fd, "Berlin, asked 1 times"), "reading does, once, without the newline: %s",
       (char *)buffer);
    ok(sys_lseek((int)fd, 0, SEEK_SET) == 0 && reads(fd, "Berlin, asked 1 times"),
       "the answer is kept");
    other = sys_open("/feeds/ask", O_RDWR, 0);
    ok(sys_write((int)other, "Rome", 4) == 4 && reads(other, "Rome, asked 2 times"),
       "each open file has its own question");
    ok(sys_write((int)fd, "Paris", 5) == 5 && reads(fd, "Paris, asked 3 times"),
       "writing after reading begins another one, which is read from its start");
    sys_close((int)other);
    other = sys_open("/feeds/ask", O_RDONLY, 0);
    ok(reads(other, "[denied: none] , asked 4 times") && sys_write((int)other, "a", 1) == -EBADF,
       "nothing was written: the answer says so");
    sys_close((int)other);

    memset(buffer, 'x', 2000);
    ok(sys_write((int)fd, buffer, 1024) == 1024 && sys_write((int)fd, "\n", 1) == 1 &&
           sys_read((int)fd, buffer, 2000) == 1024 + 15,
       "the longest argument");
    memset(buffer, 'x', 2000);
    ok(sys_write((int)fd, buffer, 1025) == 1025 && reads(fd, "[denied: the argument is too long]"),
       "a longer one is denied");
    ok(sys_write((int)fd, buffer, 5) == 5 && sys_write((int)fd, buffer, 1000000) == 1000000 &&
           reads(fd, "[denied: the argument is too long]") && machine.questions == before + 5,
       "also in parts, without asking");
    sys_close((int)fd);

    fd = sys_open("/feeds/ask", O_WRONLY | O_TRUNC, 0);
    ok(sys_write((int)fd, "closed", 6) == 6 && machine.questions == before + 5, "only written");
    sys_close((int)fd);
    ok(machine.questions == before + 6, "it is asked when it is closed");
    fd = sys_open("/feeds/ask", O_RDWR, 0);
    sys_write((int)fd, "never", 5);
    sys_close((int)fd);
    ok(machine.questions == before + 6, "what could have been read is not");
}

static void test_devices(void)
{
    struct stat stat;
    long fd = sys_open("/dev/null", O_RDWR, 0);

    ok(sys_write((int)fd, "abc", 3) == 3 && sys_read((int)fd, buffer, 10) == 0, "/dev/null");
    ok(sys_fstat((int)fd, &stat) == 0 && S_ISCHR(stat.st_mode) && stat.st_rdev == 0x103, "is 1:3");
    sys_close((int)fd);
    fd = sys_open("/dev/zero", O_RDONLY, 0);
    memset(buffer, 1, 100);
    ok(sys_read((int)fd, buffer, 50) == 50 && buffer[0] == 0 && buffer[49] == 0 && buffer[50] == 1,
       "/dev/zero");
    sys_close((int)fd);
    ok(write_text("/dev/full", "x") == -ENOSPC, "/dev/full is full");
    fd = sys_open("/dev/urandom", O_RDONLY, 0);
    ok(sys_read((int)fd, buffer, 1000) == 1000, "/dev/urandom");
    sys_close((int)fd);
    ok(sys_open("/dev/tty", O_RDWR, 0) == -ENXIO, "no terminal, no /dev/tty");
    ok(sys_mknod("/tmp/null", S_IFCHR | 0600, 0x103) == 0 && write_text("/tmp/null", "abc") == 3,
       "a node that a program makes is the same device");
    ok(sys_mknod("/tmp/disk", S_IFBLK | 0600, 0x801) == 0 &&
           sys_open("/tmp/disk", O_RDONLY, 0) == -ENXIO,
       "a device without a driver");
    ok(write_text("/dev/shm/x", "shared") == 6 && has_text("/dev/shm/x", "shared"), "/dev/shm");
}

static void test_console(void)
{
    ok(sys_write(1, "out", 3) == 3 && sys_write(2, "error", 5) == 5, "output and error");
    ok(!memcmp(machine.output[1], "out", 4) && !memcmp(machine.output[2], "error", 6), "are apart");
    machine.output_length[1] = 0;
    memset(buffer, 'b', 60000);
    ok(sys_write(1, buffer, 60000) == 60000 && machine.output_length[1] == 60000,
       "short writes go on");
    machine.input = "typed";
    ok(sys_read(0, buffer, 3) == 3 && sys_read(0, buffer + 3, 10) == 2 &&
           !memcmp(buffer, "typed", 5) && sys_read(0, buffer, 10) == 0,
       "input, and its end");
    machine.input = NULL;
    ok(sys_read(0, buffer, 10) == 4 && !memcmp(buffer, "late", 4), "input is waited for");
    machine.input = NULL;
    sys_fcntl(0, F_SETFL, O_NONBLOCK);
    ok(sys_read(0, buffer, 10) == -EAGAIN, "unless O_NONBLOCK says no");
    ok(sys_write(0, "x", 1) == -EBADF && sys_read(1, buffer, 1) == -EBADF, "each is one way");
    ok(sys_lseek(1, 0, SEEK_CUR) == -ESPIPE, "output has no position");
    ok(!strncmp(link_of("/proc/self/fd/1"), "pipe:[", 6), "it looks like a pipe: %s", buffer);
    machine.output_length[1] = 0;
    ok(write_text("/dev/stdout", "again") == 5 && !memcmp(machine.output[1], "again", 5),
       "/dev/stdout is the same one");
}

static void test_terminal(void)
{
    unsigned short size[4] = {0};
    uint8_t termios[60];

    ok(sys_ioctl(1, TCGETS, (uintptr_t)termios) == -ENOTTY, "a pipe is no terminal");
    machine_terminal(LINUX_TTY_INPUT | LINUX_TTY_OUTPUT);
    machine_process();
    ok(vfs_open_console(machine.files) == 0 &&
           !strcmp(link_of("/proc/self/fd/1"), "/dev/console") &&
           !strncmp(link_of("/proc/self/fd/2"), "pipe:[", 6),
       "two of three are a terminal");
    ok(sys_ioctl(0, TCGETS, (uintptr_t)termios) == 0 &&
           sys_ioctl(1, TIOCGWINSZ, (uintptr_t)size) == 0 && size[0] == 24 && size[1] == 80,
       "it has settings and a size");
    machine.output_length[1] = 0;
    ok(write_text("/dev/tty", "here") == 4 && !memcmp(machine.output[1], "here", 4),
       "/dev/tty is the terminal");
}

static void test_proc(void)
{
    struct stat by_link, by_path;

    ok(!strcmp(link_of("/proc/self"), "1"), "/proc/self");
    ok(!strcmp(text_of("/proc/self/comm"), "test\n"), "/proc/self/comm");
    text_of("/proc/self/cmdline");
    ok(!memcmp(buffer, "test\0one", 9), "/proc/self/cmdline");
    ok(strstr(text_of("/proc/self/maps"), "00400000-00401000 r-xp 00000000 00:00 0 ") &&
           strstr(buffer, " [test]\n"),
       "/proc/self/maps: %s", strtok(buffer, "\n"));
    ok(strstr(text_of("/proc/meminfo"), "MemTotal:") && strstr(buffer, " kB\n"), "/proc/meminfo");
    ok(strstr(text_of("/proc/cpuinfo"), "vendor_id\t: ") && strstr(buffer, " sse2"),
       "/proc/cpuinfo");
    ok(strstr(text_of("/proc/mounts"), "proc /proc proc ro"), "/proc/mounts");
    ok(!strncmp(text_of("/proc/self/stat"), "1 (test) R 0 1 1 ", 17), "/proc/self/stat");
    ok(strlen(text_of("/proc/sys/kernel/random/uuid")) == 37, "a UUID");
    ok(strstr(names_in("/proc", 300), " self ") && strstr(names_in("/proc", 300), " 1 "),
       "/proc lists itself");
    ok(!strcmp(names_in("/proc/self/fd", 100), ". .. 0 1 2 3 "), "/proc/self/fd: %s",
       names_in("/proc/self/fd", 100));
    ok(sys_open("/proc/2", O_RDONLY, 0) == -ENOENT && sys_open("/proc/self/no", 0, 0) == -ENOENT &&
           sys_open("/proc/01", O_RDONLY, 0) == -ENOENT,
       "what is not there");
    ok(sys_mkdir("/proc/x", 0700) == -EROFS && sys_unlink("/proc/uptime") == -EROFS,
       "nothing is made or removed");
    ok(sys_chdir("/proc/self") == 0 && sys_getcwd(buffer, 100) == 8 && !strcmp(buffer, "/proc/1"),
       "a process' directory is a working directory");
    ok(has_text("comm", "test\n") && has_text("../self/comm", "test\n"), "with a parent");
    sys_chdir("/");
    ok(!strcmp(link_of("/proc/self/cwd"), "/"), "/proc/self/cwd");
    ok(sys_stat("/proc/self/root/tmp", &by_link) == 0 && sys_stat("/tmp", &by_path) == 0 &&
           by_link.st_ino == by_path.st_ino,
       "/proc/self/root leads through");
}

static void test_open_links(void)
{
    char path[40];
    long fd;

    write_text("/tmp/gone", "still here");
    fd = sys_open("/tmp/gone", O_RDWR, 0);
    snprintf(path, sizeof(path), "/proc/self/fd/%ld", fd);
    ok(!strcmp(link_of(path), "/tmp/gone"), "the path of an open file");
    sys_unlink("/tmp/gone");
    ok(!strcmp(link_of(path), "/tmp/gone (deleted)"), "that is deleted");
    ok(has_text(path, "still here"), "which can be opened by its descriptor");
    sys_close((int)fd);
    fd = sys_open("/tmp", O_TMPFILE | O_RDWR, 0600);
    sys_write((int)fd, "named later", 11);
    snprintf(path, sizeof(path), "/proc/self/fd/%ld", fd);
    ok(sys_linkat(AT_FDCWD, path, AT_FDCWD, "/tmp/later", AT_SYMLINK_FOLLOW) == 0 &&
           has_text("/tmp/later", "named later"),
       "an unnamed file gets a name");
    sys_close((int)fd);
}

static void test_input(void)
{
    struct stat stat;

    ok(!strcmp(names_in("/input", 4096), ". .. hello data "), "/input: %s",
       names_in("/input", 4096));
    ok(has_text("/input/data", "12345"), "a file by its bytes");
    ok(sys_stat("/input/hello", &stat) == 0 && stat.st_mode == (S_IFREG | 0555) &&
           stat.st_size == 7 && sys_access("/input/hello", 1) == 0 &&
           sys_access("/input/data", 1) == -EACCES,
       "the program may be executed, others not");
    ok(sys_open("/input/data", O_RDWR, 0) == -EROFS && sys_unlink("/input/data") == -EROFS &&
           sys_chmod("/input/data", 0777) == -EROFS,
       "none can be changed");
}

static void test_mounts(void)
{
    const char *why, *path;

    ok(!strcmp(text_of("/made/for it/data"), "12345") && !strcmp(text_of("/etc/data"), "12345"),
       "files stand where they are asked for");
    ok(write_text("/etc/data", "other") == 5 && sys_unlink("/made/for it/data") == 0,
       "they can be changed where their file system can");
    ok(strstr(text_of("/proc/mounts"), "\ntmpfs /made/for\\040it tmpfs rw,relatime 0 0\n") != NULL,
       "/proc/mounts: %s", buffer);
    ok(strstr(text_of("/proc/self/mountinfo"), "\n6 1 0:6 / /made/for\\040it rw,") != NULL,
       "mountinfo: %s", buffer);
    ok(sys_creat("/made/for it/full", 0600) == 3 &&
           sys_write(3, buffer, 4 * PAGE_SIZE) == 3 * (long)PAGE_SIZE &&
           sys_write(3, "x", 1) == -ENOSPC && sys_close(3) == 0,
       "a tmpfs has the size that it was given");
    ok(sys_rmdir("/made/for it") == -EBUSY && sys_mkdir("/made/more", 0755) == 0, "it is mounted");

    machine_mount(LINUX_MOUNT_FILE, "/etc/data/no", "x", 1);
    why = vfs_mount(&path);
    ok(why && !strcmp(path, "/etc/data/no") && strstr(why, "not a directory"), "%s: %s", path, why);
}

int main(void)
{
    uint8_t *program = machine_copy("program", 7), *data = machine_copy("12345", 5);
    const char *why, *path;

    machine_start();
    machine_mount(LINUX_MOUNT_EXECUTABLE, "/input/hello", program, 7);
    machine_mount(LINUX_MOUNT_FILE, "/input/data", data, 5);
    machine_mount(LINUX_MOUNT_TMPFS, "/made/for it", "size=12k,uid=7,gid=8,mode=750", 0);
    machine_mount(LINUX_MOUNT_FILE, "/made/for it/data", data, 5);
    machine_mount(LINUX_MOUNT_FILE, "/etc/data", data, 5);
    machine.feed = answer;
    why = vfs_start();
    if (!ok(!why, "the start: %s", why ? why : "done"))
        return done();
    machine_process();
    why = vfs_mount(&path);
    ok(!why, "the mounts: %s: %s", path, why ? why : "done");
    ok(vfs_open_console(machine.files) == 0, "the console");
    test_console();
    test_devices();
    test_feeds();
    test_questions();
    test_proc();
    test_open_links();
    test_input();
    test_terminal();
    test_mounts();
    free(program);
    free(data);
    return done();
}
