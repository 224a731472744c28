/* The files of terminals: see tty.h. */
#include "tty.h"

#include "job.h"
#include "kernel.h"
#include "memory.h"
#include "poll.h"

#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/signal.h>

#define TENTH (NSEC_PER_SEC / 10)

void tty_init(struct tty *tty, const struct tty_driver *driver, struct wait_queue *writable)
{
    *tty = (struct tty){
        .driver = driver,
        .writable = writable,
        .settings =
            {
                .c_iflag = ICRNL | IXON,
                .c_oflag = OPOST | ONLCR,
                .c_cflag = B38400 | CS8 | CREAD,
                .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
                .c_cc = {3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22},
            },
    };
}

static struct tty *tty_of(const struct file *file)
{
    return file->data;
}

static bool is_own(const struct tty *tty)
{
    return tty->session != 0 && tty->session == job_session();
}

static struct tty *own_tty(void)
{
    struct tty *tty = console_of_session(job_session());

    return tty != NULL ? tty : pty_of_session(job_session());
}

static void take_control(struct tty *tty)
{
    tty->session = job_session();
    tty->foreground = job_group();
}

int tty_open(struct tty *tty, struct file *file)
{
    file->data = tty;
    file->operations = &tty_file;
    if (tty->driver->opened != NULL)
        tty->driver->opened(tty);
    if ((file->flags & O_NOCTTY) == 0 && tty->session == 0 && job_leads_session() &&
        own_tty() == NULL)
        take_control(tty);
    return 0;
}

static int own_open(struct file *file)
{
    struct tty *tty = own_tty();

    return tty != NULL ? tty_open(tty, file) : -ENXIO;
}

static void tty_release(struct file *file)
{
    struct tty *tty = tty_of(file);

    if (tty->driver->closed != NULL)
        tty->driver->closed(tty);
}

/* Nobody is there any more: whoever works at it hears so. */
void tty_hang_up(struct tty *tty)
{
    const int leader = tty->session, group = tty->foreground;

    tty->is_hung_up = true;
    tty->session = tty->foreground = 0;
    line_flush(tty);
    wake_all(&tty->readable);
    if (leader == 0)
        return;
    job_signal_process(leader, SIGHUP);
    job_signal_process(leader, SIGCONT);
    if (group == leader)
        return;
    job_signal(group, SIGHUP);
    job_signal(group, SIGCONT);
}

static int check_foreground(const struct tty *tty, int number)
{
    if (!is_own(tty) || tty->foreground == job_group())
        return 0;
    return job_stop_background(number);
}

/* ---- Reading ---- */

/* What a read waits for, as termios(3) has it: for the first byte, then between two. */
struct patience {
    size_t least;
    uint64_t deadline, between;
};

static struct patience patience_of(const struct tty *tty)
{
    const uint64_t time = tty->settings.c_cc[VTIME] * TENTH;
    const size_t least = tty->settings.c_cc[VMIN];
    struct patience patience = {.least = 1, .deadline = FOREVER};

    if (tty_has(tty, ICANON))
        return patience;
    if (least > 0) {
        patience.least = least;
        patience.between = time;
    } else {
        patience.deadline = time > 0 ? poll_deadline(time) : 0;
    }
    return patience;
}

/* 0: there may be something now; else why not. -ETIMEDOUT: that is all. */
static int wait_for_input(struct tty *tty, const struct file *file, uint64_t deadline)
{
    if (tty->is_hung_up || tty->has_no_input || deadline == 0)
        return -ETIMEDOUT;
    if ((file->flags & O_NONBLOCK) != 0)
        return -EAGAIN;
    return wait_on(&tty->readable, deadline);
}

