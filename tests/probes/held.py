#!/usr/bin/env python3
"""Starts $JAILER as a container runtime does, in the way that $HELD names, and ends with its status.

    HELD=WAY JAILER=PATH held.py OPTION...

    start     the guest starts as soon as the VM is built
    terminal  the same; the program's standard error is a terminal, and what it shows comes last
    forsake   whoever has started the jailer goes without an answer
    signal    SIGTERM comes while the guest is held
"""
import os
import pty
import signal
import socket
import subprocess
import sys
import tempfile

way, jailer, options = os.environ["HELD"], os.environ["JAILER"], sys.argv[1:]
ours, theirs = socket.socketpair()
master, slave = pty.openpty()
with tempfile.TemporaryDirectory() as directory:
    fifo = os.path.join(directory, "hold")
    os.mkfifo(fifo)
    os.chmod(directory, 0o755)
    os.chmod(fifo, 0o666)
    error = slave if way == "terminal" else os.dup(2)
    child = subprocess.Popen(
        [jailer, "--hold", fifo, "--ready", str(theirs.fileno()), "--stderr", str(error), *options],
        pass_fds=[theirs.fileno(), error])
    theirs.close()
    os.close(slave)
    if ours.recv(1) != b"\0":
        sys.exit(child.wait())
    print("built", flush=True)
    if way != "forsake":
        ours.send(b"\0")
    ours.close()
    if way == "signal":
        child.send_signal(signal.SIGTERM)
    elif way != "forsake":
        with open(fifo, "wb", buffering=0) as hold:
            hold.write(b"\0")
    status = child.wait()
    if way == "terminal":
        print(os.read(master, 100).decode(), end="")
    sys.exit(status)
