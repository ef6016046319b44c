"""GLEIF: who is who (LEI-CDF 3.1), who owns whom (RR-CDF 2.1), reporting exceptions.

As XML, as CSV or from the API.

An organisation's key comes from its LEI, so that the three kinds of file, loaded together or apart, speak of
the same organisations. Quantities of ownership are kept as written: what `1.00` percent means differs by
issuer.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tertius.loaders.registers.bytes_in import first_bytes
from tertius.loaders.registers.gleif_api import api_layout
from tertius.loaders.registers.gleif_csv import csv_layout
from tertius.loaders.registers.gleif_terms import (
    NAME_KINDS,
    RELATIONS,
    entity_status,
    local_identifier,
)
from tertius.loaders.registers.records import (
    Exemption,
    Layout,
    Left,
    Name,
    RecordProblem,
    Registered,
    Relation,
    Statement,
    country,
    day,
    jurisdiction,
    kept,
    key_of,
    language,
    name_of,
    required,
    tidy,
)
from tertius.loaders.registers.xml_in import Element, elements, root_of
from tertius.loaders.tables import refuse

_SCHEMA: Final = "http://www.gleif.org/data/schema/"


def open_gleif(path: Path, source: str) -> Layout:  # noqa: ARG001 - keys come from LEIs alone
    """Tell which of GLEIF's layouts a file has, and open it.

    Raises:
        TableError: It has none of them, or cannot be read.
    """
    start = first_bytes(path)
    if start.startswith((b"{", b"[")):
        return api_layout(path)
    if b"GLEIF_DELTA_PUBLISHED" in start:
        message = "a delta file, which says what changed; load it with the mapping 'gleif-delta'"
        refuse("delta", message, path)
    return _table_or_xml(path, start)


def open_gleif_delta(path: Path, source: str) -> Layout:  # noqa: ARG001 - keys come from LEIs alone
    """Open a delta file: the layouts of full files, with records that are taken back among the others.

    Raises:
        TableError: It is a full file, or none of GLEIF's, or cannot be read.
    """
    start = first_bytes(path)
    if b"GLEIF_FULL_PUBLISHED" in start:
        message = "a full file; load it with the mapping 'gleif', in the place of what there is"
        refuse("not-a-delta", message, path)
    return _table_or_xml(path, start)


def _table_or_xml(path: Path, start: bytes) -> Layout:
    if not start.startswith(b"<"):
        return csv_layout(path)
    root = root_of(path)
    found = _LAYOUTS.get(root or ("", ""))
    if found is None:
        known = ", ".join(name for _, name in _LAYOUTS)
        said = f"its root element is '{root[1]}' of '{root[0]}'" if root else "it is no XML"
        refuse("unknown-layout", f"the file is none of GLEIF's ({known}): {said}", path)
    name, element, take = found
    records, at = elements(path, (root or ("",))[0], element)
    return Layout(name, records, take, lambda: at[0])


def _record(content: object) -> Iterator[Statement | Left]:
    record = content if isinstance(content, Element) else Element("", {})
    lei = required("lei", record.value("LEI"), "LEI")
    entity = record.find("Entity") or Element("", {})
    registration = record.find("Registration") or Element("", {})
    found = Registered(key_of(lei), name_of(entity.value("LegalName"), "LegalName"), identifiers=[lei])
    for group in ("OtherEntityNames", "TransliteratedOtherEntityNames"):
        for entry in (entity.find(group) or Element("", {})).children:
            kind = NAME_KINDS.get(entry.attributes.get("type", ""), "alternative")
            if text := tidy(entry.text):
                found.names.append(Name(text, kind, language(entry.language)))
    legal, seat = entity.find("LegalAddress"), entity.find("HeadquartersAddress")
    if legal:
        found.country = country(legal.value("Country"))
        found.say("city", legal.value("City"))
        found.say("postalCode", legal.value("PostalCode"))
        found.say("registeredAddress", _address(legal))
    if seat:
        found.say("headquartersAddress", _address(seat))
    found.say("jurisdiction", jurisdiction(entity.value("LegalJurisdiction")))
    form = entity.value("LegalForm", "EntityLegalFormCode")
    other = entity.value("LegalForm", "OtherLegalForm")
    found.say("legalForm", other or form if form in {"", "8888", "9999"} else form)
    authority = entity.value("RegistrationAuthority", "RegistrationAuthorityID")
    local_identifier(found, authority, entity.value("RegistrationAuthority", "RegistrationAuthorityEntityID"))
    entity_status(found, entity.value("EntityStatus"), registration.value("RegistrationStatus"))
    founded = day(entity.value("EntityCreationDate"))
    found.founded = (founded, False) if founded else None
    found.dissolved = day(entity.value("EntityExpirationDate"))
    found.types = [kind.casefold()] if (kind := entity.value("EntityCategory")) else []
    successors = []
    for successor in entity.every("SuccessorEntity"):
        if value := successor.value("SuccessorLEI"):
            successors.append(key_of(required("lei", value, "SuccessorLEI")))
        else:
            found.say("successorName", successor.value("SuccessorEntityName"))
    yield kept(found, deleted=_deleted(record))
    yield from (Relation(found.key, successor, "successor") for successor in successors)


def _deleted(record: Element) -> bool:
    """Tell whether a record of a delta file says that it is taken back."""
    return record.find("Extension", "Deletion") is not None


def _address(element: Element) -> str:
    lines = [
        child.text
        for name in ("FirstAddressLine", "AdditionalAddressLine", "City", "Region", "PostalCode", "Country")
        for child in element.every(name)
    ]
    return ", ".join(filter(None, map(tidy, lines)))


def _relationship(content: object) -> Iterator[Statement | Left]:
    record = content if isinstance(content, Element) else Element("", {})
    relation = record.find("Relationship") or Element("", {})
    ends = []
    for side in ("StartNode", "EndNode"):
        kind = relation.value(side, "NodeIDType")
        if kind not in {"", "LEI"}:
            yield Left(f"relationships with a {kind}")
            return
        ends.append(key_of(required("lei", relation.value(side, "NodeID"), f"{side}/NodeID")))
    given = relation.value("RelationshipType")
    if given not in RELATIONS:
        raise RecordProblem("unknown-relation", "no relationship of GLEIF's", "RelationshipType", given)
    start = end = None
    for period in (relation.find("RelationshipPeriods") or Element("", {})).children:
        if period.value("PeriodType") == "RELATIONSHIP_PERIOD":
            start, end = day(period.value("StartDate")), day(period.value("EndDate"))
    natures = tuple(
        text
        for entry in (relation.find("RelationshipQuantifiers") or Element("", {})).children
        if (text := tidy(" ".join(child.text for child in entry.children)))
    )
    found = Relation(
        ends[0],
        ends[1],
        RELATIONS[given],
        start,
        end,
        natures=natures,
        status=tidy(relation.value("RelationshipStatus")),
        registration=tidy(record.value("Registration", "RegistrationStatus")),
    )
    yield kept(found, deleted=_deleted(record))


def _exception(content: object) -> Iterator[Statement | Left]:
    record = content if isinstance(content, Element) else Element("", {})
    lei = required("lei", record.value("LEI"), "LEI")
    category, reasons = tidy(record.value("ExceptionCategory")), record.every("ExceptionReason")
    if not category or not reasons:
        raise RecordProblem("no-reason", "the exception has no category or no reason", "ExceptionReason")
    for reason in reasons:
        yield kept(Exemption(key_of(lei), category, tidy(reason.text)), deleted=_deleted(record))


_LAYOUTS: Final = {
    (f"{_SCHEMA}leidata/2016", "LEIData"): ("LEI records (LEI-CDF 3.1)", "LEIRecord", _record),
    (f"{_SCHEMA}rr/2016", "RelationshipData"): (
        "relationship records (RR-CDF 2.1)",
        "RelationshipRecord",
        _relationship,
    ),
    (f"{_SCHEMA}repex/2016", "ReportingExceptionData"): ("reporting exceptions", "Exception", _exception),
}