static long tty_read(struct file *file, struct iter *to, uint64_t *position)
{
    struct tty *tty = tty_of(file);
    struct patience patience = patience_of(tty);
    long done = 0, error = check_foreground(tty, SIGTTIN);

    (void)position;
    while (error == 0 && to->left > 0) {
        if (!line_has_input(tty, 1)) {
            error = wait_for_input(tty, file, patience.deadline);
            continue;
        }
        const bool by_line = tty_has(tty, ICANON);
        const long part = line_take(tty, to);

        if (part < 0)
            error = part;
        else
            done += part;
        if (by_line || done >= (long)patience.least)
            break;
        if (patience.between > 0)
            patience.deadline = poll_deadline(patience.between);
    }
    return done > 0 || error == -ETIMEDOUT ? done : error;
}

/* ---- Writing ---- */

static long write_bytes(struct tty *tty, const uint8_t *bytes, size_t size, bool may_wait)
{
    size_t done = 0;
    int error = 0;

    while (done < size && error == 0) {
        uint8_t out[1024];
        size_t room = tty->is_stopped ? 0 : tty->driver->room(tty), part = size - done;

        if (tty->is_hung_up) {
            error = -EIO;
            continue;
        }
        room = room < sizeof(out) ? room : sizeof(out);
        room = line_convert(tty, bytes + done, &part, out, room);
        if (part > 0)
            error = tty->driver->write(tty, out, room);
        else
            error = may_wait ? wait_on(tty->writable, FOREVER) : -EAGAIN;
        if (error == 0)
            done += part;
    }
    return done > 0 ? (long)done : error;
}

static long tty_write(struct file *file, struct iter *from, uint64_t *position)
{
    struct tty *tty = tty_of(file);
    const bool may_wait = (file->flags & O_NONBLOCK) == 0;
    long done = 0, part = tty_has(tty, TOSTOP) ? check_foreground(tty, SIGTTOU) : 0;

    (void)position;
    if (part < 0)
        return part;
    while (from->left > 0) {
        uint8_t bytes[1024];
        const long taken = iter_take(from, bytes, sizeof(bytes));

        part = taken > 0 ? write_bytes(tty, bytes, (size_t)taken, may_wait) : taken;
        done += part > 0 ? part : 0;
        if (part < taken || part < 0)
            break;
    }
    return done > 0 || part > 0 ? done : part;
}

static unsigned tty_poll(struct file *file)
{
    const struct tty *tty = tty_of(file);
    const bool waits = tty->settings.c_cc[VTIME] == 0 && tty->settings.c_cc[VMIN] > 0;
    unsigned events = 0;

    if (tty->is_hung_up)
        return POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDNORM | POLLWRNORM;
    if (line_has_input(tty, waits ? tty->settings.c_cc[VMIN] : 1))
        events |= POLLIN | POLLRDNORM;
    if (!tty->is_stopped && tty->driver->room(tty) > 0)
        events |= POLLOUT | POLLWRNORM;
    return events;
}

/* ---- ioctl(2) ---- */

void tty_resize(struct tty *tty, const struct winsize *window)
{
    if (memcmp(window, &tty->window, sizeof(*window)) == 0)
        return;
    tty->window = *window;
    if (tty->foreground != 0)
        job_signal(tty->foreground, SIGWINCH);
}

static int set_window(struct tty *tty, const void *user)
{
    struct winsize window;

    if (copy_from_user(&window, user, sizeof(window)) != 0)
        return -EFAULT;
    tty_resize(tty, &window);
    return 0;
}

static int set_settings(struct tty *tty, const void *user, bool flush)
{
    struct termios settings;

    if (copy_from_user(&settings, user, sizeof(settings)) != 0)
        return -EFAULT;
    if (flush)
        line_flush(tty);
    line_set(tty, &settings);
    return 0;
}

static int set_foreground(struct tty *tty, const int *user)
{
    int group, error;

    if (!is_own(tty))
        return -ENOTTY;
    if (copy_from_user(&group, user, sizeof(group)) != 0)
        return -EFAULT;
    error = group < 0 ? -EINVAL : job_find_group(group, tty->session);
    if (error == 0)
        tty->foreground = group;
    return error;
}

