"""A source's files, read whole: facts, or everything that is wrong with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from tertius.loaders.binding import Binding, Part, bind, needed_headers
from tertius.loaders.collect import Collector, FileCollector
from tertius.loaders.conclude import conclude
from tertius.loaders.constants import parse_constants
from tertius.loaders.facts import Facts
from tertius.loaders.mapping import Mapping
from tertius.loaders.problems import Problem, Problems
from tertius.loaders.tables import Table, TableError, open_table

STEP: Final = 5000
"""Rows between two calls of the progress callback."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a source's files gave.

    Attributes:
        facts: What the rows say; incomplete where there are problems.
        problems: What is wrong.
        notes: What was decided.
        rows: Data rows read.
        right: Rows without a problem.
        single: Alliances with one partner.
    """

    facts: Facts
    problems: Problems
    notes: Problems
    rows: int
    right: int
    single: int


def read(
    files: Sequence[Path],
    source: str,
    mapping: Mapping,
    observed: dt.date | None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Reading:
    """Read tables into facts, checking every row.

    Nothing is raised for what is wrong in a file: that is in the result's `problems`.

    Raises:
        MappingError: If a constant of the mapping is no value of its column.

    Args:
        files: Tables in any order.
        source: Name of the source, which keys depend on.
        mapping: How columns and values are to be read.
        observed: Day on which the files were fetched.
        progress: Called with bytes read and bytes in all.
    """
    collector = Collector(source, mapping, parse_constants(mapping), Facts(observed))
    rows = right = 0
    with ExitStack() as opened:
        tables = _open(files, mapping, collector.problems, opened)
        if not collector.problems:
            total = sum(table.path.stat().st_size for table, _ in tables)
            done = 0
            for table, binding in tables:
                taker = collector.file(table.path.name, binding)
                collector.notes.extend([*table.notes, *binding.notes])
                _take(table, taker, collector.problems, partial(_advance, progress, done, total))
                rows, right = rows + taker.rows, right + taker.right
                done += table.path.stat().st_size
            progress(total, total)
    single = 0
    if not collector.problems:
        single = conclude(collector, given_alliances=mapping.files.alliances is not None)
    return Reading(collector.facts, collector.problems, collector.notes, rows, right, single)


def _open(
    files: Sequence[Path], mapping: Mapping, problems: Problems, opened: ExitStack
) -> list[tuple[Table, Binding]]:
    """Open every file and tell its part; alliances come first, so that participations find them."""
    parts: dict[Part, list[tuple[Table, Binding]]] = {"alliances": [], "participations": []}
    for path in files:
        try:
            table = opened.enter_context(open_table(path))
            binding = bind(table, mapping)
        except TableError as error:
            problems.add(error.problem)
        else:
            parts[binding.part].append((table, binding))
    wanted: list[Part] = ["participations"] if mapping.files.alliances is None else list(parts)
    for part in wanted:
        if not parts[part] and not problems:
            header = ", ".join(f"'{name}'" for name in needed_headers(mapping, part))
            message = f"the mapping also needs the {part} file, whose header has {header}"
            problems.add(Problem("missing-file", message))
    return [*parts["alliances"], *parts["participations"]]


def _advance(progress: Callable[[int, int], None], before: int, total: int, at: int) -> None:
    progress(before + at, total)


def _take(table: Table, taker: FileCollector, problems: Problems, progress: Callable[[int], None]) -> None:
    try:
        for number, cells in table.rows:
            taker.row(number, cells)
            if taker.rows % STEP == 0:
                progress(table.position())
    except TableError as error:
        problems.add(error.problem)
    if not taker.rows and not problems:
        problems.add(Problem("no-rows", "the table has a header but no data row", file=table.path.name))
