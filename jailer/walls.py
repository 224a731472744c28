#!/usr/bin/env python3
"""Draws the processes of a VM and the walls around them, as SVG.

Usage: walls.py DIRECTORY-OF-THE-PROGRAMS >walls.svg

Only places and words are this script's. Who has which lock is what `jailer --explain` says, how
many system calls are left to whom `sparkler-policy explain --json`; the descriptors of each link
must be in policy/fds.h. A lock that this machine lacks is drawn, too: every machine draws the same.
"""

import json
import pathlib
import re
import subprocess
import sys
import textwrap
from html import escape

WIDTH = 960
NO_BREAK = "\u00a0"
ENDED = {"mkfs.erofs", "digester"}  # before the VM starts

# what is drawn in which colour, on a light page and on a dark one; the walls are last
COLOURS = {
    "paper": ("#ffffff", "#0d1117"),
    "edge": ("#d1d9e0", "#3d444d"),
    "box": ("#f6f8fa", "#151b23"),
    "ink": ("#1f2328", "#f0f6fc"),
    "soft": ("#59636e", "#9198a1"),
    "hostile": ("#cf222e", "#f85149"),
    "wall0": ("#6e7781", "#9198a1"),
    "wall1": ("#8250df", "#ab7df8"),
    "wall2": ("#0969da", "#4493f8"),
    "wall3": ("#bc4c00", "#f0883e"),
    "wall4": ("#1a7f37", "#3fb950"),
}

WALLS = sum(name.startswith("wall") for name in COLOURS)

RULES = """text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif }
.name { font: 600 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
.number { font-size: 26px; font-weight: 600 }
.small { font-size: 11px }
.bold { font-weight: 600 }
.middle { text-anchor: middle }
.end { text-anchor: end }
.link { fill: none; stroke-width: 1.5 }
.door { fill: none; stroke-width: 11 }
.dashed { stroke-dasharray: 4 3 }
.hatched { fill: url(#hatch) }
"""


def style():
    def of(which):
        return "".join(f".{name} {{ fill: {colours[which]} }} "
                       f".{name}-line {{ stroke: {colours[which]} }}\n"
                       for name, colours in COLOURS.items())

    return f"{RULES}{of(0)}@media (prefers-color-scheme: dark) {{\n{of(1)}}}\n"


class Host:
    """What the programs say."""

    def __init__(self, build):
        self.walls = self.read_walls(self.run(build / "jailer", "--explain"))
        self.calls = {}
        for process in json.loads(self.run(build / "sparkler-policy", "explain", "--json")):
            allowed = [rule for rule in process["rules"] if rule["action"] == "allow"]
            bound = [rule for rule in allowed if all(rule["any"])]
            self.calls[process["process"]] = len(allowed), len(bound)
        source = pathlib.Path(__file__).resolve().parent.parent / "policy/fds.h"
        self.descriptors = set(re.findall(r"^#define (\w+)", source.read_text(), re.MULTILINE))

    @staticmethod
    def run(*command):
        return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout

    @staticmethod
    def read_walls(table):
        """The locks by those who have them, such as {("vmm", "broker"): ["pid namespace"]}; first
        those that most have."""
        head, *rows = table.partition("\n\n")[0].splitlines()
        columns = [(name, head.index(name)) for name in head[:head.index("what ")].split()[1:]]
        walls = {}
        for row in rows:
            name = row[:columns[0][1]].strip()  # none: why the lock above stays open
            holders = tuple(who for who, at in columns if row[at:at + 7].strip())
            if name:
                walls.setdefault(holders, []).append(name)
        if not any("janitor" in holders for holders in walls):
            sys.exit("walls.py: this user's VMs have no cgroups, so no janitor: run it as root")
        if len(walls) > WALLS:
            sys.exit(f"walls.py: there are {len(walls)} walls, but colours for {WALLS}")
        return dict(sorted(walls.items(), key=lambda wall: -len(wall[0])))


