"""Tables of pairs that a person has looked through: each row with a verdict becomes a judgement.

The table is the one that linking writes, in any format that tables have; only the columns `left`, `right` and
`verdict` are needed. Rows without a verdict say nothing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tertius.loaders.problems import Problem, Problems, shorten
from tertius.loaders.tables import Table, TableError, open_table
from tertius.queries.judgements import Judgement, Verdict
from tertius.queries.judgements.model import LONGEST_REASON

LEFT: Final = "left"
RIGHT: Final = "right"
VERDICT: Final = "verdict"
NOTE: Final = "note"

MOST_ROWS: Final = 1_000_000
"""Rows of one table at most."""

_WORDS: Final = {
    "same": Verdict.SAME,
    "different": Verdict.DIFFERENT,
    "undecided": Verdict.UNDECIDED,
    "s": Verdict.SAME,
    "d": Verdict.DIFFERENT,
    "u": Verdict.UNDECIDED,
}


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What reading a reviewed table gave.

    Attributes:
        judgements: What the person says.
        rows: For each of them the row of the table.
        read: Rows in all.
        problems: What is wrong.
    """

    judgements: tuple[Judgement, ...]
    rows: tuple[int, ...]
    read: int
    problems: Problems


def read_reviewed(path: Path, *, by: str, when: dt.datetime) -> Reviewed:
    """Read a table of pairs with the verdicts of a person.

    Args:
        path: The table.
        by: Who looked through it.
        when: When it was read; all judgements of a table have one moment.

    Raises:
        TableError: It is no table, or lacks a column.
    """
    problems = Problems()
    judgements: list[Judgement] = []
    rows: list[int] = []
    first: dict[tuple[str, str], tuple[int, Verdict]] = {}
    read = 0
    with open_table(path) as table:
        columns = _columns(table, path)
        for row, cells in table.rows:
            read += 1
            if read > MOST_ROWS:
                message = f"there are more than {MOST_ROWS:,} rows; split the table"
                raise TableError(Problem("too-many-rows", message, file=path.name, row=row))
            if len(cells) != len(table.header):
                message = f"the row has {len(cells)} cells and the header {len(table.header)}"
                problems.add(Problem("ragged-row", message, path.name, row))
                continue
            word = cells[columns[VERDICT]].strip().casefold()
            if not word:
                continue
            try:
                one = _judgement(cells, columns, word, by=by, when=when)
            except ValueError as error:
                name, _, message = str(error).partition(": ")
                value = cells[columns[name]] if name in columns else ""
                problems.add(Problem("bad-judgement", message or name, path.name, row, name, shorten(value)))
                continue
            before = first.setdefault(one.pair, (row, one.verdict))
            if before[1] is not one.verdict:
                message = f"row {before[0]} says {before[1].value} of the same two"
                problems.add(Problem("contradiction", message, path.name, row, VERDICT, one.verdict.value))
            elif before[0] == row:
                judgements.append(one)
                rows.append(row)
    return Reviewed(tuple(judgements), tuple(rows), read, problems)


def _columns(table: Table, path: Path) -> dict[str, int]:
    found = {name.casefold(): place for place, name in reversed(list(enumerate(table.header)))}
    for name in (LEFT, RIGHT, VERDICT):
        if name not in found:
            message = f"there is no column '{name}'; a reviewed table has left, right and verdict"
            raise TableError(Problem("missing-column", message, file=path.name, row=table.header_row))
    return found


def _judgement(
    cells: list[str], columns: dict[str, int], word: str, *, by: str, when: dt.datetime
) -> Judgement:
    if word not in _WORDS:
        raise ValueError(f"{VERDICT}: is none of same, different, undecided (or s, d, u)")
    note = cells[columns[NOTE]].strip()[:LONGEST_REASON] if NOTE in columns else ""
    return Judgement(
        cells[columns[LEFT]].strip(),
        cells[columns[RIGHT]].strip(),
        _WORDS[word],
        by,
        "person",
        when,
        None,
        (note,) if note else (),
    )
