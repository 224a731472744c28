#!/usr/bin/env python3
"""Asks one broker with every byte, and with what has broken encoders before, in every place that an
argument may have, and compares byte for byte what the server got.

    encodings.py BROKER CA RECORDED

The server is upstream/recorder.py, which writes to RECORDED. Prints a line for each place: how many
arguments were sent, and how many were denied; and each fault, up to ten. Exits 0 if there is none.
"""
import json
import os
import sys
import tempfile

sys.dont_write_bytecode = True
from ask import Link  # noqa: E402

ALLOWED = [chr(code) for code in range(0x20, 0x7f)] + ["é", "€", "😀"]
UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
MOST = 40
LONGEST = 1024  # bytes of any argument
VALUES = ["plain", "../up", "a b", "a&b=c", "a=b", "#", "?", "%2e", "+", '"', "\\", "é"]

CORPUS = [bytes([byte]) for byte in range(256)]
CORPUS += [b"a" + byte + b"b" for byte in CORPUS[:256]]
CORPUS += [text.encode() for text in [
    "../", "..", ".", "...", "a/..", "../..", "a/../b", "./", "/", "//", "/etc/passwd", "..;/", "a;..",
    "..\\", "%2e", "%2e%2e", "%2e%2e%2f", "%252e", "%00", "%0d%0aX: y", "%", "%%", "%zz", "?", "?a=b", "a?b",
    "#", "a#b", "&", "&a=b", "a&b", "=", "+", "a b", " ", "  ", ";", ":", "@", "user@host", "http://x/",
    "//evil.example/", "\\", "\\u0022", "\\n", '"', '\\"', '"}', '","target":"x', "'", "`", "$(id)", "{id}",
    "{argument}", "{", "}", "<", ">", "|", "^", "[", "]", "*", "é", "€", "😀", "é/€", "x" * MOST, "é" * MOST,
    "😀" * MOST, "x" * (MOST + 1), "😀" * (MOST + 1), "\r\n", "a\r\nX-Injected: 1", "\r\n\r\nGET / HTTP/1.1",
    "\n", "\r", "\t", "\0", "a\0b", "\x1b[31m", "\x7f", "\x80", "\u202e", "\u200b", "\ufeff", "\u2028",
    "ä", "e\u0301", "x" * LONGEST, "😀" * (LONGEST // 4), "xx" + "😀" * (LONGEST // 4 - 1)]]
CORPUS += [b"", b"\xff", b"\xc0\xaf", b"\xc0\xae\xc0\xae/", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
           b"\xc3", b"a\xc3", b"\xf0\x9f\x98", b"\xc3\xa9\xc3", b"\xe2\x82"]


def percent(argument):
    return b"".join(bytes([b]) if b in UNRESERVED else b"%%%02X" % b for b in argument)


def json_inside(argument):
    """JSON as the broker writes it: UTF-8, and no escape but those of '"' and '\\'."""
    return json.dumps(argument.decode(), ensure_ascii=False)[1:-1].encode()


def is_text(argument):
    """Of the characters, and as long as they may be."""
    try:
        text = argument.decode()
    except UnicodeDecodeError:
        return False
    return 1 <= len(text) <= MOST and all(char in ALLOWED for char in text)


def is_long_text(argument):
    """At most as many characters as always fit."""
    text = argument.decode(errors="replace")
    return 1 <= len(text) <= LONGEST // 4 and not text.strip("x😀")


def is_part_of_path(argument):
    """No server takes a part of it for a way up."""
    names = argument.replace(b"\\", b"/").replace(b";", b"/").split(b"/")
    return is_text(argument) and not any(name and not name.strip(b".") for name in names)


def is_value(argument):
    return argument in [value.encode() for value in VALUES]


BODY = {"method": "POST", "body": {"text": ["{argument}"], "target": "fr"}}
LONG = {"characters": ["x", "😀"], "least": 1, "most": LONGEST // 4}
CHARACTERS = {"characters": ALLOWED, "least": 1, "most": MOST}

# name, path and query, more keys, argument, what fits, encoding, the bytes around the argument
PLACES = [
    ("path", "/p/{argument}.json?q=1", {}, CHARACTERS, is_part_of_path, percent,
     (b"GET /p/", b".json?q=1 HTTP/1.1\r\n")),
    ("query", "/q?a=1&text={argument}&z=2", {}, CHARACTERS, is_text, percent,
     (b"GET /q?a=1&text=", b"&z=2 HTTP/1.1\r\n")),
    ("body", "/b", BODY, CHARACTERS, is_text, json_inside,
     (b'{"text":["', b'"],"target":"fr"}')),
    ("a long one in the path", "/l/{argument}", {}, LONG, is_long_text, percent,
     (b"GET /l/", b" HTTP/1.1\r\n")),
    ("a long one in the body", "/m", BODY, LONG, is_long_text, json_inside,
     (b'{"text":["', b'"],"target":"fr"}')),
    ("values in the query", "/q?v={argument}", {}, {"values": VALUES}, is_value, percent,
     (b"GET /q?v=", b" HTTP/1.1\r\n")),
    ("values in the body", "/v", BODY, {"values": VALUES}, is_value, json_inside,
     (b'{"text":["', b'"],"target":"fr"}')),
]


def feeds_file():
    feeds = [dict({"name": name, "ports": {"0x%x" % (0x500 + i): {}}, "format": "json",
                   "url": "https://recorder.test" + path, "template": "{/text}",
                   "argument": argument, "bits_per_hour": 1000000}, **more)
             for i, (name, path, more, argument, *_) in enumerate(PLACES)]
    file = tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8")
    json.dump({"feeds": feeds}, file)
    file.flush()
    return file


def expected(place, argument):
    """The whole request. HEADERS is what libcurl adds."""
    name, path, _, _, _, encode, (before, after) = place
    common = b"Host: recorder.test\r\nUser-Agent: AGENT\r\nAccept: */*\r\n"
    if before.startswith(b"GET"):
        return before + encode(argument) + after + common + b"\r\n"
    body = before + encode(argument) + after
    return b"POST " + path.encode() + b" HTTP/1.1\r\n" + common + \
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


class Recorded:
    """The requests that the server gets from now on."""

    def __init__(self, path):
        self.file = open(path, "a+", encoding="ascii")
        self.file.seek(0, os.SEEK_END)

    def new(self):
        lines = self.file.read().splitlines()
        requests = [json.loads(line).encode("latin-1") for line in lines]
        return [without_agent(request) for request in requests]


def without_agent(request):
    head, line, rest = request.partition(b"User-Agent: ")
    return head + line + b"AGENT" + rest[rest.index(b"\r\n"):]


def check(link, recorded, port, place):
    """Asks with each argument; returns how many were sent, how many denied, and the faults."""
    sent, denied, faults = 0, 0, []
    fits = place[4]
    arguments = CORPUS + [value.encode() for value in VALUES]
    for argument in dict.fromkeys(arguments):
        text = link.ask(port, argument)
        requests = recorded.new()
        if fits(argument):
            sent += 1
            if requests != [expected(place, argument)]:
                faults.append(f"{place[0]}, {argument}: the server got {requests}, the guest {text!r}")
        else:
            denied += 1
            if requests or not text.startswith("[denied: "):
                faults.append(f"{place[0]}, {argument}: not denied: {requests}, {text!r}")
    return sent, denied, faults


def main():
    broker, authorities, path = sys.argv[1:]
    recorded = Recorded(path)
    found = 0
    with feeds_file() as file:
        link = Link(broker, [("feeds", file.name), ("ca", authorities)], [])
        try:
            for i, place in enumerate(PLACES):
                sent, denied, faults = check(link, recorded, 0x500 + i, place)
                print(f"{place[0]}: {sent} sent, {denied} denied")
                print("".join(fault + "\n" for fault in faults[:10]), end="")
                found += len(faults)
        finally:
            link.close()
    sys.exit(1 if found else 0)


main()
