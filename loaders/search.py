"""`search.sqlite`: names and identifiers of a snapshot, for looking things up without SPARQL.

Readers use the tables `organization`, `identifier` and `alliance`, and those that find organisations by name
(`name_index`). `mention` and the tables whose names begin with it hold what each source says, so that a later
load can replace one source and derive the rest again.

Records that judgements join are one row of `organization`, under the key that stands for them; `record` tells
which they are, and `judgement` holds every judgement with what became of it.

Organisations that only registers know have no place in the network; their ids begin at `OUTSIDE`. One that
enters the network later takes its network id in every table.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from tertius.loaders.circles import notation
from tertius.loaders.facts import Facts
from tertius.loaders.judged import Settled, write_judgements
from tertius.loaders.name_index import write_names
from tertius.loaders.search_schema import DERIVED, SCHEMA
from tertius.loaders.search_update import NoRoomError, updating
from tertius.ontology.identity import individual
from tertius.queries.matching.schema import LAYOUT
from tertius.queries.network import ParticipationTable
from tertius.queries.network.columns import PARTITIONS
from tertius.queries.network.table import find_keys
from tertius.store.search_file import can_share, compact, reading, sharing, writing

OUTSIDE: Final = 1 << 40
"""First id of organisations that are not in the network, whose own ids have 31 bits."""

_OWN: Final = ("mention", "mention_identifier", "mention_name", "mention_about", "alliance")
"""Tables whose rows belong to a source."""

_BATCH: Final = 50_000

MOST_TOUCHED: Final = 2_000
"""Organisations, or alliances, of a source up to which its rows are replaced one by one."""

_STAGED: Final = """
INSERT OR IGNORE INTO given_id
    SELECT s.key, min(m.id) FROM staged.staged s JOIN mention m ON m.key = s.key GROUP BY s.key;
INSERT INTO given_id
    SELECT key, row_number() OVER (ORDER BY key) + (SELECT max(coalesce(max(id), 0), :outside) FROM mention)
    FROM staged.staged WHERE key NOT IN (SELECT key FROM given_id);
INSERT INTO mention
    SELECT p.id, :source, s.key, :prefix || s.key, s.name, s.country, s.sector, s.type, NULL
    FROM staged.staged s JOIN given_id p ON p.key = s.key;
INSERT INTO mention_identifier
    SELECT p.id, :source, s.scheme, s.value FROM staged.staged_identifier s JOIN given_id p ON p.key = s.key;
INSERT INTO mention_name
    SELECT p.id, :source, s.name, s.kind FROM staged.staged_name s JOIN given_id p ON p.key = s.key;
INSERT INTO mention_about
    SELECT p.id, :source, s.city, s.website FROM staged.staged s JOIN given_id p ON p.key = s.key
    WHERE s.city IS NOT NULL OR s.website IS NOT NULL;
