#!/usr/bin/env python3
"""Checks that a record (jailer --record) has whole lines only: each a JSON object with the keys of a
question, none across the end of a page of the file; and that each question which was asked has at
most one end. Prints how many lines there are for each outcome.

    whole-lines.py RECORD
"""
import collections
import json
import sys

PAGE = 4096
KEYS = ["time", "vm", "question", "port", "feed", "argument", "outcome", "reason", "bytes", "ms"]


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    outcomes, ends, at = collections.Counter(), collections.Counter(), 0
    for line in data.split(b"\n")[:-1]:
        start = at + len(line) - len(line.lstrip(b" "))
        at += len(line) + 1
        if any(not 32 <= byte <= 126 for byte in line):
            sys.exit(f"byte {start}: a line that is not printable ASCII: {line[:200]}")
        question = json.loads(line)
        if list(question)[:len(KEYS) - 2] != KEYS[:-2] or not set(KEYS) < set(question):
            sys.exit(f"byte {start}: other keys: {line}")
        if start // PAGE != (at - 1) // PAGE:
            sys.exit(f"byte {start}: a line across the end of a page")
        outcomes[question["outcome"]] += 1
        if question["outcome"] != "asked":
            ends[question["vm"], question["question"]] += 1
    if data[at:].strip(b" "):
        sys.exit(f"byte {at}: a torn line: {data[at:]}")
    twice = [question for question, count in ends.items() if count > 1]
    if twice:
        sys.exit(f"two ends of {twice[0]}")
    print(" ".join(f"{outcome}={outcomes[outcome]}" for outcome in sorted(outcomes)))


main()
