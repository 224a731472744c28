#!/usr/bin/env python3
"""Runs COMMAND with a log that nobody reads and that takes nothing: a full pipe, a full socket, or a
full disk; or a small socket that is read once, so that it takes less than what waits for it. Sends
it SIGNAL, unless that is 0, once its output has WORD. Prints its exit status.

    unread-log.py pipe|socket|disk|small SIGNAL WORD COMMAND...
"""
import os
import socket
import subprocess
import sys
import time

KIND, SIGNAL, WORD, *COMMAND = sys.argv[1:]


def fill(fd):
    os.set_blocking(fd, False)
    for size in (4096, 1):
        try:
            while True:
                os.write(fd, b"x" * size)
        except BlockingIOError:
            pass
    os.set_blocking(fd, True)


def unread_log():
    """The log, and what keeps its other end open."""
    if KIND == "disk":
        return os.open("/dev/full", os.O_WRONLY), None
    if KIND == "pipe":
        reader, log = os.pipe()
    else:
        ends = socket.socketpair()
        ends[1].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        reader, log = (end.detach() for end in ends)
    fill(log)
    return log, reader


LOG, READER = unread_log()
with subprocess.Popen(COMMAND, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=LOG) as vm:
    text = b""
    while SIGNAL != "0" and WORD.encode() not in text:
        part = vm.stdout.read1()
        if not part:
            break
        text += part
    if SIGNAL != "0":
        vm.send_signal(int(SIGNAL))
    if KIND == "small":
        time.sleep(0.5)
        os.read(READER, 1 << 20)
    vm.stdout.read()
    print(vm.wait())
