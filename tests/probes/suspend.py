#!/usr/bin/env python3
"""Plays a user at a terminal: starts COMMAND there, which must show the monitor's menu, presses
Ctrl-Z, compares the terminal's mode with that of before, continues it, and halts the guest.

    suspend.py COMMAND...
"""
import os
import pty
import signal
import sys
import termios

TEXT = b""


def wait_for(master, text):
    global TEXT
    while text not in TEXT:
        TEXT += os.read(master, 4096)


def main():
    master, terminal = pty.openpty()
    before = termios.tcgetattr(terminal)
    pid = os.fork()
    if pid == 0:
        os.close(master)
        os.login_tty(terminal) if hasattr(os, "login_tty") else pty_login(terminal)
        os.execvp(sys.argv[1], sys.argv[1:])
    wait_for(master, b"Your choice")
    os.write(master, b"\x1a")
    _, status = os.waitpid(pid, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        sys.exit(f"it ended, status {status}: {TEXT}")
    same = termios.tcgetattr(terminal) == before
    print("stopped with", "the mode of before" if same else "another mode")
    os.kill(pid, signal.SIGCONT)
    os.write(master, b"5")
    wait_for(master, b"The guest halts.")
    print(TEXT.decode(errors="replace"))
    _, status = os.waitpid(pid, 0)
    print("ended with", os.waitstatus_to_exitcode(status))


def pty_login(terminal):
    import fcntl
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for fd in range(3):
        os.dup2(terminal, fd)


main()
