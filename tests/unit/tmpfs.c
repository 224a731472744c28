/*
 * Files in memory, over an image: what it keeps and what is written over it, pages for who maps
 * them, directories that change while they are read, and memory that is full at any moment.
 */
#include "tests/unit/guest/machine.h"

#include "guest/linux/dentry.h"
#include "guest/linux/kernel.h"
#include "guest/linux/memory.h"
#include "tests/unit/guest/files.h"
#include "vmm/linux.h"

#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

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

int main(void)
{
    const char *why;
    uint8_t *image;
    size_t size;

    umask(0);
    image = make_image(&size);
    machine_start();
    if (image)
        machine_mount(LINUX_MOUNT_EROFS, "/", image, size);
    why = vfs_start();
    if (!ok(image && !why, "the start: %s", why ? why : "done"))
        return done();
    machine_process();
    test_pages(image, size);
    test_over_image();
    test_listing_while_changing();
    test_many();
    test_full();
    test_failing();
    free(image);
    return done();
}
