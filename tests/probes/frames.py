#!/usr/bin/env python3
"""Sends random frames, most of them nearly right, to COUNT brokers: each frame must be answered in
form, or end the broker with status 1. Prints the seed, which --seed takes again.

    frames.py [--seed N] COUNT BROKER FEEDS CA
"""
import os
import random
import struct
import sys

sys.dont_write_bytecode = True
from ask import ANSWER_MAX, ARGUMENT_MAX, VERSION, Link, request  # noqa: E402

UNKNOWN_PORT = 0x107


HEAD = "=IIHHI"
SIZE = struct.calcsize(HEAD) + ARGUMENT_MAX


def frame(chance, sequence):
    """A right request (4 in 10), one with a field or the length wrong, or noise."""
    argument = chance.randbytes(chance.choice((0, 0, 1, 40, ARGUMENT_MAX)))
    right = request(sequence, UNKNOWN_PORT, argument, chance.choice((0, 0, 1, ANSWER_MAX - 1)))
    kind = chance.randrange(10)
    if kind < 4:
        return right
    if kind < 7:
        at = chance.randrange(chance.choice((16, len(right))))
        return right[:at] + bytes([right[at] ^ 1 << chance.randrange(8)]) + right[at + 1:]
    if kind < 9:
        return (right * 3)[:chance.randrange(2 * SIZE)]
    return chance.randbytes(chance.randrange(9000))


def fits(frame_sent, sequence, first):
    """Whether it is a request; the first one may carry any sequence."""
    if len(frame_sent) != SIZE:
        return False
    version, sent, _, length, offset = struct.unpack(HEAD, frame_sent[:16])
    return version == VERSION and (first or sent == sequence) and length <= ARGUMENT_MAX and \
        offset < ANSWER_MAX and not any(frame_sent[16 + length:])


def main():
    words = sys.argv[1:]
    seed = int.from_bytes(os.urandom(4), "little")
    if words[0] == "--seed":
        seed, words = int(words[1]), words[2:]
    print("seed", seed)
    chance = random.Random(seed)
    answered = dropped = 0
    for _ in range(int(words[0])):
        link = Link(words[1], [("feeds", words[2]), ("ca", words[3])], [])
        first = True
        try:
            while True:
                bytes_sent = frame(chance, link.sequence + 1)
                link.link.send(bytes_sent)
                if not fits(bytes_sent, link.sequence + 1, first):
                    break
                link.sequence, link.port, link.offset = struct.unpack("=4xIH2xI", bytes_sent[:16])
                link.take()
                first = False
                answered += 1
            ended = link.ended()
            if ended != "the broker exited with 1":
                sys.exit(f"{bytes_sent.hex()}: {ended}")
            dropped += 1
        finally:
            link.close()
    print(answered, "answered,", dropped, "dropped")


main()
