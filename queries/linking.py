"""A whole list of organisations against the others: pairs that a machine can decide, and pairs for people.

Each record of one source is looked for among the records of other sources, or of its own. What the matcher
is certain of becomes a judgement of a machine; what it is not certain of is left `undecided`, for a person to
judge. What a person has judged is never judged again.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tertius.queries.judgements import Judgement, Kind, Status, Verdict
from tertius.queries.matching import Candidate, Connections, Described, Matcher, Outcome

CANDIDATES: Final = 3
"""Candidates of each record that are looked at, for each source to link to."""

MOST_CANDIDATES: Final = 20

_MARGIN: Final = 0.01
"""Two candidates whose scores lie closer together are as certain as each other."""

_NEARLY: Final = 0.95
"""Likeness of names, whatever the order of words, that a slip of the keyboard explains in one country."""

_SHORT: Final = 6
"""Letters of a single word up to which unrelated organisations often share it, most of them as an acronym."""

_COLUMNS: Final = """
SELECT m.id, m.key, m.source, m.name, m.country, a.city, a.website, s.key AS stands FROM mention m
LEFT JOIN mention_about a ON a.id = m.id AND a.source = m.source
LEFT JOIN record r ON r.key = m.key LEFT JOIN organization s ON s.id = r.organization
"""
_RECORDS: Final = f"{_COLUMNS} WHERE m.source = ? ORDER BY m.name, m.key"
_RECORD: Final = f"{_COLUMNS} WHERE m.key = ? ORDER BY m.source LIMIT 1"
_NAMES: Final = "SELECT name FROM mention_name WHERE id = ? AND source = ? ORDER BY name"
_IDENTIFIERS: Final = (
    "SELECT scheme, value FROM mention_identifier WHERE id = ? AND source = ? ORDER BY scheme, value"
)
_JUDGED: Final = 'SELECT "left", "right", verdict, "by", kind, score FROM judgement WHERE status <> ?'


@dataclass(frozen=True, slots=True)
class Listed:
    """A record of the source that is linked.

    Attributes:
        key: Its key.
        stands: Key of the record that stands for it: its own where nothing joins it.
        described: What its source says of it.
    """

    key: str
    stands: str
    described: Described


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
        outcome: What a machine may say: `same` only where the candidate is certain, no other candidate of
            that source is, and neither country nor legal form speaks against it.
        said: What somebody has judged of the pair, `None` where nobody has.
    """

    left: Listed
    candidate: Candidate
    target: str
    outcome: Outcome
    said: Said | None

    @property
    def pair(self) -> tuple[str, str]:
        """Both keys, the smaller first."""
        left, right = self.left.key, self.candidate.key
        return (left, right) if left < right else (right, left)

    @property
    def reasons(self) -> tuple[str, ...]:
        """What speaks for and against the two being the same, in words."""
        doubtful = self.outcome is Outcome.UNDECIDED and self.candidate.outcome is Outcome.SAME
        if not doubtful:
            return self.candidate.reasons
        why = _doubts(self.candidate) or "another candidate is as likely"
        return (*self.candidate.reasons, f"left to a person: {why}")


class Linking:
    """Links the records of one snapshot.

    Args:
        search_path: The snapshot's `search.sqlite`.
    """

    def __init__(self, search_path: Path) -> None:
        self._connections = Connections(search_path)
        self._matcher = Matcher(search_path)
        self._said = self._standing()

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
                one
                for target in targets
                for one in self.pairs(record, target, candidates=candidates, own=target == source)
                if one.pair not in seen
            ]
            seen.update(one.pair for one in found)
            yield record, sorted(found, key=lambda one: -one.candidate.score)
            if progress is not None:
                progress(done, total)

    def pairs(self, record: Listed, target: str, *, candidates: int, own: bool = False) -> list[Pair]:
        """Return the candidates of a record in one source.

        Args:
            record: The record.
            target: Name of the source.
            candidates: Most of them.
            own: Whether it is the record's own source, where several may be the same.
        """
        found = [
            one
            for one in self._matcher.match(
                record.described,
                limit=candidates + 1,
                sources=(target,),
                exclude=(record.key, record.stands),
                one_each=not own,
            )
            if one.outcome is not Outcome.DIFFERENT
        ]
        certain = [one for one in found if one.outcome is Outcome.SAME and not _doubts(one)]
        # A register has one record of an organisation: of two candidates as certain, neither is.
        ambiguous = not own and len(certain) > 1 and certain[0].score - certain[1].score < _MARGIN
        taken = certain if own else certain[: 0 if ambiguous else 1]
        return [
            Pair(
                record,
                one,
                target,
                Outcome.SAME if one in taken else Outcome.UNDECIDED,
                self._said.get(_ordered(record.key, one.key)),
            )
            for one in found[:candidates]
        ]

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
            row = connection.execute(
                'SELECT reasons FROM judgement WHERE status <> ? AND "left" IN (?, ?) AND "right" IN (?, ?)'
                ' ORDER BY kind DESC, "when" DESC',
                (Status.REPLACED.value, left, right, left, right),
            ).fetchone()
        return () if row is None else tuple(json.loads(row["reasons"]))

    def _listed(self, row: sqlite3.Row, source: str) -> Listed:
        with self._connections.use() as connection:
            names = connection.execute(_NAMES, (row["id"], source)).fetchall()
            identifiers = connection.execute(_IDENTIFIERS, (row["id"], source)).fetchall()
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
        )

    def _standing(self) -> dict[tuple[str, str], Said]:
        """Return what counts for each pair, whether or not stronger judgements of other pairs overrule it."""
        with self._connections.use() as connection:
            rows = connection.execute(_JUDGED, (Status.REPLACED.value,)).fetchall()
        return {
            _ordered(row["left"], row["right"]): Said(
                Verdict(row["verdict"]), row["by"], row["kind"], row["score"]
            )
            for row in rows
        }


def _doubts(one: Candidate) -> str:
    """Return why no machine should join what the names join: companies of one group are not one company."""
    if one.features.get("identifier_same"):
        return ""
    if one.features.get("country_other"):
        return "the countries differ"
    if one.features.get("form_other"):
        return "the legal forms differ"
    nearly = bool(one.features.get("country_same")) and (one.features.get("sorted") or 0.0) >= _NEARLY
    if not one.features.get("equal") and not nearly:
        return "the names are alike and not equal"
    short = len(one.matched_name) <= _SHORT and len(one.matched_name.split()) == 1
    if short and not one.features.get("country_same"):
        return f"many may be called {one.matched_name}"
    return ""


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
