"""Pages of named queries that were asked before: on one snapshot the same question has the same answer."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Final

from tertius.queries import Page

MOST_ROWS: Final = 20_000
"""Rows that are kept, of all pages together."""

_LEAST: Final = 10
"""What a page counts as, however few rows it has."""


class KeptPages:
    """Pages asked for lately; those asked for longest ago go first. Safe between threads.

    Args:
        rows: Rows to keep at most.
    """

    def __init__(self, rows: int = MOST_ROWS) -> None:
        self._most = rows
        self._rows = 0
        self._pages: OrderedDict[Hashable, Page] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Page | None:
        """Return a page, `None` where it is not kept."""
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
            return page

    def keep(self, key: Hashable, page: Page) -> None:
        """Keep a page, and let others go for it."""
        with self._lock:
            if key in self._pages:
                return
            self._pages[key] = page
            self._rows += _size(page)
            while self._rows > self._most:
                _, oldest = self._pages.popitem(last=False)
                self._rows -= _size(oldest)


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
