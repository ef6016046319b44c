"""The file of a snapshot's search index: shared with the parent's, what changed in a log beside it.

    search.sqlite       never changes once published; a hard link to the parent's where little changed
    search.sqlite-wal   pages that are otherwise in this snapshot: SQLite's own write-ahead log

SQLite takes one file for one database, whatever its names, so snapshots that share a file must not be opened
in the ordinary way: `reading` and `attach` take no locks and keep to themselves what finds a log's pages.
Nobody writes a log back into its file. Whoever looks into a published index with another program should copy
both files first.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from tertius.store.files import link_or_copy

MOST_LOGGED: Final = 64 * 2**20
"""Bytes of log from which the next snapshot gets a whole file of its own again."""

_CACHE: Final = "cache_size = -262144"
"""Pages kept in memory, in KiB below zero; sorting takes as much."""

_LOGS: Final = b"\x02\x02"
"""What SQLite's header has at byte 18 where a log may lie beside a file."""


def reading(path: Path, *, check_same_thread: bool = True) -> sqlite3.Connection:
    """Open a published index for reading.

    Args:
        path: `search.sqlite` of a snapshot.
        check_same_thread: As `sqlite3.connect` has it.

    Raises:
        sqlite3.Error: It cannot be opened.
    """
    database = sqlite3.connect(_address(path), uri=True, check_same_thread=check_same_thread)
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    return database


def attach(database: sqlite3.Connection, path: Path, name: str) -> None:
    """Attach a published index for reading.

    Args:
        database: A connection opened with `uri=True`, outside a transaction; from now on it keeps its own
            file locked.
        path: `search.sqlite` of a snapshot.
        name: Schema name, an identifier.
    """
    database.execute("PRAGMA locking_mode = EXCLUSIVE")  # also of what is attached from now on
    database.execute(f"ATTACH ? AS {name}", (_address(path),))


def _address(path: Path) -> str:
    """Return how to open an index: without a log, it needs neither locks nor a look for one."""
    logged = _log(path).is_file()
    # Exclusive locking, which here locks nothing, keeps the places of a log's pages in memory.
    return f"{path.absolute().as_uri()}?mode=ro&{'vfs=unix-none' if logged else 'immutable=1'}"


def can_share(parent: Path) -> bool:
    """Tell whether the next snapshot may share a published index and log its changes."""
    log = _log(parent)
    if log.is_file() and log.stat().st_size > MOST_LOGGED:
        return False
    with parent.open("rb") as file:
        file.seek(18)
        return file.read(2) == _LOGS


@contextmanager
def sharing(parent: Path, path: Path) -> Iterator[sqlite3.Connection]:
    """Make an index that shares its parent's file, and open it for changes that go into its log.

    Args:
        parent: A published index that `can_share` says yes to.
        path: File to make. Nothing is left of it where the `with` fails.

    Yields:
        A connection outside a transaction.
    """
    try:
        link_or_copy(parent, path)
        if _log(parent).is_file():
            shutil.copyfile(_log(parent), _log(path))
        # The last connection to close writes the log back into the file; a reader, which cannot, shall be it.
        with (
            closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as last,
            closing(
                _open(path, "synchronous = OFF", "wal_autocheckpoint = 0", "temp_store = MEMORY")
            ) as database,
        ):
            last.execute("SELECT count(*) FROM sqlite_master").fetchone()
            yield database
        path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    except BaseException:
        discard(path)
        raise


@contextmanager
def writing(parent: Path | None, path: Path) -> Iterator[sqlite3.Connection]:
    """Make an index that is a file of its own, and open it for changes of any size.

    Args:
        parent: A published index to begin from, None for nothing.
        path: File to make. Nothing is left of it where the `with` fails.

    Yields:
        A connection outside a transaction. It has no journal: what fails cannot be taken back.
    """
    try:
        if parent is not None:
            shutil.copyfile(parent, path)
            if _log(parent).is_file():
                shutil.copyfile(_log(parent), _log(path))
        # Sorting millions of names spills to temporary files instead of growing with them.
        with closing(_open(path, "journal_mode = OFF", "synchronous = OFF", _CACHE)) as database:
            yield database
            database.execute("PRAGMA journal_mode = WAL")
    except BaseException:
        discard(path)
        raise


def compact(path: Path) -> None:
    """Write an index that is not published yet anew, without gaps; its own file is all the room it takes."""
    fresh = path.with_name(f"{path.name}-compact")
    with closing(_open(path, _CACHE)) as database:
        database.execute("VACUUM INTO ?", (str(fresh),))
    with closing(_open(fresh)) as database:
        database.execute("PRAGMA journal_mode = WAL")
    fresh.replace(path)


def discard(path: Path) -> None:
    """Remove an index that was not published, with all that lies beside it."""
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink(missing_ok=True)


def _open(path: Path, *pragmas: str) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    for pragma in pragmas:
        database.execute(f"PRAGMA {pragma}")
    return database


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")
