"""Companies House: company profiles as its API gives them, one a line of JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tertius.loaders.registers.records import (
    Left,
    Name,
    Registered,
    Statement,
    day,
    key_of,
    name_of,
    required,
)
from tertius.loaders.registers.walk import entries, mapping, text

PROFILE: Final = "company_name"
"""What every profile has and no other record of Companies House."""

_ACTIVE: Final = frozenset({"active", "open", "registered"})
_GONE: Final = frozenset({"dissolved", "closed", "removed", "converted-closed"})
_FOREIGN: Final = ("FC", "SF", "NF", "OE")
_PARTS: Final = (
    "care_of",
    "po_box",
    "premises",
    "address_line_1",
    "address_line_2",
    "locality",
    "region",
    "country",
    "postal_code",
)


def take_profile(content: object) -> Iterator[Statement | Left]:
    """Yield the company that a profile describes, with its former names.

    Raises:
        RecordProblem: It has no number or no name.
    """
    record = mapping(content)
    number = required("gb-coh", record.get("company_number"), "company_number")
    found = Registered(key_of(number), name_of(record.get(PROFILE), PROFILE), identifiers=[number])
    if not number.value.startswith(_FOREIGN):
        found.country = "GB"
        found.say("jurisdiction", "GB")
    address = mapping(record.get("registered_office_address"))
    found.say("registeredAddress", ", ".join(filter(None, (text(address, part) for part in _PARTS))))
    found.say("city", address.get("locality"))
    found.say("postalCode", address.get("postal_code"))
    found.say("legalForm", record.get("type"))
    status = text(record, "company_status")
    found.say("statusAsGiven", status)
    if status:
        found.status = "active" if status in _ACTIVE else "inactive" if status in _GONE else "closing"
    codes = record.get("sic_codes")
    for code in codes if isinstance(codes, list) else []:
        if isinstance(code, str) and code.isascii() and code.isdigit():
            found.sectors.append((f"SIC{code}", code))
    founded = day(record.get("date_of_creation"))
    found.founded = (founded, False) if founded else None
    found.dissolved = day(record.get("date_of_cessation"))
    for former in entries(record.get("previous_company_names")):
        if name := text(former, "name"):
            found.names.append(Name(name, "former", "", day(former.get("ceased_on"))))
    yield found
