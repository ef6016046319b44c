"""The catalogue as a table in the documentation, kept current by a command and a test."""

from __future__ import annotations

import sys
from pathlib import Path

from tertius.queries.named_queries import Catalogue, load_catalogue

OPENING = "<!-- catalogue -->\n"
CLOSING = "<!-- /catalogue -->"


def catalogue_table(catalogue: Catalogue) -> str:
    """Return the catalogue as a table in Markdown: name, what it answers, parameters."""
    rows = ["| query | answers | parameters |", "|---|---|---|"]
    for query in catalogue.values():
        names = [
            f"`{name}`" if parameter.required else f"[`{name}`]" for name, parameter in query.params.items()
        ]
        rows.append(f"| `{query.name}` ({query.topic}) | {query.header.summary} | {' '.join(names)} |")
    return "\n".join(rows) + "\n"


def with_table(page: str, catalogue: Catalogue) -> str:
    """Return a page with the table between its two marks replaced by the current one.

    Raises:
        ValueError: a mark is missing.
    """
    before, opening, rest = page.partition(OPENING)
    _, closing, after = rest.partition(CLOSING)
    if not opening or not closing:
        raise ValueError(f"the page needs {OPENING.strip()} and {CLOSING} around its table")
    return before + OPENING + catalogue_table(catalogue) + CLOSING + after


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(with_table(path.read_text("utf-8"), load_catalogue()), "utf-8")
