"""The one way in: files become a source of a new snapshot, or nothing changes."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Final, NoReturn

from tertius.loaders.description import Description
from tertius.loaders.evidence.loading import load_evidence
from tertius.loaders.job import EVIDENCE, JUDGEMENTS, LoadError, LoadJob, LoadReport, Phase, Progress
from tertius.loaders.judging import check_judgements, load_judgements
from tertius.loaders.mapping import Mapping as SourceMapping
from tertius.loaders.mapping import load_mapping
from tertius.loaders.problems import Problem, Problems
from tertius.loaders.publishing import Source, publish
from tertius.loaders.reading import Reading, read
from tertius.loaders.registers import NAMES as REGISTERS
from tertius.loaders.registers.loading import load_register
from tertius.loaders.shape_check import check_shapes
from tertius.loaders.statements import Statements
from tertius.loaders.tables import TableError, digest
from tertius.loaders.watch import Watch
from tertius.ontology import VERSION
from tertius.ontology.lines import pieces
from tertius.queries.network import NetworkTooLargeError
from tertius.store import Snapshot, Snapshots, SourceEntry

RESERVED: Final = frozenset({"ontology", EVIDENCE, JUDGEMENTS, "measures"})
"""Names of graphs that Tertius writes itself."""

_NAME: Final = re.compile(r"[a-z0-9-]{1,64}")


def load(job: LoadJob, *, progress: Progress | None = None) -> LoadReport:
    """Load files as a source, check them only, or remove a source; all of it happens, or nothing.

    Readers of the live snapshot are not disturbed. Loading again what is live publishes nothing.

    Args:
        job: What to do.
        progress: Called now and then with the phase and how far it is.

    Returns:
        What was found and done.

    Raises:
        LoadError: Something is wrong with the job, the mapping or the files; its report has what was found.
        StoreError: Another load is running, the disk is full, or the data directory is damaged.
    """
    watch = Watch(progress)
    try:
        _check_job(job)
        snapshots = Snapshots(job.data, keep=job.keep)
        current = snapshots.current()
        if current and current.manifest.base != job.base:
            message = f"the data directory has the base {current.manifest.base}, not {job.base}"
            _refuse("other-base", message)
        if job.source == EVIDENCE and not job.remove:
            return load_evidence(job, snapshots, current, watch)
        if job.source == JUDGEMENTS:
            return load_judgements(job, snapshots, current, watch)
        if job.remove:
            return _remove(job, snapshots, current, watch)
        if job.mapping in REGISTERS:
            return load_register(job, str(job.mapping), snapshots, current, watch)
        return _load(job, snapshots, current, watch)
    except TableError as error:
        raise _failure(LoadReport(job.source, dry_run=job.dry_run), [error.problem]) from error
    except NetworkTooLargeError as error:
        problem = Problem("network-too-large", str(error))
        raise _failure(LoadReport(job.source, dry_run=job.dry_run), [problem]) from error


def _check_job(job: LoadJob) -> None:
    if not _NAME.fullmatch(job.source):
        _refuse("bad-source", f"the source's name '{job.source}' is not 1 to 64 of a-z, 0-9 and '-'")
    if job.source == EVIDENCE:
        if job.files:
            _refuse("bad-source", f"'{EVIDENCE}' is the shipped evidence base and takes no files")
    elif job.source == JUDGEMENTS:
        check_judgements(job)
    elif job.source in RESERVED:
        names = ", ".join(sorted(RESERVED))
        _refuse("bad-source", f"'{job.source}' is a graph of Tertius' own ({names}); choose another name")
    if job.keep < 1:
        _refuse("bad-keep", f"at least one snapshot must be kept, not {job.keep}")
    if job.remove and (job.files or job.dry_run):
        _refuse("bad-job", "removing a source takes no files and cannot be tried out")
    if job.judgements and job.source != JUDGEMENTS:
        _refuse("bad-job", f"judgements are loaded under the name '{JUDGEMENTS}', not '{job.source}'")
    if not job.remove and not job.files and job.source not in {EVIDENCE, JUDGEMENTS}:
        _refuse("no-files", "give at least one file to load")


def _refuse(code: str, message: str) -> NoReturn:
    raise TableError(Problem(code, message))


def _load(job: LoadJob, snapshots: Snapshots, current: Snapshot | None, watch: Watch) -> LoadReport:
    mapping, mapping_digest = load_mapping(job.mapping)
    digests = {path: digest(path) for path in job.files}
    # A file's name matters where it tells the day of a snapshot.
    named = [f"{path.name} {value}" if mapping.observed else value for path, value in digests.items()]
    checksum = _checksum(job, mapping_digest, named)
    entry = current.manifest.sources.get(job.source) if current else None
    if current and entry and entry.checksum == checksum and not job.dry_run:
        return _unchanged(job, current, entry, watch)
    retrieved = job.retrieved or mapping.source.retrieved
    with watch.phase(Phase.READ) as step:
        reading = read(job.files, job.source, mapping, retrieved, step)
        _check_unmoved(digests, reading.problems)
    report = _report(job, current, reading)
    if reading.problems:
        raise _failure(report, reading.problems, watch)
    if retrieved is None:
        message = "when the files were fetched is not stated; the day of loading stands in for it"
        reading.notes.add(Problem("retrieved-assumed", message))
    description = _description(job, mapping, retrieved, digests)
    statements = Statements(job.source, job.base, mapping.labels)
    with watch.phase(Phase.CHECK):
        shapes = check_shapes(reading.facts, statements, description)
    if shapes.problems:
        raise _failure(report, shapes.problems, watch)
    counts = {
        **report.counts,
        "rows": reading.rows,
        "participations_checked_by_shapes": shapes.participations,
    }
    report = replace(_report(job, current, reading), counts=counts)
    if job.dry_run:
        return replace(report, seconds=watch.seconds())
    source = Source(
        facts=reading.facts,
        text=pieces(chain(description.lines(), statements.lines(reading.facts))),
        entry=SourceEntry(
            checksum=checksum,
            title=mapping.source.title or job.source,
            licence=mapping.source.licence,
            attribution=mapping.source.attribution,
            retrieved=description.retrieved,
            loaded=description.started,
            counts=counts,
        ),
    )
    with snapshots.draft() as draft:
        snapshot = publish(draft, job.source, source, base=job.base, max_ties=job.max_ties, watch=watch)
    return _published(report, job.source, snapshot, watch)


def _remove(job: LoadJob, snapshots: Snapshots, current: Snapshot | None, watch: Watch) -> LoadReport:
    sources = sorted(current.manifest.sources) if current else []
    if job.source not in sources:
        known = f"there are {', '.join(sources)}" if sources else "there is none yet"
        _refuse("unknown-source", f"there is no source '{job.source}' to remove; {known}")
    with snapshots.draft() as draft:
        snapshot = publish(draft, job.source, None, base=job.base, max_ties=job.max_ties, watch=watch)
    return _published(LoadReport(job.source), job.source, snapshot, watch)


def _checksum(job: LoadJob, mapping: str, files: Iterable[str]) -> str:
    """Digest everything on which the result of a load depends."""
    retrieved = job.retrieved.isoformat() if job.retrieved else None
    parts = [sorted(files), mapping, retrieved, job.base, job.max_ties, VERSION, version("tertius")]
    return "sha256:" + hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _check_unmoved(digests: Mapping[Path, str], problems: Problems) -> None:
    for path, before in digests.items():
        if digest(path) != before:
            problems.add(Problem("file-changed", "the file changed while it was read", file=path.name))


def _description(
    job: LoadJob, mapping: SourceMapping, retrieved: dt.date | None, digests: Mapping[Path, str]
) -> Description:
    started = dt.datetime.now(dt.UTC)
    return Description(
        source=job.source,
        base=job.base,
        info=mapping.source,
        retrieved=retrieved or started.date(),
        files=tuple((path.name, value) for path, value in digests.items()),
        started=started,
    )


def _report(job: LoadJob, current: Snapshot | None, reading: Reading) -> LoadReport:
    return LoadReport(
        job.source,
        snapshot=current.number if current else None,
        dry_run=job.dry_run,
        rows=reading.rows,
        rows_right=reading.right,
        notes=tuple(reading.notes),
        note_count=dict(reading.notes.counts),
        counts={
            "organizations": len(reading.facts.organizations),
            "alliances": len(reading.facts.alliances),
            "participations": len(reading.facts),
            "single_partner_alliances": reading.single,
        },
        as_of=current.manifest.as_of if current else None,
    )


def _unchanged(job: LoadJob, current: Snapshot, entry: SourceEntry, watch: Watch) -> LoadReport:
    rows = entry.counts.get("rows", 0)
    return LoadReport(
        job.source,
        snapshot=current.number,
        unchanged=True,
        rows=rows,
        rows_right=rows,
        counts=entry.counts,
        as_of=current.manifest.as_of,
        seconds=watch.seconds(),
    )


def _published(report: LoadReport, source: str, snapshot: Snapshot, watch: Watch) -> LoadReport:
    entry = snapshot.manifest.sources.get(source)
    return replace(
        report,
        snapshot=snapshot.number,
        published=True,
        counts=entry.counts if entry else {},
        as_of=snapshot.manifest.as_of,
        seconds=watch.seconds(),
    )


def _failure(report: LoadReport, found: Iterable[Problem], watch: Watch | None = None) -> LoadError:
    problems = found if isinstance(found, Problems) else Problems()
    if problems is not found:
        problems.extend(found)
    total = len(problems)
    more = f" (and {total - 1:,} more problems)" if total > 1 else ""
    right = f"; {report.rows_right:,} of {report.rows:,} rows are right" if report.rows else ""
    return LoadError(
        f"{problems.listed[0]}{more}{right}",
        replace(
            report,
            counts={},
            problems=tuple(problems),
            problem_count=dict(problems.counts),
            seconds=watch.seconds() if watch else {},
        ),
    )
