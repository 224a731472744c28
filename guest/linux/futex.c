/*
 * Futexes: threads that wait for a word of memory. What tells words apart is the place of the word:
 * its page in memory for those that processes share, its address in its space else.
 */
#include "futex.h"

#include "kernel.h"
#include "memory.h"
#include "process.h"
#include "syscalls.h"
#include "table.h"

#include <asm/errno.h>
#include <linux/futex.h>

#define QUEUES     64
#define ROBUST_MAX 2048 /* entries of a list that a thread may have damaged */
#define ANY        FUTEX_BITSET_MATCH_ANY
#define WAKE_ALL   INT32_MAX

static struct wait_queue queues[QUEUES];

static struct wait_queue *queue_of(uint64_t key)
{
    return &queues[(key >> 2 ^ key >> 12) % QUEUES];
}

/* Where the word is: 0 or -errno. The page is there afterwards, and not to be copied any more. */
static int find_key(const uint32_t *word, bool is_private, uint64_t *key)
{
    uint32_t now;

    if ((uint64_t)word % sizeof(*word) != 0)
        return -EINVAL;
    if (copy_from_user(&now, word, sizeof(now)) != 0)
        return -EFAULT;
    if (is_private) {
        *key = (uint64_t)word ^ (uint64_t)current_process()->space << 16;
        return 0;
    }
    const uint64_t *entry = table_entry(current_process()->space->table, (uint64_t)word);
    if (entry == NULL || (*entry & ENTRY_PRESENT) == 0)
        return -EFAULT;
    *key = physical(entry_page(*entry)) + ((uint64_t)word & PAGE_MASK);
    return 0;
}

static long wait(uint32_t *word, uint64_t key, uint32_t value, uint64_t deadline, uint32_t bits)
{
    uint32_t now;

    if (bits == 0)
        return -EINVAL;
    if (copy_from_user(&now, word, sizeof(now)) != 0)
        return -EFAULT;
    if (now != value)
        return -EAGAIN;
    current->futex = key;
    current->futex_bits = bits;
    int result = wait_on(queue_of(key), deadline);
    bool was_woken = current->futex == 0;
    current->futex = 0;
    return was_woken ? 0 : result != 0 ? result : -EINTR;
}

static long wake(uint64_t key, int32_t count, uint32_t bits)
{
    long woken = 0;

    for (struct thread *thread = queue_of(key)->first, *next; thread != NULL && woken < count;
         thread = next) {
        next = thread->queued;
        if (thread->futex != key || (thread->futex_bits & bits) == 0)
            continue;
        thread->futex = 0;
        wake_thread(thread);
        woken++;
    }
    return woken;
}

static void move_to(struct thread *thread, uint64_t key)
{
    struct wait_queue *queue = queue_of(key);
    struct thread **at = &thread->waiting_on->first;

    while (*at != thread)
        at = &(*at)->queued;
    *at = thread->queued;
    for (at = &queue->first; *at != NULL;)
        at = &(*at)->queued;
    *at = thread;
    thread->queued = NULL;
    thread->waiting_on = queue;
    thread->futex = key;
}

static long requeue(uint64_t from, uint64_t to, int32_t count, int32_t moved_max)
{
    long woken = wake(from, count, ANY);
    int32_t moved = 0;

    if (from == to)
        return woken;
    for (struct thread *thread = queue_of(from)->first, *next; thread != NULL && moved < moved_max;
         thread = next) {
        next = thread->queued;
        if (thread->futex == from) {
            move_to(thread, to);
            moved++;
        }
    }
    return woken + moved;
}

static int32_t sign_extend(uint32_t bits12)
{
    return (int32_t)(bits12 << 20) >> 20;
}

/* FUTEX_WAKE_OP: changes the second word, and whether what it was asks to wake its waiters, too. */
static int operate(uint32_t *word, uint32_t code, bool *wakes)
{
    int32_t argument = sign_extend(code >> 12 & 0xfff), compared = sign_extend(code & 0xfff);
    uint32_t old, new;

    if ((code >> 28 & FUTEX_OP_OPARG_SHIFT) != 0)
        argument = (int32_t)(1u << (argument & 31));
    if (copy_from_user(&old, word, sizeof(old)) != 0)
        return -EFAULT;
    switch (code >> 28 & 7) {
    case FUTEX_OP_SET:
        new = (uint32_t)argument;
        break;
    case FUTEX_OP_ADD:
        new = old + (uint32_t)argument;
        break;
    case FUTEX_OP_OR:
        new = old | (uint32_t)argument;
        break;
    case FUTEX_OP_ANDN:
        new = old & ~(uint32_t)argument;
        break;
    case FUTEX_OP_XOR:
        new = old ^ (uint32_t)argument;
        break;
    default:
        return -ENOSYS;
    }
    if (copy_to_user(word, &new, sizeof(new)) != 0)
        return -EFAULT;

    const int32_t was = (int32_t)old;
    const bool results[] = {was == compared, was != compared,
                            was<compared, was <= compared, was> compared, was >= compared};
    const uint32_t comparison = code >> 24 & 15;
    if (comparison >= ARRAY_SIZE(results))
        return -ENOSYS;
    *wakes = results[comparison];
    return 0;
}

