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
from ask import Link  # noqa: E402

UNKNOWN_PORT = 0x107


def frame(chance, sequence):
    """A right request (4 in 10), one with a field or the length wrong, or noise."""
    right = struct.pack("=IIHH", 1, sequence, UNKNOWN_PORT, 0)
    kind = chance.randrange(10)
    if kind < 4:
        return right
    if kind < 7:
        at = chance.randrange(len(right))
        return right[:at] + bytes([right[at] ^ 1 << chance.randrange(8)]) + right[at + 1:]
    if kind < 9:
        return (right * 3)[:chance.randrange(30)]
    return chance.randbytes(chance.randrange(9000))


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
                fits = len(bytes_sent) == 12 and \
                    struct.unpack("=IIxxH", bytes_sent) == (1, link.sequence + 1, 0)
                if not fits and len(bytes_sent) == 12 and first:
                    # the first request may carry any sequence
                    version, sequence, reserved = struct.unpack("=IIxxH", bytes_sent)
                    fits = (version, reserved) == (1, 0)
                    link.sequence = sequence - 1 if fits else 0
                if not fits:
                    break
                link.sequence += 1
                link.port = struct.unpack("=8xHxx", bytes_sent)[0]
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
