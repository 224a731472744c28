#!/usr/bin/env python3
"""Draws a film of a terminal's screens as SVG.

Usage: draw.py COLUMNS <FRAMES >FILE.svg

A frame is a line with the seconds that it stays and the cursor's column and row, then the lines of
the screen, then a form feed and a newline.
"""

import sys
from html import escape

CHARACTER, LINE, MARGIN = 7.83, 17, 14  # units; a character is as wide as the widest font has it

STYLE = """text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  white-space: pre }
.typed { font-weight: 600 }
.paper { fill: #f6f8fa; stroke: #d1d9e0 } .ink { fill: #1f2328 } .soft { fill: #59636e }
@media (prefers-color-scheme: dark) {
.paper { fill: #151b23; stroke: #3d444d } .ink { fill: #f0f6fc } .soft { fill: #9198a1 } }
"""


def read_frames(text):
    for frame in text.split("\f\n")[:-1]:
        head, *lines = frame.split("\n")
        seconds, column, row = head.split()
        yield float(seconds), int(column), int(row), [line.rstrip() for line in lines[:-1]]


def draw_line(y, line, cursor):
    """A line, and behind it, if it has the cursor, a block."""
    if cursor is not None:
        line = line.ljust(cursor)
    shown = escape(line)
    if line[:2] in ("$ ", "> "):
        shown = (f'<tspan class="soft">{escape(line[:2])}</tspan>'
                 f'<tspan class="typed">{escape(line[2:])}</tspan>')
    if cursor is not None:
        shown += '<tspan class="soft">█</tspan>'
    return f'<text y="{y}" class="ink">{shown}</text>'


def main():
    columns = int(sys.argv[1])
    frames = list(read_frames(sys.stdin.read()))
    rows = len(frames[0][3])
    width, height = round(columns * CHARACTER) + 2 * MARGIN, rows * LINE + 2 * MARGIN
    total = sum(frame[0] for frame in frames)
    steps, screens, now = [], [], 0
    for number, (seconds, column, row, lines) in enumerate(frames):
        steps.append(f"{100 * now / total:.2f}% {{ transform: translateY({-number * height}px) }}")
        now += seconds
        screens += [draw_line(number * height + MARGIN + LINE * at + 13, line,
                              column if at == row else None)
                    for at, line in enumerate(lines) if line or at == row]
    newline = "\n"
    print(f"""<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" \
viewBox="0 0 {width} {height}" role="img">
<title>A session at a terminal</title>
<style>
{STYLE}.film {{ transform: translateY({-(len(frames) - 1) * height}px) }}
@media (prefers-reduced-motion: no-preference) {{
.film {{ animation: film {total:g}s steps(1, end) infinite }} }}
@keyframes film {{
{newline.join(steps)}
}}
</style>
<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="8" class="paper"/>
<svg x="{MARGIN}" width="{width - 2 * MARGIN}" height="{height}" xml:space="preserve">
<g class="film">
{newline.join(screens)}
</g>
</svg>
</svg>""")


main()
