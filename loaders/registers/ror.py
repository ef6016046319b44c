"""The Research Organization Registry: its dump in schema version 2, a list of records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tertius.loaders.registers.bytes_in import first_bytes, open_bytes
from tertius.loaders.registers.json_in import items
from tertius.loaders.registers.records import (
    FIRST_YEAR,
    Layout,
    Left,
    Name,
    RecordProblem,
    Registered,
    Relation,
    Statement,
    country,
    key_of,
    language,
    required,
    tidy,
)
from tertius.loaders.registers.walk import entries, mapping, text
from tertius.loaders.tables import refuse
from tertius.ontology.identifiers import identify

_KINDS: Final = {"acronym": "acronym", "label": "translated", "alias": "alternative"}
_STATUS: Final = {"active": "active", "inactive": "inactive", "withdrawn": "withdrawn"}
_RELATIONS: Final = {
    "parent": ("parent", False),
    "child": ("parent", True),
    "successor": ("successor", False),
    "predecessor": ("successor", True),
    "related": ("related", False),
}
"""Type of a relationship -> kind of relation, and whether it is told from the other end."""

_SCHEMES: Final = ("grid", "isni", "wikidata", "fundref")
_THIS_YEAR_AT_MOST: Final = 2199


def open_ror(path: Path, source: str) -> Layout:  # noqa: ARG001 - keys come from ROR identifiers alone
    """Open a dump.

    Raises:
        TableError: It is no list of JSON records, or cannot be read.
    """
    if not first_bytes(path).startswith(b"["):
        refuse(
            "unknown-layout", "not a dump of ROR, which is a list of JSON records beginning with '['", path
        )
    stream, position = open_bytes(path)
    return Layout("ROR records (schema 2)", items(stream, path), _take, position)


def _take(content: object) -> Iterator[Statement | Left]:
    record = mapping(content)
    ror = required("ror", record.get("id"), "id")
    if "name" in record and "names" not in record:
        message = "the record is of schema version 1; fetch the dump of schema version 2"
        raise RecordProblem("old-schema", message, "names")
    main, others = _names(record.get("names"))
    found = Registered(key_of(ror), main, names=others, identifiers=[ror])
    for entry in entries(record.get("external_ids")):
        scheme, values = text(entry, "type"), entry.get("all")
        if scheme in _SCHEMES and isinstance(values, list):
            known = [identify(scheme, value) for value in values if isinstance(value, str)]
            found.identifiers += [one for one in dict.fromkeys(known) if one.well_formed]
    for place in entries(record.get("locations"))[:1]:
        details = mapping(place.get("geonames_details"))
        found.country = country(details.get("country_code"))
        found.say("city", details.get("name"))
    found.say("jurisdiction", found.country)
    for link in entries(record.get("links")):
        if link.get("type") == "website":
            found.say("website", link.get("value"))
    kinds = record.get("types")
    found.types = [tidy(kind) for kind in kinds if tidy(kind)] if isinstance(kinds, list) else []
    # Nearly every body finances research besides; what else it is says more.
    found.types.sort(key=lambda kind: kind == "funder")
    found.say("statusAsGiven", record.get("status"))
    found.status = _STATUS.get(text(record, "status"), "")
    year = record.get("established")
    if isinstance(year, int) and FIRST_YEAR <= year <= _THIS_YEAR_AT_MOST:
        found.founded = (dt.date(year, 1, 1), True)
    relations = [_relation(found.key, entry) for entry in entries(record.get("relationships"))]
    yield found
    yield from relations


def _names(given: object) -> tuple[str, list[Name]]:
    main, others = "", []
    for entry in entries(given):
        kinds, name = entry.get("types"), text(entry, "value")
        if not name or not isinstance(kinds, list):
            continue
        if "ror_display" in kinds:
            main = name
        else:
            kind = next((_KINDS[one] for one in map(tidy, kinds) if one in _KINDS), "alternative")
            others.append(Name(name, kind, language(entry.get("lang"))))
    if not main:
        raise RecordProblem("no-name", "no name of the record is marked 'ror_display'", "names")
    return main, others


def _relation(own: str, entry: object) -> Relation:
    """Return a relation in the one direction in which each is kept; both records tell most of them."""
    said = mapping(entry)
    kind = text(said, "type")
    if kind not in _RELATIONS:
        raise RecordProblem("unknown-relation", "no relationship of ROR's", "relationships.type", kind)
    other = key_of(required("ror", said.get("id"), "relationships.id"))
    notation, turned = _RELATIONS[kind]
    if notation == "related":
        own, other = sorted((own, other))
    return Relation(other, own, notation) if turned else Relation(own, other, notation)
