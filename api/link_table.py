"""The table of pairs that linking writes for a person to look through, as CSV or XLSX."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import xlsxwriter
from tertius.api.exchange import write_csv
from tertius.queries.linking import Listed, Pair
from tertius.queries.matching import Outcome

COLUMNS: Final = (
    "left_name",
    "right_name",
    "left_country",
    "right_country",
    "score",
    "outcome",
    "verdict",
    "note",
    "reasons",
    "judged",
    "left_identifiers",
    "right_identifiers",
    "target",
    "left",
    "right",
)
FORMATS: Final = (".csv", ".xlsx")
_VERDICT: Final = COLUMNS.index("verdict")
_WIDTHS: Final = (44, 44, 8, 8, 8, 12, 12, 24, 60, 28, 24, 24, 14, 18, 18)
_MOST_SHEET_ROWS: Final = 1_048_575


def row(record: Listed, pair: Pair | None, right_identifiers: str = "") -> tuple[object, ...]:
    """Return one row: a record with a candidate, or without any."""
    described = record.described
    left = (described.name, described.country, " ".join(":".join(one) for one in described.identifiers))
    if pair is None:
        return (left[0], "", left[1], "", "", "none", "", "", "", "", left[2], "", "", record.key, "")
    one, said = pair.candidate, pair.said
    judged = "" if said is None else f"{said.verdict.value} by {said.by} ({said.kind})"
    # What a person said stands in the column already, so that it is seen and can be changed.
    verdict = said.verdict.value if said is not None and said.kind == "person" else ""
    return (
        left[0],
        one.name,
        left[1],
        one.country,
        round(one.score, 4),
        pair.outcome.value,
        verdict,
        "",
        "; ".join(pair.reasons),
        judged,
        left[2],
        right_identifiers,
        pair.target,
        record.key,
        one.key,
    )


def write(path: Path, rows: Sequence[Sequence[object]]) -> None:
    """Write the table in the format that the file's ending names.

    Raises:
        ValueError: The ending names none of `FORMATS`, or a sheet cannot hold so many rows.
        OSError: It cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        # Spreadsheet programmes read UTF-8 as such only where a byte order mark says so.
        path.write_bytes(b"\xef\xbb\xbf" + write_csv(COLUMNS, rows))
    elif suffix == ".xlsx":
        _write_sheet(path, rows)
    else:
        raise ValueError(f"{path.name} ends in none of {', '.join(FORMATS)}")


def _write_sheet(path: Path, rows: Sequence[Sequence[object]]) -> None:
    if len(rows) > _MOST_SHEET_ROWS:
        raise ValueError(f"a sheet holds {_MOST_SHEET_ROWS:,} rows and there are {len(rows):,}; write CSV")
    options = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet("pairs")
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True})
        for place, width in enumerate(_WIDTHS):
            sheet.set_column(place, place, width, wrapped if COLUMNS[place] == "reasons" else None)
        sheet.write_row(0, 0, COLUMNS, bold)
        for number, cells in enumerate(rows, 1):
            for place, value in enumerate(cells):
                if isinstance(value, int | float):
                    sheet.write_number(number, place, value)
                elif value:
                    sheet.write_string(number, place, str(value))
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, max(1, len(rows)), len(COLUMNS) - 1)
        choice = {"validate": "list", "source": ["same", "different", "undecided"]}
        sheet.data_validation(1, _VERDICT, max(1, len(rows)), _VERDICT, choice)


def table(
    found: Iterable[tuple[Listed, list[Pair]]], identifiers: Callable[[Iterable[str]], dict[str, str]]
) -> list[tuple[object, ...]]:
    """Return the rows of all records: what is most in need of a person first within equal names.

    Args:
        found: Records with their candidates.
        identifiers: Looks up the identifiers of organisations, as text.
    """
    listed = list(found)
    known = identifiers(pair.candidate.key for _, pairs in listed for pair in pairs)
    rows: list[tuple[object, ...]] = []
    for record, pairs in listed:
        if not pairs:
            rows.append(row(record, None))
        rows += [row(record, one, known.get(one.candidate.key, "")) for one in pairs]
    order = {Outcome.UNDECIDED.value: 0, Outcome.SAME.value: 1, "none": 2}
    return sorted(rows, key=lambda one: order[str(one[5])])
