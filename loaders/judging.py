"""Judgements through the one door: added to those that are there, or nothing changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tertius.loaders.job import LoadError, LoadJob, LoadReport, Phase
from tertius.loaders.judged import history, records, settle
from tertius.loaders.problems import Problem, Problems, shorten
from tertius.loaders.publishing import publish
from tertius.loaders.reviewed import read_reviewed
from tertius.loaders.tables import TableError
from tertius.loaders.watch import Watch
from tertius.queries.judgements import Judgement, standing
from tertius.store import Snapshot, Snapshots

_FILE: Final = "judgements"
"""What a problem's place is called: the row is the place of the judgement among those given, from 1."""


def check_judgements(job: LoadJob) -> None:
    """Refuse a job that judgements cannot be loaded by.

    Raises:
        TableError: It has files, removes, or gives nothing.
    """
    reviewed = job.reviewer is not None and len(job.files) == 1 and not job.judgements
    if (job.files and not reviewed) or job.mapping is not None:
        message = "judgements take no files but one reviewed table, with who reviewed it, and no mapping"
        raise TableError(Problem("bad-job", message))
    if job.remove:
        message = "judgements are history and cannot be removed; judge a pair anew, or 'undecided', instead"
        raise TableError(Problem("bad-job", message))
    if not job.judgements and not reviewed:
        raise TableError(Problem("no-judgements", "give at least one judgement"))


def load_judgements(job: LoadJob, snapshots: Snapshots, current: Snapshot | None, watch: Watch) -> LoadReport:
    """Add judgements to the live snapshot's, unless it says all of it already.

    One that repeats what the same judge said last about the same two records adds nothing.

    Raises:
        LoadError: A judgement names an organisation that nobody knows; the report says which and where.
        StoreError: Another load is running, the disk is full, or the data directory is damaged.
    """
    job, places = _read(job)
    report = LoadReport(
        job.source,
        snapshot=current.number if current else None,
        dry_run=job.dry_run,
        rows=places.read,
        as_of=current.manifest.as_of if current else None,
    )
    with watch.phase(Phase.READ):
        held = history(current)
        added = _new(job.judgements, held)
        _check_known(job, held, current, report, places)
    report = replace(report, rows_right=report.rows)
    settled = settle([*held, *added], current, source=job.source, facts=None, staged=None)
    counts = {"added": len(added), **settled.counts()}
    if current is None or not added or job.dry_run:
        done = not added and not job.dry_run
        return replace(report, unchanged=done, counts=counts, seconds=watch.seconds())
    notes = Problems.of_notes()
    for conflict in settled.closure.conflicts:
        notes.add(Problem("overruled", str(conflict)))
    with snapshots.draft() as draft:
        # Another load may have gone first since the judgements were read.
        added = _new(job.judgements, history(draft.parent))
        snapshot = publish(
            draft,
            job.source,
            None,
            judgements=added,
            base=job.base,
            max_ties=job.max_ties,
            watch=watch,
        )
    return replace(
        report,
        snapshot=snapshot.number,
        published=True,
        notes=tuple(notes),
        note_count=dict(notes.counts),
        counts=counts,
        as_of=snapshot.manifest.as_of,
        seconds=watch.seconds(),
    )


def _new(given: Sequence[Judgement], held: Sequence[Judgement]) -> list[Judgement]:
    """Return those that are not held and say more than their judge's last word on the pair."""
    known = {one.key for one in held}
    last: dict[tuple[tuple[str, str], str, str], Judgement] = {}
    for one in sorted(held, key=lambda one: (one.when, one.key)):
        last[one.pair, one.by, one.kind] = one
    added = []
    for one in sorted(given, key=lambda one: (one.when, one.key)):
        word = last.get((one.pair, one.by, one.kind))
        if one.key in known or (word is not None and one.when >= word.when and one.repeats(word)):
            continue
        known.add(one.key)
        last[one.pair, one.by, one.kind] = one
        added.append(one)
    return added


def _check_known(
    job: LoadJob,
    held: Sequence[Judgement],
    current: Snapshot | None,
    report: LoadReport,
    places: _Places,
) -> None:
    """Refuse keys that no source has; those judged before may have lost their source since."""
    wanted = {record for one in job.judgements for record in one.pair}
    known = set(records(wanted, current, source=job.source))
    known.update(record for one in standing(held) for record in one.pair)
    problems = Problems()
    wrong = 0
    for row, one in zip(places.rows, job.judgements, strict=True):
        bad = [(name, record) for name in ("left", "right") if (record := getattr(one, name)) not in known]
        wrong += bool(bad)
        for name, record in bad:
            message = f"no source has an organization with the key {record}"
            problems.add(Problem("unknown-organization", message, places.file, row, name, shorten(record)))
    if problems:
        raise _failure(replace(report, rows_right=report.rows - wrong), problems)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where judgements come from: name of the file, the row of each, and rows read in all."""

    file: str
    rows: Sequence[int]
    read: int


def _read(job: LoadJob) -> tuple[LoadJob, _Places]:
    """Read the reviewed table, where there is one, into judgements.

    Raises:
        LoadError: A row of it says what cannot be said.
        TableError: It is no such table.
    """
    if not job.files or job.reviewer is None:
        count = len(job.judgements)
        return job, _Places(_FILE, range(1, count + 1), count)
    table = job.files[0]
    reviewed = read_reviewed(table, by=job.reviewer, when=dt.datetime.now(dt.UTC))
    if reviewed.problems:
        wrong = len(reviewed.problems)
        report = LoadReport(job.source, dry_run=job.dry_run, rows=reviewed.read)
        raise _failure(replace(report, rows_right=reviewed.read - wrong), reviewed.problems)
    if not reviewed.judgements:
        message = "no row has a verdict: write same, different or undecided into the column 'verdict'"
        raise TableError(Problem("no-judgements", message, file=table.name))
    judged = replace(job, judgements=reviewed.judgements, files=())
    return judged, _Places(table.name, reviewed.rows, reviewed.read)


def _failure(report: LoadReport, problems: Problems) -> LoadError:
    total = len(problems)
    more = f" (and {total - 1:,} more problems)" if total > 1 else ""
    found = replace(report, problems=tuple(problems), problem_count=dict(problems.counts))
    return LoadError(f"{problems.listed[0]}{more}", found)
