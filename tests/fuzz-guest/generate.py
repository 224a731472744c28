"""Random guests. A seed and a number always make the same one, given the same guests to mutate.

A guest is raw bytes, a mutation of a real guest, or a stream of instructions in one of five modes:
plain real mode, and the four of prologue.asm. A stream is made of what reaches KVM and the VMM:
port I/O and calls of every kind first, then jumps, descriptor tables, control and debug registers,
MSRs, CPUID, accesses outside memory, and self-modifying code.
"""

import os
import random
import re
import struct

MODES = {"real": 16, "16": 16, "32": 32, "64": 64, "3": 64}  # to the operand size in bits

# of the contract that a Linux guest's calls keep to
with open(os.path.join(os.path.dirname(__file__), "../../vmm/linux.h"), encoding="utf-8") as header:
    VERSION = int(re.search(r"LINUX_VERSION (\d+)u", header.read()).group(1))

START = 0x1000  # the address at which an image is loaded
IMAGE_MAX = 16384

PORTS = (
    [0x3F8] * 6 + [0x600] * 2 + list(range(0xFE, 0x109)) + list(range(0x1FF, 0x209))
    + [0x3F7, 0x3F9, 0, 0x20, 0x21, 0x40, 0x43, 0x60, 0x64, 0x70, 0x71, 0x80, 0x92]
    + [0xCF8, 0xCFC, 0x510, 0x1234, 0xFFFE, 0xFFFF]
)

NUMBERS = (
    0, 1, 2, 3, 7, 8, 0x10, 0x7F, 0x80, 0xFF, 0x100, 0x3F8, 0x400, 0x401, 0xFFF, START, 0x7FFF,
    0x8000, 0xFFFE, 0xFFFF, 0x10000, 0xFFFFF, 0x100000, 0x7FFFFFFF, 0x80000000, 0xFEC00000,
    0xFEE00000, 0xFFFBD000, 0xFFFFF000, 0xFFFFFFFF, 0x7FFFFFFFFFFF, 0x800000000000,
    0xFFFF800000000000, 0xFFFFFFFFFFFFFFFF,
)

MSRS = (
    0x0, 0x10, 0x11, 0x12, 0x17, 0x1B, 0x3A, 0x48, 0x49, 0x79, 0x8B, 0xC1, 0xCE, 0xCF, 0xE1,
    0xFE, 0x10A, 0x122, 0x140, 0x174, 0x175, 0x176, 0x179, 0x17A, 0x186, 0x1A0, 0x1D9, 0x1DB,
    0x200, 0x201, 0x250, 0x277, 0x2FF, 0x345, 0x38D, 0x38F, 0x390, 0x400, 0x480, 0x48B, 0x491,
    0x600, 0x6A0, 0x6A2, 0x6E0, 0x800, 0x808, 0x80B, 0x830, 0x83F, 0xC80, 0xD90, 0xDA0,
    0x40000000, 0x40000001, 0x40000020, 0x40000021, 0x40000071, 0x40000073, 0x400000F0,
    0x40000100, 0x40000105, 0x40000118,  # Hyper-V's: page, crash, debugger
    0x4B564D00, 0x4B564D01, 0x4B564D02, 0x4B564D03, 0x4B564D04, 0x4B564D05, 0x4B564D06,
    0x4B564D07, 0x4B564D08,  # KVM's: through these KVM writes to the guest's memory
    0xC0000080, 0xC0000081, 0xC0000082, 0xC0000083, 0xC0000084, 0xC0000100, 0xC0000101,
    0xC0000102, 0xC0000103, 0xC0000104, 0xC0010010, 0xC0010015, 0xC001001A, 0xC0010020,
    0xC0010055, 0xC0010058, 0xC0010062, 0xC0010114, 0xC0010117, 0xC0010131, 0xC001102A, 0xFFFFFFFF,
)

LEAVES = (0, 1, 2, 4, 6, 7, 0xA, 0xB, 0xD, 0x14, 0x1F, 0x24, 0x40000000, 0x40000001, 0x40000100,
          0x80000000, 0x80000001, 0x80000002, 0x80000008, 0x8000001D, 0x8000001F, 0xFFFFFFFF)

