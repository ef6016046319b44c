"""Beneficial Ownership Data Standard 0.4: statements about entities and what they own.

A record is a series of statements, of which the newest counts. Relations name records that may stand
anywhere in the file, so that the newest statement of each record is kept in a file on disk before any is
turned into facts. Natural persons, and relations with them, are counted and left out.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final

from tertius.loaders.registers.bytes_in import first_bytes, open_bytes
from tertius.loaders.registers.json_in import items, json_lines
from tertius.loaders.registers.records import (
    Layout,
    Left,
    Name,
    Raw,
    RecordProblem,
    Registered,
    Relation,
    Statement,
    country,
    day,
    jurisdiction,
    key_of,
    name_of,
    percentage,
    tidy,
)
from tertius.loaders.registers.walk import entries, mapping, text
from tertius.loaders.tables import refuse
from tertius.ontology.identifiers import identify
from tertius.ontology.identity import key

VERSION: Final = "0.4"

_SCHEMES: Final = {
    "XI-LEI": "lei",
    "GB-COH": "gb-coh",
    "NL-KVK": "nl-kvk",
    "XI-GRID": "grid",
    "XI-ROR": "ror",
    "XI-PIC": "pic",
    "XI-WIKID": "wikidata",
    "US-SEC-CIK": "cik",
}
"""Codes of org-id.guide whose numbers are a scheme of ours; the first that an entity has makes its key."""

_SCHEMA: Final = """
CREATE TABLE record (id TEXT PRIMARY KEY, kind TEXT NOT NULL, said TEXT NOT NULL, row INTEGER NOT NULL,
    content TEXT NOT NULL) WITHOUT ROWID;
