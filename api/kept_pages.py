"""Pages of named queries that were asked before: on one snapshot the same question has the same answer."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Final

from tertius.api.kept import Kept
from tertius.queries import Page

MOST_ROWS: Final = 20_000
"""Rows that are kept, of all pages together."""

_LEAST: Final = 10
"""What a page counts as, however few rows it has."""


class KeptPages(Kept[Page]):
    """Pages asked for lately; those asked for longest ago go first. Safe between threads.

    Args:
        rows: Rows to keep at most.
    """

    def __init__(self, rows: int = MOST_ROWS) -> None:
        super().__init__(rows, _size)


def key_of(
    snapshot: str, name: str, arguments: Mapping[str, str | list[str]], limit: int, cursor: str | None
) -> Hashable:
    """Return what tells one page from all others.

    Args:
        snapshot: The snapshot's uuid.
        name: Name of the query.
        arguments: Its arguments as given.
        limit: Rows of the page.
        cursor: Where it begins.
    """
    given = tuple(
        (parameter, tuple(value) if isinstance(value, list) else value)
        for parameter, value in sorted(arguments.items())
    )
    return snapshot, name, given, limit, cursor


def _size(page: Page) -> int:
    return _LEAST + len(page.rows)