# Instructions without operands to choose, most of them privileged or rare.
PLAIN = [bytes.fromhex(code) for code in """
    f4 fa fb fbf4 faf4 fbfaf4 fc fd f5 f8 f9 90 f390 98 99 9b 9c 9d 9e 9f 06 07 1e 1f 16 17 60 61
    c9 cc ce f1 cb ca0400 cf 48cf d7 27 2f 37 3f d40a d500 d400
    0f05 0f07 0f34 0f35 0f06 0f08 0f09 0f0b 0fff 0faa 0f31 0f33 0f01f9 0f37 0f77 0fa2
    0f01c1 0f01d9 0f01d8 0f01da 0f01db 0f01dc 0f01dd 0f01df 0f01c2 0f01c3 0f01c4 0f01c8 0f01c9
    0f01ca 0f01cb 0f01d0 0f01d1 0f01d4 0f01d5 0f01ee 0f01ef 0f01f8 0f01fa 0f01fc 0f01e8
    f30f09 f30faec8 660faef8 0fc7f0 0fc7f8 f30fc7f8 f30f1efa 0faee8 0faef0 0faef8
    dbe3 d9eb def9 d9e8 0f28c1 660fefc0 f20f58c1 c5f877 c4e27df3c0 62f17c48 0f0d0b
    a4 a5 a6 a7 aa ab ac ad ae af f3a4 f3a5 f3aa f3ab f2ae f3a7 f3ad f0a4
    ebfe 0fc8 50 51 52 53 54 55 56 57 58 59 5a 5b 5c 5d 5e 5f
""".split()]

# The opcodes of instructions with a ModRM byte.
MODRM = [bytes.fromhex(code) for code in """
    00 01 02 03 08 09 10 11 18 19 20 21 28 29 30 31 38 39 62 63 69 6b 80 81 83 84 85 86 87 88 89
    8a 8b 8c 8d 8e 8f c0 c1 c4 c5 c6 c7 d0 d1 d2 d3 d8 d9 da db dc dd de df f6 f7 fe ff
    0f00 0f01 0f02 0f03 0f0d 0f10 0f11 0f18 0f1f 0f20 0f21 0f22 0f23 0f28 0f29 0f6f 0f7f 0f78 0f79
    0fa3 0fa4 0fab 0fac 0fae 0faf 0fb0 0fb1 0fb2 0fb4 0fb5 0fb6 0fb7 0fba 0fbb 0fbc 0fbe 0fc0 0fc1
    0fc3 0fc7 0fe7 660f6f 660fe7 660f2b f30f6f f30f7f f30fb8 f30fc7 660fc7 660f78 0f38f0 0f38f1
    660f3880 660f3881 660f3882 660f38f8 f30f38f6 f30fae f00fc7 f083 f087 f00fb1
""".split()]


