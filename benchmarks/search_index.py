"""A `search.sqlite` of any organisations, without a load: for measuring matching and search alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from tertius.loaders.name_index import write_names
from tertius.loaders.search_schema import DERIVED, SCHEMA
from tertius.queries.matching.schema import LAYOUT

from benchmarks.labelled import Entry


def write_index(path: Path, entries: Iterable[Entry]) -> None:
    """Write the index with the program's own schema; an organisation's key is its entry's id."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "temp_store = MEMORY"):
            database.execute(f"PRAGMA {pragma}")
        database.executescript(SCHEMA)
        database.execute("BEGIN")
        for number, entry in enumerate(entries):
            name, *others = entry.names
            iri = f"https://example.org/{entry.id}"
            database.execute(
                "INSERT INTO mention VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, NULL)",
                (number, entry.source, entry.id, iri, name[0], entry.country),
            )
            database.executemany(
                "INSERT OR IGNORE INTO mention_name VALUES (?, ?, ?, ?)",
                [(number, entry.source, *other) for other in others if other[0] != name[0]],
            )
            if entry.city or entry.website:
                database.execute(
                    "INSERT INTO mention_about VALUES (?, ?, ?, ?)",
                    (number, entry.source, entry.city, entry.website),
                )
        database.execute("COMMIT")
        database.executescript(DERIVED)
        write_names(database)
        database.execute(f"PRAGMA user_version = {LAYOUT}")
