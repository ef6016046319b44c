"""The Dutch business register (Kamer van Koophandel): basic profiles as its API gives them, as JSON.

Built from the published description of the API (`basisprofielen`, version 1); no file of the register was at
hand to try it on. A one-man business is its owner: its name and address are those of a natural person, so
that it is counted and left out. Shielded addresses are left out as well.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tertius.loaders.registers.bytes_in import first_bytes, open_bytes
from tertius.loaders.registers.json_in import document, items, json_lines
from tertius.loaders.registers.records import (
    FIRST_YEAR,
    LAST_YEAR,
    Layout,
    Left,
    Name,
    Raw,
    RecordProblem,
    Registered,
    Statement,
    key_of,
    name_of,
    required,
    tidy,
)
from tertius.loaders.registers.walk import entries, mapping, text
from tertius.loaders.tables import refuse

_DATE: Final = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})", re.ASCII)
_PERSONS: Final = frozenset({"eenmanszaak", "natuurlijk persoon"})
_ABROAD: Final = "land"
_HOME: Final = frozenset({"", "nederland"})


def open_kvk(path: Path, source: str) -> Layout:  # noqa: ARG001 - keys come from register numbers alone
    """Open profiles: one, a list of them, or one a line.

    Raises:
        TableError: It is none of these, or cannot be read.
    """
    start = first_bytes(path)
    if start.startswith(b"["):
        stream, position = open_bytes(path)
        return Layout("KvK profiles", items(stream, path), _take, position)
    if not start.startswith(b"{"):
        refuse("unknown-layout", "not profiles of the KvK, which are JSON", path)
    stream, position = open_bytes(path)
    if b"}" in start.split(b"\n", 1)[0] and b"\n" in start.rstrip():
        return Layout("KvK profiles", json_lines(stream, path), _take, position)
    with stream:
        whole = document(stream, path)
    size = path.stat().st_size
    return Layout("KvK profile", iter([Raw(1, whole)]), _take, lambda: size)


def _take(content: object) -> Iterator[Statement | Left]:
    profile = mapping(content)
    number = required("nl-kvk", profile.get("kvkNummer"), "kvkNummer")
    within = mapping(profile.get("_embedded"))
    owner, seat = (mapping(within.get(name) or profile.get(name)) for name in ("eigenaar", "hoofdvestiging"))
    form = text(owner, "rechtsvorm") or text(profile, "rechtsvorm")
    if form.casefold() in _PERSONS:
        yield Left("one-man businesses, which are natural persons")
        return
    name = name_of(profile.get("statutaireNaam") or profile.get("naam"), "naam")
    found = Registered(key_of(number), name, identifiers=[number], country="NL")
    others = [text(profile, "naam"), text(seat, "eersteHandelsnaam")]
    others += [text(entry, "naam") for entry in entries(profile.get("handelsnamen"))]
    found.names = [Name(one, "trading") for one in dict.fromkeys(others) if one and one != name]
    found.say("jurisdiction", "NL")
    found.say("legalForm", text(owner, "uitgebreideRechtsvorm") or form)
    if rsin := text(owner, "rsin"):
        found.say("registrationNumber", f"RSIN {rsin}")
    for activity in _activities(profile, seat):
        code, label = text(activity, "sbiCode"), text(activity, "sbiOmschrijving")
        if code:
            found.sectors.append((f"SBI{code}", label or code))
    _address(found, [*entries(seat.get("adressen")), *entries(owner.get("adressen"))])
    sites = seat.get("websites") or owner.get("websites")
    found.say("website", sites[0] if isinstance(sites, list) and sites else "")
    started = mapping(profile.get("materieleRegistratie"))
    founded = _day(started, "datumAanvang") or _day(profile, "formeleRegistratiedatum")
    found.founded = (founded, False) if founded else None
    found.dissolved = _day(started, "datumEinde")
    found.status = "inactive" if found.dissolved else "active"
    yield found


def _activities(profile: Mapping[str, Any], seat: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = entries(profile.get("sbiActiviteiten")) or entries(seat.get("sbiActiviteiten"))
    return sorted(found, key=lambda entry: text(entry, "indHoofdactiviteit") != "Ja")


def _address(found: Registered, addresses: list[Mapping[str, Any]]) -> None:
    open_ones = [entry for entry in addresses if text(entry, "indAfgeschermd") != "Ja"]
    visited = [entry for entry in open_ones if text(entry, "type") == "bezoekadres"]
    for entry in (visited or open_ones)[:1]:
        street = " ".join(
            filter(None, (_plain(entry, part) for part in ("straatnaam", "huisnummer", "huisletter")))
        )
        parts = (street, text(entry, "postcode"), text(entry, "plaats"), text(entry, _ABROAD))
        found.say("registeredAddress", text(entry, "volledigAdres") or ", ".join(filter(None, parts)))
        if text(entry, _ABROAD).casefold() in _HOME:
            found.say("postalCode", entry.get("postcode"))
        found.say("city", entry.get("plaats"))


def _plain(entry: Mapping[str, Any], name: str) -> str:
    """Return a text or a whole number as text."""
    value = entry.get(name)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else tidy(value)


def _day(given: Mapping[str, Any], name: str) -> dt.date | None:
    """Return a date written as YYYYMMDD; noughts for the day or month are no date of a day."""
    value = text(given, name)
    if not value or value.endswith("00"):
        return None
    match = _DATE.fullmatch(value)
    try:
        found = dt.date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        found = None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise RecordProblem("bad-date", "not a date written as YYYYMMDD", name, value)
    return found
