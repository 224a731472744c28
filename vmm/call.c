/*
 * The call port: see call.h. The guest may be hostile, and change its memory meanwhile: a call is
 * copied before it is checked, and only machine_ram() turns addresses into pointers.
 */
#include "call.h"

#include "console.h"
#include "linux.h"
#include "log.h"
#include "policy/fds.h"
#include "signals.h"
#include "timer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LOG_MAX  400        /* characters; longer lines are truncated */
#define TICK_MIN 1000000ull /* ns; a shorter tick would keep the host busy with signals */
#define STATUS   0xffu

_Static_assert(LINUX_ARGUMENT_MAX == WIRE_ARGUMENT_MAX && LINUX_PIECE_MAX == WIRE_PIECE_MAX &&
                   LINUX_ANSWER_MAX == WIRE_ANSWER_MAX && LINUX_LIST_PORT == WIRE_LIST_PORT,
               "a guest asks what the broker is asked");

void call_open(struct call_port *port, const struct machine *machine)
{
    port->machine = machine;
    console_make_blocking(VMM_FD_ERROR);
    signals_open(machine->run);
}

/* Logs a line, with a '?' for each byte that could start another line or control a terminal. */
static int64_t write_log(const uint8_t *bytes, uint64_t length)
{
    const uint64_t shown = length < LOG_MAX ? length : LOG_MAX;
    char line[LOG_MAX + 1];

    for (uint64_t i = 0; i < shown; i++)
        line[i] = (char)(bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '?');
    line[shown] = '\0';
    log_line("guest: %s", line);
    return (int64_t)length;
}

/* The host's pointer to a call's buffer, or NULL. */
static uint8_t *buffer(const struct call_port *port, uint64_t address, uint64_t length)
{
    if (length > LINUX_BUFFER_MAX)
        return NULL;
    return machine_ram(port->machine, (struct guest_address){address}, length);
}

static int64_t call_write(const struct call_port *port, const uint64_t arguments[3])
{
    const uint8_t *bytes = buffer(port, arguments[1], arguments[2]);
    ssize_t done;

    if (!bytes)
        return -EFAULT;
    if (arguments[0] == LINUX_LOG)
        return write_log(bytes, arguments[2]);
    if (arguments[0] != LINUX_OUTPUT && arguments[0] != LINUX_ERROR)
        return -EBADF;
    done = write(arguments[0] == LINUX_OUTPUT ? FD_CONSOLE_OUT : VMM_FD_ERROR, bytes, arguments[2]);
    return done < 0 ? -errno : done;
}

/* Waits for input on `fd`, unless that is -1, until a signal is pending or the time is up. */
static int64_t wait_input(int fd, uint64_t nanoseconds)
{
    struct pollfd input = {.fd = fd, .events = POLLIN};
    int ready = signals_poll(&input, nanoseconds);

    return ready < 0 && errno != EINTR ? -errno : ready > 0 ? LINUX_EVENT_INPUT : 0;
}

static int64_t call_read(const struct call_port *port, const uint64_t arguments[3])
{
    uint8_t *bytes = buffer(port, arguments[0], arguments[1]);
    ssize_t done;

    if (!bytes)
        return -EFAULT;
    if (wait_input(FD_CONSOLE_IN, 0) != LINUX_EVENT_INPUT)
        return -EAGAIN;
    done = read(FD_CONSOLE_IN, bytes, arguments[1]);
    return done < 0 ? -errno : done;
}

static int64_t call_wait(struct call_port *port, const uint64_t arguments[3])
{
    int64_t events =
        wait_input((arguments[0] & LINUX_EVENT_INPUT) != 0 ? FD_CONSOLE_IN : -1, arguments[1]);
    unsigned number;

    if (events >= 0 && (arguments[0] & LINUX_EVENT_SIGNAL) != 0 && (number = signals_take()) != 0) {
        events |= LINUX_EVENT_SIGNAL | number << 8;
        if (number == SIGWINCH)
            events |= (int64_t)signals_window() << 16;
        port->due = signals_pending(); /* the next one */
    }
    return events;
}

