"""The bytes of a text file: packed or not, and in which encoding."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tertius.loaders.problems import Problem
from tertius.loaders.tables import refuse

UNPACKED_CAP: Final = 8 << 30
"""Bytes that a compressed file may unpack to."""

RATIO_CAP: Final = 200
"""How many times its own size a compressed file may unpack to, once that is over `RATIO_FROM` bytes.

Tables of text pack some five- to twenty-fold; a file that packs a thousand-fold was made to fill a disk.
"""

RATIO_FROM: Final = 64 << 20

_CHUNK: Final = 1 << 20
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Text:
    """What one pass over the bytes of a file tells: how to decode it."""

    encoding: str
    packed: bool
    notes: list[Problem]


def examine(path: Path) -> Text:
    """Pass once over a file's bytes and settle how to read them.

    Raises:
        TableError: If the file is empty, damaged, unpacks to too much, or is in no known encoding.
    """
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    size = path.stat().st_size
    chunks = _unpack(path, packed=packed, size=size)
    start = next(chunks, b"")
    if not start:
        refuse("empty-file", "the file is empty; a table has a header row and at least one data row", path)
    encoding = next((name for mark, name in _MARKS if start.startswith(mark)), "")
    decoder = codecs.getincrementaldecoder(encoding or "utf-8")()
    done = lines = 0
    try:
        while start:
            decoder.decode(start)
            done, lines = done + len(start), lines + start.count(b"\n")
            start = next(chunks, b"")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        line = lines + error.object[: error.start].count(b"\n") + 1
        if encoding:
            refuse("bad-encoding", f"the file says that it is {encoding[:6].upper()} but is not", path, line)
        return _legacy(path, packed=packed, size=size, line=line)
    return Text(encoding or "utf-8", packed, [])


def _legacy(path: Path, *, packed: bool, size: int, line: int) -> Text:
    """Settle whether a file that is not UTF-8 is Windows-1252, or UTF-8 that was damaged."""
    lenient = codecs.getincrementaldecoder("utf-8")(errors="replace")
    legacy = codecs.getincrementaldecoder("cp1252")()
    good = bad = 0
    try:
        for chunk in _unpack(path, packed=packed, size=size):
            text = lenient.decode(chunk)
            broken = text.count("�")
            bad += broken
            good += len(text) - len(text.encode("ascii", "ignore")) - broken
            legacy.decode(chunk)
    except UnicodeDecodeError:
        good = bad
    if good >= bad:
        message = "the bytes are neither UTF-8 nor Windows-1252; save the file as UTF-8"
        if good > bad:
            message = f"the file is UTF-8 but for {bad:,} damaged characters; repair it or save it again"
        refuse("bad-encoding", message, path, line)
    said = "the text is not UTF-8 and was read as Windows-1252; check the accented letters"
    return Text("cp1252", packed, [Problem("encoding", said, file=path.name, row=line)])


def _unpack(path: Path, *, packed: bool, size: int) -> Iterator[bytes]:
    """Yield the bytes of a file in chunks, unpacked, refusing what unpacks to too much."""
    total = 0
    with path.open("rb") as raw:
        source: io.BufferedIOBase = gzip.GzipFile(fileobj=raw) if packed else raw
        try:
            while chunk := source.read(_CHUNK):
                total += len(chunk)
                if packed and (total > UNPACKED_CAP or (total > RATIO_FROM and total > RATIO_CAP * size)):
                    refuse("unpacks-too-large", f"the file unpacks to over {total >> 20} MiB; refused", path)
                yield chunk
        except (EOFError, zlib.error, gzip.BadGzipFile):
            refuse("bad-gzip", "the compressed file is damaged or cut off", path)
