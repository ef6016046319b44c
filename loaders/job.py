"""What a load is asked to do, what it reports, and how it fails."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Final, Protocol

from tertius.loaders.problems import Problem
from tertius.ontology.namespaces import DEFAULT_BASE
from tertius.queries.judgements import Judgement
from tertius.queries.network.parameters import MOST_TIES

EVIDENCE: Final = "evidence"
"""Source name of the shipped evidence base, of which there is one and which takes no files."""

JUDGEMENTS: Final = "judgements"
"""Name of the judgements in place of a source's: they are added to, never replaced, and take no files."""


class Phase(StrEnum):
    """Parts of a load, in the order in which they happen."""

    READ = "reading"
    CHECK = "checking shapes"
    WRITE = "writing statements"
    NETWORK = "deriving the network"
    MEASURES = "writing measures"
    SEARCH = "indexing names"
    PUBLISH = "publishing"


class Progress(Protocol):
    """Called now and then while a load runs; must be quick and must not raise."""

    def __call__(self, phase: Phase, done: int, total: int | None) -> None:
        """Say how far a phase is.

        Args:
            phase: The running part of the load.
            done: Units finished: bytes when reading, rows, statements or organisations later.
            total: Units in all, or `None` where unknown. `done == total` ends the phase.
        """


@dataclass(frozen=True, slots=True)
class LoadJob:
    """One load: which files become which source, in which data directory.

    Attributes:
        data: Data directory that holds the snapshots; made if missing.
        source: Name of the source, 1 to 64 of a-z, 0-9 and `-`; its named graph is `BASE/graph/<source>`.
            `evidence` is the shipped evidence base, `judgements` adds judgements.
        files: Tables to read. Which role each plays in the mapping is inferred from its header.
        mapping: A shipped mapping's name, the path of a mapping file, or one of the registers (`gleif`);
            `None` for a plain alliance table.
        base: Base IRI of the individuals.
        dry_run: Read and check everything, publish nothing (`tertius validate`).
        remove: Remove the source instead of loading it; `files` must be empty.
        retrieved: Day on which the files were fetched from where they come from, overriding the mapping's.
        keep: Published snapshots to keep.
        max_ties: Ties of the whole network up to which every tie becomes a node of the graph, all or none.
            A million of them take a minute or two to write; the network's own files always hold them.
        judgements: What is judged, where `source` is `judgements`. They are added to those that are there; a
            newer one on the same two records takes the place of an older, which stays as history.
        reviewer: Who looked through the one table of pairs in `files`, where `source` is `judgements`.
        origins: Names of files with the addresses they came from, where they were fetched for this load.
    """

    data: Path
    source: str
    files: tuple[Path, ...] = ()
    mapping: str | Path | None = None
    base: str = DEFAULT_BASE
    dry_run: bool = False
    remove: bool = False
    retrieved: dt.date | None = None
    keep: int = 5
    max_ties: int = MOST_TIES
    judgements: tuple[Judgement, ...] = ()
    reviewer: str | None = None
    origins: tuple[tuple[str, str], ...] = ()

    @classmethod
    def reviewed(
        cls, data: Path, table: Path, *, by: str, base: str = DEFAULT_BASE, keep: int = 5
    ) -> LoadJob:
        """Return the job that adds what a person wrote into a table of pairs."""
        return cls(data=data, source=JUDGEMENTS, files=(table,), reviewer=by, base=base, keep=keep)

    @classmethod
    def judged(
        cls, data: Path, judgements: Iterable[Judgement], *, base: str = DEFAULT_BASE, keep: int = 5
    ) -> LoadJob:
        """Return the job that adds judgements."""
        return cls(data=data, source=JUDGEMENTS, base=base, keep=keep, judgements=tuple(judgements))

    @classmethod
    def evidence(cls, data: Path, *, base: str = DEFAULT_BASE, keep: int = 5) -> LoadJob:
        """Return the job that loads the shipped evidence base: its files come with the software."""
        return cls(data=data, source=EVIDENCE, base=base, keep=keep)

    @classmethod
    def demo(cls, data: Path, *, base: str = DEFAULT_BASE) -> LoadJob:
        """Return the job that loads the bundled Horizon 2020 clean-energy consortia."""
        folder = Path(str(resources.files("tertius.loaders") / "demo_data"))
        files = (folder / "projects.csv", folder / "participations.csv")
        return cls(data=data, source="clean-energy", files=files, mapping="cordis-h2020-cleantech", base=base)

    @classmethod
    def samples(cls, data: Path, *, base: str = DEFAULT_BASE, keep: int = 5) -> tuple[LoadJob, ...]:
        """Return the jobs that load the bundled samples of registers: ROR and the Global LEI Index."""
        folder = Path(str(resources.files("tertius.loaders") / "demo_data"))
        return tuple(
            cls(
                data=data,
                source=name,
                files=tuple(folder / file for file in files),
                mapping=name,
                base=base,
                retrieved=retrieved,
                keep=keep,
            )
            for name, files, retrieved in (
                ("ror", ("ror-records.json.gz",), dt.date(2026, 6, 23)),
                ("gleif", ("lei-2023-06-05.xml.gz", "lei-2023-11-06.xml.gz"), dt.date(2023, 11, 6)),
            )
        )


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load found and did.

    Attributes:
        source: Name of the source.
        snapshot: Number of the snapshot published, or of the live one where nothing was; `None` without any.
        published: Whether a new snapshot went live.
        unchanged: Whether the same files had been loaded before in the same way, so that nothing was done.
        dry_run: Whether the job asked to publish nothing.
        rows: Data rows read, over all files.
        rows_right: Rows without a problem.
        problems: What is wrong, at most `problems.LISTED`; empty for a load that succeeded.
        problem_count: Problems in all, by code.
        notes: What was decided on the reader's behalf, at most `problems.EXAMPLES` of each kind.
        note_count: Notes in all, by code.
        counts: `organizations`, `alliances`, `participations`, `single_partner_alliances` and `statements`
            of the source.
        as_of: Day for which the network stands by default.
        seconds: Wall time of each phase, and `total`.
    """

    source: str
    snapshot: int | None = None
    published: bool = False
    unchanged: bool = False
    dry_run: bool = False
    rows: int = 0
    rows_right: int = 0
    problems: tuple[Problem, ...] = ()
    problem_count: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()
    note_count: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    as_of: dt.date | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with the input."""
        return not self.problem_count

    def as_json(self) -> dict[str, object]:
        """Return the report as JSON-ready data; dates as ISO text, seconds to a millisecond."""
        data = asdict(self)
        data["as_of"] = self.as_of.isoformat() if self.as_of else None
        data["seconds"] = {name: round(value, 3) for name, value in self.seconds.items()}
        return data

    def lines(self) -> list[str]:
        """Return the report as lines for people: outcome, problems, notes, counts."""
        out = [self._outcome()]
        out += _listing("problem", self.problems, self.problem_count)
        out += _listing("note", self.notes, self.note_count)
        if self.counts:
            out.append(", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in self.counts.items()))
        return out

    def _outcome(self) -> str:
        right = f"{self.rows_right:,} of {self.rows:,} rows are right"
        if not self.ok:
            return f"{self.source}: nothing was changed; {right}"
        if self.unchanged:
            return f"{self.source}: identical to what snapshot {self.snapshot} holds; nothing was published"
        if self.dry_run:
            return f"{self.source}: {right}; nothing was published, as asked"
        return f"{self.source}: snapshot {self.snapshot} is live; {right}"


def _listing(word: str, listed: tuple[Problem, ...], counts: Mapping[str, int]) -> list[str]:
    lines = [f"{word}: {item}" for item in listed]
    shown = Counter(item.code for item in listed)
    rest = {code: n - shown[code] for code, n in counts.items() if n > shown[code]}
    if rest:
        lines.append(f"{word}s not listed: {', '.join(f'{n:,} {code}' for code, n in rest.items())}")
    return lines


class LoadError(Exception):
    """The input cannot be loaded; nothing was changed. `str()` is one line, `report` has everything found."""

    def __init__(self, message: str, report: LoadReport) -> None:
        super().__init__(message)
        self.report = report
