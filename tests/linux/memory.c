/* Address spaces: what mmap(2) and its like give, and what a system call may touch. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul
#define MIB  (1ul << 20)

static char *map(size_t size, int protection)
{
    return mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* The error of a call that writes eight bytes to an address. */
static const char *write_to(void *to)
{
    return syscall(SYS_getrandom, to, 8, 0) == 8 ? "written" : strerror(errno);
}

static const char *error_of(long result)
{
    return result < 0 ? strerror(errno) : "done";
}

static int deep(int frames)
{
    volatile char frame[PAGE];

    frame[0] = (char)frames;
    return frames > 0 ? deep(frames - 1) + frame[0] : 0;
}

static void test_growth(void)
{
    printf("6 MiB of stack: %d\n", deep(1500));

    char *small = map(MIB, PROT_READ | PROT_WRITE);
    memset(small, 7, MIB);
    char *large = mremap(small, MIB, 64 * MIB, MREMAP_MAYMOVE);
    printf("moved: %d %d %d\n", large[0], large[MIB - 1], large[MIB]);
    munmap(large + PAGE, 2 * PAGE);
    printf("a hole: %d\n", msync(large, 4 * PAGE, MS_SYNC) == -1 && errno == ENOMEM);
    char *heap = sbrk(0);
    printf("heap: %d\n", brk(heap + 3 * MIB) == 0 && (heap[3 * MIB - 1] = 5) == 5 &&
                             brk(heap) == 0 && sbrk(0) == heap);
}

static void test_protection(void)
{
    char *pages = map(4 * PAGE, PROT_READ | PROT_WRITE);

    memset(pages, 3, 4 * PAGE);
    printf("writable: %s\n", write_to(pages));
    mprotect(pages + PAGE, PAGE, PROT_NONE);
    printf("no access: %s\n", write_to(pages + PAGE));
    mprotect(pages + PAGE, PAGE, PROT_READ);
    printf("read only: %s, and still %d\n", write_to(pages + PAGE), pages[PAGE]);
    printf("at 16: %s\n", write_to((void *)16));
    printf("around the end: %s\n", write_to((void *)-4));
    printf("past user space: %s\n", write_to((void *)0x7fffffffeffcul));
    printf("not canonical: %s\n", write_to((void *)(1ul << 63)));
    munmap(pages, 4 * PAGE);
    printf("unmapped: %s\n", write_to(pages));
}

static void test_reservation(void)
{
    const size_t size = 1ul << 40;
    char *place = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    printf("a TiB reserved: %d\n", place != MAP_FAILED);
    char *middle = place + size / 2;
    printf("a part of it: %d\n", mprotect(middle, MIB, PROT_READ | PROT_WRITE));
    middle[0] = 5;
    madvise(middle, MIB, MADV_DONTNEED);
    printf("given back: %d\n", middle[0]);
    printf("replaced: %d\n",
           mmap(middle, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == middle);
    printf("not replaced: %d\n",
           mmap(middle, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
                0) == MAP_FAILED &&
               errno == EEXIST);
}

/* Maps and unmaps at random, and checks that no page has what another one was given. */
static void test_many(void)
{
    enum { COUNT = 200, ROUNDS = 5000 };
    static struct {
        char *at;
        size_t size;
    } areas[COUNT];
    unsigned random = 1, wrong = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        random = random * 1103515245 + 12345;
        unsigned i = (random >> 16) % COUNT;

        if (areas[i].at != NULL) {
            for (size_t page = 0; page < areas[i].size; page += PAGE)
                wrong += areas[i].at[page] != (char)i;
            munmap(areas[i].at, areas[i].size);
            areas[i].at = NULL;
        } else {
            areas[i].size = ((random >> 8) % 9 + 1) * PAGE;
            areas[i].at = map(areas[i].size, PROT_READ | PROT_WRITE);
            for (size_t page = 0; page < areas[i].size; page += PAGE) {
                wrong += areas[i].at[page] != 0;
                areas[i].at[page] = (char)i;
            }
        }
    }
    printf("wrong pages: %u\n", wrong);
}