class Drawing:
    def __init__(self, host):
        self.host = host
        self.parts = []

    def rectangle(self, x, y, width, height, classes, radius=6, stroke=1):
        self.parts.append(f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
                          f'rx="{radius:g}" class="{classes}" stroke-width="{stroke:g}"/>')

    def text(self, x, y, text, classes="soft", turned=""):
        self.parts.append(f'<text x="{x:g}" y="{y:g}" class="{classes}"{turned}>'
                          f"{escape(text)}</text>")

    def texts(self, x, y, lines, classes="soft", step=16):
        for number, line in enumerate(lines):
            self.text(x, y + number * step, line, classes)

    def walls(self, holder, x, y, width, height):
        """One within the other, each as thick as it has locks."""
        inset = 0
        for number, (holders, locks) in enumerate(self.host.walls.items()):
            if holder in holders:
                thick = thickness(locks)
                inset += thick / 2
                self.rectangle(x + inset, y + inset, width - 2 * inset, height - 2 * inset,
                               f"paper wall{number}-line", 15 - inset / 2, thick)
                inset += thick / 2 + 2.5

    def hostile(self, x, y, width, height):
        self.rectangle(x, y, width, height, "hatched hostile-line", 8, 1.5)

    def calls(self, x, y, process, when=""):
        """How many system calls are left to a process, and how many of these are bound."""
        allowed, bound = self.host.calls.pop(process)
        self.text(x, y, str(allowed), "ink number")
        x += 9 + 16 * len(str(allowed))
        self.texts(x, y - 11, [f"system calls{when},", f"{bound} bound to arguments"],
                   "soft small", 13)

    def process(self, x, y, name, lines):
        self.text(x, y, name, "ink name")
        self.texts(x, y + 20, lines)

    def link(self, path, descriptors="", heads="to from", classes=""):
        """A line through doors in the walls. Its descriptors must exist."""
        for name in descriptors.split():
            if name not in self.host.descriptors:
                sys.exit(f"walls.py: policy/fds.h has no {name}")
        ends = "".join(f' marker-{"end" if end == "to" else "start"}="url(#head)"'
                       for end in heads.split())
        self.parts.append(f'<path d="{path}" class="door paper-line"/>')
        self.parts.append(f'<path d="{path}" class="link soft-line {classes}"{ends}/>')


def thickness(locks):
    return round(1.5 + len(locks) / 3, 1)


def draw_processes(drawing):
    drawing.walls("supervisor", 262, 24, 398, 124)
    drawing.process(284, 56, "supervisor", ["what remains of jailer: relays terminal and log,",
                                            "keeps budgets and record, ends the VM"])
    drawing.calls(284, 131, "supervisor")

    drawing.walls("janitor", 716, 24, 220, 124)
    drawing.process(738, 56, "janitor", ["removes the cgroups", "if the supervisor is killed"])
    drawing.calls(738, 131, "janitor")

    drawing.walls("vmm", 24, 232, 344, 408)
    drawing.process(62, 278, "sparkler-vmm", ["runs the guest, and is its devices"])
    drawing.calls(62, 337, "sparkler-vmm")
    drawing.calls(62, 376, "sparkler-linux", " for a Linux program")

    drawing.walls("broker", 492, 232, 332, 408)
    for y, name, what in ((264, "warden", "starts the broker, again if it dies"),
                          (388, "sparkler-netbroker", "fetches, and makes a clean text of it"),
                          (512, "resolver", "looks names up")):
        drawing.rectangle(524, y, 268, 96, "box edge-line")
        drawing.process(540, y + 25, name, [what])
        drawing.calls(540, y + 82, name)


def draw_outside(drawing):
    drawing.rectangle(24, 54, 132, 64, "box edge-line")
    drawing.text(90, 82, "you", "ink bold middle")
    drawing.text(90, 101, "terminal, log", "soft middle")

    drawing.rectangle(56, 448, 280, 160, "paper ink-line", 12, 3.5)
    drawing.text(196, 471, "KVM: no disk, no network card", "ink small middle")
    drawing.hostile(68, 482, 256, 114)
    drawing.rectangle(92, 500, 208, 78, "paper", 6, 0)
    drawing.text(196, 522, "guest", "ink bold middle")
    drawing.texts(196, 543, ["a Linux program and a kernel", "that answers it, or bare code"],
                  "soft middle")

    drawing.hostile(872, 232, 64, 408)
    drawing.rectangle(888, 372, 32, 128, "paper", 6, 0)
    drawing.text(0, 0, "the internet", "ink bold middle",
                 ' transform="translate(908 436) rotate(-90)"')


