/* The machine that runs seccomp filters: two registers, 16 words of memory, forward jumps. */
#include "policy/tool/evaluate.h"

#include <string.h>

struct machine {
    uint32_t a, x;
    uint32_t memory[BPF_MEMWORDS];
};

static bool arithmetic(struct machine *m, const struct sock_filter *i)
{
    uint32_t operand = BPF_SRC(i->code) == BPF_X ? m->x : i->k;

    switch (BPF_OP(i->code)) {
    case BPF_ADD:
        m->a += operand;
        return true;
    case BPF_SUB:
        m->a -= operand;
        return true;
    case BPF_MUL:
        m->a *= operand;
        return true;
    case BPF_DIV: /* by zero ends the filter, see evaluate() */
        m->a /= operand;
        return true;
    case BPF_OR:
        m->a |= operand;
        return true;
    case BPF_AND:
        m->a &= operand;
        return true;
    case BPF_XOR:
        m->a ^= operand;
        return true;
    case BPF_LSH:
        m->a <<= operand & 31;
        return true;
    case BPF_RSH:
        m->a >>= operand & 31;
        return true;
    case BPF_NEG:
        m->a = -m->a;
        return true;
    default:
        return false;
    }
}

static bool load(struct machine *m, const struct sock_filter *i, const struct seccomp_data *data)
{
    uint32_t *target = BPF_CLASS(i->code) == BPF_LD ? &m->a : &m->x;

    switch (i->code & ~BPF_CLASS(i->code)) {
    case BPF_W | BPF_ABS:
        if (target != &m->a || i->k % sizeof(*target) != 0 || i->k >= sizeof(*data))
            return false;
        memcpy(target, (const char *)data + i->k, sizeof(*target));
        return true;
    case BPF_W | BPF_LEN:
        *target = sizeof(*data);
        return true;
    case BPF_IMM:
        *target = i->k;
        return true;
    case BPF_MEM:
        if (i->k >= BPF_MEMWORDS)
            return false;
        *target = m->memory[i->k];
        return true;
    default:
        return false;
    }
}

static bool store(struct machine *m, const struct sock_filter *i)
{
    if (i->k >= BPF_MEMWORDS)
        return false;
    m->memory[i->k] = BPF_CLASS(i->code) == BPF_ST ? m->a : m->x;
    return true;
}

/* Stores how many instructions to skip. */
static bool jump(const struct machine *m, const struct sock_filter *i, uint32_t *over,
                 uint8_t *taken)
{
    uint32_t operand = BPF_SRC(i->code) == BPF_X ? m->x : i->k;
    bool condition;

    switch (BPF_OP(i->code)) {
    case BPF_JA:
        *over = i->k;
        return true;
    case BPF_JEQ:
        condition = m->a == operand;
        break;
    case BPF_JGT:
        condition = m->a > operand;
        break;
    case BPF_JGE:
        condition = m->a >= operand;
        break;
    case BPF_JSET:
        condition = m->a & operand;
        break;
    default:
        return false;
    }
    if (taken)
        *taken |= condition ? BRANCH_TRUE : BRANCH_FALSE;
    *over = condition ? i->jt : i->jf;
    return true;
}

static bool move(struct machine *m, const struct sock_filter *i)
{
    if (BPF_MISCOP(i->code) == BPF_TAX)
        m->x = m->a;
    else
        m->a = m->x;
    return true;
}

bool evaluate(const struct sock_fprog *filter, const struct seccomp_data *data, uint32_t *action,
              uint8_t *taken)
{
    struct machine m = {0};
    bool fine = true;

    for (uint32_t at = 0; fine && at < filter->len; at++) {
        const struct sock_filter *i = &filter->filter[at];
        uint32_t over = 0;

        switch (BPF_CLASS(i->code)) {
        case BPF_LD:
        case BPF_LDX:
            fine = load(&m, i, data);
            break;
        case BPF_ST:
        case BPF_STX:
            fine = store(&m, i);
            break;
        case BPF_ALU:
            if (i->code == (BPF_ALU | BPF_DIV | BPF_X) && m.x == 0) {
                *action = SECCOMP_RET_KILL_THREAD; /* the kernel returns 0 */
                return true;
            }
            fine = (i->code != (BPF_ALU | BPF_DIV | BPF_K) || i->k != 0) && arithmetic(&m, i);
            break;
        case BPF_JMP:
            fine = jump(&m, i, &over, taken ? &taken[at] : NULL) && over < filter->len - at;
            at += over;
            break;
        case BPF_MISC:
            fine = move(&m, i);
            break;
        case BPF_RET:
            *action = BPF_RVAL(i->code) == BPF_A ? m.a : i->k;
            return true;
        }
    }
    return false;
}