static int64_t call_tick(struct call_port *port, uint64_t interval)
{
    if (interval != 0 && interval < TICK_MIN)
        return -EINVAL;
    port->tick_us = interval / 1000;
    port->due = port->tick_us == 0 && signals_pending(); /* since it asked last */
    timer_set(port->tick_us);
    return 0;
}

/* The question as the guest has it now; false if it is none. */
static bool take_question(const struct call_port *port, const struct linux_ask *ask,
                          struct question *question)
{
    *question = (struct question){
        .port = ask->port,
        .argument = (const char *)buffer(port, ask->argument, ask->argument_length),
        .argument_length = ask->argument_length,
        .offset = ask->offset,
    };
    return question->argument && wire_port_index(ask->port) >= 0 && ask->zero == 0 &&
           ask->argument_length <= WIRE_ARGUMENT_MAX && ask->offset < WIRE_ANSWER_MAX;
}

static int64_t call_ask(struct call_port *port, uint64_t address)
{
    struct linux_ask *shared = (struct linux_ask *)buffer(port, address, sizeof(*shared)), ask;
    struct question question;
    uint8_t *to;

    if (!shared || address % _Alignof(struct linux_ask) != 0)
        return -EFAULT;
    memcpy(&ask, shared, sizeof(ask));
    to = buffer(port, ask.buffer, WIRE_PIECE_MAX);
    if (!to)
        return -EFAULT;
    if (!take_question(port, &ask, &question))
        return -EINVAL;
    broker_ask(&port->broker, &question, &port->frame);
    if (port->broker.timer_stopped && port->tick_us != 0) {
        port->due = true;
        timer_set(port->tick_us);
    }
    shared->offset = port->frame.reply.offset;
    shared->total = port->frame.reply.total;
    memcpy(to, port->frame.reply.piece, wire_piece_length(&port->frame.reply));
    return wire_piece_length(&port->frame.reply);
}

static int64_t serve(struct call_port *port, const struct linux_call *call)
{
    if (call->version != LINUX_VERSION)
        return -EPROTO;
    switch (call->number) {
    case LINUX_CALL_WRITE:
        return call_write(port, call->arguments);
    case LINUX_CALL_READ:
        return call_read(port, call->arguments);
    case LINUX_CALL_WAIT:
        return call_wait(port, call->arguments);
    case LINUX_CALL_TICK:
        return call_tick(port, call->arguments[0]);
    case LINUX_CALL_ASK:
        return call_ask(port, call->arguments[0]);
    default:
        return -ENOSYS;
    }
}

static bool serves(uint16_t port)
{
    return port == LINUX_CALL_PORT;
}

static enum run_end out(void *state, const struct access *access)
{
    struct call_port *port = state;
    struct linux_call *shared, call;
    uint32_t address;

    if (access->size != sizeof(address) || access->count != 1)
        return RUN_GOES_ON;
    memcpy(&address, access->data, sizeof(address));
    shared = machine_ram(port->machine, (struct guest_address){address}, sizeof(call));
    if (!shared || address % _Alignof(struct linux_call) != 0)
        return RUN_GOES_ON;
    memcpy(&call, shared, sizeof(call));
    if (call.version == LINUX_VERSION && call.number == LINUX_CALL_EXIT)
        return (enum run_end)(call.arguments[0] & STATUS);
    shared->result = serve(port, &call);
    return RUN_GOES_ON;
}

/* Delivers the interrupt of the tick, or of a signal that has arrived, once the guest can take one
 * (KVM_INTERRUPT in KVM's api.rst). */
static void before_run(void *state)
{
    const struct kvm_interrupt tick = {.irq = LINUX_TICK_VECTOR};
    struct call_port *port = state;
    struct kvm_run *run = port->machine->run;

    port->due |= timer_fired() && port->tick_us != 0;
    port->due |= signals_arrived();
    if (port->due && run->ready_for_interrupt_injection && run->if_flag &&
        ioctl(VMM_FD_VCPU, KVM_INTERRUPT, &tick) == 0)
        port->due = false;
    run->request_interrupt_window = port->due;
}

const struct device_operations call_device = {
    .serves = serves,
    .out = out,
    .before_run = before_run,
};
