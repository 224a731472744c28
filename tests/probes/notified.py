#!/usr/bin/env python3
"""Starts a command as a service manager does (sd_notify(3)), prints what it is told until the command
ends, and ends with its status.

    notified.py NAME COMMAND [ARGUMENT...]

NAME is the socket's: a path, or @ and an abstract name.
"""
import os
import socket
import subprocess
import sys


def main():
    name = sys.argv[1]
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)
    if not name.startswith("@"):
        os.chmod(name, 0o777)
    command = subprocess.Popen(sys.argv[2:], env=dict(os.environ, NOTIFY_SOCKET=name))
    status = command.wait()
    manager.setblocking(False)
    try:
        while True:
            print(manager.recv(4096).decode(), flush=True)
    except BlockingIOError:
        pass
    if not name.startswith("@"):
        os.unlink(name)
    sys.exit(status)


main()