"""
_KINDS: Final = ("entity", "person", "relationship")


def open_bods(path: Path, source: str) -> Layout:
    """Open a file of statements: a list, or one a line.

    Raises:
        TableError: It is neither, or cannot be read.
    """
    start = first_bytes(path)[:1]
    if start not in {b"[", b"{"}:
        refuse("unknown-layout", "not BODS: neither a list of JSON statements nor one statement a line", path)
    stream, position = open_bytes(path)
    raw = items(stream, path) if start == b"[" else json_lines(stream, path)
    return Layout("BODS statements", _newest(raw), partial(_take, source), position)


def _newest(raw: Iterator[Raw]) -> Iterator[Raw]:
    """Yield entities, then relations with what their ends are; what cannot be kept is passed on as it is."""
    with (
        tempfile.TemporaryDirectory(prefix="tertius-register-") as folder,
        closing(sqlite3.connect(Path(folder) / "records.sqlite", isolation_level=None)) as database,
    ):
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.executescript(_SCHEMA)
        database.execute("BEGIN")
        for statement in raw:
            content = mapping(statement.content)
            kind, record = text(content, "recordType"), text(content, "recordId")
            if kind not in _KINDS or not record:
                yield Raw(statement.row, ("wrong", content, None))
                continue
            if database.execute("SELECT 1 FROM record WHERE id = ?", (record,)).fetchone():
                yield Raw(statement.row, ("replaced", content, None))
            database.execute(
                "INSERT INTO record VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                " said = excluded.said, row = excluded.row, content = excluded.content"
                " WHERE excluded.said >= record.said",
                (record, kind, text(content, "statementDate"), statement.row, json.dumps(content)),
            )
        yield from _stored(database)


def _stored(database: sqlite3.Connection) -> Iterator[Raw]:
    select = "SELECT row, content FROM record WHERE kind = ? ORDER BY id"
    for kind in _KINDS:
        for row, content in database.execute(select, (kind,)):
            statement = json.loads(content)
            ends: tuple[Any, ...] = ()
            if kind == "relationship":
                details = mapping(statement.get("recordDetails"))
                ends = tuple(_end(database, details.get(side)) for side in ("subject", "interestedParty"))
            yield Raw(row, (kind, statement, ends))


def _end(database: sqlite3.Connection, given: object) -> tuple[str, object]:
    """Return the kind of a record and its newest statement; `unspecified` and `missing` for what is none."""
    if not isinstance(given, str):
        return "unspecified", None
    name = tidy(given)
    found = database.execute("SELECT kind, content FROM record WHERE id = ?", (name,)).fetchone()
    return (found[0], json.loads(found[1])) if found else ("missing", name)


def _take(source: str, content: object) -> Iterator[Statement | Left]:
    kind, statement, ends = content if isinstance(content, tuple) else ("wrong", {}, ())
    record = mapping(statement)
    version = text(mapping(record.get("publicationDetails")), "bodsVersion")
    if kind == "wrong" or not version.startswith(VERSION):
        if kind == "wrong":
            message = "the statement has no recordId, or a recordType other than entity, person, relationship"
            raise RecordProblem("bad-statement", message, "recordType", text(record, "recordType"))
        message = f"the statement is of another version of BODS than {VERSION}"
        raise RecordProblem("other-version", message, "publicationDetails.bodsVersion", version)
    if kind == "replaced":
        yield Left("statements that a newer one about the same record replaces")
    elif kind == "person":
        yield Left("natural persons")
    elif kind == "entity":
        yield from _entity(source, record)
    else:
        yield from _relation(source, record, ends)


def _key(source: str, statement: object) -> str:
    """Return an entity's key: from a number of a scheme of ours, else from the record's own identifier."""
    record = mapping(statement)
    known = _identifiers(mapping(record.get("recordDetails")))
    return key_of(known[0]) if known else key(source, text(record, "recordId"), "")


def _identifiers(details: object) -> list[Any]:
    found = []
    for entry in entries(mapping(details).get("identifiers")):
        scheme = _SCHEMES.get(text(entry, "scheme"))
        if scheme and (one := identify(scheme, text(entry, "id"))).well_formed:
            found.append(one)
    order = list(_SCHEMES.values())
    return sorted(found, key=lambda one: order.index(one.scheme))


def _nameless(details: object) -> bool:
    kind = text(mapping(mapping(details).get("entityType")), "type")
    return kind in {"anonymousEntity", "unknownEntity"} and not text(mapping(details), "name")


def _entity(source: str, record: object) -> Iterator[Statement | Left]:
    statement = mapping(record)
    details = mapping(statement.get("recordDetails"))
    if _nameless(details):
        yield Left("entities that are anonymous or unknown")
        return
    name = name_of(details.get("name"), "recordDetails.name")
    found = Registered(_key(source, statement), name, identifiers=_identifiers(details))
    alternatives = details.get("alternateNames")
    for other in alternatives if isinstance(alternatives, list) else []:
        if tidy(other):
            found.names.append(Name(tidy(other), "alternative"))
    numbers = [
        " ".join(filter(None, (text(entry, "scheme") or text(entry, "schemeName"), text(entry, "id"))))
        for entry in entries(details.get("identifiers"))
        if text(entry, "scheme") not in _SCHEMES
    ]
    found.say("registrationNumber", numbers[0] if numbers else "")
    law = mapping(details.get("jurisdiction"))
    found.say("jurisdiction", jurisdiction(law.get("code")))
    found.country = country(text(law, "code")[:2])
    for address in entries(details.get("addresses")):
        if address.get("type") in {"registered", None}:
            found.say("registeredAddress", address.get("address"))
            found.say("postalCode", address.get("postCode"))
    kind = mapping(details.get("entityType"))
    found.types = [text(kind, "type")] if text(kind, "type") else []
    found.say("legalForm", text(kind, "subtype"))
    founded = day(details.get("foundingDate"))
    found.founded = (founded, False) if founded else None
    found.dissolved = day(details.get("dissolutionDate"))
    found.status = "inactive" if found.dissolved else ""
    found.say("registrationStatus", statement.get("recordStatus"))
    yield found


def _relation(source: str, record: object, ends: object) -> Iterator[Statement | Left]:
    statement = mapping(record)
    details = mapping(statement.get("recordDetails"))
    keys = []
    for side, (kind, found) in zip(("subject", "interestedParty"), ends, strict=True):  # type: ignore[call-overload]
        if kind == "missing":
            message = "the relationship names a record that is not in the file"
            raise RecordProblem("unknown-record", message, f"recordDetails.{side}", str(found))
        if kind != "entity":
            why = {"person": "natural persons", "unspecified": "nobody named"}.get(kind, "what is no entity")
            yield Left(f"relationships with {why}")
            return
        if _nameless(mapping(found).get("recordDetails")):
            yield Left("relationships with entities that are anonymous or unknown")
            return
        keys.append(_key(source, found))
    interests = entries(details.get("interests"))
    starts = [first for entry in interests if (first := day(entry.get("startDate")))]
    stops = [day(entry.get("endDate")) for entry in interests]
    closed = day(statement.get("statementDate")) if text(statement, "recordStatus") == "closed" else None
    ended = [last for last in stops if last] if stops and all(stops) else []
    share = next((mapping(entry.get("share")) for entry in interests if entry.get("share")), mapping(None))
    least, most = _bounds(share)
    yield Relation(
        keys[0],
        keys[1],
        "control",
        min(starts) if starts else None,
        max(ended) if ended else closed,
        natures=tuple(dict.fromkeys(text(entry, "type") or "unspecified" for entry in interests)),
        least=least,
        most=most,
        registration=text(statement, "recordStatus"),
    )


def _bounds(share: object) -> tuple[Any, Any]:
    given = mapping(share)
    exact = percentage(given.get("exact"))
    if exact is not None:
        return exact, exact
    least = percentage(given.get("minimum", given.get("exclusiveMinimum")))
    return least, percentage(given.get("maximum", given.get("exclusiveMaximum")))
