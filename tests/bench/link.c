/*
 * How long a cached answer takes over the link: asks the broker at the other end of descriptor 3
 * for a port so many times and prints the microseconds of one question and answer.
 *
 *     link PORT COUNT SEQUENCE        the first request carries SEQUENCE
 */
#include "netbroker/wire.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define LINK 3

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    static struct wire_reply reply;

    if (argc != 4)
        errx(1, "usage: link PORT COUNT SEQUENCE");
    struct wire_request request = {
        .version = WIRE_VERSION,
        .sequence = (uint32_t)strtoul(argv[3], NULL, 0),
        .port = (uint16_t)strtoul(argv[1], NULL, 0),
    };
    unsigned long count = strtoul(argv[2], NULL, 0);
    double start = now();

    for (unsigned long i = 0; i < count; i++, request.sequence++) {
        if (send(LINK, &request, sizeof(request), MSG_NOSIGNAL) != sizeof(request) ||
            recv(LINK, &reply, sizeof(reply), 0) != sizeof(reply))
            err(1, "the broker does not answer");
    }
    printf("%.2f\n", (now() - start) / (double)count * 1e6);
    return 0;
}
