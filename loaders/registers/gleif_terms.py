"""GLEIF's code lists in terms of the ontology."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tertius.loaders.registers.records import Registered, tidy
from tertius.ontology.identifiers import identify

NAME_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "PREVIOUS_LEGAL_NAME": "former",
        "TRADING_OR_OPERATING_NAME": "trading",
        "ALTERNATIVE_LANGUAGE_LEGAL_NAME": "translated",
        "PREFERRED_ASCII_TRANSLITERATED_LEGAL_NAME": "transliterated",
        "AUTO_ASCII_TRANSLITERATED_LEGAL_NAME": "transliterated",
    }
)
"""Type of another name -> notation of `name-kind`."""

RELATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "IS_DIRECTLY_CONSOLIDATED_BY": "direct-parent",
        "IS_ULTIMATELY_CONSOLIDATED_BY": "ultimate-parent",
        "IS_INTERNATIONAL_BRANCH_OF": "international-branch",
        "IS_FUND-MANAGED_BY": "fund-manager",
        "IS_SUBFUND_OF": "umbrella-fund",
        "IS_FEEDER_TO": "master-fund",
    }
)
"""Type of a relationship -> notation of `relation-kind`."""

_AUTHORITIES: Final = {
    "RA000585": "gb-coh",
    "RA000586": "gb-coh",
    "RA000587": "gb-coh",
    "RA000463": "nl-kvk",
}
"""Registration authorities whose numbers are a scheme of ours: Companies House, Kamer van Koophandel."""

_WITHDRAWN: Final = frozenset({"DUPLICATE", "ANNULLED", "CANCELLED"})


def local_identifier(found: Registered, authority: str, number: str) -> None:
    """Keep a number in a local register: as an identifier where its scheme is known, else as it is."""
    if not (number := tidy(number)):
        return
    scheme = _AUTHORITIES.get(authority)
    if scheme and (known := identify(scheme, number)).well_formed:
        found.identifiers.append(known)
    found.say("registrationNumber", f"{authority} {number}")


def entity_status(found: Registered, entity: str, registration: str) -> None:
    """Set the status from that of the entity and that of its registration."""
    found.say("statusAsGiven", entity)
    found.say("registrationStatus", registration)
    if registration in _WITHDRAWN or entity == "NULL":
        found.status = "withdrawn"
    else:
        found.status = {"ACTIVE": "active", "INACTIVE": "inactive"}.get(entity, "")
