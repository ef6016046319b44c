"""`search.sqlite` brought up to date for a few organisations, as deriving it whole would leave it.

Places in the index of names keep their order but not their numbers: a newcomer stands between its neighbours.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tertius.loaders.name_index import GAP, count_words, entries, put_in, take_out
from tertius.loaders.search_schema import FILL

_Order = tuple[int, str, int]


class NoRoomError(Exception):
    """Two neighbours' places follow each other: the index has to be derived whole, with new places."""


@contextmanager
def updating(database: sqlite3.Connection, touched: Sequence[int]) -> Iterator[None]:
    """Derive again what follows from mentions of some organisations that change inside the `with`.

    Args:
        database: The index, outside a transaction.
        touched: Ids of all records whose mentions change, and of all that are, or were, joined with one of
            them.
    """
    database.execute("BEGIN")
    before = entries(database, touched)
    order = _orders(database, touched)
    yield
    marks = [(number,) for number in touched]
    database.execute("CREATE TEMP TABLE touched (id INTEGER PRIMARY KEY)")
    database.executemany("INSERT INTO touched VALUES (?)", marks)
    take_out(database, before)
    database.executemany("DELETE FROM organization WHERE id = ?", marks)
    database.executemany("DELETE FROM identifier WHERE organization = ?", marks)
    chosen = "id IN (SELECT id FROM touched)"
    for statement in FILL.format(these=chosen, those=f"i.{chosen}").split(";\n"):
        if statement.strip():
            database.execute(statement)
    _place(database, order, _orders(database, touched))
    after = entries(database, touched)
    put_in(database, after, touched)
    words = Counter(word for one in after for word in one.words)
    words.subtract(word for one in before for word in one.words)
    count_words(database, words)
    database.execute("DROP TABLE touched")
    database.execute("COMMIT")


def _orders(database: sqlite3.Connection, touched: Sequence[int]) -> dict[int, _Order]:
    """Return what the places of organisations go by."""
    found = {}
    for number in touched:
        sql = "SELECT length(name), name FROM organization WHERE id = ?"
        row = database.execute(sql, (number,)).fetchone()
        if row:
            found[number] = (int(row[0]), str(row[1]), number)
    return found


def _place(database: sqlite3.Connection, before: dict[int, _Order], after: dict[int, _Order]) -> None:
    """Free the places of organisations that go or are called otherwise, and find places for who comes."""
    moved = [number for number, order in before.items() if after.get(number) != order]
    database.executemany("DELETE FROM place WHERE organization = ?", [(number,) for number in moved])
    for number, order in sorted(after.items(), key=lambda pair: pair[1]):
        if before.get(number) != order:
            at = _between(database, order)
            database.execute("INSERT INTO place VALUES (?, ?)", (at, number))


def _between(database: sqlite3.Connection, order: _Order) -> int:
    """Return a free place between an organisation's neighbours."""
    low, high = 0, database.execute("SELECT coalesce(max(place), 0) FROM place").fetchone()[0]
    top = int(high)
    sql = (
        "SELECT place, length(name), name, id FROM place JOIN organization ON id = organization"
        " WHERE place > ? ORDER BY place LIMIT 1"
    )
    # The last place that stands before the newcomer lies in low..high, or low is 0.
    while low < high:
        middle = (low + high) // 2
        place, *theirs = database.execute(sql, (middle,)).fetchone()
        if tuple(theirs) < order:
            low = place
        else:
            high = middle
    if low == top:
        return top + GAP
    (following,) = database.execute("SELECT min(place) FROM place WHERE place > ?", (low,)).fetchone()
    if following - low < 2:
        raise NoRoomError
    return int(low + following) // 2
