"""GLEIF's golden copy and delta files as CSV: LEI records, relationship records, reporting exceptions.

The columns are the paths of LEI-CDF 3.1 and RR-CDF 2.1 with dots, repeated elements numbered from one, as
GLEIF publishes them for its golden copy. They were built from that convention; no file of GLEIF's own was at
hand to try them on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NoReturn

from tertius.loaders.registers.csv_in import header_of, open_rows
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
from tertius.loaders.tables import refuse
from tertius.ontology.identifiers import identify

_MOST: Final = 5
"""Times that the golden copy repeats an element."""

_AGAIN: Final = range(1, _MOST + 1)
_PERIOD: Final = ("startDate", "endDate", "periodType")
_QUANTITY: Final = ("MeasurementMethod", "QuantifierAmount", "QuantifierUnits")
_DELETED: Final = "DeletedAt"
_NODE: Final = "Relationship.{}.NodeID"
_NAMES: Final = tuple(
    f"Entity.{group}s.{group}.{at}"
    for group in ("OtherEntityName", "TransliteratedOtherEntityName")
    for at in _AGAIN
)
_LEGAL, _SEAT = "Entity.LegalAddress", "Entity.HeadquartersAddress"
_LINES: Final = (
    "FirstAddressLine",
    *(f"AdditionalAddressLine.{at}" for at in range(1, 4)),
    "City",
    "Region",
    "PostalCode",
    "Country",
)
_USED: Final = frozenset(
    [
        "LEI",
        _DELETED,
        *(f"{name}{more}" for name in _NAMES for more in ("", ".type", ".xmllang")),
        *(f"{place}.{line}" for place in (_LEGAL, _SEAT) for line in _LINES),
        *(f"Entity.SuccessorEntity.{at}.Successor{what}" for at in _AGAIN for what in ("LEI", "EntityName")),
        *(f"Entity.LegalForm.{what}" for what in ("EntityLegalFormCode", "OtherLegalForm")),
        *(f"Entity.RegistrationAuthority.RegistrationAuthority{what}" for what in ("ID", "EntityID")),
        *(f"Entity.{what}" for what in ("LegalName", "LegalJurisdiction", "EntityCategory", "EntityStatus")),
        *(f"Entity.{what}" for what in ("EntityCreationDate", "EntityExpirationDate")),
        *(f"Relationship.{side}.NodeID{what}" for side in ("StartNode", "EndNode") for what in ("", "Type")),
        *(f"Relationship.{what}" for what in ("RelationshipType", "RelationshipStatus")),
        *(f"Relationship.Period.{at}.{part}" for at in _AGAIN for part in _PERIOD),
        *(f"Relationship.Quantifiers.{at}.{part}" for at in _AGAIN for part in _QUANTITY),
        "Registration.RegistrationStatus",
        "Exception.Category",
        *(f"Exception.Reason.{at}" for at in _AGAIN),
    ]
)
"""Columns that are read, of the three hundred that there are."""

_ADDRESSES: Final = {place: tuple(f"{place}.{line}" for line in _LINES) for place in (_LEGAL, _SEAT)}


def csv_layout(path: Path) -> Layout:
    """Tell which of the three tables a file is, and open it.

    Raises:
        TableError: It is none of them, or cannot be read.
    """
    header = header_of(path)
    fitting = [layout for layout in _LAYOUTS if layout[1][0] in header and layout[1][1] in header]
    if not fitting:
        _unknown(path, header)
    name, needed, take = fitting[0]
    rows, position = open_rows(path, needed, f"{name} of GLEIF", used=_USED)
    return Layout(f"{name} (CSV)", rows, take, position)


def _unknown(path: Path, header: list[str]) -> NoReturn:
    wanted = "; ".join(f"'{needed[0]}' and '{needed[1]}'" for _, needed, _ in _LAYOUTS)
    said = ", ".join(f"'{cell}'" for cell in header[:3])
    message = f"neither XML nor a table of GLEIF's, which have the columns {wanted}; it has {said}"
    refuse("unknown-layout", message, path, 1)


def _row(content: object) -> Mapping[str, str]:
    return content if isinstance(content, dict) else {}


def _record(content: object) -> Iterator[Statement | Left]:
    row = _row(content)
    lei = required("lei", row.get("LEI"), "LEI")
    found = Registered(key_of(lei), name_of(row.get("Entity.LegalName"), "Entity.LegalName"))
    found.identifiers.append(lei)
    for column in _NAMES:
        if (given := row.get(column)) and (text := tidy(given)):
            kind = NAME_KINDS.get(row.get(f"{column}.type", ""), "alternative")
            found.names.append(Name(text, kind, language(row.get(f"{column}.xmllang"))))
    found.country = country(row.get(f"{_LEGAL}.Country"))
    found.say("city", row.get(f"{_LEGAL}.City"))
    found.say("postalCode", row.get(f"{_LEGAL}.PostalCode"))
    found.say("registeredAddress", _address(row, _LEGAL))
    found.say("headquartersAddress", _address(row, _SEAT))
    found.say("jurisdiction", jurisdiction(row.get("Entity.LegalJurisdiction")))
    form = row.get("Entity.LegalForm.EntityLegalFormCode", "")
    other = row.get("Entity.LegalForm.OtherLegalForm", "")
    found.say("legalForm", other or form if form in {"", "8888", "9999"} else form)
    authority = "Entity.RegistrationAuthority.RegistrationAuthority"
    local_identifier(found, row.get(f"{authority}ID", ""), row.get(f"{authority}EntityID", ""))
    entity_status(found, row.get("Entity.EntityStatus", ""), row.get("Registration.RegistrationStatus", ""))
    founded = _date(row, "Entity.EntityCreationDate")
    found.founded = (founded, False) if founded else None
    found.dissolved = _date(row, "Entity.EntityExpirationDate")
    found.types = [kind.casefold()] if (kind := tidy(row.get("Entity.EntityCategory"))) else []
    successors = []
    for at in _AGAIN:
        column = f"Entity.SuccessorEntity.{at}.Successor"
        if value := row.get(f"{column}LEI"):
            successors.append(key_of(required("lei", value, f"{column}LEI")))
        else:
            found.say("successorName", row.get(f"{column}EntityName"))
    yield kept(found, deleted=bool(row.get(_DELETED)))
    yield from (Relation(found.key, successor, "successor") for successor in successors)


def _address(row: Mapping[str, str], place: str) -> str:
    return ", ".join([line for name in _ADDRESSES[place] if (line := row.get(name)) and (line := tidy(line))])


def _date(row: Mapping[str, str], column: str) -> dt.date | None:
    """Return the day in a cell; what is no day there is a sign of columns that changed places."""
    given = tidy(row.get(column))
    found = day(given)
    if given and found is None and not given[:4].isdigit():
        raise RecordProblem("bad-date", "not a date written as YYYY-MM-DD", column, given)
    return found


def _relationship(content: object) -> Iterator[Statement | Left]:
    row = _row(content)
    ends = []
    for side in ("StartNode", "EndNode"):
        column = _NODE.format(side)
        if (kind := tidy(row.get(f"{column}Type"))) not in {"", "LEI"}:
            if identify("lei", kind).well_formed:
                message = "an LEI stands where its type should; columns changed places"
                raise RecordProblem("bad-type", message, f"{column}Type", kind)
            yield Left(f"relationships with a {kind}")
            return
        ends.append(key_of(required("lei", row.get(column), column)))
    given = tidy(row.get("Relationship.RelationshipType"))
    if given not in RELATIONS:
        message = "no relationship of GLEIF's"
        raise RecordProblem("unknown-relation", message, "Relationship.RelationshipType", given)
    start = end = None
    for at in _AGAIN:
        column = f"Relationship.Period.{at}."
        if row.get(f"{column}periodType") == "RELATIONSHIP_PERIOD":
            start, end = _date(row, f"{column}startDate"), _date(row, f"{column}endDate")
    natures = [
        tidy(" ".join(row.get(f"Relationship.Quantifiers.{at}.{part}", "") for part in _QUANTITY))
        for at in _AGAIN
    ]
    found = Relation(
        ends[0],
        ends[1],
        RELATIONS[given],
        start,
        end,
        natures=tuple(filter(None, natures)),
        status=tidy(row.get("Relationship.RelationshipStatus")),
        registration=tidy(row.get("Registration.RegistrationStatus")),
    )
    yield kept(found, deleted=bool(row.get(_DELETED)))


def _exception(content: object) -> Iterator[Statement | Left]:
    row = _row(content)
    lei = required("lei", row.get("LEI"), "LEI")
    category = tidy(row.get("Exception.Category"))
    reasons = [reason for at in _AGAIN if (reason := tidy(row.get(f"Exception.Reason.{at}")))]
    if not category or not reasons:
        message = "the exception has no category or no reason"
        raise RecordProblem("no-reason", message, "Exception.Reason.1")
    for reason in reasons:
        yield kept(Exemption(key_of(lei), category, reason), deleted=bool(row.get(_DELETED)))


_LAYOUTS: Final = (
    (
        "LEI records",
        ("LEI", "Entity.LegalName", "Entity.EntityStatus", "Registration.RegistrationStatus"),
        _record,
    ),
    (
        "relationship records",
        (_NODE.format("StartNode"), _NODE.format("EndNode"), "Relationship.RelationshipType"),
        _relationship,
    ),
    ("reporting exceptions", ("LEI", "Exception.Category", "Exception.Reason.1"), _exception),
)
