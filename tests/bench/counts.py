#!/usr/bin/env python3
"""What a start costs, in counts that do not depend on the machine's speed. Reads the output of
`strace -f -yy -s 64` of a jailer whose guest ran, and prints NAME=COUNT lines:

    jailer          system calls of the jailer until it supervises: to its own seccomp filter
    vmm_jail        system calls of the VMM's process in its jail, to its execveat(2)
    vmm             system calls from there to the first KVM_RUN
    processes       processes made by any of them
    programs        programs executed by any of them
    cgroup_bytes    bytes written to files of cgroups

    counts.py TRACE
"""
import re
import sys

CALL = re.compile(r"(\d+) +(\w+)\((.*)")


def calls(path):
    """(pid, name, the rest of the line), each once, when it begins."""
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if match := CALL.match(line):
                yield match.groups()


def main():
    trace = list(calls(sys.argv[1]))
    jailer = trace[0][0]
    vmm = next(pid for pid, name, _ in trace if name == "execveat")
    counts = dict.fromkeys(
        ("jailer", "vmm_jail", "vmm", "processes", "programs", "cgroup_bytes"), 0)
    phase = {jailer: "jailer", vmm: "vmm_jail"}
    for pid, name, rest in trace:
        if pid == vmm and "KVM_RUN" in rest:
            phase[vmm] = None
        if phase.get(pid):
            counts[phase[pid]] += 1
        if pid == jailer and name == "seccomp":
            phase[jailer] = None
        if pid == vmm and name == "execveat":
            phase[vmm] = "vmm"
        if name in ("fork", "vfork", "clone", "clone3"):
            counts["processes"] += 1
        if name.startswith("execve"):
            counts["programs"] += 1
        if name == "write" and "/sys/fs/cgroup/" in rest.split(">")[0]:
            counts["cgroup_bytes"] += int(re.search(r", (\d+)[) ]", rest).group(1))
    for name, count in counts.items():
        print(f"{name}={count}")


main()
