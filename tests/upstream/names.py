#!/usr/bin/env python3
"""A DNS server that misbehaves, on UDP and TCP 127.0.0.1:5353, below the domain odd.test:

silent     never answers               loop, loop2  CNAMEs of each other
rebind     public, then loopback       many         so many addresses that only TCP holds them
garbage    bytes that are not DNS      refused      SERVFAIL
"""
import socket
import struct
import sys
import threading

PUBLIC = sys.argv[1]
asked = {}


def name_of(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("ascii", "replace"))
        at += 1 + query[at]
    kind = struct.unpack("!H", query[at + 1:at + 3])[0]
    return ".".join(labels).lower(), kind, query[12:at + 5]


def encode(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def record(kind, data):
    return b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 0, len(data)) + data


def answers(name, kind):
    address = socket.inet_aton
    if name.startswith("loop."):
        return [record(5, encode("loop2.odd.test"))]
    if name.startswith("loop2."):
        return [record(5, encode("loop.odd.test"))]
    if kind != 1:
        return []
    asked[name] = asked.get(name, 0) + 1
    if name.startswith("rebind."):
        return [record(1, address(PUBLIC if asked[name] == 1 else "127.0.0.1"))]
    if name.startswith("many."):
        return [record(1, address("127.9.%d.%d" % (i // 250, i % 250))) for i in range(300)] + \
            [record(1, address(PUBLIC))]
    return [record(1, address(PUBLIC))]


def reply(query, limit):
    name, kind, question = name_of(query)
    if name.startswith("silent."):
        return None
    if name.startswith("garbage."):
        return query[:2] + b"\x85\x80" + b"\xff" * 40
    found = [] if name.startswith("refused.") else answers(name, kind)
    flags = 0x8582 if name.startswith("refused.") else 0x8580
    body = question + b"".join(found)
    if 12 + len(body) > limit:
        return query[:2] + struct.pack("!HHHHH", flags | 0x200, 1, 0, 0, 0) + question
    return query[:2] + struct.pack("!HHHHH", flags, 1, len(found), 0, 0) + body


def serve_udp(server):
    while True:
        query, peer = server.recvfrom(4096)
        answer = reply(query, 512)
        if answer:
            server.sendto(answer, peer)


def serve_tcp():
    server = socket.create_server(("127.0.0.1", 5353))
    while True:
        peer, _ = server.accept()
        with peer:
            size = peer.recv(2)
            answer = reply(peer.recv(4096), 65535) if len(size) == 2 else None
            if answer:
                peer.sendall(struct.pack("!H", len(answer)) + answer)


udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", 5353))
# whoever finds it listening finds all of it
threading.Thread(target=serve_tcp, daemon=True).start()
serve_udp(udp)
