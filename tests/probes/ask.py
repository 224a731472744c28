#!/usr/bin/env python3
"""Plays the VMM's and the warden's part for one sparkler-netbroker: starts it with what the jailer
would hand over, asks it for ports, prints the answers.

    ask.py BROKER FEEDS CA [NAME=FILE...] [--OPTION...] -- STEP...

    PORT           ask for it, print the text and, unless it is the only step, a line "--"
    PORT=ARGUMENT  ask with an argument; "%XX" in it stands for a byte
    more:OFFSET[:PORT[=ARGUMENT]]  fetch the piece at that offset of this answer, or of the last one
    whole:FILE:PORT=ARGUMENT  ask, fetch all pieces, write them to a file, print what kind they are
    sleep:SECONDS  wait
    raw:HEX        send this frame as it is
    frame:VERSION,SEQUENCE,PORT,LENGTH,OFFSET[,ARGUMENT]  send a request with these fields
    flood:COUNT    send so many requests without reading an answer
    close          close the VMM's end, wait for the broker's end
    exit           wait for the broker's end
    kill-resolver  kill the broker's resolver
    send:PORT      ask for it without waiting for the answer; with =ARGUMENT, too
    take           print the answer
    restart        kill the broker and start another one on the same link, as the warden does; it
                   hears of the request that the first one died on
    rss            print the broker's resident memory in KiB
    fds            print the numbers of the broker's open descriptors
    repeat:N:PORT  ask N times, print only the last answer
    save:FILE:PORT ask and write the answer to a file
    run:COMMAND    run it in a shell (BROKER_PID is set)
    ledger:MOOD    the ledger, which grants whatever is asked, does so from now on (ledger.py), or
                   ends: ledger:end
    asked          print how often the ledger has granted a request

Exits 0 when all is done; with 3 and "[no answer: ...]" when the broker gave none.
"""
import fcntl
import os
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.parse

sys.dont_write_bytecode = True
from ledger import Ledger  # noqa: E402

PIECE_MAX = 8192
ARGUMENT_MAX = 1024
ANSWER_MAX = 1 << 20
VERSION = 2
KINDS = ("text", "bytes")
REPLY_SECONDS = 30


