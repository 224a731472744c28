/*
 * The files of the guest's kernel: what stands where, what an image keeps and what is written over
 * it, pages for who maps them, and memory that is full at any moment. What calls return is compared
 * with Linux in files_as_linux.c.
 */
#include "tests/unit/guest/machine.h"

#include "guest/linux/dentry.h"
#include "guest/linux/kernel.h"
#include "guest/linux/memory.h"
#include "guest/linux/syscalls_files.h"
#include "vmm/linux.h"

#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static char buffer[100000];

/* A file's text by its path; what went wrong is a text, too. */
static const char *text_of(const char *path)
{
    const long fd = sys_open(path, O_RDONLY, 0);
    long length = fd < 0 ? fd : sys_read((int)fd, buffer, sizeof(buffer) - 1);

    if (fd >= 0)
        sys_close((int)fd);
    if (length < 0)
        length = snprintf(buffer, sizeof(buffer), "error %ld", -length);
    buffer[length] = '\0';
    return buffer;
}

static bool has_text(const char *path, const char *expected)
{
    const char *text = text_of(path);
    const bool same = strcmp(text, expected) == 0;

    if (!same)
        printf("# %s: %.60s\n", path, text);
    return same;
}

static long write_text(const char *path, const char *text)
{
    const long fd = sys_open(path, O_WRONLY | O_CREAT, 0644);
    long length = fd < 0 ? fd : sys_write((int)fd, text, strlen(text));

    if (fd >= 0)
        sys_close((int)fd);
    return length;
}

/* The names in a directory, in its order, each with a space behind it. */
static const char *names_in(const char *path, unsigned size)
{
    static char names[400000];
    static uint8_t part[4096];
    const long fd = sys_open(path, O_RDONLY | O_DIRECTORY, 0);
    size_t length = 0;
    long read;

    while ((read = sys_getdents64((int)fd, part, size)) > 0) {
        for (long at = 0; at < read; at += *(uint16_t *)(part + at + 16))
            length += (size_t)sprintf(names + length, "%s ", (char *)part + at + 19);
    }
    sys_close((int)fd);
    names[length] = '\0';
    return names;
}

static const char *link_of(const char *path)
{
    const long length = sys_readlink(path, buffer, sizeof(buffer) - 1);

    buffer[length < 0 ? 0 : length] = '\0';
    return buffer;
}

/* ---- What stands where ---- */