static int find_deadline(const void *timeout, int operation, uint64_t *deadline)
{
    const int command = operation & FUTEX_CMD_MASK;
    uint64_t time, now;

    *deadline = FOREVER;
    if (timeout == NULL || (command != FUTEX_WAIT && command != FUTEX_WAIT_BITSET))
        return 0;
    int error = time_from_user(timeout, &time);
    if (error != 0)
        return error;
    now = time_monotonic();
    if (command == FUTEX_WAIT)
        *deadline = now + time;
    else if ((operation & FUTEX_CLOCK_REALTIME) == 0)
        *deadline = time;
    else
        *deadline = time > time_realtime() ? now + time - time_realtime() : 0;
    return 0;
}

long sys_futex(uint32_t *word, int operation, uint32_t value, const void *timeout, uint32_t *other,
               uint32_t bits)
{
    const bool is_private = (operation & FUTEX_PRIVATE_FLAG) != 0;
    const int32_t second = (int32_t)(uint64_t)timeout; /* requeue and the like */
    uint64_t key, other_key = 0, deadline;
    uint32_t now;
    bool wakes;

    int error = find_key(word, is_private, &key);
    if (error == 0)
        error = find_deadline(timeout, operation, &deadline);
    switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
    case FUTEX_WAKE_OP:
        if (error == 0)
            error = find_key(other, is_private, &other_key);
    }
    if (error != 0)
        return error;

    switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
        return wait(word, key, value, deadline, ANY);
    case FUTEX_WAIT_BITSET:
        return wait(word, key, value, deadline, bits);
    case FUTEX_WAKE:
        return wake(key, (int32_t)value, ANY);
    case FUTEX_WAKE_BITSET:
        return bits != 0 ? wake(key, (int32_t)value, bits) : -EINVAL;
    case FUTEX_CMP_REQUEUE:
        if (copy_from_user(&now, word, sizeof(now)) != 0)
            return -EFAULT;
        if (now != bits)
            return -EAGAIN;
        return requeue(key, other_key, (int32_t)value, second);
    case FUTEX_REQUEUE:
        return requeue(key, other_key, (int32_t)value, second);
    case FUTEX_WAKE_OP: {
        error = operate(other, bits, &wakes);
        if (error != 0)
            return error;
        long woken = wake(key, (int32_t)value, ANY);
        return woken + (wakes ? wake(other_key, second, ANY) : 0);
    }
    default: /* priority inheritance */
        return -ENOSYS;
    }
}

static void wake_at(uint32_t *word, int32_t count)
{
    uint64_t key;

    if (find_key(word, true, &key) == 0)
        wake(key, count, ANY);
    if (find_key(word, false, &key) == 0)
        wake(key, count, ANY);
}

/* A mutex that the thread holds is marked as its dead owner's. */
static void release_mutex(uint32_t *word, const struct thread *thread)
{
    uint32_t value;

    if (copy_from_user(&value, word, sizeof(value)) != 0 ||
        (value & FUTEX_TID_MASK) != (uint32_t)thread->id)
        return;
    value = (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
    if (copy_to_user(word, &value, sizeof(value)) == 0)
        wake_at(word, 1);
}

static void walk_robust_list(const struct thread *thread)
{
    struct robust_list_head head;
    uint64_t at;

    if (copy_from_user(&head, (const void *)thread->robust_list, sizeof(head)) != 0)
        return;
    at = (uint64_t)head.list.next;
    for (unsigned i = 0; i < ROBUST_MAX && at != thread->robust_list; i++) {
        uint64_t next;

        if (copy_from_user(&next, (const void *)(at & ~1ul), sizeof(next)) != 0)
            return;
        release_mutex((uint32_t *)((at & ~1ul) + (uint64_t)head.futex_offset), thread);
        at = next;
    }
    if (head.list_op_pending != NULL)
        release_mutex(
            (uint32_t *)(((uint64_t)head.list_op_pending & ~1ul) + (uint64_t)head.futex_offset),
            thread);
}

void futex_thread_exit(struct thread *thread)
{
    const uint32_t zero = 0;
    uint32_t *word = (uint32_t *)thread->clear_child_id;

    if (thread->robust_list != 0)
        walk_robust_list(thread);
    if (word != NULL && copy_to_user(word, &zero, sizeof(zero)) == 0)
        wake_at(word, WAKE_ALL);
}
