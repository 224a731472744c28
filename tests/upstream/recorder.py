#!/usr/bin/env python3
"""A TLS server that writes down each request, byte for byte. Usage: recorder.py DIRECTORY ADDRESS

The directory holds the certificate; each request becomes a line of recorded.json there: a string, in
which a byte is the character of that number. The answer is the file bodies/HOST, or else a JSON
object whose member "text" is the number of requests so far.
"""
import json
import os
import socket
import ssl
import sys
import threading

DIRECTORY, ADDRESS = sys.argv[1:]
lock = threading.Lock()
recorded = 0


def read_request(sock):
    """Returns the headers with the empty line behind them, and the body."""
    request = b""
    while b"\r\n\r\n" not in request:
        piece = sock.recv(65536)
        if not piece:
            raise OSError("the request is cut short")
        request += piece
    head, _, body = request.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(body) < length:
        piece = sock.recv(65536)
        if not piece:
            raise OSError("the request is cut short")
        body += piece
    return head + b"\r\n\r\n", body


def record(request):
    global recorded
    with lock, open("recorded.json", "a", encoding="ascii") as log:
        recorded += 1
        log.write(json.dumps(request.decode("latin-1")) + "\n")
        return recorded


def host_of(head):
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"host:"):
            return line.partition(b":")[2].strip().decode("ascii")
    return ""


def answer_for(host, number):
    try:
        with open(os.path.join("bodies", os.path.basename(host)), "rb") as body:
            return body.read()
    except OSError:
        return json.dumps({"text": str(number)}).encode()


def serve(sock, tls):
    try:
        with tls.wrap_socket(sock, server_side=True) as secure:
            head, body = read_request(secure)
            answer = answer_for(host_of(head), record(head + body))
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
    except (OSError, ssl.SSLError):
        pass


def main():
    os.chdir(DIRECTORY)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain("good.pem", "good.key")
    server = socket.create_server((ADDRESS, 443), backlog=64)
    while True:
        threading.Thread(target=serve, args=(server.accept()[0], tls), daemon=True).start()


main()
