"""CORDIS' table of organisations (Horizon Europe, Horizon 2020): who took part, by participant code.

A row is one participation, so that an organisation occurs as often as it took part; a name under which it
occurs later is another name of it. Who took part in what is read by the mappings for alliance tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tertius.loaders.countries import parse_country
from tertius.loaders.registers.csv_in import header_of, open_rows
from tertius.loaders.registers.records import (
    Layout,
    Left,
    Name,
    RecordProblem,
    Registered,
    Statement,
    key_of,
    name_of,
    required,
    tidy,
)
from tertius.loaders.registers.walk import mapping, text
from tertius.loaders.values import ValueProblem
from tertius.ontology.identifiers import identify

_NEEDED: Final = ("organisationID", "name", "country")
_ADDRESS: Final = ("street", "postCode", "city", "country")
_SIZES: Final = {"true": "SME", "false": ""}
_KINDS: Final = frozenset({"HES", "REC", "PRC", "PUB", "OTH"})


def open_cordis(path: Path, source: str) -> Layout:  # noqa: ARG001 - keys come from participant codes alone
    """Open the table, whose cells semicolons separate as published, or commas when it was saved again.

    Raises:
        TableError: It lacks a column, or cannot be read.
    """
    delimiter = ";" if len(header_of(path, ";")) > len(header_of(path)) else ","
    rows, position = open_rows(path, _NEEDED, "CORDIS' table of organisations", delimiter)
    return Layout("organisations of CORDIS", rows, _take, position)


def _take(content: object) -> Iterator[Statement | Left]:
    row = mapping(content)
    pic = required("pic", row.get("organisationID"), "organisationID")
    found = Registered(key_of(pic), name_of(row.get("name"), "name"), identifiers=[pic])
    if (short := text(row, "shortName")) and short != found.name:
        found.names.append(Name(short, "acronym"))
    vat = text(row, "vatNumber")
    if vat and (known := identify("eu-vat", vat)).well_formed:
        found.identifiers.append(known)
    try:
        found.country = parse_country(given) if (given := text(row, "country")) else ""
    except ValueProblem as error:
        raise RecordProblem("bad-country", str(error), "country", text(row, "country")) from error
    for term, column in (("city", "city"), ("postalCode", "postCode"), ("website", "organizationURL")):
        found.say(term, row.get(column))
    found.say("registeredAddress", ", ".join(filter(None, (text(row, part) for part in _ADDRESS))))
    size = text(row, "SME").casefold()
    if size not in {"", *_SIZES}:
        raise RecordProblem("bad-flag", "neither true nor false", "SME", tidy(row.get("SME")))
    found.size = _SIZES.get(size, "")
    kind = text(row, "activityType")
    if kind and kind not in _KINDS:
        message = f"no kind of organisation of CORDIS' ({', '.join(sorted(_KINDS))})"
        raise RecordProblem("bad-type", message, "activityType", kind)
    found.types = [kind] if kind else []
    yield found
