#!/usr/bin/env python3
"""search-memory.py PID TEXT: says whether the text is anywhere in the memory of the process."""
import sys

pid, text = sys.argv[1:]
with open(f"/proc/{pid}/comm", encoding="ascii") as line:
    name = line.read().strip()
found = False
with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
    for line in maps:
        if line.split()[1].startswith("r") and "[v" not in line:
            first, last = (int(word, 16) for word in line.split()[0].split("-"))
            memory.seek(first)
            found = found or text.encode() in memory.read(last - first)
print(name, "holds it" if found else "does not hold it")
