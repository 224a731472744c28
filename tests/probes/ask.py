#!/usr/bin/env python3
"""Plays the VMM's and the warden's part for one sparkler-netbroker: starts it with what the jailer
would hand over, asks it for ports, prints the answers.

    ask.py BROKER FEEDS CA [NAME=FILE...] [--OPTION...] -- STEP...

    PORT           ask for it, print the text and, unless it is the only step, a line "--"
    sleep:SECONDS  wait
    raw:HEX        send this frame as it is
    flood:COUNT    send so many requests without reading an answer
    close          close the VMM's end, wait for the broker's end
    exit           wait for the broker's end
    kill-resolver  kill the broker's resolver
    rss            print the broker's resident memory in KiB
    maxrss:KIB     fail if the broker's resident memory is above
    fds            print the numbers of the broker's open descriptors
    repeat:N:PORT  ask N times, print only the last answer
    save:FILE:PORT ask and write the answer to a file
    run:COMMAND    run it in a shell (BROKER_PID is set)

Exits 0 when all is done; with 3 and "[no answer: ...]" when the broker gave none.
"""
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time

TEXT_MAX = 8192
REPLY_SECONDS = 30


def start(broker, files, options):
    vmm_end, broker_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    names = ["link", "feeds", "ca"] + ["credential." + name for name, _ in files[2:]]
    opened = [broker_end.fileno()] + [os.open(path, os.O_RDONLY) for _, path in files]
    pid = os.fork()
    if pid == 0:
        moved = [os.dup2(fd, 100 + i) for i, fd in enumerate(opened)]
        for i, fd in enumerate(moved):
            os.dup2(fd, 3 + i)
        os.closerange(3 + len(moved), 256)
        environment = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(moved)),
                       "LISTEN_FDNAMES": ":".join(names)}
        try:
            os.execve(broker, [broker] + options, environment)
        except OSError as error:
            print(f"ask.py: cannot start {broker}: {error}", file=sys.stderr)
            os._exit(127)
    for fd in opened[1:]:
        os.close(fd)
    broker_end.close()
    return pid, vmm_end


class Link:
    def __init__(self, pid, link):
        self.pid, self.link, self.sequence, self.reaped = pid, link, 0, False

    def send(self, port):
        self.sequence += 1
        self.link.send(struct.pack("=IIHH", 1, self.sequence, port, 0))

    def ask(self, port):
        self.send(port)
        if not select.select([self.link], [], [], REPLY_SECONDS)[0]:
            give_up("nothing in %d s" % REPLY_SECONDS)
        try:
            reply = self.link.recv(65536)
        except ConnectionResetError:
            reply = b""
        if not reply:
            give_up("the link is shut; " + self.ended())
        version, sequence, answered, length = struct.unpack("=IIHH", reply[:12])
        text = reply[12:]
        if (len(reply), version, sequence, answered) != (12 + TEXT_MAX, 1, self.sequence, port) \
                or length >= TEXT_MAX or any(text[length:]):
            give_up("a frame that does not fit")
        text = text[:length]
        if any(byte != 10 and not 32 <= byte <= 126 for byte in text):
            give_up("a text that is not clean: %r" % text)
        return text.decode("ascii")

    def ended(self):
        _, status = os.waitpid(self.pid, 0)
        self.reaped = True
        code = os.waitstatus_to_exitcode(status)
        return "the broker ended by signal %d" % -code if code < 0 else \
            "the broker exited with %d" % code


def give_up(why):
    print(f"[no answer: {why}]")
    sys.exit(3)


def status_of(pid, key):
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return next(line.split()[1] for line in lines if line.startswith(key + ":"))


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as line:
        return [int(child) for child in line.read().split()]


def take(link, step, alone):
    word, _, rest = step.partition(":")
    if word == "sleep":
        time.sleep(float(rest))
    elif word == "raw":
        link.link.send(bytes.fromhex(rest))
    elif word == "flood":
        for _ in range(int(rest)):
            try:
                link.send(0x100)
            except (BrokenPipeError, ConnectionResetError):
                break
    elif word == "close":
        link.link.close()
        print(link.ended())
    elif word == "exit":
        print(link.ended())
    elif word == "kill-resolver":
        for child in children(link.pid):
            os.kill(child, signal.SIGKILL)
    elif word == "rss":
        print(status_of(link.pid, "VmRSS"))
    elif word == "maxrss":
        if int(status_of(link.pid, "VmRSS")) > int(rest):
            sys.exit(f"the broker holds {status_of(link.pid, 'VmRSS')} KiB, more than {rest}")
    elif word == "fds":
        print(" ".join(sorted(os.listdir(f"/proc/{link.pid}/fd"), key=int)))
    elif word == "repeat":
        count, port = rest.split(":")
        for _ in range(int(count)):
            text = link.ask(int(port, 0))
        print(text)
    elif word == "save":
        path, port = rest.rsplit(":", 1)
        with open(path, "w", encoding="ascii") as out:
            out.write(link.ask(int(port, 0)))
    elif word == "run":
        subprocess.run(rest, shell=True, check=False,
                       env=dict(os.environ, BROKER_PID=str(link.pid)))
    else:
        text = link.ask(int(word, 0))
        print(text if alone else text + "\n--")
    sys.stdout.flush()


def main():
    before, steps = sys.argv[1:], []
    if "--" in before:
        split = before.index("--")
        before, steps = before[:split], before[split + 1:]
    if len(before) < 3:
        sys.exit(__doc__)
    broker, feeds, authorities, *rest = before
    options = [word for word in rest if word.startswith("--")]
    files = [("feeds", feeds), ("ca", authorities)]
    files += [tuple(word.split("=", 1)) for word in rest if not word.startswith("--")]
    pid, socket_end = start(broker, files, options)
    link = Link(pid, socket_end)
    try:
        for step in steps or ["exit"]:
            take(link, step, len(steps) == 1)
    finally:
        if not link.reaped:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


main()
