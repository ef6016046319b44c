"""Draw an organisation's bridging partners and whom each alone leads to, as SVG.

    tertius demo --data DIR --no-serve
    python docs/figures/bridges.py DIR ORGANIZATION NAME > docs/figures/bridges.svg

Nothing is laid out by chance: partners stand in the order of their exclusive reach, each with the
organisations that only it leads to, so the same snapshot gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

WIDTH: Final = 960
HEIGHT: Final = 470
TOP: Final = 78
BOTTOM: Final = 38
PARTNERS: Final = 8
PARTNER: Final = 330
DOTS: Final = 610
GAP: Final = 15
INK: Final = "#1d2a35"
MUTED: Final = "#5c6b77"
BRIDGE: Final = "#b4430e"
REACHED: Final = "#2f6f8f"
BOLD: Final = f'font-weight="700" fill="{INK}"'
LEADS: Final = "organisations that no other partner leads to"
CREDIT: Final = (
    "Horizon 2020 clean-energy consortia, ties of five years. Data: CORDIS, © European Union, CC BY 4.0"
)


def asked(data: Path, *words: str) -> list[dict[str, Any]]:
    """Return all rows of a named query, page after page, through the command line."""
    rows: list[dict[str, Any]] = []
    cursor: list[str] = []
    while True:
        command = [
            str(Path(sys.executable).parent / "tertius"),
            "query",
            *words,
            "--data",
            str(data),
            "--json",
        ]
        done = subprocess.run([*command, "--limit", "1000", *cursor], capture_output=True, check=True)  # noqa: S603
        page = json.loads(done.stdout)
        rows += page["data"]
        if page["next"] is None:
            return rows
        cursor = ["--cursor", page["next"]]


def short(name: str, length: int = 34) -> str:
    """Shorten a name to whole words, in the case people read most easily."""
    words = name.title().split()
    kept = ""
    for word in words:
        if len(kept) + len(word) > length:
            return f"{kept.rstrip(' ,-&')} …"
        kept += f"{word} "
    return kept.rstrip()


def text(x: float, y: float, words: str, anchor: str, style: str) -> str:
    """Return one line of text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {style}>{escape(words)}</text>'


def drawing(name: str, bridges: list[dict[str, Any]], reached: dict[str, list[str]]) -> str:
    """Return the SVG document for the first `PARTNERS` bridging partners."""
    cx, cy = 118.0, (TOP + HEIGHT - BOTTOM) / 2
    shown = bridges[:PARTNERS]
    step = (HEIGHT - TOP - BOTTOM) / len(shown)
    shapes: list[str] = []
    for row, bridge in enumerate(shown):
        y = TOP + step * (row + 0.5)
        only = sorted(reached[bridge["partner"]])
        bend = f"M{cx:.1f},{cy:.1f} C{cx + 130:.1f},{cy:.1f} {PARTNER - 130},{y:.1f} {PARTNER},{y:.1f}"
        shapes.append(f'<path d="{bend}" fill="none" stroke="{INK}" stroke-width="1.6"/>')
        end = DOTS + GAP * (len(only) - 1)
        shapes.append(f'<path d="M{PARTNER},{y:.1f} H{end}" stroke="{REACHED}" opacity="0.45"/>')
        shapes.append(f'<circle cx="{PARTNER}" cy="{y:.1f}" r="7" fill="{BRIDGE}"/>')
        shapes.append(
            text(PARTNER + 14, y - 7, short(bridge["name"]), "start", f'font-weight="600" fill="{INK}"')
        )
        for place, leaf in enumerate(only):
            dot = f'<circle cx="{DOTS + GAP * place}" cy="{y:.1f}" r="5" fill="{REACHED}">'
            shapes.append(f"{dot}<title>{escape(leaf)}</title></circle>")
        count = str(len(only))
        shapes.append(
            text(DOTS + GAP * len(only), y + 4.5, count, "start", f'font-weight="600" fill="{REACHED}"')
        )
    shapes.append(f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="12" fill="{INK}"/>')
    for place, word in enumerate(name.split()):
        shapes.append(text(cx, cy + 32 + 16 * place, word, "middle", f'font-weight="700" fill="{INK}"'))
    shapes.append(
        text(24, 32, f"Who bridges {name} to circles it cannot reach?", "start", f'font-size="18" {BOLD}')
    )
    heads = ((cx, "middle", "asks"), (PARTNER - 7, "start", "bridging partner"), (DOTS - 5, "start", LEADS))
    shapes += [text(x, TOP - 8, head, anchor, f'font-size="12" fill="{MUTED}"') for x, anchor, head in heads]
    shapes.append(text(24, HEIGHT - 14, CREDIT, "start", f'font-size="11" fill="{MUTED}"'))
    body = "\n".join(shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="Helvetica, Arial, sans-serif" font-size="13">\n'
        f"<title>Bridging partners of {escape(name)}</title>\n"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def main() -> None:
    """Ask the two named queries and print the drawing."""
    parser = argparse.ArgumentParser(description="Draw bridging partners as SVG.")
    parser.add_argument("data", type=Path, help="folder with the snapshots")
    parser.add_argument("organization", help="key of the organisation in the middle")
    parser.add_argument("name", help="its name")
    options = parser.parse_args()
    asking = f"organization={options.organization}"
    reached: dict[str, list[str]] = defaultdict(list)
    for row in asked(options.data, "exclusive-reach", asking):
        reached[row["partner"]].append(row["reached_name"])
    sys.stdout.write(drawing(options.name, asked(options.data, "bridging-partners", asking), reached))


if __name__ == "__main__":
    main()