class Stream:
    """Instructions of one width: 16, 32 or 64 bits."""

    def __init__(self, rng, width):
        self.rng = rng
        self.width = width

    def number(self):
        kind = self.rng.random()
        if kind < 0.6:
            return self.rng.choice(NUMBERS)
        if kind < 0.9:
            return self.rng.getrandbits(16)
        return self.rng.getrandbits(64)

    def immediate(self, size, value=None):
        value = self.number() if value is None else value
        return (value & (1 << 8 * size) - 1).to_bytes(size, "little")

    def operand(self, size):
        """The prefix for an operand of this size in bytes, if it needs one."""
        return b"\x66" if size != 1 and (size == 2) != (self.width == 16) else b""

    def load(self, register, value):
        """Loads 32 or 64 bits of a value into AX, CX, DX, BX, SP, BP, SI or DI (0 to 7)."""
        if self.width == 64 and value >> 32:
            return bytes([0x48, 0xB8 + register]) + self.immediate(8, value)
        return self.operand(4) + bytes([0xB8 + register]) + self.immediate(4, value)

    def prefixes(self):
        rng = self.rng
        return bytes(rng.choice(b"\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3\x48\x4f")
                     for _ in range(rng.choice((0, 0, 0, 0, 1, 1, 2))))

    def port_io(self):
        rng = self.rng
        size = rng.choice((1, 1, 2, 4))
        wide = 0 if size == 1 else 1
        if rng.random() < 0.1:  # the port as an immediate
            return self.operand(size) + bytes([rng.choice((0xE4, 0xE6)) + wide,
                                               rng.getrandbits(8)])
        code = self.load(2, rng.choice(PORTS) if rng.random() < 0.9 else rng.getrandbits(16))
        if rng.random() < 0.4:
            return code + self.operand(size) + bytes([rng.choice((0xEC, 0xEE)) + wide])
        code += rng.choice((b"\xfc", b"\xfc", b"\xfd"))
        code += self.load(1, rng.choice((0, 1, 2, 5, 16, 255, 256, 1023, 1024, 1025, 4096, 0xFFFF,
                                         0x10000, self.number())))
        register = rng.choice((6, 7, 7))
        code += self.load(register, rng.choice((0x2000, 0x3000, 0x3FFF, 0x4FFD, self.number())))
        code += rng.choice((b"", b"", b"", b"\x67", b"\x26", b"\x2e"))
        code += self.operand(size) + rng.choice((b"", b"\xf3", b"\xf3", b"\xf2"))
        return code + bytes([rng.choice((0x6C, 0x6E)) + wide])

    def call(self):
        """A call of a Linux guest (vmm/linux.h); its structure is anywhere, edges of memory first."""
        rng = self.rng
        at = rng.choice((0x2000, 0x2FF0, 0xFFD0, 0xFFF8, 0x3FFFD8, 0xBFFFFFD8, self.number()))
        arguments = [rng.choice((0, 1, 2, 3, 0xFFFF, 0x10000, 0x10001, 0x2000, self.number()))
                     for _ in range(3)]
        words = [rng.choice((*[VERSION] * 4, self.number())), rng.choice((1, 1, 2, 3, 3, 4, 5, 6))]
        for argument in arguments:
            words += [argument, argument >> 32]
        code = b""
        for i, word in enumerate(words):  # mov dword [di], word
            code += self.load(7, at + 4 * i & 0xFFFFFFFF) + self.operand(4)
            code += bytes([0xC7, 0x05 if self.width == 16 else 0x07]) + self.immediate(4, word)
        code += self.load(0, at & 0xFFFFFFFF) + self.load(2, 0x600)
        return code + self.operand(4) + b"\xef"

    def jump(self):
        rng = self.rng
        word = 2 if self.width == 16 else 4
        kind = rng.randrange(7)
        if kind == 0:
            return bytes([rng.choice((0xEB, 0x74, 0x75, 0xE2, 0xE3)), rng.getrandbits(8)])
        if kind == 1:
            return bytes([rng.choice((0xE8, 0xE9))]) + self.immediate(word)
        if kind == 2:  # far, with a selector from the prologue's GDT or any other
            offset = rng.choice((START, START + rng.randrange(0x1000), self.number()))
            selector = rng.choice((0, 8, 0x18, 0x28, 0x2B, 0x30, 0xFFFF, self.number()))
            return (bytes([rng.choice((0xEA, 0x9A))]) + self.immediate(word, offset)
                    + self.immediate(2, selector))
        if kind == 3:
            return b"\xcd" + bytes([rng.getrandbits(8)])
        if kind == 4:
            return self.load(4, self.number()) + rng.choice((b"\xc3", b"\xcb", b"\xcf", b"\x50"))
        if kind == 5:
            return self.load(0, self.number()) + b"\xff" + rng.choice((b"\xe0", b"\xd0", b"\x30"))
        return b"\x0f" + bytes([0x80 + rng.randrange(16)]) + self.immediate(word)

    def control_register(self):
        rng = self.rng
        if rng.random() < 0.2:
            return self.load(0, self.number()) + b"\x0f\x01\xf0"  # lmsw ax
        register = rng.choice((0, 0, 2, 3, 4, 4, 8))
        code = b"\x0f" + bytes([rng.choice((0x20, 0x22)), 0xC0 | (register & 7) << 3])
        if register == 8:
            code = (b"\x44" if self.width == 64 else b"\xf0") + code
        kind = rng.random()
        if kind < 0.5:  # flip one of its bits
            read = code[:-2] + b"\x20" + code[-1:]
            flip = self.operand(4) + b"\x0f\xba\xf8" + bytes([rng.randrange(32)])
            return read + flip + code[:-2] + b"\x22" + code[-1:]
        return self.load(0, self.number()) + code

    def debug_register(self):
        move = bytes([self.rng.choice((0x21, 0x23)), 0xC0 | self.rng.randrange(8) << 3])
        value = self.rng.choice((START, 0x3F8, 0x2FF, 0xFFFF0FFF, 0x2055, self.number()))
        return self.load(0, value) + b"\x0f" + move

    def msr(self):
        number = self.rng.choice(MSRS) if self.rng.random() < 0.95 else self.rng.getrandbits(32)
        value = self.number()
        if self.rng.random() < 0.3:  # an address in memory, with the bit that enables a feature
            value = self.rng.randrange(0, 0x120000, 64) | 1
        code = self.load(1, number) + self.load(0, value & 0xFFFFFFFF) + self.load(2, value >> 32)
        return code + self.rng.choice((b"\x0f\x30", b"\x0f\x30", b"\x0f\x32"))

    def cpuid(self):
        return self.load(0, self.rng.choice(LEAVES)) + self.load(1, self.number()) + b"\x0f\xa2"

    def table(self):
        """LGDT or LIDT, after writing the table's limit into memory."""
        word = 2 if self.width == 16 else 4
        at = self.rng.choice((0x3000, 0xFFE0, self.rng.randrange(START, 0x8000)))
        code = self.load(7, at) + b"\xc7\x05" + self.immediate(word)
        register = self.rng.choice((0x10, 0x18, 0x00, 0x08))
        mode = 0x05 if self.width == 16 else 0x07  # [di] or [edi]
        return code + b"\x0f\x01" + bytes([register | mode])

    def memory(self):
        """An access to any address, in a register or in the instruction."""
        rng = self.rng
        code = self.load(rng.choice((0, 3, 5, 6, 7)), self.number())
        if rng.random() < 0.3:
            code += self.load(0, self.number()) + b"\x8e" + bytes([0xC0 | rng.randrange(8) << 3])
        code += self.prefixes() + rng.choice(MODRM) + bytes([rng.getrandbits(8)])
        return code + self.immediate(rng.choice((0, 1, 2, 4, 4)))

    def self_modify(self):
        """Overwrites a part of the image, most often one that has yet to run."""
        at = START + self.rng.randrange(0x800)
        size = 2 if self.width == 16 else 4
        return self.load(7, at) + b"\xc7" + bytes([0x05 if self.width == 16 else 0x07]) + \
            self.rng.randbytes(size)

    def invalidate(self):
        register = self.rng.choice((0x38, 0x39, 0x3B, 0x3F))
        return self.load(self.rng.choice((0, 3, 7)), self.number()) + b"\x0f\x01" + \
            bytes([register])

    def instruction(self):
        rng = self.rng
        kind = rng.random()
        if kind < 0.28:
            return self.port_io()
        if kind < 0.34:
            return self.call()
        if kind < 0.48:
            return self.prefixes() + rng.choice(PLAIN)
        make = rng.choice((self.jump, self.control_register, self.debug_register, self.msr,
                           self.cpuid, self.table, self.memory, self.memory, self.self_modify,
                           self.invalidate, lambda: rng.randbytes(rng.randrange(1, 16))))
        return make()

    def code(self):
        rng = self.rng
        body = b"".join(self.instruction() for _ in range(rng.choice((1, 3, 8, 30, 100, 300))))
        return body + rng.choice((b"\xf4", b"\xfa\xf4", b"\xfb\xf4", b"\xeb\x80", b""))


