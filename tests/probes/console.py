#!/usr/bin/env python3
"""Takes the terminal of a container that two commands create and start, types a line, and prints what
comes.

usage: console.py SOCKET CREATE... -- START...
"""
import array
import os
import socket
import subprocess
import sys


def main():
    path, arguments = sys.argv[1], sys.argv[2:]
    border = arguments.index("--")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    create = subprocess.Popen(arguments[:border])
    connection, _ = listener.accept()
    name, control, _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(4))
    numbers = array.array("i")
    numbers.frombytes(control[0][2][:4])
    terminal = numbers[0]
    if create.wait() != 0 or not name.startswith(b"/dev/"):
        return 1
    subprocess.run(arguments[border + 1:], check=True)
    os.write(terminal, b"typed\n")
    while True:
        try:
            said = os.read(terminal, 4096)
        except OSError:  # the program has ended
            return 0
        os.write(1, said)


if __name__ == "__main__":
    sys.exit(main())
