#!/usr/bin/env python3
"""Runs a command at a terminal, gives the terminal another size when it has said "ready", and ends
with 0 if the command says that size, "33 77", before it ends.

usage: resize.py COMMAND...
"""
import fcntl
import os
import pty
import struct
import sys
import termios


def main():
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.argv[1], sys.argv[1:])
    said = b""
    while b"33 77" not in said:
        try:
            more = os.read(terminal, 4096)
        except OSError:  # the command has ended
            break
        if b"ready" not in said and b"ready" in said + more:
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 33, 77, 0, 0))
        said += more
    os.write(1, said)
    os.close(terminal)
    os.waitpid(child, 0)
    return 0 if b"33 77" in said else 1


if __name__ == "__main__":
    sys.exit(main())
