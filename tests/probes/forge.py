#!/usr/bin/python3
"""usage: forge.py mask|share <FILTER.c

Makes a filter that `sparkler-policy compile` has written into one that allows more than its file, in
a way that no jump of its own and no constant of the file gives away, and prints it:

  mask   takes bit 4 out of each argument before it is compared
  share  lets getppid (110) go by the rule of write (1), which compares its first argument
"""

import re
import sys

LINE = re.compile(r"    \{(0x[0-9a-f]+), (\d+), (\d+), (0x[0-9a-f]+)\},")
LOAD, AND, EQUAL, ARGUMENTS = 0x20, 0x54, 0x15, 16


def insert(program, at, instruction):
    """Puts the instruction before the one at that place, which jumps still reach through it."""
    moved = []
    for i, (code, true, false, k) in enumerate(program):
        if code & 7 == 5 and i < at:
            true += i + 1 + true > at
            false += i + 1 + false > at
        moved.append((code, true, false, k))
    return moved[:at] + [instruction] + moved[at:]


def mask(program):
    at = 0
    while at < len(program):
        if program[at][0] == LOAD and program[at][3] >= ARGUMENTS:
            program = insert(program, at + 1, (AND, 0, 0, 0xFFFFFFEF))
        at += 1
    return program


def share(program):
    at = next(i for i, (code, *_, k) in enumerate(program) if (code, k) == (EQUAL, 1))
    return insert(program, at, (EQUAL, program[at][1] + 1, 0, 110))


text = sys.stdin.read()
old = [tuple(int(word, 0) for word in found) for found in LINE.findall(text)]
new = globals()[sys.argv[1]](old)
first, rest = text.split("filter[] = {\n", 1)
rest = rest.split("};\n", 1)[1].replace(f", {len(old)}, filter", f", {len(new)}, filter")
print(first + "filter[] = {")
for code, true, false, k in new:
    print(f"    {{0x{code:02x}, {true}, {false}, 0x{k:08x}}},")
print("};\n" + rest, end="")
