"""The bytes of a register's file, whatever it is packed in, with caps against files made to fill a disk."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final, cast

from tertius.loaders.tables import refuse
from tertius.loaders.text_bytes import RATIO_CAP, RATIO_FROM

UNPACKED_CAP: Final = 64 << 30
"""Bytes that a packed file may unpack to: the largest registers publish some ten gigabytes."""

CHUNK: Final = 1 << 20
LINE_CAP: Final = 16 << 20
"""Bytes of one line at most."""


class Bytes(io.RawIOBase):
    """A file's bytes, unpacked; reading more than the caps allow, or a damaged archive, raises `TableError`.

    Args:
        path: A plain file, a gzip file, or a zip archive with one file in it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path, self._total, self._stack = path, 0, ExitStack()
        try:
            self._raw = self._stack.enter_context(path.open("rb"))
        except OSError as error:
            refuse("unreadable", f"the file cannot be read: {error.strerror or error}", path)
        self._size = path.stat().st_size
        start = self._raw.read(4)
        self._raw.seek(0)
        if not start:
            refuse("empty-file", "the file is empty", path)
        self._packed = start.startswith((b"\x1f\x8b", b"PK\x03\x04"))
        self._source: IO[bytes] = self._raw
        if start.startswith(b"\x1f\x8b"):
            self._source = cast("IO[bytes]", gzip.GzipFile(fileobj=self._raw))
        elif start.startswith(b"PK\x03\x04"):
            self._source = self._member()

    def _member(self) -> IO[bytes]:
        try:
            archive = self._stack.enter_context(zipfile.ZipFile(self._raw))
            members = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(members) != 1:
                message = f"the archive holds {len(members)} files; unpack it and give each file"
                refuse("archive", message, self._path)
            return self._stack.enter_context(archive.open(members[0]))
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError):
            refuse("bad-archive", "the archive is damaged, cut off or encrypted", self._path)

    def readable(self) -> bool:
        """Tell that the bytes can be read."""
        return True

    def readinto(self, buffer: object) -> int:
        """Read the next bytes into a buffer."""
        view = memoryview(cast("bytearray", buffer))
        try:
            data = self._source.read(len(view))
        except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile):
            refuse("bad-archive", "the packed file is damaged or cut off", self._path)
        self._total += len(data)
        over = self._total > RATIO_FROM and self._total > RATIO_CAP * self._size
        if self._packed and (self._total > UNPACKED_CAP or over):
            message = f"the file unpacks to over {self._total >> 20} MiB; refused"
            refuse("unpacks-too-large", message, self._path)
        view[: len(data)] = data
        return len(data)

    def position(self) -> int:
        """Return how many bytes of the file itself were read."""
        return 0 if self._raw.closed else self._raw.tell()

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            self._stack.close()
        super().close()


def open_bytes(path: Path) -> tuple[io.BufferedReader, Callable[[], int]]:
    """Open a file for reading in pieces; return its bytes and what tells how many were consumed.

    Raises:
        TableError: The file is missing, empty, or an archive of several files; later, on reading, damaged.
    """
    raw = Bytes(path)
    return io.BufferedReader(raw, CHUNK), raw.position


def first_bytes(path: Path, count: int = 4096) -> bytes:
    """Return the first bytes of a file, unpacked, without byte order mark and leading white space."""
    stream, _ = open_bytes(path)
    with stream:
        return stream.read(count).removeprefix(b"\xef\xbb\xbf").lstrip()


def lines(stream: io.BufferedReader, path: Path) -> Iterator[tuple[int, str]]:
    """Yield numbered lines of UTF-8 text.

    Raises:
        TableError: A line is not UTF-8, has a NUL byte, or is longer than `LINE_CAP`.
    """
    number = 0
    while raw := stream.readline(LINE_CAP):
        number += 1
        if len(raw) >= LINE_CAP:
            refuse("giant-line", f"the line is longer than {LINE_CAP >> 20} MiB", path, number)
        if b"\0" in raw:
            refuse("nul-byte", "the line contains a NUL byte; the file is not UTF-8 text", path, number)
        try:
            yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            message = f"byte {error.start + 1} of the line is not UTF-8, in which this register publishes"
            refuse("bad-encoding", message, path, number)
