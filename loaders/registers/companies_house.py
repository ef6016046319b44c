"""Companies House: basic company data (CSV) and persons with significant control (JSON lines).

Of the persons with significant control only organisations are read. Natural persons are counted and left
out: nothing about them enters the graph.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

from tertius.loaders.countries import parse_country
from tertius.loaders.registers.bytes_in import first_bytes, open_bytes
from tertius.loaders.registers.companies_house_api import PROFILE, take_profile
from tertius.loaders.registers.csv_in import open_rows
from tertius.loaders.registers.json_in import json_lines
from tertius.loaders.registers.records import (
    FIRST_YEAR,
    LAST_YEAR,
    Layout,
    Left,
    Name,
    RecordProblem,
    Registered,
    Relation,
    Statement,
    day,
    key_of,
    name_of,
    required,
    tidy,
)
from tertius.loaders.registers.walk import mapping, text
from tertius.loaders.values import ValueProblem
from tertius.ontology.identifiers import identify
from tertius.ontology.identity import key

_NEEDED: Final = ("CompanyName", "CompanyNumber")
_ADDRESS: Final = (
    "CareOf",
    "POBox",
    "AddressLine1",
    "AddressLine2",
    "PostTown",
    "County",
    "Country",
    "PostCode",
)
_PREVIOUS: Final = 10
_NO_ACTIVITY: Final = "None Supplied"
_SIC: Final = re.compile(r"(\d{5}) - (.+)", re.ASCII)
_DATE: Final = re.compile(r"(\d{2})/(\d{2})/(\d{4})", re.ASCII)
_BAND: Final = re.compile(r"ownership-of-shares-(\d+)-to-(\d+)-percent")
_UNITED_KINGDOM: Final = re.compile(
    r"(united kingdom|uk|great britain|gb|england|wales|scotland|northern ireland|england (and|&) wales)"
    r"( \(.*\))?"
)
_ORGANIZATIONS: Final = {
    "corporate-entity-person-with-significant-control",
    "legal-person-person-with-significant-control",
    "corporate-entity-beneficial-owner",
    "legal-person-beneficial-owner",
}


def open_companies_house(path: Path, source: str) -> Layout:
    """Tell whether a file is company data or a snapshot of persons with significant control, and open it.

    Raises:
        TableError: It is neither, or cannot be read.
    """
    start = first_bytes(path)
    if start.startswith(b"{"):
        stream, position = open_bytes(path)
        if f'"{PROFILE}"'.encode() in start:
            return Layout("company profiles of the API", json_lines(stream, path), take_profile, position)
        return Layout(
            "persons with significant control", json_lines(stream, path), _Control(source), position
        )
    rows, position = open_rows(path, _NEEDED, "company data of Companies House")
    return Layout("basic company data", rows, _company, position)


def _company(content: object) -> Iterator[Statement | Left]:
    row = mapping(content)
    number = required("gb-coh", row.get("CompanyNumber"), "CompanyNumber")
    found = Registered(key_of(number), name_of(row.get("CompanyName"), "CompanyName"), identifiers=[number])
    foreign = number.value[:2] in {"FC", "SF", "NF", "OE"}
    found.country = _country(row.get("CountryOfOrigin")) if foreign else "GB"
    found.say("jurisdiction", found.country)
    parts = [tidy(row.get(f"RegAddress.{part}")) for part in _ADDRESS]
    found.say("registeredAddress", ", ".join(filter(None, parts)))
    found.say("city", row.get("RegAddress.PostTown"))
    found.say("postalCode", row.get("RegAddress.PostCode"))
    found.say("legalForm", row.get("CompanyCategory"))
    found.say("statusAsGiven", status := tidy(row.get("CompanyStatus")))
    found.status = _status(status)
    for at in range(1, 5):
        given = tidy(row.get(f"SICCode.SicText_{at}"))
        if given and given != _NO_ACTIVITY:
            match = _SIC.fullmatch(given)
            found.sectors.append((f"SIC{match[1]}", match[2]) if match else (given, given))
    founded = _date(row, "IncorporationDate")
    found.founded = (founded, False) if founded else None
    found.dissolved = _date(row, "DissolutionDate")
    for at in range(1, _PREVIOUS + 1):
        if name := tidy(row.get(f"PreviousName_{at}.CompanyName")):
            found.names.append(Name(name, "former", "", _date(row, f"PreviousName_{at}.CONDATE")))
    yield found


def _status(given: str) -> str:
    if given in {"Active", "Registered"}:
        return "active"
    if not given:
        return ""
    return "inactive" if given in {"Dissolved", "Closed", "Removed", "Converted/Closed"} else "closing"


def _date(row: object, column: str) -> dt.date | None:
    """Return a date written as day/month/year; one that is not so is a sign of swapped columns."""
    given = tidy(mapping(row).get(column))
    if not given:
        return None
    match = _DATE.fullmatch(given)
    try:
        found = dt.date(int(match[3]), int(match[2]), int(match[1])) if match else None
    except ValueError:
        found = None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise RecordProblem("bad-date", "not a date written as DD/MM/YYYY", column, given)
    return found


def _country(given: object) -> str:
    try:
        return parse_country(tidy(given)) if tidy(given) else ""
    except ValueProblem:
        return ""


class _Control:
    """Takes records of the snapshot of persons with significant control."""

    def __init__(self, source: str) -> None:
        self._source = source

    def __call__(self, content: object) -> Iterator[Statement | Left]:
        """Yield the organisation that controls a company, and the relation."""
        record = mapping(content)
        data = mapping(record.get("data"))
        kind = text(data, "kind")
        if not kind:
            raise RecordProblem("no-kind", "the record does not say of what kind it is", "data.kind")
        if kind not in _ORGANIZATIONS:
            yield Left(f"records of the kind {kind}")
            return
        company = required("gb-coh", record.get("company_number"), "company_number")
        found = self._controller(data)
        yield found
        natures = data.get("natures_of_control")
        natures = tuple(map(tidy, natures)) if isinstance(natures, list) else ()
        bands = [match for nature in natures if (match := _BAND.match(nature))]
        yield Relation(
            key_of(company),
            found.key,
            "control",
            day(data.get("notified_on")),
            day(data.get("ceased_on")),
            natures=natures,
            least=Decimal(bands[0][1]) if bands else None,
            most=Decimal(bands[0][2]) if bands else None,
        )

    def _controller(self, data: object) -> Registered:
        """Return the organisation, by its number where Companies House itself has registered it."""
        said = mapping(data)
        identification = mapping(said.get("identification"))
        name = name_of(said.get("name"), "data.name")
        home = text(identification, "country_registered")
        place = text(identification, "place_registered")
        number = text(identification, "registration_number")
        british = bool(_UNITED_KINGDOM.fullmatch(home.casefold())) or "companies house" in place.casefold()
        known = identify("gb-coh", number) if british and number else None
        land = "GB" if british else _country(home)
        if known and known.well_formed:
            found = Registered(key_of(known), name, identifiers=[known], country=land)
        else:
            found = Registered(key(self._source, name, land or home), name, country=land)
            found.say("registrationNumber", " ".join(filter(None, (place, number))))
        found.say("legalForm", identification.get("legal_form"))
        address = mapping(said.get("address"))
        parts = (
            "premises",
            "address_line_1",
            "address_line_2",
            "locality",
            "region",
            "postal_code",
            "country",
        )
        found.say("registeredAddress", ", ".join(filter(None, (text(address, part) for part in parts))))
        found.say("city", address.get("locality"))
        found.say("postalCode", address.get("postal_code"))
        return found
