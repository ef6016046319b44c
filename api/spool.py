"""Long answers wait on disk until they are whole."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Final

CHUNK: Final = 1 << 18
"""Bytes that are read and sent at a time."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """A whole answer, in a nameless temporary file.

    Attributes:
        size: Its length in bytes.
    """

    size: int
    _file: IO[bytes]

    def chunks(self) -> Iterator[bytes]:
        """Yield the answer once; the file is gone afterwards."""
        with self._file as file:
            file.seek(0)
            while chunk := file.read(CHUNK):
                yield chunk


def spool(pieces: Iterable[bytes], *, packed: bool) -> Spooled:
    """Write pieces to disk.

    Args:
        pieces: The answer.
        packed: Whether to compress it with gzip.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever reads it to its end
    try:
        if packed:
            with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=4, mtime=0) as out:
                for piece in pieces:
                    out.write(piece)
        else:
            file.writelines(pieces)
        return Spooled(file.tell(), file)
    except BaseException:
        file.close()
        raise
