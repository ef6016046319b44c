"""A whole list of organisations against the others: pairs that a machine can decide, and pairs for people.

Each record of one source is looked for among the records of other sources, or of its own. What the matcher
is certain of becomes a judgement of a machine; what it is not certain of is left `undecided`, for a person to
judge. What a person has judged is never judged again.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tertius.queries.judgements import Judgement, Kind, Status, Verdict, holds_apart, strength
from tertius.queries.matching import NAMES_ASKED, Candidate, Connections, Described, Matcher, Outcome
from tertius.queries.pairing import Asked, likely

CANDIDATES: Final = 3
"""Candidates of each record that are looked at, for each source to link to."""

MOST_CANDIDATES: Final = 20

_COLUMNS: Final = """
SELECT m.id, m.key, m.source, m.name, m.country, a.city, a.website, s.key AS stands FROM mention m
LEFT JOIN mention_about a ON a.id = m.id AND a.source = m.source
LEFT JOIN record r ON r.key = m.key LEFT JOIN organization s ON s.id = r.organization
"""
_RECORDS: Final = f"{_COLUMNS} WHERE m.source = ? ORDER BY m.name, m.key"
_FOLLOWING: Final = f"{_COLUMNS} WHERE m.source = ? AND m.id > ? ORDER BY m.id LIMIT ?"
_RECORD: Final = f"{_COLUMNS} WHERE m.key = ? ORDER BY m.source LIMIT 1"
_NAMES: Final = (
    "SELECT name FROM mention_name WHERE id = ? AND source = ? AND name <> ? ORDER BY name LIMIT ?"
)
_SOURCES: Final = """
SELECT source FROM mention WHERE key = ? UNION SELECT m.source FROM record r
JOIN record o ON o.organization = r.organization JOIN mention m ON m.id = o.id WHERE r.key = ?
"""
_IDENTIFIERS: Final = (
    "SELECT scheme, value FROM mention_identifier WHERE id = ? AND source = ? ORDER BY scheme, value"
)
_JUDGED: Final = """
SELECT j.*, coalesce(lo.key, j."left") AS left_stands, coalesce(ro.key, j."right") AS right_stands
FROM judgement j
LEFT JOIN record l ON l.key = j."left" LEFT JOIN organization lo ON lo.id = l.organization
LEFT JOIN record r ON r.key = j."right" LEFT JOIN organization ro ON ro.id = r.organization
WHERE j.status <> ?
"""
_REASONS: Final = 'SELECT * FROM judgement WHERE status <> ? AND "left" IN (?, ?) AND "right" IN (?, ?)'


@dataclass(frozen=True, slots=True)
class Listed:
    """A record of the source that is linked.

    Attributes:
        key: Its key.
        stands: Key of the record that stands for it: its own where nothing joins it.
        described: What its source says of it.
        sources: Sources that have it, or a record that is joined with it.
    """

    key: str
    stands: str
    described: Described
    sources: frozenset[str]


@dataclass(frozen=True, slots=True)
class Said:
    """What counts for a pair at present."""

    verdict: Verdict
    by: str
    kind: Kind
    score: float | None


@dataclass(frozen=True, slots=True)
class Pair:
    """A record and one candidate for being the same.

    Attributes:
        left: The record.
        candidate: The candidate; its key is that of the record that stands for it.
        target: Source that it was looked for in.
        outcome: What a machine may say (`pairing`).
        reasons: What speaks for and against the two being the same, in words.
        said: What somebody has judged of the pair, `None` where nobody has.
        apart: Whether the two are judged to be different; a machine says nothing more of them.
    """

    left: Listed
    candidate: Candidate
    target: str
    outcome: Outcome
    reasons: tuple[str, ...]
    said: Said | None
    apart: bool

    @property
    def pair(self) -> tuple[str, str]:
        """Both keys, the smaller first."""
        left, right = self.left.key, self.candidate.key
        return (left, right) if left < right else (right, left)


class Linking:
    """Links the records of one snapshot.

    Args:
        search_path: The snapshot's `search.sqlite`.
    """

    def __init__(self, search_path: Path) -> None:
        self._connections = Connections(search_path)
        self._matcher = Matcher(search_path)
        self._said, self._apart = self._judged()

    def close(self) -> None:
        """Close the files."""
        self._matcher.close()
        self._connections.close()

    def sources(self) -> list[str]:
        """Return the names of the sources that describe organisations."""
        with self._connections.use() as connection:
            rows = connection.execute("SELECT DISTINCT source FROM mention ORDER BY source").fetchall()
        return [str(row["source"]) for row in rows]

    def count(self, source: str) -> int:
        """Return how many records a source has."""
        with self._connections.use() as connection:
            row = connection.execute("SELECT count(*) FROM mention WHERE source = ?", (source,)).fetchone()
        return int(row[0])

    def records(self, source: str) -> Iterator[Listed]:
        """Yield the records of a source in the order of their names."""
        with self._connections.use() as connection:
            rows = connection.execute(_RECORDS, (source,)).fetchall()
        for row in rows:
            yield self._listed(row, source)

    def listed(self, source: str, after: int | None, limit: int) -> list[tuple[int, Listed]]:
        """Return some records of a source, each with its number, in the order of those numbers.

        Args:
            source: Its name.
            after: Number of the record after which to begin; `None` for the first.
            limit: Most to return.
        """
        with self._connections.use() as connection:
            rows = connection.execute(_FOLLOWING, (source, -1 if after is None else after, limit)).fetchall()
        return [(row["id"], self._listed(row, source)) for row in rows]

    def record(self, key: str) -> Listed | None:
        """Return the record with a key as the first of its sources describes it; `None` without one."""
        with self._connections.use() as connection:
            row = connection.execute(_RECORD, (key,)).fetchone()
        return None if row is None else self._listed(row, row["source"])

    def link(
        self,
        source: str,
        targets: Sequence[str],
        *,
        candidates: int = CANDIDATES,
        progress: Callable[[int, int], None] | None = None,
    ) -> Iterator[tuple[Listed, list[Pair]]]:
        """Yield each record of a source with its candidates, the likeliest first; those `different` left out.

        Args:
            source: Its name.
            targets: Names of the sources to look in; its own name among them looks for repetitions.
            candidates: Most candidates of each record in each target.
            progress: Called with records done and their number.
        """
        total = self.count(source)
        seen: set[tuple[str, str]] = set()
        for done, record in enumerate(self.records(source), 1):
            found = [
                one for one in self.pairs(record, targets, candidates=candidates) if one.pair not in seen
            ]
            seen.update(one.pair for one in found)
            yield record, found
            if progress is not None:
                progress(done, total)

    def pairs(self, record: Listed, targets: Sequence[str], *, candidates: int) -> list[Pair]:
        """Return the candidates of a record, the likeliest first; those `different` left out.

        Those that are judged to be others are among them only where the judgement names these two records.

        Args:
            record: The record.
            targets: Names of the sources to look in.
            candidates: Most of them in each.
        """
        asked = Asked(
            record.described,
            frozenset((record.key, record.stands)),
            record.sources,
            self._apart.get(record.stands, frozenset()),
        )
        found = [
            Pair(
                record,
                one.candidate,
                one.target,
                one.outcome,
                one.reasons,
                self._said.get(_ordered(record.key, one.candidate.key)),
                one.apart,
            )
            for one in likely(self._matcher, asked, targets, each=candidates)
            if one.outcome is not Outcome.DIFFERENT
        ]
        return [one for one in found if one.said is not None or not one.apart]

    def undecided(self) -> list[tuple[str, str, Said]]:
        """Return the pairs that only a machine has judged, and left undecided; the likeliest first."""
        found = [
            (*pair, said)
            for pair, said in self._said.items()
            if said.kind == "machine" and said.verdict is Verdict.UNDECIDED
        ]
        return sorted(found, key=lambda one: (-(one[2].score or 0.0), one[0], one[1]))

    def machine_same(self) -> list[tuple[str, str, Said]]:
        """Return the pairs that only a machine has judged, as the same; the least certain first."""
        found = [
            (*pair, said)
            for pair, said in self._said.items()
            if said.kind == "machine" and said.verdict is Verdict.SAME
        ]
        return sorted(found, key=lambda one: (one[2].score or 0.0, one[0], one[1]))

    def reasons(self, left: str, right: str) -> tuple[str, ...]:
        """Return the reasons of the judgement that counts for a pair; none without one."""
        with self._connections.use() as connection:
            rows = connection.execute(_REASONS, (Status.REPLACED.value, left, right, left, right)).fetchall()
        return tuple(json.loads(max(rows, key=strength)["reasons"])) if rows else ()

    def _listed(self, row: sqlite3.Row, source: str) -> Listed:
        with self._connections.use() as connection:
            names = connection.execute(_NAMES, (row["id"], source, row["name"], NAMES_ASKED - 1)).fetchall()
            identifiers = connection.execute(_IDENTIFIERS, (row["id"], source)).fetchall()
            sources = connection.execute(_SOURCES, (row["key"], row["key"])).fetchall()
        return Listed(
            row["key"],
            row["stands"] or row["key"],
            Described(
                name=row["name"],
                other_names=tuple(one["name"] for one in names),
                country=row["country"] or None,
                city=row["city"] or None,
                identifiers=tuple((one["scheme"], one["value"]) for one in identifiers),
                website=row["website"] or None,
            ),
            frozenset(one["source"] for one in sources),
        )

    def _judged(self) -> tuple[dict[tuple[str, str], Said], dict[str, frozenset[str]]]:
        """Return what counts for each pair of records, and the organisations that are not each organisation.

        The first is so whether or not stronger judgements of other pairs overrule it. Dormant pairs have all
        their judgements, of which the strongest counts. All are by the key of the record that stands.
        """
        with self._connections.use() as connection:
            rows = connection.execute(_JUDGED, (Status.REPLACED.value,)).fetchall()
        rows.sort(key=strength)
        said = {
            _ordered(row["left"], row["right"]): Said(
                Verdict(row["verdict"]), row["by"], row["kind"], row["score"]
            )
            for row in rows
        }
        strongest = {_ordered(row["left_stands"], row["right_stands"]): row for row in rows}
        apart: defaultdict[str, set[str]] = defaultdict(set)
        for (left, right), row in strongest.items():
            if holds_apart(row):
                apart[left].add(right)
                apart[right].add(left)
        return said, {key: frozenset(others) for key, others in apart.items()}


def _ordered(left: str, right: str) -> tuple[str, str]:
    return (left, right) if left < right else (right, left)


def judgements(pairs: Iterable[Pair], *, by: str, when: dt.datetime) -> list[Judgement]:
    """Return what a machine says of pairs of which no person has said anything, and it has not said already.

    Args:
        pairs: The pairs.
        by: Name and version of the machine.
        when: The moment.
    """
    found = []
    for one in pairs:
        verdict = Verdict(one.outcome.value)
        said = one.said
        if one.apart:
            continue
        if said is not None and (said.kind == "person" or said.verdict is verdict):
            continue
        found.append(
            Judgement(
                one.left.key,
                one.candidate.key,
                verdict,
                by,
                "machine",
                when,
                round(one.candidate.score, 4),
                one.reasons,
            )
        )
    return found