/* What is private shows the file until it is written to, and ends with the file. */
static void test_private(void)
{
    int fd = memfd_create("private", 0);

    (void)!ftruncate(fd, 2 * PAGE);
    char *at = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    (void)!pwrite(fd, "first", 5, 0);
    (void)!pwrite(fd, "second", 6, PAGE);
    printf("private: %s, %s\n", at, at + PAGE);
    at[0] = 'F';
    (void)!pwrite(fd, "1", 1, 0);
    (void)!pwrite(fd, "2", 1, PAGE);
    printf("written: %s, %s\n", at, at + PAGE);
    at[PAGE] = 'S';
    (void)!ftruncate(fd, PAGE);
    (void)!ftruncate(fd, 2 * PAGE);
    printf("cut: %s, %d\n", at, at[PAGE]);
    munmap(at, 2 * PAGE);
    close(fd);
}

/* What a child finds in memory that is to be wiped on fork(2), and in what is beside it. */
static void test_wiped(void)
{
    char *pages = map(3 * PAGE, PROT_READ | PROT_WRITE);

    memset(pages, 5, 3 * PAGE);
    printf("wipe: %s\n", error_of(madvise(pages + PAGE, PAGE, MADV_WIPEONFORK)));
    fflush(stdout);
    if (fork() == 0) {
        printf("    a child has %d %d %d", pages[0], pages[PAGE], pages[2 * PAGE]);
        pages[PAGE] = 6;
        fflush(stdout);
        if (fork() == 0) {
            printf(", its own %d %d %d\n", pages[0], pages[PAGE], pages[2 * PAGE]);
            fflush(stdout);
            _exit(0);
        }
        wait(NULL);
        _exit(0);
    }
    wait(NULL);
    madvise(pages, 3 * PAGE, MADV_KEEPONFORK);
    if (fork() == 0) {
        printf("    then kept: %d\n", pages[PAGE]);
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    munmap(pages, 3 * PAGE);
    pages = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    printf("wipe what is shared: %s\n", error_of(madvise(pages, PAGE, MADV_WIPEONFORK)));
}

static void test_advice(void)
{
    char *pages = map(3 * PAGE, PROT_READ | PROT_WRITE);

    memset(pages, 5, 3 * PAGE);
    printf("advice: %s", error_of(madvise(pages, 3 * PAGE, MADV_SEQUENTIAL)));
    printf(", none: %s, %s\n", error_of(madvise(pages, PAGE, -1)),
           error_of(madvise(pages, PAGE, 1000)));
    munmap(pages + PAGE, PAGE);
    printf("with a hole: %s", error_of(madvise(pages, 3 * PAGE, MADV_DONTNEED)));
    printf(", dropped: %d %d\n", pages[0], pages[2 * PAGE]);
}

/* Those of several kinds can be made less at once, but not more. */
static void test_several(void)
{
    char *pages = map(4 * PAGE, PROT_READ | PROT_WRITE);

    memset(pages, 5, 4 * PAGE);
    mprotect(pages + PAGE, PAGE, PROT_READ);
    printf("more: %s\n",
           error_of(mremap(pages, 3 * PAGE, 8 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED ? -1 : 0));
    printf("less: %d\n", mremap(pages, 4 * PAGE, PAGE, 0) == pages);
    printf("left: %d, %s\n", pages[0], write_to(pages + 2 * PAGE));
}

static void test_seals(void)
{
    int fd = memfd_create("sealed", MFD_ALLOW_SEALING);

    (void)!ftruncate(fd, PAGE);
    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE);
    char *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    printf("sealed: %s", error_of(shared == MAP_FAILED ? -1 : 0));
    shared = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    printf(", to read: %d", shared != MAP_FAILED);
    printf(", and then to write: %s", error_of(mprotect(shared, PAGE, PROT_READ | PROT_WRITE)));
    shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    printf(", a copy: %d\n", shared != MAP_FAILED);
    close(fd);
}

int main(void)
{
    test_growth();
    test_protection();
    test_reservation();
    test_many();
    test_private();
    test_wiped();
    test_advice();
    test_several();
    test_seals();
    return 0;
}
