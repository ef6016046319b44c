"""Delimited text: delimiters, quotes, ragged rows, and everything that is wrong with such files."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, Any, Final, NoReturn, cast

from tertius.loaders.problems import Problem
from tertius.loaders.tables import CELL_CAP, Table, refuse, settle_header
from tertius.loaders.text_bytes import examine

LINE_CAP: Final = 8 * CELL_CAP
"""Characters in one physical line at most."""

_DELIMITERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}


@contextmanager
def open_csv(path: Path) -> Iterator[Table]:
    """Open a delimited text file as a table.

    The encoding is UTF-8, or UTF-16 or UTF-32 where a byte order mark says so, or else Windows-1252, which
    the notes then say. The delimiter is the one that splits the header into most columns.

    Raises:
        TableError: On entering, for an unreadable, empty or undecodable file; while reading rows, for a
            broken quote, a NUL byte, or a line or cell that is too long.
    """
    text = examine(path)
    # The limit is the process's, not the reader's; no caller needs the smaller default.
    csv.field_size_limit(CELL_CAP)
    with path.open("rb") as raw:
        unpacked = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if text.packed else raw
        with io.TextIOWrapper(unpacked, encoding=text.encoding, newline="") as stream:
            lines = _lines(stream, path)
            skipped, ahead = _header_lines(lines, path)
            delimiter = _delimiter(ahead)
            notes = list(text.notes)
            if delimiter != ",":
                said = f"columns are separated by {_DELIMITERS[delimiter]}"
                notes.append(Problem("delimiter", said, file=path.name))
            reader = csv.reader(chain(ahead, lines), delimiter=delimiter, strict=True)
            records = _records(reader, path, skipped)
            header_row, cells = next(records)
            header = settle_header(cells, path, header_row)
            rows = _shaped(records, len(header))
            yield Table(path, header, header_row, rows, raw.tell, notes)


def _lines(stream: io.TextIOWrapper, path: Path) -> Iterator[str]:
    number = 0
    while line := stream.readline(LINE_CAP):
        number += 1
        if "\0" in line:
            advice = (
                "the line contains a NUL byte; the file is not text, or is UTF-16 without a byte order mark"
            )
            refuse("nul-byte", advice, path, number)
        if len(line) >= LINE_CAP:
            refuse("giant-line", f"the line is longer than {LINE_CAP:,} characters", path, number)
        yield line


def _header_lines(lines: Iterator[str], path: Path) -> tuple[int, list[str]]:
    """Read up to the end of the header; return how many lines come before it, and its lines."""
    skipped = 0
    for line in lines:
        # Excel takes, and writes, a first line that names the separator.
        if line.strip() and not line.lower().startswith("sep="):
            ahead = [line]
            break
        skipped += 1
    else:
        refuse("empty-file", "the file has no header row", path)
    while sum(part.count('"') for part in ahead) % 2 and (more := next(lines, None)) is not None:
        ahead.append(more)
    return skipped, ahead


def _delimiter(header: list[str]) -> str:
    """Return the delimiter that splits the header into most columns; the comma where none does."""
    widths: dict[str, int] = {}
    for candidate in _DELIMITERS:
        try:
            widths[candidate] = len(next(csv.reader(header, delimiter=candidate, strict=True)))
        except csv.Error:
            widths[candidate] = 0
    return max(widths, key=lambda candidate: widths[candidate])


def _records(reader: Any, path: Path, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the number of the line on which it starts."""
    start = 1 + skipped
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            _refuse_record(error, path, start)
        if cells:
            yield start, [cell.strip() for cell in cells]
        start = reader.line_num + 1 + skipped


def _refuse_record(error: csv.Error, path: Path, row: int) -> NoReturn:
    text = str(error)
    if "field larger" in text:
        advice = f"a cell is longer than {CELL_CAP:,} characters, most likely because a quote is not closed"
        refuse("giant-cell", advice, path, row)
    if "unexpected end" in text:
        refuse("open-quote", "a quote that opens in this row is never closed", path, row)
    advice = "a quoted cell goes on after its closing quote; a quote inside a cell is written twice"
    refuse("bad-quote", advice, path, row)


def _shaped(records: Iterator[tuple[int, list[str]]], width: int) -> Iterator[tuple[int, list[str]]]:
    """Leave out rows without any value, and empty cells beyond the header's width."""
    for row, cells in records:
        if any(cells):
            yield row, cells if any(cells[width:]) else cells[:width]
