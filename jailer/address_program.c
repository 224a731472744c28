/*
 * A small assembler, and the program. It hardly jumps, so that the kernel's verifier has few paths
 * to follow: it computes with the signs of 64-bit registers, where a set sign means yes. Register 2
 * is an IPv4 address, and 2 to 5 are an IPv6 address, in words of the host's order.
 */
#include "address_program.h"

#include "netbroker/networks.h"

#include <err.h>
#include <linux/if_ether.h>
#include <stddef.h>
#include <stdint.h>

/* What it reads of a packet, on its stack (RFC 791, RFC 8200): the header, and the ports of TCP or
 * UDP behind it. */
#define IPV4_READ        24
#define IPV4_PROTOCOL    9
#define IPV4_DESTINATION 16
#define IPV6_READ        44
#define IPV6_NEXT_HEADER 6
#define IPV6_DESTINATION 24
#define PORT(read)       ((read)-2) /* the destination's */
#define STACK            48

enum {
    ANSWER = BPF_REG_0,
    CONTEXT = BPF_REG_1,
    PROPER = BPF_REG_1, /* once the packet is loaded */
    ADDRESS = BPF_REG_2,
    PART = BPF_REG_6,
    WITHIN = BPF_REG_7,
    SPECIAL = BPF_REG_8,
    SERVER = BPF_REG_9,
    FRAME = BPF_REG_10,
};

static void emit(struct program *p, struct bpf_insn instruction)
{
    if (p->length == PROGRAM_MAX)
        errx(1, "the program of the address guard is too long");
    p->code[p->length++] = instruction;
}

/* An operation of BPF_ALU, which clears the upper half of the register, or of BPF_ALU64, to which
 * the number is sign-extended. */
static void number(struct program *p, unsigned operation, unsigned to, int value)
{
    emit(p,
         (struct bpf_insn){.code = (uint8_t)(operation | BPF_K), .dst_reg = to & 15, .imm = value});
}

static void combine(struct program *p, unsigned operation, unsigned to, unsigned from)
{
    emit(p, (struct bpf_insn){
                .code = (uint8_t)(operation | BPF_X), .dst_reg = to & 15, .src_reg = from & 15});
}

static void load(struct program *p, unsigned size, unsigned to, unsigned from, int offset)
{
    emit(p, (struct bpf_insn){.code = (uint8_t)(BPF_LDX | BPF_MEM | size),
                              .dst_reg = to & 15,
                              .src_reg = from & 15,
                              .off = (short)offset});
}

/* A part of the packet, of which load_packet() has put the first bytes on the stack. */
static void load_part(struct program *p, unsigned size, unsigned to, int offset)
{
    load(p, size, to, FRAME, offset - STACK);
}

/* All of them are 0 if the packet has fewer. Spoils what is not saved at a call: registers 0 to 5.
 */
static void load_packet(struct program *p, int bytes)
{
    number(p, BPF_ALU64 | BPF_MOV, BPF_REG_2, 0);
    combine(p, BPF_ALU64 | BPF_MOV, BPF_REG_3, FRAME);
    number(p, BPF_ALU64 | BPF_ADD, BPF_REG_3, -STACK);
    number(p, BPF_ALU64 | BPF_MOV, BPF_REG_4, bytes);
    emit(p, (struct bpf_insn){.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_skb_load_bytes});
}

static void load_address(struct program *p, int offset, unsigned words)
{
    for (unsigned i = 0; i < words; i++) {
        load_part(p, BPF_W, ADDRESS + i, offset + (int)(sizeof(uint32_t) * i));
        number(p, BPF_ALU | BPF_END | BPF_TO_BE, ADDRESS + i, 32);
    }
}

/* Whether 32 bits are zero. */
static void is_zero(struct program *p, unsigned bits)
{
    number(p, BPF_ALU64 | BPF_SUB, bits, 1);
}

static void is_equal(struct program *p, unsigned bits, int value)
{
    number(p, BPF_ALU | BPF_XOR, bits, value);
    is_zero(p, bits);
}

static void invert(struct program *p, unsigned what)
{
    number(p, BPF_ALU64 | BPF_XOR, what, -1);
}