"""

_MARKS: Final = ", ".join("?" * 9)


def write_search(
    path: Path,
    parent: Path | None,
    table: ParticipationTable,
    *,
    source: str,
    facts: Facts | None,
    staged: Path | None = None,
    settled: Settled,
    listed: list[int] | None = None,
    base: str,
    progress: Callable[[int, int | None], None],
) -> None:
    """Write a snapshot's search index: the parent's with one source replaced.

    Where the source names few organisations, before and now, and judgements join few others than before, the
    rows of those organisations alone are written; otherwise everything is derived again from what the sources
    say.

    Args:
        path: File to make.
        parent: The parent snapshot's index, `None` without one.
        table: The new snapshot's base table, whose ids the index uses.
        source: Name of the source.
        facts: What it says now; `None` to leave it out.
        staged: What a register says now, put aside in a file of its own (`registers.staging`).
        settled: Judgements, and which records they join.
        listed: Ids of all organisations that the parent knows from the source; None where that is not known.
        base: Base IRI of the individuals.
        progress: Called with organisations and alliances written, and their number.
    """
    if parent is not None and listed is not None and staged is None:
        with closing(reading(parent)) as database:
            touched = _touched(database, table, listed, facts, settled)
        if touched is not None:
            begin = sharing if can_share(parent) else writing
            # Where two neighbours' places leave none between them, all places are given out again below.
            with suppress(NoRoomError), begin(parent, path) as database:
                with updating(database, touched):
                    _forget(database, source, listed)
                    _mention(database, facts, table, source=source, base=base, progress=progress)
                    database.execute("DELETE FROM record")
                    write_judgements(database, settled, table)
                return
    with writing(parent, path) as database:
        database.executescript(SCHEMA)
        _modernise(database)
        database.execute("BEGIN")
        for name in _OWN:
            database.execute(f"DELETE FROM {name} WHERE source = ?", (source,))  # noqa: S608 - our own names
        if staged is not None:
            _take_staged(database, staged, table, source, base)
        _mention(database, facts, table, source=source, base=base, progress=progress)
        write_judgements(database, settled, table)
        database.execute("COMMIT")
        database.executescript(DERIVED)
        write_names(database)
        database.execute(f"PRAGMA user_version = {LAYOUT}")
    compact(path)


def _forget(database: sqlite3.Connection, source: str, listed: list[int]) -> None:
    """Take out what the parent knows from a source, organisation by organisation."""
    owned = [(number, source) for number in listed]
    for name in _OWN[:-1]:
        database.executemany(f"DELETE FROM {name} WHERE id = ? AND source = ?", owned)  # noqa: S608
    database.execute("DELETE FROM alliance WHERE source = ?", (source,))


def _touched(
    database: sqlite3.Connection,
    table: ParticipationTable,
    known: list[int],
    facts: Facts | None,
    settled: Settled,
) -> list[int] | None:
    """Return the organisations that change, or None if the index should be derived whole."""
    (form,) = database.execute("PRAGMA user_version").fetchone()
    if form != LAYOUT:
        return None
    organizations = _ids(table, facts)[0] if facts is not None else []
    touched = {*known, *organizations}
    if len(touched) > MOST_TOUCHED or (facts is not None and len(facts.alliances) > MOST_TOUCHED):
        return None
    # What a register made known enters the network under another id.
    for entry in facts.organizations if facts is not None else ():
        outside = database.execute("SELECT id FROM mention WHERE key = ? AND id >= ?", (entry.key, OUTSIDE))
        touched.update(int(row[0]) for row in outside)
    touched |= _rejoined(database, table, settled, touched)
    return sorted(touched) if len(touched) <= MOST_TOUCHED else None


def _rejoined(
    database: sqlite3.Connection, table: ParticipationTable, settled: Settled, touched: set[int]
) -> set[int]:
    """Return the ids, those of before and after, of the records of every group that changes.

    A group changes where a record comes or goes, where another stands for it, and where a source that
    changes knows one of its records.
    """
    before = {}
    changed = set()
    rows = database.execute(
        "SELECT r.key, s.key, r.id FROM record r JOIN record s ON s.id = r.organization"
    ).fetchall()
    for record, stands, number in rows:
        before[record] = stands
        if number in touched:
            changed.add(record)
    after = {record: one.canonical for one in settled.closure.groups for record in one.records}
    members = sorted(after)
    places = dict(
        zip(members, find_keys(table.organizations, table.organization_order, members).tolist(), strict=True)
    )
    changed |= {record for record, place in places.items() if place in touched}
    changed |= {record for record in before.keys() | after.keys() if before.get(record) != after.get(record)}
    groups = {joined[record] for joined in (before, after) for record in changed if record in joined}
    concerned = {record for joined in (before, after) for record, one in joined.items() if one in groups}
    # One that stands for others may have an id in the network now that it had not.
    found = {place for record in concerned if (place := places.get(record, -1)) >= 0}
    for record in concerned:
        found.update(
            int(row[0]) for row in database.execute("SELECT id FROM mention WHERE key = ?", (record,))
        )
    return found


def _mention(
    database: sqlite3.Connection,
    facts: Facts | None,
    table: ParticipationTable,
    *,
    source: str,
    base: str,
    progress: Callable[[int, int | None], None],
) -> None:
    """Enter what a source says."""
    if facts is None:
        return
    total = len(facts.organizations) + len(facts.alliances)
    organizations, alliances = _ids(table, facts)
    _enter_network(database, facts, organizations)
    fill = "INSERT INTO {} VALUES ({})".format
    database.executemany(fill("mention", _MARKS), _mentions(facts, organizations, source, base))
    database.executemany(fill("mention_identifier", "?, ?, ?, ?"), _identifiers(facts, organizations, source))
    database.executemany(fill("mention_name", "?, ?, ?, ?"), _former(facts, organizations, source))
    progress(len(facts.organizations), total)
    database.executemany(fill("alliance", _MARKS), _alliances(facts, alliances, source, base))
    progress(total, total)


def _modernise(database: sqlite3.Connection) -> None:
    """Bring the tables of a snapshot that an earlier version wrote into today's form."""
    if not any(column[1] == "kind" for column in database.execute("PRAGMA table_info(mention_name)")):
        database.execute("ALTER TABLE mention_name ADD COLUMN kind TEXT NOT NULL DEFAULT 'alternative'")


