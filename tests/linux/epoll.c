/* epoll(7): levels and edges, once, what is told unasked, files that are closed, epolls in epolls.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static int control(int epoll, int operation, int fd, uint32_t events)
{
    return epoll_ctl(epoll, operation, fd, &(struct epoll_event){.events = events, .data.fd = fd});
}

static void say(const char *what, int result)
{
    printf("%s: %s\n", what, result < 0 ? strerror(errno) : "done");
}

/* What there is to tell at once. */
static void ask(const char *what, int epoll)
{
    struct epoll_event events[4];
    int count = epoll_wait(epoll, events, 4, 0);

    printf("%s: %d", what, count);
    for (int i = 0; i < count; i++)
        printf(" %x", events[i].events);
    puts("");
}

static void test_levels(int epoll)
{
    int ends[2];

    (void)!pipe(ends);
    say("add", control(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN));
    say("again", control(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN));
    ask("empty", epoll);
    (void)!write(ends[1], "a", 1);
    ask("a byte", epoll);
    ask("still", epoll);
    say("once", control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT));
    ask("once", epoll);
    ask("never again", epoll);
    say("edge", control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET));
    ask("edge", epoll);
    ask("told", epoll);
    (void)!write(ends[1], "b", 1);
    ask("another byte", epoll);
    close(ends[0]);
    ask("closed", epoll);
    say("gone", control(epoll, EPOLL_CTL_DEL, ends[0], 0));
    close(ends[1]);
}

/* The end of the others is told to who has asked for nothing, too, but not after once. */
static void test_unasked(int epoll)
{
    int ends[2], others[2];

    (void)!pipe(ends);
    (void)!pipe(others);
    control(epoll, EPOLL_CTL_ADD, ends[0], 0);
    control(epoll, EPOLL_CTL_ADD, others[1], EPOLLONESHOT);
    (void)!write(ends[1], "a", 1);
    ask("nothing is asked for", epoll);
    close(ends[1]);
    ask("no writer", epoll);
    close(ends[0]);
    close(others[0]);
    ask("no reader, once", epoll);
    ask("no reader, again", epoll);
    close(others[1]);
}

static void test_errors(int epoll)
{
    int directory = open("/", O_RDONLY | O_DIRECTORY), inner = epoll_create1(0), ends[2];

    (void)!pipe(ends);
    say("a directory", control(epoll, EPOLL_CTL_ADD, directory, EPOLLIN));
    say("itself", control(epoll, EPOLL_CTL_ADD, epoll, EPOLLIN));
    say("no file", control(epoll, EPOLL_CTL_ADD, 999, EPOLLIN));
    say("no epoll", control(ends[0], EPOLL_CTL_ADD, ends[1], EPOLLOUT));
    say("not there", control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN));
    say("no operation", control(epoll, 99, ends[0], EPOLLIN));
    say("nested", control(epoll, EPOLL_CTL_ADD, inner, EPOLLIN));
    say("in a circle", control(inner, EPOLL_CTL_ADD, epoll, EPOLLIN));
    say("below", control(inner, EPOLL_CTL_ADD, ends[1], EPOLLOUT));
    ask("above", epoll);
    close(inner);
    close(directory);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    test_levels(epoll);
    test_unasked(epoll);
    test_errors(epoll);
    close(epoll);
    return 0;
}
