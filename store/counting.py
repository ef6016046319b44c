"""Counting the rows and bytes of an answer while it is written, so that one that is too large stops early.

Runs inside query workers: standard library only.
"""

from __future__ import annotations

import re
import time
from typing import IO, cast


class CapExceeded(Exception):
    """The answer has more rows or bytes than it may."""

    def __init__(self, kind: str, cap: int) -> None:
        super().__init__(kind, cap)
        self.kind = kind
        self.cap = cap


class DeadlinePassed(Exception):
    """The answer was still being written when its time was up."""


class Sink:
    """A file the engine writes into, which refuses more than it may take."""

    def __init__(self, cap: int, deadline: float | None = None) -> None:
        self.data = bytearray()
        self.counter: RowCounter | None = None
        self._cap = cap
        self._deadline = deadline

    @property
    def file(self) -> IO[bytes]:
        """The sink as the type the engine's signature asks for; it only ever calls `write` and `flush`."""
        return cast("IO[bytes]", self)

    def write(self, chunk: bytes) -> int:
        """Take one chunk, or raise `CapExceeded` or `DeadlinePassed`."""
        self.data += chunk
        if len(self.data) > self._cap:
            raise CapExceeded("bytes", self._cap)
        if self.counter is not None:
            self.counter.feed(chunk)
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise DeadlinePassed
        return len(chunk)

    def flush(self) -> None:
        """Nothing is held back."""


class RowCounter:
    """Counts the rows of a serialisation as it is written, and stops it at the cap."""

    def __init__(self, cap: int, data: bytearray) -> None:
        self.rows = 0
        self._cap = cap
        self._data = data

    def feed(self, chunk: bytes) -> None:
        """Count the rows that begin in one more chunk, which is already at the end of the sink's data."""
        self.rows += self._count(chunk)
        if self.rows > self._cap:
            raise CapExceeded("rows", self._cap)

    def total(self) -> int:
        """The exact number of rows written so far."""
        return self.rows

    def _count(self, chunk: bytes) -> int:
        raise NotImplementedError


class _Lines(RowCounter):
    """TSV: literals escape their newlines, so each line is a row; the first is the header."""

    def __init__(self, cap: int, data: bytearray) -> None:
        super().__init__(cap, data)
        self.rows = -1

    def _count(self, chunk: bytes) -> int:
        return chunk.count(b"\n")


class _QuotedLines(_Lines):
    """CSV: newlines between quotes belong to a value. A doubled quote leaves and enters at once."""

    def __init__(self, cap: int, data: bytearray) -> None:
        super().__init__(cap, data)
        self._quoted = False

    def _count(self, chunk: bytes) -> int:
        outside = chunk.split(b'"')
        first = 1 if self._quoted else 0
        self._quoted ^= len(outside) % 2 == 0
        return sum(part.count(b"\n") for part in outside[first::2])


class _Elements(RowCounter):
    """XML: text escapes its angle brackets, so the tag is always a tag."""

    _TAG = b"<result>"

    def __init__(self, cap: int, data: bytearray) -> None:
        super().__init__(cap, data)
        self._tail = b""

    def _count(self, chunk: bytes) -> int:
        joined = self._tail + chunk
        self._tail = joined[-len(self._TAG) + 1 :]
        return joined.count(self._TAG)


class _Objects(RowCounter):
    """JSON: rows are told apart by `},{` outside strings.

    Counting that exactly at every write would cost as much as writing it. The bare pattern can only count
    too many (a string may contain it), so the exact count is made when the bare one passes the cap, and at
    the end.
    """

    _STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)

    def __init__(self, cap: int, data: bytearray) -> None:
        super().__init__(cap, data)
        self._tail = b""
        self._allowed = cap

    def feed(self, chunk: bytes) -> None:
        joined = self._tail + chunk
        self._tail = joined[-2:]
        self.rows += joined.count(b"},{")
        if self.rows + 1 > self._allowed:
            exact = self.total()
            if exact > self._cap:
                raise CapExceeded("rows", self._cap)
            self._allowed = self.rows + 1 + self._cap - exact

    def total(self) -> int:
        data = self._data
        head = data.find(b'"bindings":[') + len(b'"bindings":[')
        if head < len(b'"bindings":[') or data[head : head + 1] != b"{":
            return 0
        if b"{}" in data:
            # A row that binds nothing looks the same inside a string: take the strings out.
            return 1 + self._STRING.sub(b"", bytes(data[head:])).count(b"},{")
        # Every row begins with a variable's name. Inside a string a quote is escaped, so `},{"` there can
        # only be the end of a value, and then a comma or a brace follows.
        starts = data.count(b'},{"', head, len(data) - 1)
        return 1 + starts - data.count(b'},{",', head) - data.count(b'},{"}', head)


COUNTERS: dict[str, type[RowCounter]] = {
    "json": _Objects,
    "xml": _Elements,
    "csv": _QuotedLines,
    "tsv": _Lines,
}
