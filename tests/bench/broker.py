#!/usr/bin/env python3
"""The broker's figures, on a line each: name, value, unit. Run by tests/bench/broker, which sets up
the servers.

    broker.py BROKER LINK-PROGRAM CA [FETCHES]
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../probes"))
from ask import Link, status_of  # noqa: E402

PORTS = 250
FIRST = 0x500
KEPT = 0x5ff
COUNT = 50000
URL = "https://upstream.test/original-tweet.json"


def feeds(directory):
    ports = {hex(FIRST + i): {"n": chr(97 + i % 26) * (1 + i // 26)} for i in range(PORTS)}
    path = os.path.join(directory, "feeds.json")
    with open(path, "w", encoding="ascii") as out:
        json.dump({"feeds": [{"name": "fetched", "ports": ports, "url": URL + "?{n}",
                              "format": "original-tweet", "ttl_seconds": 1},
                             {"name": "kept", "ports": {hex(KEPT): {}}, "url": URL,
                              "format": "original-tweet", "ttl_seconds": 3600}]}, out)
    return path


def show(name, value, unit):
    print(f"{name:58} {value:12} {unit}", flush=True)


def milliseconds(action, times=15):
    taken = []
    for _ in range(times):
        start = time.monotonic()
        action()
        taken.append((time.monotonic() - start) * 1e3)
    return round(statistics.median(taken), 1)


def further_fetch(link):
    taken = []
    for _ in range(5):
        time.sleep(1.05)
        start = time.monotonic()
        link.ask(FIRST)
        taken.append((time.monotonic() - start) * 1e3)
    return round(statistics.median(taken), 1)


def memory_after(link, fetches, done=0):
    """Each port is asked at most once a second, so that each question is a fetch."""
    while done < fetches:
        started = time.monotonic()
        for i in range(min(PORTS, fetches - done)):
            link.ask(FIRST + i)
            done += 1
        time.sleep(max(0, 1.05 - (time.monotonic() - started)))
    return int(status_of(link.pid, "VmRSS"))


def main():
    broker, program, authorities = sys.argv[1:4]
    fetches = int(sys.argv[4]) if len(sys.argv) > 4 else 10000
    with tempfile.TemporaryDirectory() as directory:
        files = [("feeds", feeds(directory)), ("ca", authorities)]

        def first_answer(port):
            link = Link(broker, files, [])
            link.ask(port)
            link.close()

        show("broker: start to an answer without a fetch", milliseconds(lambda: first_answer(1)), "ms")
        show("broker: start to the first answer over HTTPS",
             milliseconds(lambda: first_answer(FIRST)), "ms")
        show("curl: the same fetch", milliseconds(lambda: subprocess.run(
            ["curl", "-s", "--cacert", authorities, URL], check=True,
            stdout=subprocess.DEVNULL)), "ms")

        link = Link(broker, files, [])
        early = memory_after(link, 10)
        show("broker: a further fetch", further_fetch(link), "ms")
        show("broker: resident memory after 10 fetches", early, "KiB")
        late = memory_after(link, fetches, 15)
        show(f"broker: resident memory after {fetches} fetches", late, "KiB")
        link.ask(KEPT)
        os.dup2(link.link.fileno(), 3)
        micro = subprocess.run([program, hex(KEPT), str(COUNT), str(link.sequence + 1)], check=True,
                               pass_fds=[3], capture_output=True, text=True).stdout
        show("broker: a cached answer over the link", float(micro), "us")
        link.close()


main()
