#!/usr/bin/env python3
"""A TLS server that misbehaves. Usage: faulty.py DIRECTORY

The directory holds the certificates; requests.log is written there. The path of a url selects the
fault: the first, third, … request for a path meets it, the others get the good answer
"recovered". On the TCP ports in `handshakes`, the fault is in TLS itself, on the first, third, …
connection.
"""
import gzip
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time
import warnings

DIRECTORY = sys.argv[1]
STALL = 20
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNK = b"400\r\n" + b"x" * 1024 + b"\r\n"
BOMB = gzip.compress(b"\0" * (16 << 20))
GOOD = b'{"text": "recovered"}'
seen = {}
lock = threading.Lock()


def faulty_turn(key):
    with lock:
        seen[key] = seen.get(key, 0) + 1
        return seen[key] % 2 == 1


def note(line):
    with lock, open(f"{DIRECTORY}/requests.log", "a", encoding="ascii") as log:
        log.write(line + "\n")


def context(certificate="good"):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(f"{DIRECTORY}/{certificate}.pem", f"{DIRECTORY}/{certificate}.key")
    return tls


def old_context():
    tls = context()
    warnings.simplefilter("ignore", DeprecationWarning)
    tls.minimum_version = tls.maximum_version = ssl.TLSVersion.TLSv1
    tls.set_ciphers("ALL:@SECLEVEL=0")
    return tls


