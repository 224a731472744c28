#!/usr/bin/env python3
"""Many brokers at once: starts COUNT of them, asks all for PORT at the same time, and prints each
different answer once, with how many brokers gave it. Then it does so again for each further word:
"again", or "run:COMMAND" for a command in between.

    fleet.py COUNT BROKER FEEDS CA PORT [again | run:COMMAND]...
"""
import collections
import resource
import subprocess
import sys

sys.dont_write_bytecode = True
from ask import Link  # noqa: E402


def ask_all(links, port):
    for link in links:
        link.send(port)
    answers = collections.Counter(link.take() for link in links)
    for text, count in answers.items():
        print(count, text)
    sys.stdout.flush()


def main():
    count, broker, feeds, authorities, port, *steps = sys.argv[1:]
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    files = [("feeds", feeds), ("ca", authorities)]
    links = []
    try:
        for _ in range(int(count)):
            links.append(Link(broker, files, []))
        ask_all(links, int(port, 0))
        for step in steps:
            if step == "again":
                ask_all(links, int(port, 0))
            else:
                subprocess.run(step.removeprefix("run:"), shell=True, check=True)
    finally:
        for link in links:
            link.close()


main()
