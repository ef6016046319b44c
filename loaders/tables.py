"""One way to read a table, whatever the file: a header, then numbered rows of text, streamed."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from tertius.loaders.problems import Problem

CELL_CAP: Final = 1 << 20
"""Characters in one cell at most; a longer one is nearly always an unclosed quote."""

_CHUNK: Final = 1 << 20
_COMPOUND_DOCUMENT: Final = bytes.fromhex("d0cf11e0a1b11ae1")


class TableError(Exception):
    """A file that cannot be read (any further) as a table; carries the one problem that stopped it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def refuse(
    code: str, message: str, file: Path, row: int | None = None, column: str | None = None
) -> NoReturn:
    """Raise a `TableError` about a file."""
    raise TableError(Problem(code, message, file=file.name, row=row, column=column))


@dataclass(slots=True)
class Table:
    """An open table.

    Attributes:
        path: The file.
        header: Column names as the file writes them, trimmed.
        header_row: Number of the row that holds them.
        rows: Numbered rows of trimmed text, empty for no value. Rows without any value are left out; a row
            with more or fewer cells than the header is passed on for the caller to refuse.
        position: Bytes of the file consumed so far, for progress.
        notes: What the reader decided: encoding, delimiter, sheet.
    """

    path: Path
    header: list[str]
    header_row: int
    rows: Iterator[tuple[int, list[str]]]
    position: Callable[[], int]
    notes: list[Problem]


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal.

    Raises:
        TableError: If the file is missing, is a folder or cannot be read.
    """
    total = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                total.update(chunk)
    except OSError as error:
        refuse("unreadable", f"the file cannot be read: {error.strerror or error}", path)
    return total.hexdigest()


def open_table(path: Path) -> AbstractContextManager[Table]:
    """Open a delimited text file (plain or gzip), a workbook or a Parquet file, told by its first bytes.

    Raises:
        TableError: If the file is missing, empty, of another kind, or has no usable header.
    """
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        refuse("unreadable", f"the file cannot be read: {error.strerror or error}", path)
    if not start:
        refuse("empty-file", "the file is empty; a table has a header row and at least one data row", path)
    if start.startswith(b"PAR1"):
        from tertius.loaders.parquet_table import open_parquet  # noqa: PLC0415 - pyarrow takes long to import

        return open_parquet(path)
    if start.startswith(b"PK\x03\x04"):
        return _open_archive(path)
    if start == _COMPOUND_DOCUMENT:
        refuse("old-workbook", "this is an old or encrypted workbook; save it as .xlsx or .csv", path)
    from tertius.loaders.csv_table import open_csv  # noqa: PLC0415 - the readers import this module

    return open_csv(path)


def _open_archive(path: Path) -> AbstractContextManager[Table]:
    from tertius.loaders.xlsx_table import open_xlsx  # noqa: PLC0415 - the readers import this module

    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        refuse("bad-archive", "the file starts like a workbook but is damaged or cut off", path)
    if "[Content_Types].xml" not in names:
        refuse(
            "archive", f"this is an archive of {len(names)} files; unpack it and give the tables inside", path
        )
    return open_xlsx(path)


def settle_header(cells: list[str], path: Path, row: int) -> list[str]:
    """Trim a header row and refuse one that names nothing.

    Trailing unnamed columns, which spreadsheets leave behind, keep the empty name.
    """
    header = [" ".join(cell.split()) for cell in cells]
    if not any(header):
        refuse("no-header", "no column has a name; the first row must be the header", path, row)
    return header


def as_text(value: object) -> str:  # noqa: PLR0911 - one return a type reads best
    """Return a typed cell as delimited text: trimmed, dates in ISO form, whole numbers without `.0`."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return "" if math.isnan(value) else str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ") if value.time() != dt.time() else value.date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value).strip()
