/*
 * usage: jailer --broker mortal
 *
 * Stands in the broker's place and dies on every request for port 0x101, until it is told that this
 * port is given up; it says so then, and answers all other ports. All files are fine to --check.
 */
#include "netbroker/wire.h"
#include "policy/fds.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    const bool given_up = argc > 1 && strcmp(argv[1], "--given-up=0x101") == 0;
    struct wire_request request;

    if (argc > 1 && strcmp(argv[1], "--check") == 0)
        return 0;
    while (recv(BROKER_FD_LINK, &request, sizeof(request), MSG_PEEK) == sizeof(request)) {
        struct wire_reply reply = {
            .version = WIRE_VERSION, .sequence = request.sequence, .port = request.port};

        if (request.port == 0x101 && !given_up)
            __builtin_trap();
        reply.total =
            (uint32_t)snprintf(reply.piece, sizeof(reply.piece), "port 0x%x is %s", request.port,
                               request.port == 0x101 ? "given up" : "answered");
        recv(BROKER_FD_LINK, &request, sizeof(request), 0);
        send(BROKER_FD_LINK, &reply, sizeof(reply), MSG_NOSIGNAL);
    }
    return 0;
}
