"""`search.sqlite`: names and identifiers of a snapshot, for looking things up without SPARQL.

Readers use the tables `organization`, `identifier` and `alliance`, and the full-text index
`organization_text`, whose row id is the organisation's id in the network. `mention` and `mention_identifier`
hold what each source says, so that a later load can replace one source and derive the rest again.
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
CREATE TABLE IF NOT EXISTS alliance (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, iri TEXT NOT NULL, name TEXT NOT NULL,
    start TEXT, "end" TEXT, form TEXT, purpose TEXT, source TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS alliance_name ON alliance (name, id);
CREATE INDEX IF NOT EXISTS alliance_source ON alliance (source);
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
    SELECT id, key, iri, name, country, sector, type, size, min(source) FROM mention GROUP BY id;
UPDATE organization SET
    country = coalesce(country, (SELECT max(m.country) FROM mention m WHERE m.id = organization.id)),
    sector = coalesce(sector, (SELECT max(m.sector) FROM mention m WHERE m.id = organization.id)),
    type = coalesce(type, (SELECT max(m.type) FROM mention m WHERE m.id = organization.id)),
    size = coalesce(size, (SELECT max(m.size) FROM mention m WHERE m.id = organization.id))
    WHERE id IN (SELECT id FROM mention GROUP BY id HAVING count(*) > 1);
CREATE INDEX organization_name ON organization (name, id);
CREATE INDEX organization_country ON organization (country, name);
CREATE TABLE identifier (organization INTEGER NOT NULL, scheme TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (scheme, value, organization)) WITHOUT ROWID;
INSERT INTO identifier SELECT DISTINCT id, scheme, value FROM mention_identifier;
CREATE INDEX identifier_organization ON identifier (organization);
CREATE VIRTUAL TABLE organization_text USING fts5 (
    name, identifiers, content='', tokenize="unicode61 remove_diacritics 2", prefix='2 3 4');
INSERT INTO organization_text (rowid, name, identifiers)
    SELECT o.id, o.name,
        coalesce((SELECT group_concat(i.value, ' ') FROM identifier i WHERE i.organization = o.id), '')
    FROM organization o;
INSERT INTO organization_text (organization_text) VALUES ('optimize');
"""

_MARKS: Final = ", ".join("?" * 9)


def write_search(
    path: Path,
    parent: Path | None,
    table: ParticipationTable,
    *,
    source: str,
    facts: Facts | None,
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
        database.execute("BEGIN")
        for name in ("mention", "mention_identifier", "alliance"):
            database.execute(f"DELETE FROM {name} WHERE source = ?", (source,))  # noqa: S608 - our own names
        if facts is not None:
            total = len(facts.organizations) + len(facts.alliances)
            organizations, alliances = _ids(table, facts)
            fill = "INSERT INTO {} VALUES ({})".format
            database.executemany(fill("mention", _MARKS), _mentions(facts, organizations, source, base))
            database.executemany(
                fill("mention_identifier", "?, ?, ?, ?"), _identifiers(facts, organizations, source)
            )
            progress(len(facts.organizations), total)
            database.executemany(fill("alliance", _MARKS), _alliances(facts, alliances, source, base))
            progress(total, total)
        database.execute("COMMIT")
        database.executescript(_DERIVED)
        database.execute("VACUUM")


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


def _alliances(facts: Facts, ids: list[int], source: str, base: str) -> Iterator[tuple[object, ...]]:
    for number, entry in zip(ids, facts.alliances.values(), strict=True):
        start, end = (day.isoformat() if (day := entry.day(column)) else None for column in ("start", "end"))
        form = next(iter(entry.concepts.get("form", ())), None)
        iri = individual("alliance", entry.key, base)
        yield number, entry.key, iri, entry.name, start, end, form, entry.texts.get("purpose"), source
