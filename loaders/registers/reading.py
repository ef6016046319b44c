"""A register's files, read as a stream: statements for the graph, counts, and what was left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from tertius.loaders.problems import EXAMPLES, Problem, Problems, shorten
from tertius.loaders.registers.records import (
    Deleted,
    Exemption,
    Layout,
    Left,
    Raw,
    RecordProblem,
    Registered,
    Relation,
    Statement,
)
from tertius.loaders.registers.shipped import Register
from tertius.loaders.registers.staging import Staging
from tertius.loaders.registers.statements import RegisterStatements
from tertius.loaders.tables import TableError
from tertius.ontology.identifiers import Check

REJECTED_AT_MOST: Final = 20
"""A file of which more than one record in this many cannot be used is not what it should be."""

STEP: Final = 2000
"""Records between two calls of the progress callback."""


@dataclass(slots=True)
class RegisterReader:
    """Reads a register's files one after another, holding one record at a time.

    Attributes:
        register: Which register.
        source: Name of the source.
        statements: Writes lines of N-Triples.
        staging: Where names are put aside; what was described before is known from it.
        notes: What was decided or left out.
        counts: `rows`, `rows_right`, `rejected`, `left_out`, `organizations` and so on.
    """

    register: Register
    source: str
    statements: RegisterStatements
    staging: Staging
    notes: Problems = field(default_factory=Problems.of_notes)
    counts: Counter[str] = field(default_factory=Counter)

    def batches(self, files: Sequence[Path], progress: Callable[[int, int], None]) -> Iterator[list[str]]:
        """Yield the lines of all files, record by record; `said` tells what it takes and raises."""
        for path, record, statements in self.said(files, progress):
            lines: list[str] = []
            for statement in statements:
                if not isinstance(statement, Deleted):
                    lines.extend(self._statement(path, record, statement))
            yield lines

    def said(
        self, files: Sequence[Path], progress: Callable[[int, int], None]
    ) -> Iterator[tuple[Path, Raw, list[Statement]]]:
        """Yield what each record says, with its file and place.

        Args:
            files: The register's files, of any of its layouts.
            progress: Called with bytes read and bytes in all.

        Raises:
            TableError: While reading: a file is damaged, of another layout, has no records, or has so many
                that cannot be used that it is not what it should be.
        """
        total = sum(path.stat().st_size for path in files)
        done = 0
        for path in files:
            layout = self.register.opener(path, self.source)
            self.notes.add(Problem("layout", f"read as {layout.name}", file=path.name))
            yield from self._file(path, layout, partial(_advance, progress, done, total))
            done += path.stat().st_size
        progress(total, total)

    def _file(
        self, path: Path, layout: Layout, progress: Callable[[int], None]
    ) -> Iterator[tuple[Path, Raw, list[Statement]]]:
        rows = rejected = 0
        first: Problem | None = None
        left: Counter[str] = Counter()
        repeated = self.counts["repeated"]
        for record in layout.records:
            rows += 1
            if rows % STEP == 0:
                progress(layout.position())
            try:
                said = list(layout.take(record.content))
            except RecordProblem as problem:
                rejected += 1
                found = _problem(path, record, problem)
                first = first or found
                self.notes.add(found)
                continue
            for statement in said:
                if isinstance(statement, Left):
                    left[statement.why] += 1
                elif isinstance(statement, Deleted) and not self.register.delta:
                    left["records that the register has deleted"] += 1
            yield path, record, [one for one in said if not isinstance(one, Left)]
        self._conclude(path, rows, rejected, first=first, left=left, repeated=repeated)

    def _statement(
        self, path: Path, record: Raw, statement: Registered | Relation | Exemption
    ) -> Iterator[str]:
        if isinstance(statement, Relation):
            self.counts["relations"] += 1
            yield from self.statements.relation(statement)
        elif isinstance(statement, Exemption):
            self.counts["reporting_exceptions"] += 1
            yield self.statements.exemption(statement)
        else:
            first, renamed = self.staging.add(statement)
            self.counts["organizations" if first else "repeated"] += 1
            self.counts["other_names"] += len(statement.names)
            self.doubts(path, record, statement)
            if first:
                yield from self.statements.organization(statement)
            elif renamed:
                yield self.statements.another_name(statement)

    def doubts(self, path: Path, record: Raw, entry: Registered) -> None:
        """Note identifiers of an organisation whose check digits are wrong."""
        for one in entry.identifiers:
            if one.check is Check.WRONG_CHECK_DIGIT:
                message = f"'{one.value}': the check digits of this {one.scheme} are wrong; kept as given"
                self.notes.add(
                    Problem("identifier-doubtful", message, path.name, record.row, value=one.value)
                )

    def _conclude(
        self,
        path: Path,
        rows: int,
        rejected: int,
        *,
        first: Problem | None,
        left: Counter[str],
        repeated: int,
    ) -> None:
        if not rows:
            raise TableError(Problem("no-rows", "the file has no record", file=path.name))
        if first and rejected * REJECTED_AT_MOST > rows:
            message = (
                f"{first.message}; {rejected:,} of {rows:,} records cannot be used, "
                "so the file is not what it should be"
            )
            raise TableError(Problem(first.code, message, first.file, first.row, first.column, first.value))
        if left:
            listed = "; ".join(f"{times:,} {why}" for why, times in sorted(left.items()))
            message = f"records that are not for the graph were left out: {listed}"
            self.notes.add(Problem("left-out", message, file=path.name), left.total())
        self.counts["rows"] += rows
        self.counts["rows_right"] += rows - rejected
        self.counts["rejected"] += rejected
        self.counts["left_out"] += left.total()
        shown = min(rejected, EXAMPLES)
        if again := self.counts["repeated"] - repeated:
            message = f"{again:,} records describe an organisation again; the first description stays"
            self.notes.add(Problem("repeated-record", message, file=path.name), again)
        if rejected > shown:
            message = f"{rejected:,} of {rows:,} records cannot be used and were left out"
            self.notes.add(Problem("rejected", message, file=path.name))


def _advance(progress: Callable[[int, int], None], before: int, total: int, at: int) -> None:
    progress(before + at, total)


def _problem(path: Path, record: Raw, problem: RecordProblem) -> Problem:
    shown = shorten(problem.value) if problem.value else None
    message = f"'{shown}': {problem}" if shown else str(problem)
    return Problem(problem.code, message, path.name, record.row, problem.column, shown)
