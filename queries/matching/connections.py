"""Read-only connections to one snapshot's `search.sqlite`, lent to one thread at a time."""

from __future__ import annotations

import queue
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from tertius.queries.matching.schema import LAYOUT
from tertius.store import StoreUnavailable
from tertius.store.search_file import reading


class OtherLayout(StoreUnavailable):
    """The search index of a snapshot is of the layout of an earlier or later version.

    Attributes:
        found: Number of its layout.
    """

    def __init__(self, found: int) -> None:
        self.found = found
        super().__init__(
            f"the search index of this snapshot has layout {found}, and this version reads layout {LAYOUT}: "
            "load any source again, and the index is derived anew; or answer with the version that wrote it"
        )


def listed(connection: sqlite3.Connection, sql: str, values: Collection[str | int]) -> sqlite3.Cursor:
    """Run a statement whose `{}` takes question marks, one for each value."""
    return connection.execute(sql.format(",".join("?" * len(values))), tuple(values))


def check_layout(connection: sqlite3.Connection) -> None:
    """Refuse an index that another version laid out.

    Raises:
        OtherLayout: Its layout is not the one that this version reads.
    """
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found != LAYOUT:
        raise OtherLayout(found)


class Connections:
    """A pool that grows with the threads that use it.

    Args:
        path: The file of a published snapshot, which never changes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()

    @contextmanager
    def use(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection; one that met an error is not lent again.

        Raises:
            OtherLayout: Another version laid the index out.
        """
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = reading(self._path, check_same_thread=False)
            try:
                check_layout(connection)
            except BaseException:
                connection.close()
                raise
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA mmap_size = 1073741824")
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        else:
            self._idle.put(connection)

    def close(self) -> None:
        """Close the connections that are not in use."""
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return

    def __del__(self) -> None:
        self.close()
