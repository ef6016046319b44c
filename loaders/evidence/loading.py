"""The evidence base as a source of a snapshot: shipped with the software, loaded through the same door."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import replace
from importlib.metadata import version
from itertools import chain
from typing import Final

from tertius.loaders.description import Description
from tertius.loaders.evidence.reading import Evidence, EvidenceError, evidence_files, read_evidence
from tertius.loaders.evidence.statements import GRAPH, evidence_quads
from tertius.loaders.job import LoadError, LoadJob, LoadReport, Phase
from tertius.loaders.mapping import SourceInfo
from tertius.loaders.problems import Problem, Problems
from tertius.loaders.publishing import Source, publish
from tertius.loaders.watch import Watch
from tertius.ontology import VERSION
from tertius.store import Snapshot, Snapshots, SourceEntry

INFO: Final = SourceInfo(
    title="Evidence base of Tertius",
    licence="https://www.apache.org/licenses/LICENSE-2.0",
    attribution="Own restatement and coding of five documents on alliances; the documents are not included.",
    retrieved=dt.date(2026, 11, 22),
)
"""What the evidence graph says of itself; `retrieved` is the day on which the documents were last coded."""


def load_evidence(job: LoadJob, snapshots: Snapshots, current: Snapshot | None, watch: Watch) -> LoadReport:
    """Bring the shipped evidence base into a new snapshot, unless the live one holds it already.

    Its dates and cases never reach the network.

    Raises:
        LoadError: The coding breaks a rule; the report names file, entry and field of everything found.
        StoreError: Another load is running, the disk is full, or the data directory is damaged.
    """
    digests = {path: hashlib.sha256(file.read_bytes()).hexdigest() for path, file in evidence_files()}
    parts = [sorted(digests.items()), job.base, VERSION, version("tertius")]
    checksum = "sha256:" + hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    report = LoadReport(
        job.source,
        snapshot=current.number if current else None,
        dry_run=job.dry_run,
        as_of=current.manifest.as_of if current else None,
    )
    entry = current.manifest.sources.get(job.source) if current else None
    if entry and entry.checksum == checksum and not job.dry_run:
        rows = entry.counts.get("rows", 0)
        return replace(
            report, unchanged=True, rows=rows, rows_right=rows, counts=entry.counts, seconds=watch.seconds()
        )
    with watch.phase(Phase.READ):
        evidence = _read(report, watch)
    counts = _counts(evidence)
    report = replace(report, rows=counts["rows"], rows_right=counts["rows"], counts=counts)
    if job.dry_run:
        return replace(report, seconds=watch.seconds())
    started = dt.datetime.now(dt.UTC)
    retrieved = INFO.retrieved or started.date()
    files = tuple((path.replace("/", "-"), digest) for path, digest in sorted(digests.items()))
    description = Description(GRAPH, job.base, INFO, retrieved, files, started)
    source = Source(
        facts=None,
        quads=chain(description.quads(), evidence_quads(evidence, job.base)),
        entry=SourceEntry(
            checksum=checksum,
            title=INFO.title,
            licence=INFO.licence,
            attribution=INFO.attribution,
            retrieved=retrieved,
            loaded=started,
            counts=counts,
        ),
    )
    with snapshots.draft() as draft:
        snapshot = publish(draft, GRAPH, source, base=job.base, max_ties=job.max_ties, watch=watch)
    return replace(
        report,
        snapshot=snapshot.number,
        published=True,
        counts=snapshot.manifest.sources[GRAPH].counts,
        as_of=snapshot.manifest.as_of,
        seconds=watch.seconds(),
    )


def _read(report: LoadReport, watch: Watch) -> Evidence:
    try:
        return read_evidence()
    except EvidenceError as error:
        problems = Problems()
        problems.extend(Problem("bad-coding", line) for line in error.problems)
        failed = replace(
            report,
            problems=tuple(problems),
            problem_count=dict(problems.counts),
            seconds=watch.seconds(),
        )
        raise LoadError(str(error), failed) from error


def _counts(evidence: Evidence) -> dict[str, int]:
    counts = {
        "cases": len(evidence.cases),
        "constructs": len(evidence.codebook.constructs),
        "observations": len(evidence.observations),
        "group_statements": len(evidence.group_statements),
        "propositions": len(evidence.propositions),
        "frameworks": len(evidence.frameworks),
        "framework_items": sum(len(framework.items) for framework in evidence.frameworks),
        "ambiguities": len(evidence.ambiguities),
    }
    return {**counts, "rows": sum(counts.values())}
