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

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from tertius.loaders.circles import notation
from tertius.loaders.facts import Facts
from tertius.loaders.judged import Settled, write_judgements
from tertius.loaders.name_index import write_names
from tertius.ontology.identity import individual
from tertius.queries.network import ParticipationTable
from tertius.queries.network.columns import PARTITIONS
from tertius.queries.network.table import find_keys

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS mention (
    id INTEGER NOT NULL, source TEXT NOT NULL, key TEXT NOT NULL, iri TEXT NOT NULL, name TEXT NOT NULL,
    country TEXT, sector TEXT, type TEXT, size TEXT, PRIMARY KEY (id, source)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mention_identifier (
    id INTEGER NOT NULL, source TEXT NOT NULL, scheme TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (id, source, scheme, value)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mention_name (
    id INTEGER NOT NULL, source TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL DEFAULT 'alternative',
    PRIMARY KEY (id, source, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mention_about (
    id INTEGER NOT NULL, source TEXT NOT NULL, city TEXT, website TEXT,
    PRIMARY KEY (id, source)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS mention_key ON mention (key, id);
CREATE TABLE IF NOT EXISTS alliance (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, iri TEXT NOT NULL, name TEXT NOT NULL,
    start TEXT, "end" TEXT, form TEXT, purpose TEXT, source TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS alliance_name ON alliance (name, id);
CREATE INDEX IF NOT EXISTS alliance_source ON alliance (source);
CREATE TABLE IF NOT EXISTS judgement (
    key TEXT PRIMARY KEY, "left" TEXT NOT NULL, "right" TEXT NOT NULL, verdict TEXT NOT NULL,
    "by" TEXT NOT NULL, kind TEXT NOT NULL, "when" TEXT NOT NULL, score REAL, reasons TEXT NOT NULL,
    status TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS judgement_left ON judgement ("left");
CREATE INDEX IF NOT EXISTS judgement_right ON judgement ("right");
CREATE INDEX IF NOT EXISTS judgement_when ON judgement ("when", key);
DROP TABLE IF EXISTS record;
-- Records that judgements join, each with the id of the organisation that they are; it is among them.
CREATE TABLE record (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, organization INTEGER NOT NULL);
CREATE INDEX record_organization ON record (organization);
DROP TABLE IF EXISTS organization;
DROP TABLE IF EXISTS identifier;
DROP TABLE IF EXISTS organization_text;
"""

_DERIVED: Final = """
CREATE TABLE organization (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, iri TEXT NOT NULL, name TEXT NOT NULL,
    country TEXT, sector TEXT, type TEXT, size TEXT, source TEXT NOT NULL);
-- Of several sources that know an organisation, the first in the alphabet names it; gaps are filled.
INSERT INTO organization
    SELECT id, key, iri, name, country, sector, type, size, min(source) FROM mention
    WHERE id NOT IN (SELECT id FROM record WHERE id <> organization) GROUP BY id;
UPDATE organization SET
    country = coalesce(country, (SELECT max(m.country) FROM mention m WHERE m.id = organization.id)),
    sector = coalesce(sector, (SELECT max(m.sector) FROM mention m WHERE m.id = organization.id)),
    type = coalesce(type, (SELECT max(m.type) FROM mention m WHERE m.id = organization.id)),
    size = coalesce(size, (SELECT max(m.size) FROM mention m WHERE m.id = organization.id))
    WHERE id IN (SELECT id FROM mention GROUP BY id HAVING count(*) > 1);
-- What stands for other records has what the first of them knows.
UPDATE organization SET
    country = coalesce(country, (SELECT m.country FROM record r JOIN mention m ON m.id = r.id
        WHERE r.organization = organization.id AND m.country <> '' ORDER BY m.id, m.source)),
    sector = coalesce(sector, (SELECT m.sector FROM record r JOIN mention m ON m.id = r.id
        WHERE r.organization = organization.id AND m.sector <> '' ORDER BY m.id, m.source)),
    type = coalesce(type, (SELECT m.type FROM record r JOIN mention m ON m.id = r.id
        WHERE r.organization = organization.id AND m.type <> '' ORDER BY m.id, m.source)),
    size = coalesce(size, (SELECT m.size FROM record r JOIN mention m ON m.id = r.id
        WHERE r.organization = organization.id AND m.size <> '' ORDER BY m.id, m.source))
    WHERE id IN (SELECT organization FROM record);
CREATE INDEX organization_name ON organization (name, id);
CREATE INDEX organization_country ON organization (country, name);
CREATE TABLE identifier (organization INTEGER NOT NULL, scheme TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (scheme, value, organization)) WITHOUT ROWID;
INSERT INTO identifier
    SELECT DISTINCT coalesce(r.organization, i.id), i.scheme, i.value
    FROM mention_identifier i LEFT JOIN record r ON r.id = i.id;
CREATE INDEX identifier_organization ON identifier (organization);
CREATE INDEX identifier_value ON identifier (value COLLATE NOCASE);
"""

OUTSIDE: Final = 1 << 40
"""First id of organisations that are not in the network, whose own ids have 31 bits."""

_OWN: Final = ("mention", "mention_identifier", "mention_name", "mention_about", "alliance")
"""Tables whose rows belong to a source."""

_BATCH: Final = 50_000

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
    base: str,
    progress: Callable[[int, int | None], None],
) -> None:
    """Write a snapshot's search index: the parent's with one source replaced.

    Args:
        path: File to make.
        parent: The parent snapshot's index, `None` without one.
        table: The new snapshot's base table, whose ids the index uses.
        source: Name of the source.
        facts: What it says now; `None` to leave it out.
        staged: What a register says now, put aside in a file of its own (`registers.staging`).
        settled: Judgements, and which records they join.
        base: Base IRI of the individuals.
        progress: Called with organisations and alliances written, and their number.
    """
    if parent is not None:
        shutil.copyfile(parent, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        # The file is private until it is published and thrown away if anything fails.
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "temp_store = MEMORY"):
            database.execute(f"PRAGMA {pragma}")
        database.executescript(_SCHEMA)
        _modernise(database)
        database.execute("BEGIN")
        for name in _OWN:
            database.execute(f"DELETE FROM {name} WHERE source = ?", (source,))  # noqa: S608 - our own names
        if staged is not None:
            _take_staged(database, staged, table, source, base)
        if facts is not None:
            total = len(facts.organizations) + len(facts.alliances)
            organizations, alliances = _ids(table, facts)
            _enter_network(database, facts, organizations)
            fill = "INSERT INTO {} VALUES ({})".format
            database.executemany(fill("mention", _MARKS), _mentions(facts, organizations, source, base))
            database.executemany(
                fill("mention_identifier", "?, ?, ?, ?"), _identifiers(facts, organizations, source)
            )
            database.executemany(fill("mention_name", "?, ?, ?, ?"), _former(facts, organizations, source))
            progress(len(facts.organizations), total)
            database.executemany(fill("alliance", _MARKS), _alliances(facts, alliances, source, base))
            progress(total, total)
        write_judgements(database, settled, table)
        database.execute("COMMIT")
        database.executescript(_DERIVED)
        write_names(database)
        database.execute("VACUUM")


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