def draw_links(drawing):
    drawing.link("M158 86 H275", "FD_CONSOLE_IN FD_CONSOLE_OUT FD_LOG")
    drawing.link("M730 86 H651", "JANITOR_FD_SUPERVISOR", "to", "dashed")
    drawing.text(688, 77, "pidfd", "soft small middle")

    drawing.link("M300 139 V258", "SUPERVISOR_FD_GUEST_INPUT SUPERVISOR_FD_GUEST_OUTPUT")
    drawing.text(292, 194, "console", "soft small end")
    drawing.link("M336 258 V139", "SUPERVISOR_FD_VMM_LOG", "to")
    drawing.text(344, 194, "log", "soft small")
    drawing.link("M528 258 V139", "SUPERVISOR_FD_BROKER_LOG", "to")
    drawing.text(520, 194, "log", "soft small end")
    drawing.link("M600 139 V258", "SUPERVISOR_FD_LEDGER BROKER_FD_LEDGER")
    drawing.texts(608, 188, ["ledger: what may be asked,", "what has been asked"], "soft small", 13)

    drawing.link("M196 386 V446", "VMM_FD_VCPU")
    drawing.text(206, 420, "KVM_RUN, exits", "soft small")
    drawing.link("M340 436 H522", "VMM_FD_BROKER BROKER_FD_LINK")
    drawing.texts(430, 404, ["a feed's number,", "an argument"], "soft small middle", 13)
    drawing.texts(430, 455, ["a bounded,", "clean text"], "soft small middle", 13)

    drawing.link("M658 362 V386", "", "to", "dashed")
    drawing.link("M658 486 V510", "BROKER_FD_RESOLVER RESOLVER_FD_BROKER")
    drawing.text(668, 502, "names, addresses", "soft small")
    drawing.link("M794 436 H870")
    drawing.text(848, 427, "HTTPS", "soft small middle")
    drawing.link("M794 560 H870")
    drawing.text(848, 551, "DNS", "soft small middle")


def listed(words):
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def draw_legend(drawing):
    """In two columns. Returns where the longer one ends."""
    called = {"vmm": "sparkler-vmm", "broker": "the broker's jail", "supervisor": "the supervisor",
              "janitor": "the janitor"}
    columns = {28: 684, 492: 684}
    for number, (holders, locks) in enumerate(drawing.host.walls.items()):
        x = min(columns, key=columns.get)
        y = columns[x]
        who = "every process" if len(holders) == len(called) else listed(
            [called[holder] for holder in holders])
        thick = thickness(locks)
        drawing.rectangle(x, y - 4 - thick / 2, 30, thick, f"wall{number}", 1, 0)
        drawing.text(x + 42, y, f"{who}: {len(locks)} lock{'s' * (len(locks) > 1)}", "ink bold")
        lines = textwrap.wrap(", ".join(lock.replace(" ", NO_BREAK) for lock in locks), 56,
                              break_on_hyphens=False)
        drawing.texts(x + 42, y + 17, lines)
        columns[x] += 27 + 16 * len(lines)
    x = min(columns, key=columns.get)
    drawing.hostile(x, columns[x] - 11, 30, 14)
    drawing.text(x + 42, columns[x], "may be hostile", "ink bold")
    return max(columns[x] + 24, *columns.values())


def main():
    drawing = Drawing(Host(pathlib.Path(sys.argv[1]).resolve()))
    draw_processes(drawing)
    draw_outside(drawing)
    draw_links(drawing)
    height = draw_legend(drawing)
    missing = drawing.host.calls.keys() - ENDED
    if missing:
        sys.exit(f"walls.py: not drawn: {', '.join(sorted(missing))}")
    body = "\n".join(drawing.parts)
    print(f"""<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" \
viewBox="0 0 {WIDTH} {height}" role="img">
<title>The processes of a VM, and the walls around them</title>
<style>
{style()}</style>
<defs>
<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" \
orient="auto-start-reverse"><path d="M0 .5 L7.5 4 L0 7.5 z" class="soft"/></marker>
<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" \
patternTransform="rotate(45)">\
<path d="M0 0 V7" class="hostile-line" stroke-width="1.6" opacity=".35"/></pattern>
</defs>
<rect x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1}" rx="8" class="paper edge-line"/>
{body}
</svg>""")


if __name__ == "__main__":
    main()