def _take_staged(
    database: sqlite3.Connection, staged: Path, table: ParticipationTable, source: str, base: str
) -> None:
    """Copy what was put aside, giving each organisation the id that it has or a new one outside."""
    # A database can be attached outside a transaction only.
    database.execute("COMMIT")
    database.execute("ATTACH ? AS staged", (str(staged),))
    database.execute("BEGIN")
    database.execute("CREATE TEMP TABLE given_id (key TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID")
    cursor = database.execute("SELECT key FROM staged.staged")
    while rows := cursor.fetchmany(_BATCH):
        keys = [str(key) for (key,) in rows]
        found = find_keys(table.organizations, table.organization_order, keys).tolist()
        inside = [(key, number) for key, number in zip(keys, found, strict=True) if number >= 0]
        database.executemany("INSERT INTO given_id VALUES (?, ?)", inside)
    values = {"source": source, "outside": OUTSIDE, "prefix": individual("organization", "", base)}
    for statement in filter(str.strip, _STAGED.split(";")):
        database.execute(statement, values)
    database.execute("DROP TABLE given_id")
    database.execute("COMMIT")
    database.execute("DETACH staged")
    database.execute("BEGIN")


def _enter_network(database: sqlite3.Connection, facts: Facts, ids: list[int]) -> None:
    """Give organisations that registers made known their network ids, once they are in the network."""
    if not database.execute("SELECT 1 FROM mention WHERE id >= ? LIMIT 1", (OUTSIDE,)).fetchone():
        return
    moved = []
    for number, entry in zip(ids, facts.organizations, strict=True):
        row = database.execute("SELECT max(id) FROM mention WHERE key = ?", (entry.key,)).fetchone()
        if row[0] is not None and row[0] >= OUTSIDE:
            moved.append((number, row[0]))
    for name in ("mention", "mention_identifier", "mention_name", "mention_about"):
        database.executemany(f"UPDATE {name} SET id = ? WHERE id = ?", moved)  # noqa: S608 - our own names


def _ids(table: ParticipationTable, facts: Facts) -> tuple[list[int], list[int]]:
    organizations = [entry.key for entry in facts.organizations]
    alliances = [entry.key for entry in facts.alliances.values()]
    return (
        find_keys(table.organizations, table.organization_order, organizations).tolist(),
        find_keys(table.alliances, table.alliance_order, alliances).tolist(),
    )


def _mentions(facts: Facts, ids: list[int], source: str, base: str) -> Iterator[tuple[object, ...]]:
    for number, entry in zip(ids, facts.organizations, strict=True):
        circles = [notation(kind, entry.circles.get(kind, "")) or None for kind in PARTITIONS]
        iri = individual("organization", entry.key, base)
        yield (number, source, entry.key, iri, entry.name, *circles, entry.size or None)


def _identifiers(facts: Facts, ids: list[int], source: str) -> Iterator[tuple[object, ...]]:
    for number, entry in zip(ids, facts.organizations, strict=True):
        for scheme, value in entry.identifiers:
            yield number, source, scheme, value


def _former(facts: Facts, ids: list[int], source: str) -> Iterator[tuple[object, ...]]:
    for number, entry in zip(ids, facts.organizations, strict=True):
        for name in sorted(entry.former - {entry.name}):
            yield number, source, name, "former"


def _alliances(facts: Facts, ids: list[int], source: str, base: str) -> Iterator[tuple[object, ...]]:
    for number, entry in zip(ids, facts.alliances.values(), strict=True):
        start, end = (day.isoformat() if (day := entry.day(column)) else None for column in ("start", "end"))
        form = next(iter(entry.concepts.get("form", ())), None)
        iri = individual("alliance", entry.key, base)
        yield number, entry.key, iri, entry.name, start, end, form, entry.texts.get("purpose"), source
