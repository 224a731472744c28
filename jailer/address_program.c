/*
 * A small assembler, and four programs. None of them jumps, so that the kernel's verifier has one
 * path to follow: they compute with the signs of 64-bit registers, where a set sign means yes.
 * While one runs, register 1 is what the kernel tells it, 2 is an IPv4 address, and 2 to 5 are an
 * IPv6 address, in words of the host's order.
 */
#include "address_program.h"

#include "netbroker/networks.h"

#include <err.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ANSWER = BPF_REG_0,
    CONTEXT = BPF_REG_1,
    ADDRESS = BPF_REG_2,
    PART = BPF_REG_6,
    WITHIN = BPF_REG_7,
    SPECIAL = BPF_REG_8,
    SERVER = BPF_REG_9,
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

static void load(struct program *p, unsigned to, size_t offset)
{
    emit(p, (struct bpf_insn){.code = BPF_LDX | BPF_MEM | BPF_W,
                              .dst_reg = to & 15,
                              .src_reg = CONTEXT,
                              .off = (short)offset});
}

static void load_address(struct program *p, size_t offset, unsigned words)
{
    for (unsigned i = 0; i < words; i++) {
        load(p, ADDRESS + i, offset + sizeof(uint32_t) * i);
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
static void is_server(struct program *p, const void *addresses, size_t size, unsigned count)
{
    number(p, BPF_ALU | BPF_MOV, SERVER, 0);
    for (unsigned i = 0; i < count; i++) {
        is_within(p, (const uint8_t *)addresses + i * size, (unsigned)size * 8);
        combine(p, BPF_ALU64 | BPF_OR, SERVER, WITHIN);
    }
    load(p, PART, offsetof(struct bpf_sock_addr, user_port));
    is_equal(p, PART, htons(53));
    combine(p, BPF_ALU64 | BPF_AND, SERVER, PART);
}

/* Ends the program: 1 allows, 0 refuses. */
static void answer(struct program *p, unsigned allowed)
{
    combine(p, BPF_ALU64 | BPF_MOV, ANSWER, allowed);
    number(p, BPF_ALU64 | BPF_RSH, ANSWER, 63);
    emit(p, (struct bpf_insn){.code = BPF_JMP | BPF_EXIT});
}

struct program address_program_ipv4(const struct name_servers *servers)
{
    struct program p = {0};

    load_address(&p, offsetof(struct bpf_sock_addr, user_ip4), 1);
    is_server(&p, servers->ipv4, sizeof(*servers->ipv4), servers->ipv4_count);
    is_special(&p, ipv4_special, NETWORKS(ipv4_special));
    invert(&p, SPECIAL);
    combine(&p, BPF_ALU64 | BPF_OR, SERVER, SPECIAL);
    answer(&p, SERVER);
    return p;
}

/* A server, or global and not special, or the translation of an IPv4 address that is not special */
struct program address_program_ipv6(const struct name_servers *servers)
{
    struct program p = {0};

    load_address(&p, offsetof(struct bpf_sock_addr, user_ip6), 4);
    is_server(&p, servers->ipv6, sizeof(*servers->ipv6), servers->ipv6_count);
    is_special(&p, ipv6_special, NETWORKS(ipv6_special));
    invert(&p, SPECIAL);
    is_within(&p, ipv6_global.prefix, ipv6_global.bits);
    combine(&p, BPF_ALU64 | BPF_AND, WITHIN, SPECIAL);
    combine(&p, BPF_ALU64 | BPF_OR, SERVER, WITHIN);

    is_within(&p, ipv6_nat64.prefix, ipv6_nat64.bits);
    combine(&p, BPF_ALU64 | BPF_MOV, ANSWER, WITHIN);
    combine(&p, BPF_ALU | BPF_MOV, ADDRESS, ADDRESS + 3);
    is_special(&p, ipv4_special, NETWORKS(ipv4_special));
    invert(&p, SPECIAL);
    combine(&p, BPF_ALU64 | BPF_AND, ANSWER, SPECIAL);
    combine(&p, BPF_ALU64 | BPF_OR, SERVER, ANSWER);
    answer(&p, SERVER);
    return p;
}

struct program address_program_datagram(const struct name_servers *servers)
{
    struct program p = {0};

    if (servers->mapped_count > 0) {
        load_address(&p, offsetof(struct bpf_sock_addr, user_ip4), 1);
        is_server(&p, servers->mapped, sizeof(*servers->mapped), servers->mapped_count);
    } else {
        number(&p, BPF_ALU | BPF_MOV, SERVER, 0);
    }
    answer(&p, SERVER);
    return p;
}

struct program address_program_socket(void)
{
    struct program p = {0};

    load(&p, PART, offsetof(struct bpf_sock, protocol));
    combine(&p, BPF_ALU | BPF_MOV, WITHIN, PART);
    is_equal(&p, PART, IPPROTO_TCP);
    is_equal(&p, WITHIN, IPPROTO_UDP);
    combine(&p, BPF_ALU64 | BPF_OR, PART, WITHIN);
    answer(&p, PART);
    return p;
}
