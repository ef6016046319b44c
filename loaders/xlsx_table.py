"""XLSX workbooks: the first visible sheet, its header row, and cells as the text a CSV would hold."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import python_calamine as calamine
from tertius.loaders.problems import Problem
from tertius.loaders.tables import Table, as_text, refuse, settle_header

UNPACKED_CAP: Final = 512 << 20
"""Bytes that a workbook may unpack to: the reader holds whole sheets in memory."""

GRID_CAP: Final = 40_000_000
"""Cells of the rectangle round all values of a sheet: the reader holds every one, empty or not."""

_PLACE: Final = re.compile(rb"""[\s<]r\s*=\s*["']([A-Za-z]{0,3})([0-9]{1,9})""")
_CHUNK: Final = 1 << 20
_OVERLAP: Final = 64


@contextmanager
def open_xlsx(path: Path) -> Iterator[Table]:
    """Open the first visible sheet of a workbook that has any value as a table.

    Dates become ISO text and whole numbers lose their `.0`. Row numbers are the sheet's.

    Raises:
        TableError: If the workbook is damaged, locked, unpacks to over `UNPACKED_CAP`, or has no value in it.
    """
    with zipfile.ZipFile(path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
        if size > UNPACKED_CAP:
            refuse(
                "unpacks-too-large", f"the workbook unpacks to {size >> 20} MiB; save the table as CSV", path
            )
        _check_grids(archive, path)
    name, sheet, others = _choose(path)
    rows = _rows(sheet)
    header_row, cells = next(rows)
    notes = []
    if others:
        left = ", ".join(repr(other) for other in others)
        notes.append(Problem("sheet", f"sheet {name!r} was read; not read: {left}", file=path.name))
    yield Table(
        path, settle_header(cells, path, header_row), header_row, rows, lambda: path.stat().st_size, notes
    )


def _check_grids(archive: zipfile.ZipFile, path: Path) -> None:
    """Refuse sheets whose values lie so far apart that the reader's memory would end before its work.

    It ends the whole process then, which nothing can catch; so the places of cells are looked up beforehand,
    in every part of the archive, since a workbook may keep its sheets where it likes.
    """
    for name in archive.namelist():
        rows: set[int] = set()
        columns: set[bytes] = set()
        before = b""
        try:
            with archive.open(name) as sheet:
                while chunk := sheet.read(_CHUNK):
                    places = _PLACE.findall(before + chunk)
                    columns.update(letters.upper() for letters, _ in places)
                    rows.update(int(number) for _, number in places)
                    rows = {min(rows), max(rows)} if rows else rows
                    before = chunk[-_OVERLAP:]
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            continue  # the reader says what is wrong with a damaged or locked workbook
        wide = [_column(letters) for letters in columns if letters]
        if rows and wide:
            cells = (max(rows) - min(rows) + 1) * (max(wide) - min(wide) + 1)
            if cells > GRID_CAP:
                refuse(
                    "sheet-too-wide",
                    f"the values of a sheet lie in a rectangle of {cells:,} cells; at most {GRID_CAP:,} are "
                    "read: remove stray cells far from the table, or save the table as CSV",
                    path,
                )


def _column(letters: bytes) -> int:
    """Return the number of a column from its letters; A is 1."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _choose(path: Path) -> tuple[str, Any, list[str]]:
    try:
        workbook = calamine.CalamineWorkbook.from_path(str(path))
        visible = [
            entry.name
            for entry in workbook.sheets_metadata
            if entry.visible is calamine.SheetVisibleEnum.Visible
            and entry.typ is calamine.SheetTypeEnum.WorkSheet
        ]
        sheets = {name: workbook.get_sheet_by_name(name) for name in visible}
    except calamine.PasswordError:
        refuse("locked-workbook", "the workbook is locked with a password; save it without one", path)
    except (calamine.CalamineError, OSError, ValueError, zipfile.BadZipFile):
        refuse("bad-workbook", "the workbook is damaged; open it in a spreadsheet and save it again", path)
    filled = [name for name, sheet in sheets.items() if sheet.height and sheet.width]
    if not filled:
        refuse("empty-file", "no visible sheet of the workbook has a value in it", path)
    return filled[0], sheets[filled[0]], filled[1:]


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    for number, values in enumerate(sheet.iter_rows(), start=1):
        cells = [as_text(value) for value in values]
        if any(cells):
            yield number, cells
