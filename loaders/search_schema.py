"""The tables of `search.sqlite` for records and alliances, and how they follow from what sources say."""

from __future__ import annotations

from typing import Final

SCHEMA: Final = """
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

_TABLES: Final = """
CREATE TABLE organization (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, iri TEXT NOT NULL, name TEXT NOT NULL,
    country TEXT, sector TEXT, type TEXT, size TEXT, source TEXT NOT NULL);
CREATE TABLE identifier (organization INTEGER NOT NULL, scheme TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (scheme, value, organization)) WITHOUT ROWID;
"""

_INDICES: Final = """
CREATE INDEX organization_name ON organization (name, id);
CREATE INDEX organization_country ON organization (country, name);
CREATE INDEX identifier_organization ON identifier (organization);
CREATE INDEX identifier_value ON identifier (value COLLATE NOCASE);
"""

FILL: Final = """
-- Of several sources that know an organisation, the first in the alphabet names it; gaps are filled.
INSERT INTO organization
    SELECT id, key, iri, name, country, sector, type, size, min(source) FROM mention
    WHERE {these} AND id NOT IN (SELECT id FROM record WHERE id <> organization) GROUP BY id;
UPDATE organization SET
    country = coalesce(country, (SELECT max(m.country) FROM mention m WHERE m.id = organization.id)),
    sector = coalesce(sector, (SELECT max(m.sector) FROM mention m WHERE m.id = organization.id)),
    type = coalesce(type, (SELECT max(m.type) FROM mention m WHERE m.id = organization.id)),
    size = coalesce(size, (SELECT max(m.size) FROM mention m WHERE m.id = organization.id))
    WHERE id IN (SELECT id FROM mention WHERE {these} GROUP BY id HAVING count(*) > 1);
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
    WHERE {these} AND id IN (SELECT organization FROM record);
INSERT INTO identifier
    SELECT DISTINCT coalesce(r.organization, i.id), i.scheme, i.value
    FROM mention_identifier i LEFT JOIN record r ON r.id = i.id WHERE {those};
"""
"""Fills `organization` and `identifier` from mentions: those of these ids, and identifiers of those."""

DERIVED: Final = _TABLES + FILL.format(these="1", those="1") + _INDICES
"""Derives `organization` and `identifier` whole, where they are not there."""