static int set_own(struct tty *tty)
{
    if (is_own(tty) && job_leads_session())
        return 0;
    if (tty->session != 0 || !job_leads_session() || own_tty() != NULL)
        return -EPERM;
    take_control(tty);
    return 0;
}

/* The session's leader gives its terminal up. */
static int leave(struct tty *tty)
{
    const int group = tty->foreground;

    if (!is_own(tty))
        return -ENOTTY;
    if (!job_leads_session())
        return -EPERM;
    tty->session = tty->foreground = 0;
    job_signal(group, SIGHUP);
    job_signal(group, SIGCONT);
    return 0;
}

void tty_leave_session(void)
{
    struct tty *tty = own_tty();

    if (tty != NULL && job_leads_session())
        leave(tty);
}

static int flush(struct tty *tty, unsigned long which)
{
    if (which > TCIOFLUSH)
        return -EINVAL;
    if (which != TCOFLUSH)
        line_flush(tty);
    return 0;
}

static int set_flow(struct tty *tty, unsigned long action)
{
    switch (action) {
    case TCOOFF:
    case TCOON:
        line_stop(tty, action == TCOOFF);
        return 0;
    case TCIOFF:
        return tty->driver->write(tty, &tty->settings.c_cc[VSTOP], 1);
    case TCION:
        return tty->driver->write(tty, &tty->settings.c_cc[VSTART], 1);
    default:
        return -EINVAL;
    }
}

/* Of these the background is kept. */
static bool is_change(unsigned command)
{
    switch (command) {
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
    case TCSBRK:
    case TCSBRKP:
    case TCXONC:
    case TCFLSH:
    case TIOCSPGRP:
        return true;
    default:
        return false;
    }
}

static long put_int(void *user, int value)
{
    return copy_to_user(user, &value, sizeof(value));
}

long tty_ioctl(struct tty *tty, unsigned command, unsigned long argument)
{
    void *user = (void *)argument;

    switch (command) {
    case TCGETS:
        return copy_to_user(user, &tty->settings, sizeof(tty->settings));
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        return set_settings(tty, user, command == TCSETSF);
    case TIOCGWINSZ:
        return copy_to_user(user, &tty->window, sizeof(tty->window));
    case TIOCSWINSZ:
        return set_window(tty, user);
    case TIOCGPGRP:
        return put_int(user, tty->foreground);
    case TIOCGSID:
        return put_int(user, tty->session);
    case TIOCSPGRP:
        return set_foreground(tty, user);
    case TIOCSCTTY:
        return set_own(tty);
    case TIOCNOTTY:
        return leave(tty);
    case TIOCSTI: /* as Linux has it since 6.2 */
        return -EIO;
    case FIONREAD:
        return put_int(user, (int)line_length(tty));
    case TIOCOUTQ:
        return put_int(user, 0);
    case TCFLSH:
        return flush(tty, argument);
    case TCXONC:
        return set_flow(tty, argument);
    case TCSBRK: /* all is out already */
    case TCSBRKP:
        return 0;
    default:
        return -ENOTTY;
    }
}

static long ioctl(struct file *file, unsigned command, unsigned long argument)
{
    struct tty *tty = tty_of(file);
    const int error = is_change(command) ? check_foreground(tty, SIGTTOU) : 0;

    if (tty->is_hung_up)
        return command == TIOCSPGRP ? -ENOTTY : -EIO;
    if (error != 0)
        return error;
    if ((command == TIOCGPGRP || command == TIOCGSID) && !is_own(tty))
        return -ENOTTY;
    return tty_ioctl(tty, command, argument);
}

const struct file_operations tty_file = {
    .release = tty_release,
    .read = tty_read,
    .write = tty_write,
    .ioctl = ioctl,
    .poll = tty_poll,
};

const struct file_operations own_tty_file = {.open = own_open};