static const char *answer(uint16_t port)
{
    static char many[10001];
    static unsigned asked;

    switch (port) {
    case 0x1ff:
        return "0x103 weather/London\n0x105 weather/San Francisco\n0x100 tweet\n0x500 many\n"
               "nonsense\n0x1 a//b\n0x2 ../up\n0x3 tweet/below\n0x4 tweet\n0x12345 five\n0x6 ";
    case 0x500:
        memset(many, 'm', 1024 * 3);
        return many;
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
    ok(!strcmp(names_in("/feeds", 4096), ". .. weather tweet many "), "/feeds: %s",
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
    ok(strlen(text_of("/feeds/many")) == 3072, "an answer that fills its parts, %zu bytes",
       strlen(buffer));
    ok(has_text("/feeds/tweet", ""), "an empty answer");
    ok(sys_stat("/feeds/tweet", &stat) == 0 && stat.st_mode == (S_IFREG | 0444), "a file");
    ok(sys_open("/feeds/tweet", O_WRONLY, 0) == -EROFS && sys_unlink("/feeds/tweet") == -EROFS &&
           sys_open("/feeds/new", O_CREAT | O_RDWR, 0600) == -EROFS,
       "none can be written, removed or made");
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

/* ---- Over an image ---- */

static bool is_in_image(const void *page, const uint8_t *image, size_t size)
{
    return (const uint8_t *)page >= image && (const uint8_t *)page < image + size;
}

static struct file *file_at(const char *path)
{
    struct file *file = NULL;

    return file_open(path, O_RDWR, &file) == 0 ? file : NULL;
}

static void test_pages(const uint8_t *image, size_t size)
{
    struct file *file = file_at("/two");
    uint8_t *page = NULL, *again = NULL;

    ok(inode_page(file->inode, 0, PAGE_READ, (void **)&page) == 0 && is_in_image(page, image, size),
       "a whole block is mapped where it stands in the image");
    ok(inode_page(file->inode, 2, PAGE_READ, (void **)&again) == -EFAULT, "none beyond the end");
    inode_mapped(file->inode);
    ok(inode_page(file->inode, 0, PAGE_WRITE, (void **)&again) == 0 && again != page &&
           !memcmp(page, again, PAGE_SIZE) && machine.unmapped == 1,
       "to be written it is copied, once, and mappings of the old one are told");
    inode_page(file->inode, 0, PAGE_READ, (void **)&page);
    ok(page == again, "whoever reads sees the copy");
    ok(sys_truncate("/two", 5000) == 0 && machine.unmapped == 3, "as they are of a truncation");
    ok(inode_page(file->inode, 1, PAGE_READ, (void **)&page) == 0 &&
           !is_in_image(page, image, size) && page[903] != 0 && page[904] == 0 && page[4095] == 0,
       "what a file no longer has is zero");
    inode_unmapped(file->inode);
    file_put(file);
    file = file_at("/tail");
    ok(inode_page(file->inode, 1, PAGE_READ, (void **)&page) == 0 &&
           !is_in_image(page, image, size) && page[99] != 0 && page[100] == 0,
       "an inline tail is a page of its own");
    file_put(file);
}

static void test_over_image(void)
{
    struct statfs before, after;
    char first[5000];

    ok(strlen(text_of("/dir/file")) == 20, "a file of the image");
    memcpy(first, text_of("/tail"), 4196);
    sys_statfs("/", &before);
    ok(write_text("/tail", "X") == 1 && text_of("/tail")[0] == 'X' &&
           !memcmp(buffer + 1, first + 1, 4195),
       "a byte is written over it");
    sys_statfs("/", &after);
    ok(before.f_bfree - after.f_bfree == 1, "which takes one page");
    ok(sys_rename("/dir", "/moved") == 0 && strlen(text_of("/moved/file")) == 20 &&
           has_text("/dir/file", "error 2"),
       "a directory of the image is renamed, with what it holds");
    ok(sys_unlink("/moved/file") == 0 && !strcmp(names_in("/moved", 4096), ". .. "),
       "a file that is unlinked is gone");
    ok(sys_rmdir("/moved") == 0 && sys_mkdir("/dir", 0755) == 0 &&
           !strcmp(names_in("/dir", 4096), ". .. "),
       "what is made under an old name is empty");
    ok(sys_unlink("/hard1") == 0, "one of two names of a file is removed");
    ok(write_text("/hard2", "other") == 5 && has_text("/hard2", "other678901"), "the other stays");
}

static void test_listing_while_changing(void)
{
    static uint8_t part[600];
    const long fd = sys_open("/many", O_RDONLY, 0);
    unsigned seen = 0;
    bool created = false;
    long length;

    /* Removes all that it reads, as rm -r does, and adds one in the middle. */
    while ((length = sys_getdents64((int)fd, part, sizeof(part))) > 0) {
        for (long at = 0; at < length; at += *(uint16_t *)(part + at + 16)) {
            char path[300];

            snprintf(path, sizeof(path), "/many/%s", (char *)part + at + 19);
            seen += sys_unlink(path) == 0;
        }
        if (seen > 500 && !created)
            created = write_text("/many/new", "") == 0;
    }
    sys_close((int)fd);
    ok(seen == 1001 && created, "%u names are read and removed, one made meanwhile among them",
       seen);
    ok(!strcmp(names_in("/many", 4096), ". .. "), "none is left");
}

static void test_many(void)
{
    char path[40];
    unsigned made = 0, found = 0;
    const char *names;

    sys_mkdir("/tmp/many", 0755);
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(path, sizeof(path), "/tmp/many/%u", i);
        made += sys_mknod(path, S_IFREG | 0600, 0) == 0;
    }
    names = names_in("/tmp/many", 200);
    for (const char *at = names; (at = strchr(at, ' ')); at++)
        found++;
    ok(made == 20000 && found == 20002, "%u files in one directory, %u listed", made, found);
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(path, sizeof(path), "/tmp/many/%u", i * 7919 % 20000);
        made -= sys_unlink(path) == 0;
    }
    ok(made == 0 && sys_rmdir("/tmp/many") == 0, "all are removed");
}

/* ---- Memory that is full ---- */

static void test_full(void)
{
    const long fd = sys_open("/tmp/big", O_CREAT | O_RDWR, 0600);
    struct statfs statfs;
    long part, written = 0;

    while ((part = sys_write((int)fd, buffer, sizeof(buffer))) > 0)
        written += part;
    sys_statfs("/tmp", &statfs);
    ok(part == -ENOSPC && written > 20000000, "after %ld MB there is no space", written >> 20);
    ok(statfs.f_bavail == 0 && pages_free() > MACHINE_PAGES / 3, "half of the memory is left");
    ok(sys_mkdir("/tmp/dir", 0700) == 0 && write_text("/tmp/dir/x", "") == 0 &&
           write_text("/tmp/dir/x", "y") == -ENOSPC,
       "names can be made, bytes not written");
    ok(sys_fallocate((int)fd, 0, 0, 1l << 40) == -ENOSPC, "nor allocated");
    ok(sys_ftruncate((int)fd, 0) == 0 && write_text("/tmp/dir/x", "y") == 1,
       "until there is space");
    ok(sys_ftruncate((int)fd, 1l << 60) == 0 &&
           sys_pwrite64((int)fd, "end", 3, (1l << 60) - 3) == 3 &&
           sys_pread64((int)fd, buffer, 4, (1l << 60) - 4) == 4 && !memcmp(buffer, "\0end", 4),
       "a file of 2^60 bytes has two of them in memory");
    ok(sys_lseek((int)fd, 0, SEEK_DATA) == (1l << 60) - 4096 &&
           sys_lseek((int)fd, 0, SEEK_HOLE) == 0,
       "and a hole");
    sys_close((int)fd);
    sys_unlink("/tmp/big");
}

/* Some of everything; its results do not matter, but for the last one, which cleans up. */
static long do_some(void)
{
    struct stat stat;
    long fd;

    sys_mkdir("/tmp/s", 0755);
    write_text("/tmp/s/file", "some bytes");
    sys_symlink("file", "/tmp/s/link");
    sys_stat("/tmp/s/link", &stat);
    sys_link("/tmp/s/file", "/tmp/s/with a longer name than before");
    sys_rename("/tmp/s/file", "/tmp/s/a name that is still longer than the other one was");
    sys_renameat2(AT_FDCWD, "/tmp/s/link", AT_FDCWD, "/tmp/s/with a longer name than before", 2);
    sys_stat("/sub/one", &stat);
    write_text("/sub/one", "over the image");
    sys_rename("/sub/one", "/tmp/s/one");
    sys_rename("/tmp/s/one", "/sub/one");
    text_of("/proc/self/status");
    names_in("/proc/self/fd", 1000);
    fd = sys_open("/tmp/s", O_TMPFILE | O_RDWR, 0600);
    sys_dup((int)fd);
    sys_close((int)fd + 1);
    sys_close((int)fd);
    sys_getcwd(buffer, 100);
    return 0;
}

static bool clean_up(void)
{
    static const char *const names[] = {
        "/tmp/s/file", "/tmp/s/link", "/tmp/s/with a longer name than before",
        "/tmp/s/a name that is still longer than the other one was", "/tmp/s/one"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        sys_unlink(names[i]);
    for (int fd = 3; fd < 10; fd++)
        sys_close(fd);
    return sys_rmdir("/tmp/s") == 0 || sys_rmdir("/tmp/s") == -ENOENT;
}

/* Each allocation fails once: nothing breaks, and nothing is left. */
static void test_failing(void)
{
    unsigned failed = 0, dirty = 0;
    long before;

    do_some(); /* what is read of the image stays in memory */
    clean_up();
    before = machine.allocations;
    for (long after = 1; after < 400; after++) {
        machine.fail_after = after;
        do_some();
        failed += machine.fail_after == 0;
        machine.fail_after = -1;
        dirty += !clean_up();
    }
    ok(failed > 50, "memory is full at %u moments", failed);
    ok(dirty == 0, "each time everything can be removed");
    ok(machine.allocations - before <= 2, "and nothing is left: %ld", machine.allocations - before);
}

static void make_file(const char *name, size_t size)
{
    FILE *file = fopen(name, "w");

    for (size_t i = 0; i < size; i++)
        fputc('0' + (int)(i % 10 + 1) % 10, file);
    fclose(file);
}

static uint8_t *make_image(size_t *size)
{
    char directory[] = "/tmp/files-XXXXXX", name[30], command[200];
    uint8_t *image = NULL;

    if (!mkdtemp(directory) || chdir(directory) < 0)
        return NULL;
    mkdir("tree", 0755);
    mkdir("tree/dir", 0755);
    make_file("tree/dir/file", 20);
    make_file("tree/two", 8192);
    make_file("tree/tail", 4196);
    make_file("tree/hard1", 11);
    mkdir("tree/many", 0755);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "tree/many/%u", i);
        make_file(name, 1);
    }
    mkdir("tree/sub", 0755);
    make_file("tree/sub/one", 100);
    if (link("tree/hard1", "tree/hard2") == 0 &&
        system("mkfs.erofs --quiet i tree >/dev/null") == 0)
        image = machine_read_file("i", size);
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    if (chdir("/") < 0 || system(command) != 0)
        printf("# %s is left\n", directory);
    return image;
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

int main(void)
{
    uint8_t *program = machine_copy("program", 7), *data = machine_copy("12345", 5);
    const char *why;
    uint8_t *image;
    size_t size;

    umask(0);
    image = make_image(&size);
    machine_start();
    machine_image(LINUX_IMAGE_PROGRAM, "./build/hello", program, 7);
    machine_image(LINUX_IMAGE_FILE, "data", data, 5);
    if (image)
        machine_image(LINUX_IMAGE_ROOT, "", image, size);
    machine.feed = answer;
    why = vfs_start();
    if (!ok(image && !why, "the start: %s", why ? why : "done"))
        return done();
    machine_process();
    ok(vfs_open_console(machine.files) == 0, "the console");
    test_console();
    test_devices();
    test_feeds();
    test_proc();
    test_open_links();
    test_input();
    test_pages(image, size);
    test_over_image();
    test_listing_while_changing();
    test_many();
    test_full();
    test_failing();
    free(image);
    free(program);
    free(data);
    return done();
}
