"""A register as a source of a snapshot: streamed through the same door as every other load."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from tertius.loaders.description import Description
from tertius.loaders.job import LoadError, LoadJob, LoadReport, Phase
from tertius.loaders.problems import Problem, Problems
from tertius.loaders.publishing import Source, publish
from tertius.loaders.registers.delta import Amendment, refuse_without_base, was_applied
from tertius.loaders.registers.reading import RegisterReader
from tertius.loaders.registers.shipped import REGISTERS
from tertius.loaders.registers.staging import Staging, staging
from tertius.loaders.registers.statements import RegisterStatements
from tertius.loaders.tables import TableError, digest
from tertius.loaders.watch import Step, Watch
from tertius.ontology import VERSION
from tertius.ontology.identity import graph as graph_iri
from tertius.ontology.lines import quads
from tertius.ontology.validate import Severity, validate
from tertius.store import Draft, Snapshot, Snapshots, SourceEntry

SAMPLE: Final = 1000
"""Pieces of text at the beginning of a register, some hundred records, that are judged against the shapes."""

PIECE: Final = 4000
"""Pieces of text that are handed to the engine at once."""


def load_register(
    job: LoadJob, register: str, snapshots: Snapshots, current: Snapshot | None, watch: Watch
) -> LoadReport:
    """Bring a register's files into a new snapshot, unless the live one holds them already.

    Nothing but the record at hand is in memory. The organisations can be searched for and asked about; they
    never enter the network of ties, and no date of a register moves its day.

    Args:
        job: What to do; its mapping is the register.
        register: One of `REGISTERS`.
        snapshots: The data directory's snapshots.
        current: The live one.
        watch: Told of every phase.

    Raises:
        LoadError: A file is damaged or not the register's; the report names the place.
        StoreError: Another load is running, the disk is full, or the data directory is damaged.
    """
    digests = {path: digest(path) for path in job.files}
    checksum = _checksum(job, register, digests.values())
    report = LoadReport(
        job.source,
        snapshot=current.number if current else None,
        dry_run=job.dry_run,
        as_of=current.manifest.as_of if current else None,
    )
    entry = current.manifest.sources.get(job.source) if current else None
    delta = REGISTERS[register].delta
    if delta:
        refuse_without_base(job.source, entry)
    if delta and entry and current and not job.dry_run:
        if was_applied(current, graph_iri(job.source, job.base), list(digests.values())):
            return replace(report, unchanged=True, counts=entry.counts, seconds=watch.seconds())
        checksum = _checksum(job, register, [entry.checksum, *digests.values()])
    if entry and entry.checksum == checksum and not job.dry_run:
        rows, right = entry.counts.get("rows", 0), entry.counts.get("rows_right", 0)
        return replace(
            report, unchanged=True, rows=rows, rows_right=right, counts=entry.counts, seconds=watch.seconds()
        )
    with staging() as staged:
        run = _Run(job, register, digests, checksum=checksum, staged=staged, watch=watch)
        if delta and entry:
            run.onto(entry)
        try:
            return run.check(report) if job.dry_run else run.load(report, snapshots)
        except TableError as error:
            raise run.failure(report, error.problem) from error


class _Run:
    """One reading of a register."""

    def __init__(
        self,
        job: LoadJob,
        register: str,
        digests: Mapping[Path, str],
        *,
        checksum: str,
        staged: Staging,
        watch: Watch,
    ) -> None:
        self._job, self._watch, self._staged = job, watch, staged
        self._digests, self._checksum = digests, checksum
        self._info = REGISTERS[register].info
        self._amendment: Amendment | None = None
        self._before: SourceEntry | None = None
        statements = RegisterStatements(job.source, job.base)
        self._reader = RegisterReader(REGISTERS[register], job.source, statements, staged)
        self._statements = 0
        started = dt.datetime.now(dt.UTC)
        self._description = Description(
            source=job.source,
            base=job.base,
            info=self._info,
            retrieved=job.retrieved or started.date(),
            files=tuple((path.name, value) for path, value in digests.items()),
            started=started,
            origins=dict(job.origins),
        )
        if job.retrieved is None:
            message = "when the files were fetched is not stated; the day of loading stands in for it"
            self._reader.notes.add(Problem("retrieved-assumed", message))

    def onto(self, entry: SourceEntry) -> None:
        """Put the files onto what the live snapshot says, in the place of replacing it."""
        self._before = entry
        self._amendment = Amendment(self._reader, self._staged, list(self._description.quads()))

    def check(self, report: LoadReport) -> LoadReport:
        """Read and check everything, publish nothing."""
        with self._watch.phase(Phase.READ) as step:
            if self._amendment:
                for _ in self._amendment.records(tuple(self._digests), step, lambda _: None):
                    pass
            else:
                for _ in self._lines(step):
                    pass
        return self._reported(report, self._finish())

    def load(self, report: LoadReport, snapshots: Snapshots) -> LoadReport:
        """Publish a snapshot with what the files say."""
        with snapshots.draft() as draft:
            source = Source(
                facts=None,
                text=None if self._amendment else self._lines(lambda *_: None),
                amend=partial(self._amend, draft) if self._amendment else None,
                entry=SourceEntry(
                    checksum=self._checksum,
                    title=self._info.title,
                    licence=self._info.licence,
                    attribution=self._info.attribution,
                    retrieved=self._description.retrieved,
                    loaded=self._description.started,
                    counts={},
                ),
                finish=self._finish,
                staged=self._staged.path,
            )
            job = self._job
            snapshot = publish(
                draft, job.source, source, base=job.base, max_ties=job.max_ties, watch=self._watch
            )
        done = self._reported(report, snapshot.manifest.sources[job.source].counts)
        return replace(done, snapshot=snapshot.number, published=True, as_of=snapshot.manifest.as_of)

    def _amend(self, draft: Draft, store: ox.Store) -> None:
        if self._amendment and draft.parent:
            self._amendment.apply(store, tuple(self._digests), lambda *_: None)
            self._staged.copy_others(draft.parent.search_path, self._job.source)
            self._check_unmoved()

    def failure(self, report: LoadReport, problem: Problem) -> LoadError:
        """Return what is raised for a file that cannot be loaded."""
        problems = Problems()
        problems.add(problem)
        reported = replace(self._reported(report, {}), problems=(problem,), problem_count=problems.counts)
        return LoadError(str(problem), reported)

    def _lines(self, step: Step) -> Iterator[bytes]:
        """Yield everything as N-Triples, after the shapes have judged the beginning."""
        described = self._description.lines()
        rest = self._reader.batches(tuple(self._digests), step)
        sample: list[str] = []
        while len(sample) < SAMPLE and (batch := next(rest, None)) is not None:
            sample += batch
        self._judge([*described, *sample])
        yield self._counted([*described, *sample])
        lines: list[str] = []
        for batch in rest:
            lines += batch
            if len(lines) >= PIECE:
                yield self._counted(lines)
                lines = []
        yield self._counted(lines)
        self._check_unmoved()

    def _check_unmoved(self) -> None:
        for path, before in self._digests.items():
            if digest(path) != before:
                raise TableError(
                    Problem("file-changed", "the file changed while it was read", file=path.name)
                )

    def _counted(self, lines: list[str]) -> bytes:
        text = "".join(lines)
        self._statements += text.count("\n")
        return text.encode()

    def _judge(self, lines: list[str]) -> None:
        graph = ox.NamedNode(self._reader.statements.graph)
        with self._watch.phase(Phase.CHECK):
            report = validate(list(quads(lines, graph)))
        for found in report.violations:
            if found.severity is Severity.VIOLATION:
                message = f"<{found.focus}> {found.messages.get('en', found.component)}"
                raise TableError(Problem("shape", message, value=found.value))

    def _finish(self) -> dict[str, int]:
        organizations = self._staged.finish()
        counts = self._reader.counts
        if self._amendment and self._before:
            more = self._amendment.changes
            summed = ("statements", "relations", "reporting_exceptions")
            sums = {name: self._before.counts.get(name, 0) + more[name] for name in summed}
            told = ("rows", "rows_right", "rejected", "left_out", "changed", "deleted")
            return {"organizations": organizations, **sums, **{name: counts[name] for name in told}}
        names = ("organizations", "other_names", "relations", "reporting_exceptions", "repeated")
        kept = {name: counts[name] for name in names if counts[name]}
        kept["statements"] = self._statements
        return {**kept, **{name: counts[name] for name in ("rows", "rows_right", "rejected", "left_out")}}

    def _reported(self, report: LoadReport, counts: Mapping[str, int]) -> LoadReport:
        reader = self._reader
        return replace(
            report,
            rows=reader.counts["rows"],
            rows_right=reader.counts["rows_right"],
            notes=tuple(reader.notes),
            note_count=dict(reader.notes.counts),
            counts=counts,
            seconds=self._watch.seconds(),
        )


def _checksum(job: LoadJob, register: str, files: Iterable[str]) -> str:
    """Digest everything on which the result of a load depends."""
    retrieved = job.retrieved.isoformat() if job.retrieved else None
    parts = ["register", register, sorted(files), retrieved, job.base, VERSION, version("tertius")]
    return "sha256:" + hashlib.sha256(json.dumps(parts).encode()).hexdigest()
