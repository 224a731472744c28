"""The supervisor's end of a broker's ledger (netbroker/ledger.h), which grants whatever is asked, or
does what its `mood` says: "deny", "silent", "stale" (replies to others come first), "broken"."""
import socket
import struct
import threading

ENTRY = struct.Struct("=IIQIIIHHHHHH80s1024s256s")
REPLY = struct.Struct("=IIQII")
ASKED, VERSION = 1, 1
GRANTED, SPENT = 1, 2


class Ledger:
    def __init__(self):
        self.mood = "grant"
        self.asked = []  # the ports of requests that may have gone upstream
        self.end, self.broker_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        threading.Thread(target=self.serve, daemon=True).start()

    def replies(self, event, sequence, port):
        granted = REPLY.pack(VERSION, GRANTED, sequence, 0, 0)
        spent = REPLY.pack(VERSION, SPENT, sequence, 839, 0)
        if self.mood == "deny":
            return [spent]
        if self.mood == "silent":
            return []
        if self.mood == "broken":
            return [granted + b"!"]
        if event == ASKED:
            self.asked.append(port)
        if self.mood == "stale":
            return [REPLY.pack(VERSION, SPENT, other, 60, 0) for other in range(20)] + [granted]
        return [granted]

    def serve(self):
        while True:
            try:
                entry = self.end.recv(65536)
                if not entry:
                    return
                _, event, sequence, _, _, _, port, *_ = ENTRY.unpack(entry)
                for reply in self.replies(event, sequence, port):
                    self.end.send(reply)
            except OSError:
                return

    def close(self):
        for end in self.end, self.broker_end:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()