def mutate(rng, image, other):
    """Changes a few bits, bytes and stretches of an image; some stretches come from `other`."""
    image = bytearray(image)
    for _ in range(rng.choice((1, 1, 2, 4, 16, 64))):
        at = rng.randrange(len(image))
        kind = rng.randrange(6)
        if kind == 0:
            image[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            image[at] = rng.choice((0, 0xFF, 0xF4, 0xCC, 0xEB, rng.getrandbits(8)))
        elif kind == 2:
            image[at:at + 4] = struct.pack("<I", rng.choice(NUMBERS) & 0xFFFFFFFF)
        elif kind == 3:
            image[at:at] = rng.randbytes(rng.randrange(1, 8))
        elif kind == 4 and len(image) > 8:
            del image[at:at + rng.randrange(1, 8)]
        else:
            start = rng.randrange(len(other))
            stretch = other[start:start + rng.randrange(1, 64)]
            image[at:at + len(stretch)] = stretch
    return bytes(image[:IMAGE_MAX]) or b"\xf4"


def generate(seed, number, prologues, seeds):
    """Returns the image of guest `number`, and a description.

    prologues: mode to image, assembled from prologue.asm; seeds: images of real guests to mutate.
    """
    rng = random.Random(f"{seed}/{number}")
    kind = rng.random()
    if kind < 0.08:
        return rng.randbytes(rng.choice((1, 2, 16, 256, 4096, IMAGE_MAX))), "random bytes"
    if kind < 0.3:
        return mutate(rng, rng.choice(seeds), rng.choice(seeds)), "a mutated guest"
    mode = rng.choice(tuple(MODES))
    image = prologues.get(mode, b"") + Stream(rng, MODES[mode]).code()
    if rng.random() < 0.2:
        image = mutate(rng, image, rng.choice(seeds))
    return image[:IMAGE_MAX], f"instructions, mode {mode}"
