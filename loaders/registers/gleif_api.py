"""Answers of GLEIF's API (JSON:API, version 1): LEI records, relationship records, reporting exceptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tertius.loaders.registers.bytes_in import open_bytes
from tertius.loaders.registers.gleif_terms import (
    NAME_KINDS,
    RELATIONS,
    entity_status,
    local_identifier,
)
from tertius.loaders.registers.json_in import document
from tertius.loaders.registers.records import (
    Exemption,
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
    language,
    name_of,
    required,
    tidy,
)
from tertius.loaders.registers.walk import entries, mapping, text
from tertius.loaders.tables import refuse


def api_layout(path: Path) -> Layout:
    """Open an answer of the API: one resource, or a page of them.

    Raises:
        TableError: It is no answer of the API, or one about something else.
    """
    stream, _ = open_bytes(path)
    with stream:
        whole = document(stream, path)
    if not isinstance(whole, dict) or "data" not in whole:
        refuse("unknown-layout", "the file is JSON, but no answer of GLEIF's API: it has no 'data'", path)
    data = whole["data"]
    resources = data if isinstance(data, list) else [data]
    kinds = sorted({text(mapping(entry), "type") for entry in resources})
    unknown = [kind for kind in kinds if kind not in _TAKERS]
    if unknown:
        known, said = ", ".join(_TAKERS), ", ".join(unknown)
        refuse("unknown-layout", f"the answer holds {said}; read are {known}", path)
    size = path.stat().st_size
    records = (Raw(number, entry) for number, entry in enumerate(resources, start=1))
    return Layout("answer of the API", records, _take, lambda: size)


def _take(content: object) -> Iterator[Statement | Left]:
    resource = mapping(content)
    yield from _TAKERS[text(resource, "type")](mapping(resource.get("attributes")))


def _record(given: Mapping[str, object]) -> Iterator[Statement | Left]:
    lei = required("lei", given.get("lei"), "lei")
    entity, registration = mapping(given.get("entity")), mapping(given.get("registration"))
    name = name_of(mapping(entity.get("legalName")).get("name"), "entity.legalName.name")
    found = Registered(key_of(lei), name, identifiers=[lei])
    for group in ("otherNames", "transliteratedOtherNames"):
        for entry in entries(entity.get(group)):
            kind = NAME_KINDS.get(text(entry, "type"), "alternative")
            if other := text(entry, "name"):
                found.names.append(Name(other, kind, language(entry.get("language"))))
    legal = mapping(entity.get("legalAddress"))
    found.country = country(legal.get("country"))
    found.say("city", legal.get("city"))
    found.say("postalCode", legal.get("postalCode"))
    found.say("registeredAddress", _address(legal))
    found.say("headquartersAddress", _address(mapping(entity.get("headquartersAddress"))))
    found.say("jurisdiction", jurisdiction(entity.get("jurisdiction")))
    form = mapping(entity.get("legalForm"))
    code, other = text(form, "id"), text(form, "other")
    found.say("legalForm", other or code if code in {"", "8888", "9999"} else code)
    authority = text(mapping(entity.get("registeredAt")), "id")
    local_identifier(found, authority, text(entity, "registeredAs"))
    entity_status(found, text(entity, "status"), text(registration, "status"))
    founded = day(entity.get("creationDate"))
    found.founded = (founded, False) if founded else None
    found.dissolved = day(mapping(entity.get("expiration")).get("date"))
    found.types = [kind.casefold()] if (kind := text(entity, "category")) else []
    successors = []
    for successor in entries(entity.get("successorEntities")) or [mapping(entity.get("successorEntity"))]:
        if value := text(successor, "lei"):
            successors.append(key_of(required("lei", value, "successorEntity.lei")))
        else:
            found.say("successorName", successor.get("name"))
    yield found
    yield from (Relation(found.key, successor, "successor") for successor in successors)


def _address(given: Mapping[str, object]) -> str:
    rows = given.get("addressLines")
    parts = [*(rows if isinstance(rows, list) else []), *map(given.get, ("city", "region", "postalCode"))]
    return ", ".join(filter(None, map(tidy, [*parts, given.get("country")])))


def _relationship(given: Mapping[str, object]) -> Iterator[Statement | Left]:
    relation = mapping(given.get("relationship"))
    ends = []
    for side in ("startNode", "endNode"):
        node = mapping(relation.get(side))
        if (kind := text(node, "type")) not in {"", "LEI"}:
            yield Left(f"relationships with a {kind}")
            return
        ends.append(key_of(required("lei", node.get("id"), f"relationship.{side}.id")))
    said = text(relation, "type")
    if said not in RELATIONS:
        raise RecordProblem("unknown-relation", "no relationship of GLEIF's", "relationship.type", said)
    start = end = None
    for period in entries(relation.get("periods")):
        if period.get("type") == "RELATIONSHIP_PERIOD":
            start, end = day(period.get("startDate")), day(period.get("endDate"))
    yield Relation(
        ends[0],
        ends[1],
        RELATIONS[said],
        start,
        end,
        status=text(relation, "status"),
        registration=text(mapping(given.get("registration")), "status"),
    )


def _exception(given: Mapping[str, object]) -> Iterator[Statement | Left]:
    lei = required("lei", given.get("lei"), "lei")
    category, reason = text(given, "category"), text(given, "reason")
    if not category or not reason:
        raise RecordProblem("no-reason", "the exception has no category or no reason", "reason")
    yield Exemption(key_of(lei), category, reason)


_TAKERS: Final = {
    "lei-records": _record,
    "relationship-records": _relationship,
    "reporting-exceptions": _exception,
}