def reset(sock):
    """Makes the next close() a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def response(body, status="200 OK", headers=()):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def drip(sock, data, seconds):
    for byte in data:
        sock.sendall(bytes([byte]))
        time.sleep(seconds)


def endlessly(sock, head, piece):
    sock.sendall(head)
    while True:
        sock.sendall(piece)


def redirect(target):
    return lambda sock: sock.sendall(response(b"", "301 Moved", ["Location: " + target]))


def status(line, *headers):
    return lambda sock: sock.sendall(response(b"an error page", line, headers))


def slow_headers(sock):
    drip(sock, b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000, 1)


def reset_in_headers(sock):
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
    reset(sock)


def reset_in_body(sock):
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome")
    reset(sock)


def gzip_bomb(headers):
    """Sends 16 KiB that inflate to 16 MiB."""
    return lambda sock: sock.sendall(response(BOMB, headers=headers))


def transfer_gzip(sock):
    sock.sendall(HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n%x\r\n" % len(BOMB) + BOMB +
                 b"\r\n0\r\n\r\n")


faults = {
    "close": lambda sock: None,
    "reset": reset,
    "reset-in-headers": reset_in_headers,
    "reset-in-body": reset_in_body,
    "stall": lambda sock: time.sleep(STALL),
    "slow-headers": slow_headers,
    "byte-a-second": lambda sock: (sock.sendall(HEAD + b"Content-Length: 1000\r\n\r\n"),
                                   drip(sock, b"x" * 1000, 1)),
    "endless": lambda sock: endlessly(sock, HEAD + b"\r\n", b"x" * 1024),
    "endless-chunks": lambda sock: endlessly(sock, HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
                                             CHUNK),
    "endless-headers": lambda sock: endlessly(sock, HEAD, b"X-More: " + b"x" * 100 + b"\r\n"),
    "endless-header": lambda sock: endlessly(sock, HEAD + b"X-Long: ", b"x" * 1024),
    "endless-100": lambda sock: endlessly(sock, b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "bad-chunk": lambda sock: sock.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nx"),
    "length-too-large": lambda sock: sock.sendall(HEAD + b"Content-Length: 500\r\n\r\nshort"),
    "length-too-small": lambda sock: sock.sendall(HEAD + b"Content-Length: 4\r\n\r\n"
                                                  b'["too long"]'),
    "length-huge": lambda sock: sock.sendall(HEAD + b"Content-Length: 99999999999\r\n\r\nx"),
    "length-negative": lambda sock: sock.sendall(HEAD + b"Content-Length: -1\r\n\r\nx"),
    "gzip": gzip_bomb(["Content-Encoding: gzip"]),
    "identity": lambda sock: sock.sendall(response(b'{"text": "as it is"}',
                                                   headers=["Content-Encoding: identity"])),
    "gzip-unsaid": gzip_bomb([]),
    "gzip-transfer": transfer_gzip,
    "http09": lambda sock: sock.sendall(b"just text"),
    "redirect-http": redirect("http://faulty.test:8080/stolen"),
    "redirect-file": redirect("file:///etc/passwd"),
    "redirect-metadata": redirect("https://169.254.169.254/stolen"),
    "redirect-https": redirect("https://faulty.test:8443/stolen"),
    "202": lambda sock: sock.sendall(response(b"", "202 Accepted")),
    "204": lambda sock: sock.sendall(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "304": lambda sock: sock.sendall(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    "401": status("401 Unauthorized"),
    "404": status("404 Not Found"),
    "429": status("429 Too Many Requests", "Retry-After: 4"),
    "429-long": status("429 Too Many Requests", "Retry-After: 3600"),
    "500": status("500 Oops"),
    "503": status("503 Busy"),
    "503-date": status("503 Busy", "Retry-After: Wed, 01 Jan 2025 00:00:00 GMT"),
}


# The bodies of good HTTP responses. The feeds show the member "text".
bodies = {
    "no-json": b"<html>It works!</html>",
    "half-json": b'{"text": "a',
    "json-and-more": b'{"text": "a"} Internal error',
    "deep": b"[" * 20000 + b"]" * 20000,
    "many-values": b"[" + b"{}," * 300000 + b"{}]",
    "huge-number": b'{"text": 1e999}',
    "huge-integer": b'{"text": 99999999999999999999999999}',
    "nan": b'{"text": NaN}',
    "wrong-type": b'{"text": {"a": 1}}',
    "missing-key": b'{"words": "a"}',
    "nul": b'{"text": "a\0b"}',
    "nul-escaped": b'{"text": "a\\u0000b"}',
    "nul-behind": b'{"text": "a"}\0{"text": "b"}',
    "overlong": b'{"text": "a\xc0\xafb"}',
    "surrogate": b'{"text": "a\xed\xa0\x80b"}',
    "escape-raw": b'{"text": "a\x1b[31mb"}',
    "escape-escaped": b'{"text": "a\\u001b[31mb\\u009b2J"}',
    "escape-c1": b'{"text": "a\xc2\x9b31mb"}',
    "escape-entity": b'[{"content": "<p>a&#27;[31mb&#x9b;2J</p>"}]',
    "bidi": b'{"text": "a\xe2\x80\xaeb\\u2066c"}',
    "long-line": b'{"text": "' + b"a" * 60000 + b'"}',
    "many-lines": b'{"text": "' + b"a\\n" * 20000 + b'"}',
    "empty": b"",
}


# The bodies that depend on the request, for paths like /raw/…?… and /bytes/SIZE; never faulty.
made = {
    "raw": lambda request, path: b'{"text": "%s"}' % request.hex().encode(),
    "bytes": lambda request, path: (bytes(range(256)) * 4097)[:int(path.split("/")[2])],
    "lines": lambda request, path: b"".join(b"%07d\n" % i for i in range(int(path.split("/")[2]))),
}


def answer(sock, path, request):
    """Answers one request for a key of `faults`, `bodies` or `made`, or with the good answer."""
    kind = path.lstrip("/").partition("?")[0]
    if kind.partition("/")[0] in made:
        sock.sendall(response(made[kind.partition("/")[0]](request, path)))
    elif not faulty_turn(path) or kind in ("good", "stolen"):
        sock.sendall(response(GOOD if kind != "escape-entity" else b'[{"content": "recovered"}]'))
    elif kind in bodies:
        sock.sendall(response(bodies[kind]))
    else:
        faults[kind](sock)


def http(sock):
    request = b""
    while b"\r\n\r\n" not in request:
        piece = sock.recv(4096)
        if not piece:
            return
        request += piece
    head, body = request.split(b"\r\n\r\n", 1)
    length = re.search(rb"\r\ncontent-length: (\d+)", head.lower())
    while length and len(body) < int(length[1]):
        body += sock.recv(4096)
    path = head.split(b" ", 2)[1].decode("ascii")
    note(path)
    answer(sock, path, head + b"\r\n\r\n" + body)


def tls_then_http(sock, tls):
    with tls.wrap_socket(sock, server_side=True) as secure:
        http(secure)


def in_the_middle(sock):
    """Sends the start of a ServerHello, then resets."""
    sock.recv(4096)
    sock.sendall(b"\x16\x03\x03\x00\x7a\x02\x00\x00")
    reset(sock)


handshakes = {
    8444: lambda sock: reset(sock),
    8445: lambda sock: (sock.recv(4096), time.sleep(STALL)),
    8446: in_the_middle,
    8447: lambda sock: tls_then_http(sock, context("expired")),
    8448: lambda sock: tls_then_http(sock, context("self-signed")),
    8449: lambda sock: tls_then_http(sock, context("wrong-name")),
    8450: lambda sock: tls_then_http(sock, old_context()),
    8451: http,
    8080: http,
}


def listen(port):
    return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True,
                                backlog=64)


def serve(server, port, misbehave):
    def one(sock):
        try:
            with sock:
                if misbehave and (port == 8080 or faulty_turn(port)):
                    misbehave(sock)
                else:
                    tls_then_http(sock, context())
        except (OSError, ssl.SSLError):
            pass

    while True:
        threading.Thread(target=one, args=(server.accept()[0],), daemon=True).start()


os.chdir(DIRECTORY)
for number, fault in handshakes.items():
    threading.Thread(target=serve, args=(listen(number), number, fault), daemon=True).start()
serve(listen(8443), 8443, None)  # the last, for which tests wait
