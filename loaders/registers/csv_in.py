"""Tables of registers, streamed: a header that must fit, and rows that must have its width."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from tertius.loaders.registers.bytes_in import first_bytes, lines, open_bytes
from tertius.loaders.registers.records import Raw
from tertius.loaders.tables import refuse


def header_of(path: Path, delimiter: str = ",") -> list[str]:
    """Return the cells of a file's first line, as far as they can be read without a doubt."""
    line = first_bytes(path, 1 << 16).split(b"\n", 1)[0].decode("utf-8", "replace")
    try:
        return [" ".join(cell.split()) for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


def open_rows(
    path: Path,
    needed: Sequence[str],
    what: str,
    delimiter: str = ",",
    used: Collection[str] | None = None,
) -> tuple[Iterator[Raw], Callable[[], int]]:
    """Open a table whose header has certain columns.

    Args:
        path: The file, of UTF-8 text.
        needed: Columns without which it is not what it should be.
        what: What it should be, for messages.
        delimiter: What separates the cells.
        used: Columns that rows shall have, of tables with hundreds; all of them by default.

    Returns:
        Its rows, each as a dictionary from column to cell with the line on which it begins, and what tells
        how many bytes were consumed.

    Raises:
        TableError: A column is missing or occurs twice; while reading: the text is not UTF-8, a quote is not
            closed, or a row has another width than the header.
    """
    stream, position = open_bytes(path)
    rows = csv.reader((line for _, line in lines(stream, path)), strict=True, delimiter=delimiter)
    try:
        header = [" ".join(cell.split()) for cell in next(rows, [])]
    except csv.Error as error:
        refuse("bad-csv", f"the header is no row of a table: {error}", path, 1)
    missing = [name for name in needed if name not in header]
    if missing:
        said = ", ".join(f"'{name}'" for name in header[:4])
        message = f"not {what}: no column {' or '.join(missing)}; it begins with {said}"
        refuse("missing-column", message, path, 1)
    if len(set(header)) != len(header):
        twice = next(name for name in header if header.count(name) > 1)
        refuse("duplicate-column", f"two columns are called '{twice}'", path, 1)
    at = [number for number, name in enumerate(header) if used is None or name in used]
    return _rows(rows, header, at, path), position


def _rows(rows: Any, header: list[str], at: list[int], path: Path) -> Iterator[Raw]:
    """Yield each row as a dictionary; a row of another width cannot be trusted and stops the load."""
    number, width = int(rows.line_num), len(header)
    names = [header[place] for place in at]
    # One place alone would give a cell instead of a row of cells.
    pick = itemgetter(*at) if len(at) > 1 else list
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            message = f"the file is cut off, or a quote is not closed or not doubled: {error}"
            refuse("bad-csv", message, path, number + 1)
        start, number = number + 1, int(rows.line_num)
        if not cells:
            continue
        if len(cells) != width:
            message = f"{len(cells)} cells where the header has {width}; the file is damaged or cut off"
            refuse("ragged-row", message, path, start)
        yield Raw(start, dict(zip(names, pick(cells), strict=True)))