class Link:
    """The link and the broker at its other end, which this program holds open as the warden does."""

    def __init__(self, broker, files, options):
        self.command = [broker] + options
        self.names = ["link", "feeds", "ca", "ledger"] + ["credential." + name for name, _ in files[2:]]
        self.link, self.broker_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.ledger = Ledger()
        self.files = [os.open(path, os.O_RDONLY) for _, path in files]
        self.opened = [self.broker_end.fileno(), *self.files[:2], self.ledger.broker_end.fileno(),
                       *self.files[2:]]
        self.sequence, self.port, self.argument, self.offset = 0, 0, b"", 0
        self.start()

    def start(self, options=()):
        self.reaped = False
        self.pid = os.fork()
        if self.pid == 0:
            moved = [fcntl.fcntl(fd, fcntl.F_DUPFD, 64) for fd in self.opened]
            for i, fd in enumerate(moved):
                os.dup2(fd, 3 + i)
            os.closerange(3 + len(moved), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
            environment = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(moved)),
                           "LISTEN_FDNAMES": ":".join(self.names)}
            try:
                os.execve(self.command[0], self.command + list(options), environment)
            except OSError as error:
                print(f"ask.py: cannot start {self.command[0]}: {error}", file=sys.stderr)
                os._exit(127)
        self.pidfd = os.pidfd_open(self.pid)

    def send(self, port, argument=b"", offset=0):
        self.sequence += 1
        self.port, self.argument, self.offset = port, argument, offset
        self.link.send(request(self.sequence, port, argument, offset))

    def take(self):
        """The text of the reply, or its bytes; what is known of them is in self.kind and .total."""
        events = select.poll() # select(2) has no descriptor beyond 1023
        for file in self.link, self.pidfd:
            events.register(file, select.POLLIN)
        ready = dict(events.poll(REPLY_SECONDS * 1000))
        if not ready:
            give_up("nothing in %d s" % REPLY_SECONDS)
        if self.link.fileno() not in ready:
            give_up(self.ended())
        reply = self.link.recv(65536)
        if not reply:
            give_up("the link is shut; " + self.ended())
        version, sequence, port, kind, offset, self.total = struct.unpack("=IIHHII", reply[:20])
        piece = reply[20:]
        length = min(self.total - offset, PIECE_MAX)
        if (len(piece), version, sequence, port) != (PIECE_MAX, VERSION, self.sequence, self.port) \
                or offset not in (0, self.offset) or kind >= len(KINDS) \
                or not offset <= self.total <= ANSWER_MAX or any(piece[length:]):
            give_up("a frame that does not fit")
        self.offset, self.kind, piece = offset, KINDS[kind], piece[:length]
        if self.kind == "bytes":
            return piece
        if any(byte != 10 and not 32 <= byte <= 126 for byte in piece):
            give_up("a text that is not clean: %r" % piece)
        return piece.decode("ascii")

    def ask(self, port, argument=b""):
        self.send(port, argument)
        return self.take()

    def more(self, offset):
        self.send(self.port, self.argument, offset)
        return self.take()

    def whole(self, port, argument):
        pieces = [self.ask(port, argument)]
        while sum(map(len, pieces)) < self.total:
            asked = sum(map(len, pieces))
            pieces.append(self.more(asked))
            if self.offset != asked:
                return pieces[-1]
        return pieces[0][:0].join(pieces)

    def waiting(self):
        """The sequence of the request on the link, or None."""
        try:
            frame = self.broker_end.recv(65536, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        return struct.unpack("=4xI", frame[:8])[0]

    def ended(self):
        if self.reaped:
            return "the broker is gone"
        _, status = os.waitpid(self.pid, 0)
        self.reaped = True
        code = os.waitstatus_to_exitcode(status)
        return "the broker ended by signal %d" % -code if code < 0 else \
            "the broker exited with %d" % code

    def kill(self):
        if not self.reaped:
            os.kill(self.pid, signal.SIGKILL)
            self.ended()
        os.close(self.pidfd)

    def close(self):
        self.kill()
        self.link.close()
        self.broker_end.close()
        self.ledger.close()
        for fd in self.files:
            os.close(fd)


def request(sequence, port, argument=b"", offset=0):
    return struct.pack(f"=IIHHI{ARGUMENT_MAX}s", VERSION, sequence, port, len(argument), offset,
                       argument)


def question(words):
    """The port and the argument of "PORT" or "PORT=ARGUMENT"."""
    port, _, argument = words.partition("=")
    return int(port, 0), urllib.parse.unquote_to_bytes(os.fsencode(argument))


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
    elif word == "frame":
        *fields, argument = (rest + ",").split(",")[:6]
        link.link.send(struct.pack(f"=IIHHI{ARGUMENT_MAX}s", *(int(field, 0) for field in fields),
                                   argument.encode("ascii")))
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
    elif word == "send":
        link.send(*question(rest))
    elif word == "take":
        print(link.take())
    elif word == "restart":
        link.kill()
        waiting = link.waiting()
        link.start([] if waiting is None else [f"--interrupted={waiting}"])
    elif word == "ledger" and rest == "end":
        link.ledger.close()
    elif word == "ledger":
        link.ledger.mood = rest
    elif word == "asked":
        print(len(link.ledger.asked))
    elif word == "rss":
        print(status_of(link.pid, "VmRSS"))
    elif word == "fds":
        print(" ".join(sorted(os.listdir(f"/proc/{link.pid}/fd"), key=int)))
    elif word == "repeat":
        count, port = rest.split(":")
        for _ in range(int(count)):
            text = link.ask(*question(port))
        print(text)
    elif word == "save":
        path, port = rest.rsplit(":", 1)
        with open(path, "w", encoding="ascii") as out:
            out.write(link.ask(int(port, 0)))
    elif word == "more":
        offset, _, asked = rest.partition(":")
        if asked:
            link.port, link.argument = question(asked)
        print(link.more(int(offset)))
    elif word == "whole":
        path, asked = rest.split(":", 1)
        answer = link.whole(*question(asked))
        with open(path, "wb") as out:
            out.write(answer if isinstance(answer, bytes) else answer.encode("ascii"))
        print(link.kind, link.total)
    elif word == "run":
        subprocess.run(rest, shell=True, check=False,
                       env=dict(os.environ, BROKER_PID=str(link.pid)))
    else:
        text = link.ask(*question(step))
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
    link = Link(broker, files, options)
    try:
        for step in steps or ["exit"]:
            take(link, step, len(steps) == 1)
    finally:
        link.close()


if __name__ == "__main__":
    main()