static uint32_t word_of(const uint8_t *bytes, size_t word)
{
    bytes += 4 * word;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* WITHIN: whether the address begins with these bits of the prefix. */
static void is_within(struct program *p, const uint8_t *prefix, unsigned bits)
{
    const unsigned words = (bits + 31) / 32;

    for (unsigned i = 0; i < words; i++) {
        const unsigned part = i == 0 ? WITHIN : PART, rest = i == words - 1 ? words * 32 - bits : 0;

        combine(p, BPF_ALU | BPF_MOV, part, ADDRESS + i);
        if (rest > 0)
            number(p, BPF_ALU | BPF_RSH, part, (int)rest);
        number(p, BPF_ALU | BPF_XOR, part, (int)(word_of(prefix, i) >> rest));
        if (i > 0)
            combine(p, BPF_ALU | BPF_OR, WITHIN, part);
    }
    is_zero(p, WITHIN);
}

/* SPECIAL: whether the address is in one of the networks. */
static void is_special(struct program *p, const struct network *networks, size_t count)
{
    number(p, BPF_ALU | BPF_MOV, SPECIAL, 0);
    for (size_t i = 0; i < count; i++) {
        is_within(p, networks[i].prefix, networks[i].bits);
        combine(p, BPF_ALU64 | BPF_OR, SPECIAL, WITHIN);
    }
}

/* SERVER: whether this is port 53 of one of the addresses, each of `size` bytes. */
static void is_server(struct program *p, const void *addresses, size_t size, unsigned count,
                      int port)
{
    number(p, BPF_ALU | BPF_MOV, SERVER, 0);
    for (unsigned i = 0; i < count; i++) {
        is_within(p, (const uint8_t *)addresses + i * size, (unsigned)size * 8);
        combine(p, BPF_ALU64 | BPF_OR, SERVER, WITHIN);
    }
    load_part(p, BPF_H, PART, port);
    is_equal(p, PART, htons(53));
    combine(p, BPF_ALU64 | BPF_AND, SERVER, PART);
}

/* PROPER: whether the packet's first byte, without its last `bits`, is `start`, and the byte at
 * `next` says that TCP or UDP comes next. */
static void is_proper(struct program *p, int bits, int start, int next)
{
    load_part(p, BPF_B, PROPER, next);
    combine(p, BPF_ALU | BPF_MOV, PART, PROPER);
    is_equal(p, PROPER, IPPROTO_TCP);
    is_equal(p, PART, IPPROTO_UDP);
    combine(p, BPF_ALU64 | BPF_OR, PROPER, PART);
    load_part(p, BPF_B, PART, 0);
    number(p, BPF_ALU | BPF_RSH, PART, bits);
    is_equal(p, PART, start);
    combine(p, BPF_ALU64 | BPF_AND, PROPER, PART);
}

/* Jumps, if `what` compares so with `value`, to where land() is called with the result. */
static unsigned jump(struct program *p, unsigned comparison, unsigned what, int value)
{
    number(p, BPF_JMP | comparison, what, value);
    return p->length;
}

static void land(struct program *p, unsigned jump)
{
    p->code[jump - 1].off = (short)(p->length - jump);
}

struct program address_program(const struct name_servers *servers)
{
    struct program p = {0};
    unsigned is_ipv6, has_ipv4, has_none;

    load(&p, BPF_W, PART, CONTEXT, offsetof(struct __sk_buff, protocol));
    is_ipv6 = jump(&p, BPF_JNE, PART, htons(ETH_P_IP));
    load_packet(&p, IPV4_READ);
    is_proper(&p, 0, 0x45, IPV4_PROTOCOL); /* version 4, and a header without options */
    load_address(&p, IPV4_DESTINATION, 1);
    is_server(&p, servers->ipv4, sizeof(*servers->ipv4), servers->ipv4_count, PORT(IPV4_READ));
    has_ipv4 = jump(&p, BPF_JA, 0, 0);

    land(&p, is_ipv6);
    load_packet(&p, IPV6_READ);
    is_proper(&p, 4, 6, IPV6_NEXT_HEADER);
    load_address(&p, IPV6_DESTINATION, 4);
    is_server(&p, servers->ipv6, sizeof(*servers->ipv6), servers->ipv6_count, PORT(IPV6_READ));
    is_special(&p, ipv6_special, NETWORKS(ipv6_special));
    invert(&p, SPECIAL);
    is_within(&p, ipv6_global.prefix, ipv6_global.bits);
    combine(&p, BPF_ALU64 | BPF_AND, WITHIN, SPECIAL);
    combine(&p, BPF_ALU64 | BPF_OR, SERVER, WITHIN);
    is_within(&p, ipv6_nat64.prefix, ipv6_nat64.bits);
    has_none = jump(&p, BPF_JSGE, WITHIN, 0);
    combine(&p, BPF_ALU | BPF_MOV, ADDRESS, ADDRESS + 3);

    land(&p, has_ipv4);
    is_special(&p, ipv4_special, NETWORKS(ipv4_special));
    invert(&p, SPECIAL);
    combine(&p, BPF_ALU64 | BPF_OR, SERVER, SPECIAL);

    land(&p, has_none);
    combine(&p, BPF_ALU64 | BPF_AND, SERVER, PROPER);
    combine(&p, BPF_ALU64 | BPF_MOV, ANSWER, SERVER);
    number(&p, BPF_ALU64 | BPF_RSH, ANSWER, 63); /* 1 allows, 0 refuses */
    emit(&p, (struct bpf_insn){.code = BPF_JMP | BPF_EXIT});
    return p;
}
