"""What judgements mean for a new snapshot: which records are one organisation, now that a source changed."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tertius.loaders.facts import Facts
from tertius.queries.judgements import Closure, Judgement, Rank, Status, Verdict, close, rank
from tertius.queries.network import ParticipationTable
from tertius.queries.network.table import find_keys
from tertius.store import Snapshot
from tertius.store.search_file import reading

_BATCH: Final = 500
_COLUMNS: Final = '"left", "right", verdict, "by", kind, "when", score, reasons'


@dataclass(frozen=True, slots=True)
class Settled:
    """All judgements and what follows from them in one snapshot.

    Attributes:
        judgements: Every judgement, history included, by moment and key.
        closure: What follows from those whose records are known, with what became of every one.
        network: Record -> record that stands for it, of those that take part in alliances.
    """

    judgements: tuple[Judgement, ...] = ()
    closure: Closure = field(default_factory=lambda: Closure({}, (), (), {}))
    network: Mapping[str, str] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """Return how many there are of each status, how many records were joined, and into how many."""
        statuses = list(self.closure.statuses.values())
        return {
            "judgements": len(statuses),
            **{status.value: statuses.count(status) for status in Status},
            "organizations_joined": len(self.closure.groups),
            "records_joined": sum(len(group.records) for group in self.closure.groups),
        }


@dataclass(slots=True)
class _Record:
    """What the sources know of a record, as far as it matters here."""

    identifiers: set[tuple[str, str]] = field(default_factory=set)
    seen: int = sys.maxsize

    def rank(self, key: str) -> Rank:
        return rank(key, self.identifiers, self.seen)


def history(parent: Snapshot | None) -> list[Judgement]:
    """Return the judgements of a snapshot, by moment and key."""
    if parent is None:
        return []
    with closing(reading(parent.search_path)) as database:
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'judgement'").fetchone():
            return []
        rows = database.execute(f'SELECT {_COLUMNS} FROM judgement ORDER BY "when", key').fetchall()  # noqa: S608 - our own names
    return [
        Judgement(
            left,
            right,
            Verdict(verdict),
            by,
            kind,
            dt.datetime.fromisoformat(when),
            score,
            tuple(json.loads(reasons)),
        )
        for left, right, verdict, by, kind, when, score, reasons in rows
    ]


def settle(
    judgements: Collection[Judgement],
    parent: Snapshot | None,
    *,
    source: str,
    facts: Facts | None,
    staged: Path | None,
) -> Settled:
    """Follow all judgements to their end in the snapshot that is being made.

    Args:
        judgements: All of them, history included.
        parent: The parent snapshot.
        source: Name of the source that changes; what the parent knows from it is forgotten.
        facts: What it says now.
        staged: What a register says now.
    """
    if not judgements:
        return Settled()
    wanted = {record for one in judgements for record in one.pair}
    known = records(wanted, parent, source=source, facts=facts, staged=staged)
    active = [one for one in judgements if known.keys() >= set(one.pair)]
    closure = close(active, {key: record.rank(key) for key, record in known.items()})
    statuses = {one.key: closure.statuses.get(one.key, Status.DORMANT) for one in judgements}
    return Settled(
        tuple(sorted(judgements, key=lambda one: (one.when, one.key))),
        Closure(closure.same, closure.groups, closure.conflicts, statuses),
        {one: other for one, other in closure.same.items() if known[one].seen < sys.maxsize},
    )


def records(
    wanted: Collection[str],
    parent: Snapshot | None,
    *,
    source: str,
    facts: Facts | None = None,
    staged: Path | None = None,
) -> dict[str, _Record]:
    """Return what is known of some records; those that no source has are left out.

    Args:
        wanted: Keys.
        parent: The parent snapshot.
        source: Name of the source that changes.
        facts: What it says now.
        staged: What a register says now.
    """
    known: dict[str, _Record] = {}
    table = ParticipationTable.open(parent.network_path) if parent is not None else None
    if parent is not None and table is not None:
        _of_parent(known, wanted, parent, table, source)
    if facts is not None:
        own = [entry for entry in facts.organizations if entry.key in wanted]
        before = _places(table, [entry.key for entry in own])
        entered = table.organizations.size if table is not None else 0
        for entry, place in zip(own, before, strict=True):
            found = known.setdefault(entry.key, _Record())
            found.identifiers.update(entry.identifiers)
            found.seen = min(found.seen, place if place >= 0 else entered + entry.number)
    if staged is not None:
        with closing(reading(staged)) as database:
            for (key,) in _in_batches(database, "SELECT key FROM staged WHERE key IN ({})", wanted):
                known.setdefault(key, _Record())
            sql = "SELECT key, scheme, value FROM staged_identifier WHERE key IN ({})"
            for key, scheme, value in _in_batches(database, sql, wanted):
                known[key].identifiers.add((scheme, value))
    return known


def _of_parent(
    known: dict[str, _Record],
    wanted: Collection[str],
    parent: Snapshot,
    table: ParticipationTable,
    source: str,
) -> None:
    with closing(reading(parent.search_path)) as database:
        taking_part: set[str] = set()
        for key, name in _in_batches(
            database, "SELECT DISTINCT key, source FROM mention WHERE key IN ({})", wanted
        ):
            if name != source:
                known.setdefault(key, _Record())
                if name in table.sources:
                    taking_part.add(key)
        sql = (
            "SELECT m.key, i.source, i.scheme, i.value FROM mention m"
            " JOIN mention_identifier i ON i.id = m.id AND i.source = m.source WHERE m.key IN ({})"
        )
        for key, name, scheme, value in _in_batches(database, sql, wanted):
            if name != source:
                known[key].identifiers.add((scheme, value))
    listed = sorted(taking_part)
    for key, place in zip(listed, _places(table, listed), strict=True):
        known[key].seen = place


def write_judgements(database: sqlite3.Connection, settled: Settled, table: ParticipationTable) -> None:
    """Write judgements, and which records belong together, into a snapshot's search index.

    Args:
        database: The index, in a transaction, its mentions complete.
        settled: What to write.
        table: The new snapshot's base table.
    """
    database.execute("DELETE FROM judgement")
    database.executemany(
        "INSERT INTO judgement VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _rows(settled.judgements, settled)
    )
    members = [record for group in settled.closure.groups for record in group.records]
    # One that stands for others has an id in the network now, wherever it comes from.
    for key, place in zip(members, _places(table, members), strict=True):
        if place >= 0:
            (now,) = database.execute("SELECT min(id) FROM mention WHERE key = ?", (key,)).fetchone()
            if now != place:
                for name in ("mention", "mention_identifier", "mention_name", "mention_about"):
                    database.execute(f"UPDATE {name} SET id = ? WHERE id = ?", (place, now))  # noqa: S608
    database.executemany(
        "INSERT INTO record SELECT DISTINCT m.id, m.key, s.id FROM mention m, mention s"
        " WHERE m.key = ? AND s.key = ?",
        [(record, group.canonical) for group in settled.closure.groups for record in group.records],
    )


def _rows(judgements: Iterable[Judgement], settled: Settled) -> Iterator[tuple[Any, ...]]:
    for one in judgements:
        yield (
            one.key,
            one.left,
            one.right,
            one.verdict.value,
            one.by,
            one.kind,
            one.when.isoformat(timespec="microseconds"),
            one.score,
            json.dumps(one.reasons, ensure_ascii=False),
            settled.closure.statuses[one.key].value,
        )


def _places(table: ParticipationTable | None, keys: list[str]) -> list[int]:
    if table is None:
        return [-1] * len(keys)
    return find_keys(table.organizations, table.organization_order, keys).tolist()  # type: ignore[no-any-return]


def _in_batches(database: sqlite3.Connection, sql: str, wanted: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    keys = sorted(wanted)
    for begin in range(0, len(keys), _BATCH):
        part = keys[begin : begin + _BATCH]
        yield from database.execute(sql.format(",".join("?" * len(part))), part)
