"""Names and identifiers of a register's organisations, put aside on disk while its statements are written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tertius.loaders.circles import notation
from tertius.loaders.registers.records import Registered
from tertius.store.search_file import attach

_SCHEMA: Final = """
CREATE TABLE staged (key TEXT PRIMARY KEY, name TEXT NOT NULL, country TEXT, sector TEXT, type TEXT,
    city TEXT, website TEXT) WITHOUT ROWID;
CREATE TABLE staged_identifier (key TEXT NOT NULL, scheme TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (key, scheme, value)) WITHOUT ROWID;
CREATE TABLE staged_name (key TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
    PRIMARY KEY (key, name)) WITHOUT ROWID;
"""
_OTHERS: Final = """
INSERT INTO staged
    SELECT m.key, m.name, m.country, m.sector, m.type, a.city, a.website
    FROM live.mention m LEFT JOIN live.mention_about a ON a.id = m.id AND a.source = m.source
    WHERE m.source = :source AND m.key NOT IN (SELECT key FROM told);
INSERT INTO staged_identifier
    SELECT m.key, i.scheme, i.value FROM live.mention m
    JOIN live.mention_identifier i ON i.id = m.id AND i.source = m.source
    WHERE m.source = :source AND m.key NOT IN (SELECT key FROM told);
INSERT INTO staged_name
    SELECT m.key, n.name, n.kind FROM live.mention m
    JOIN live.mention_name n ON n.id = m.id AND n.source = m.source
    WHERE m.source = :source AND m.key NOT IN (SELECT key FROM told);
"""
_ABOUT: Final = ("city", "website")
_CACHE: Final = "PRAGMA cache_size = -65536"


class Staging:
    """A file with what the search index will need of each organisation.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = sqlite3.connect(path.absolute().as_uri(), uri=True, isolation_level=None)
        for pragma in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", _CACHE):
            self._database.execute(pragma)
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")

    def add(self, entry: Registered) -> tuple[bool, bool]:
        """Put an organisation aside.

        Returns:
            Whether it was described for the first time, and whether it has a name that was not heard before.
        """
        sector = notation("sector", entry.sectors[0][0]) if entry.sectors else None
        kind = notation("type", entry.types[0]) if entry.types else None
        added = self._database.execute(
            "INSERT OR IGNORE INTO staged VALUES (?, ?, ?, ?, ?, ?, ?)",
            (entry.key, entry.name, entry.country or None, sector, kind, *map(entry.texts.get, _ABOUT)),
        )
        first = added.rowcount == 1
        others = {name.text: name.kind for name in entry.names} if first else {entry.name: "alternative"}
        renamed = self._database.executemany(
            "INSERT OR IGNORE INTO staged_name SELECT ?, ?, ?"
            " WHERE NOT EXISTS (SELECT 1 FROM staged WHERE key = ? AND name = ?)",
            [(entry.key, name, sort, entry.key, name) for name, sort in others.items()],
        )
        if first:
            self._database.executemany(
                "INSERT OR IGNORE INTO staged_identifier VALUES (?, ?, ?)",
                [(entry.key, one.scheme, one.value) for one in entry.identifiers],
            )
        return first, first or renamed.rowcount == 1

    def forget(self, key: str) -> None:
        """Take an organisation out again, for good unless it is added anew; its old self is not copied."""
        for table in ("staged", "staged_identifier", "staged_name"):
            self._database.execute(f"DELETE FROM {table} WHERE key = ?", (key,))  # noqa: S608 - our own names
        self._database.execute("CREATE TABLE IF NOT EXISTS told (key TEXT PRIMARY KEY) WITHOUT ROWID")
        self._database.execute("INSERT OR IGNORE INTO told VALUES (?)", (key,))

    def copy_others(self, search: Path, source: str) -> None:
        """Put aside what a source said of all organisations that were neither added nor forgotten here.

        Args:
            search: The live snapshot's search index, which holds it.
            source: Name of the source.
        """
        self._database.execute("CREATE TABLE IF NOT EXISTS told (key TEXT PRIMARY KEY) WITHOUT ROWID")
        self._database.execute("COMMIT")
        attach(self._database, search, "live")
        self._database.execute("BEGIN")
        for statement in filter(str.strip, _OTHERS.split(";")):
            self._database.execute(statement, {"source": source})
        self._database.execute("COMMIT")
        self._database.execute("DETACH live")
        self._database.execute("BEGIN")

    def finish(self) -> int:
        """Write everything out and close; return the number of organisations."""
        (count,) = self._database.execute("SELECT count(*) FROM staged").fetchone()
        self._database.execute("COMMIT")
        self.close()
        return int(count)

    def close(self) -> None:
        """Close the file; closing it twice is no error."""
        self._database.close()


@contextmanager
def staging() -> Iterator[Staging]:
    """Make a file in the folder for temporary files, and remove it in the end."""
    with TemporaryDirectory(prefix="tertius-register-") as place:
        made = Staging(Path(place) / "staged.sqlite")
        try:
            yield made
        finally:
            made.close()
