/*
 * A small assembler, and four programs. Each ends with 1 to allow and 0 to refuse. While one runs,
 * register 1 is what the kernel tells it, 2 is an IPv4 address, and 2 to 5 are an IPv6 address, in
 * words of the host's order.
 */
#include "address_program.h"

#include "netbroker/networks.h"

#include <err.h>
#include <stddef.h>
#include <stdint.h>

enum { CONTEXT = BPF_REG_1, ADDRESS = BPF_REG_2, PART = BPF_REG_6, PORT = BPF_REG_7 };
enum label { HERE, ALLOW, REFUSE, IPV4, LABELS };

static void emit(struct program *p, struct bpf_insn instruction, enum label label)
{
    if (p->length == PROGRAM_MAX)
        errx(1, "the program of the address guard is too long");
    p->code[p->length] = instruction;
    p->label[p->length++] = (unsigned char)label;
}

static void set(struct program *p, unsigned to, unsigned from)
{
    emit(p,
         (struct bpf_insn){
             .code = BPF_ALU | BPF_MOV | BPF_X, .dst_reg = to & 15, .src_reg = from & 15},
         HERE);
}

static void load(struct program *p, unsigned to, size_t offset)
{
    emit(p,
         (struct bpf_insn){.code = BPF_LDX | BPF_MEM | BPF_W,
                           .dst_reg = to & 15,
                           .src_reg = CONTEXT,
                           .off = (short)offset},
         HERE);
}

static void host_order(struct program *p, unsigned word)
{
    emit(p,
         (struct bpf_insn){.code = BPF_ALU | BPF_END | BPF_TO_BE, .dst_reg = word & 15, .imm = 32},
         HERE);
}

static void go(struct program *p, enum label label)
{
    emit(p, (struct bpf_insn){.code = BPF_JMP | BPF_JA}, label);
}

/* A jump on a comparison of 32 bits, BPF_JEQ or BPF_JNE. */
static void jump(struct program *p, unsigned condition, unsigned word, uint32_t value,
                 enum label label)
{
    emit(p,
         (struct bpf_insn){.code = (unsigned char)(BPF_JMP32 | condition | BPF_K),
                           .dst_reg = word & 15,
                           .imm = (int)value},
         label);
}

/* A jump that was emitted without a label leads to what comes next. */
static void land(struct program *p, unsigned jump)
{
    p->code[jump].off = (short)(p->length - jump - 1);
}

static uint32_t word_of(const uint8_t *bytes, size_t word)
{
    bytes += 4 * word;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Jumps if the address begins with these bits of the prefix. */
static void jump_within(struct program *p, const uint8_t *prefix, unsigned bits, enum label label)
{
    unsigned words = (bits + 31) / 32, elsewhere[4];

    for (unsigned i = 0; i < words; i++) {
        unsigned rest = i == words - 1 ? words * 32 - bits : 0;

        set(p, PART, ADDRESS + i);
        if (rest > 0)
            emit(p,
                 (struct bpf_insn){
                     .code = BPF_ALU | BPF_RSH | BPF_K, .dst_reg = PART, .imm = (int)rest},
                 HERE);
        elsewhere[i] = p->length;
        jump(p, i == words - 1 ? BPF_JEQ : BPF_JNE, PART, word_of(prefix, i) >> rest,
             i == words - 1 ? label : HERE);
    }
    for (unsigned i = 0; i + 1 < words; i++)
        land(p, elsewhere[i]);
}

static void jump_within_any(struct program *p, const struct network *networks, size_t count,
                            enum label label)
{
    for (size_t i = 0; i < count; i++)
        jump_within(p, networks[i].prefix, networks[i].bits, label);
}

/* Jumps to ALLOW if this is port 53 of one of the addresses, each of `size` bytes. */
static void allow_servers(struct program *p, const void *addresses, size_t size, unsigned count)
{
    unsigned other_port;

    load(p, PORT, offsetof(struct bpf_sock_addr, user_port));
    other_port = p->length;
    jump(p, BPF_JNE, PORT, htons(53), HERE);
    for (unsigned i = 0; i < count; i++)
        jump_within(p, (const uint8_t *)addresses + i * size, (unsigned)size * 8, ALLOW);
    land(p, other_port);
}

static void end(struct program *p, int allowed)
{
    emit(p, (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = allowed}, HERE);
    emit(p, (struct bpf_insn){.code = BPF_JMP | BPF_EXIT}, HERE);
}

/* Appends both ends, and points each jump that has a label there. */
static void finish(struct program *p, unsigned ipv4)
{
    const unsigned at[LABELS] = {[IPV4] = ipv4, [ALLOW] = p->length, [REFUSE] = p->length + 2};

    end(p, 1);
    end(p, 0);
    for (unsigned i = 0; i < p->length; i++)
        if (p->label[i] != HERE)
            p->code[i].off = (short)(at[p->label[i]] - i - 1);
}

struct program address_program_ipv4(const struct name_servers *servers)
{
    struct program p = {0};

    load(&p, ADDRESS, offsetof(struct bpf_sock_addr, user_ip4));
    host_order(&p, ADDRESS);
    allow_servers(&p, servers->ipv4, sizeof(*servers->ipv4), servers->ipv4_count);
    jump_within_any(&p, ipv4_special, NETWORKS(ipv4_special), REFUSE);
    finish(&p, 0);
    return p;
}

struct program address_program_ipv6(const struct name_servers *servers)
{
    struct program p = {0};
    unsigned ipv4, global;

    for (unsigned i = 0; i < 4; i++) {
        load(&p, ADDRESS + i, offsetof(struct bpf_sock_addr, user_ip6[i]));
        host_order(&p, ADDRESS + i);
    }
    allow_servers(&p, servers->ipv6, sizeof(*servers->ipv6), servers->ipv6_count);
    jump_within(&p, ipv6_nat64.prefix, ipv6_nat64.bits, IPV4);
    jump_within(&p, ipv6_global.prefix, ipv6_global.bits, HERE);
    global = p.length - 1;
    go(&p, REFUSE);
    land(&p, global);
    jump_within_any(&p, ipv6_special, NETWORKS(ipv6_special), REFUSE);
    go(&p, ALLOW);
    ipv4 = p.length;
    set(&p, ADDRESS, ADDRESS + 3);
    jump_within_any(&p, ipv4_special, NETWORKS(ipv4_special), REFUSE);
    finish(&p, ipv4);
    return p;
}

struct program address_program_datagram(const struct name_servers *servers)
{
    struct program p = {0};

    if (servers->mapped_count == 0) {
        end(&p, 0);
        return p;
    }
    load(&p, ADDRESS, offsetof(struct bpf_sock_addr, user_ip4));
    host_order(&p, ADDRESS);
    allow_servers(&p, servers->mapped, sizeof(*servers->mapped), servers->mapped_count);
    go(&p, REFUSE);
    finish(&p, 0);
    return p;
}

struct program address_program_socket(void)
{
    struct program p = {0};

    load(&p, PART, offsetof(struct bpf_sock, protocol));
    jump(&p, BPF_JEQ, PART, IPPROTO_TCP, ALLOW);
    jump(&p, BPF_JEQ, PART, IPPROTO_UDP, ALLOW);
    go(&p, REFUSE);
    finish(&p, 0);
    return p;
}
