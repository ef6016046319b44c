"""Read-only connections to one snapshot's `search.sqlite`, lent to one thread at a time."""

from __future__ import annotations

import queue
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path


def listed(connection: sqlite3.Connection, sql: str, values: Collection[str | int]) -> sqlite3.Cursor:
    """Run a statement whose `{}` takes question marks, one for each value."""
    return connection.execute(sql.format(",".join("?" * len(values))), tuple(values))


class Connections:
    """A pool that grows with the threads that use it.

    Args:
        path: The file. A published snapshot never changes, so it is opened as immutable.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()

    @contextmanager
    def use(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection; one that met an error is not lent again."""
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
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
