"""What a reconciliation query asks for, whichever version of the protocol it is written in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeVar

import pycountry
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tertius.api.errors import BadParameter
from tertius.api.identity import normalised
from tertius.api.reconciliation.properties import CITY, COUNTRY, OTHER_NAME, WEBSITE, evidence
from tertius.ontology import concepts
from tertius.ontology.identifiers import SCHEME
from tertius.queries.matching import Described

DEFAULT_LIMIT: Final = 10
MOST_CANDIDATES: Final = 100
LONGEST_TEXT: Final = 1000
_MOST_VALUES: Final = 100
_FIRST_CONTROL: Final = 32

_ALIASES: Final = {"EL": "GR", "UK": "GB"}
"""Codes of the European institutions that differ from ISO 3166."""


M = TypeVar("M", bound=BaseModel)


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Entity(_Read):
    """A value that was reconciled before."""

    id: str
    name: str | None = None


Value = str | bool | int | float | Entity
Values = Value | Annotated[list[Value], Field(max_length=_MOST_VALUES)]


class _Mapped(_Read):
    pid: str
    v: Values


class QueryOf02(BaseModel):
    """A query of version 0.2."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: str | None = None
    type: str | Annotated[list[str], Field(max_length=_MOST_VALUES)] | None = None
    limit: float | None = Field(None, ge=1, allow_inf_nan=False)
    type_strict: Literal["any", "should", "all"] | None = None
    properties: Annotated[list[_Mapped], Field(max_length=_MOST_VALUES)] = []


class Condition(_Read):
    """A condition of a query of the draft of version 1.0."""

    matchType: Literal["name", "id", "property"]  # noqa: N815 - the protocol's name
    propertyId: str | None = None  # noqa: N815
    propertyValue: Values  # noqa: N815
    required: bool = False
    matchQuantifier: Literal["any", "all", "none"] = "any"  # noqa: N815
    matchQualifier: str | None = None  # noqa: N815


class QueryOfDraft(BaseModel):
    """A query of the draft of version 1.0."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str | None = None
    limit: float | None = Field(None, ge=1, allow_inf_nan=False)
    lang: str | None = None
    dir: str | None = None
    conditions: Annotated[list[Condition], Field(min_length=1, max_length=_MOST_VALUES)]


@dataclass(frozen=True, slots=True)
class Demand:
    """What a candidate must have, or must not have.

    Attributes:
        what: Property id, or `id`.
        values: As they are kept: codes of countries, normalised identifiers, keys.
        quantifier: Which of the values.
    """

    what: str
    values: tuple[str, ...]
    quantifier: Literal["any", "all", "none"]

    def met(self, has: Iterable[str]) -> bool:
        """Tell whether something that has these values meets it."""
        present = set(has)
        found = [value in present for value in self.values]
        return {"any": any(found), "all": all(found), "none": not any(found)}[self.quantifier]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One query, read.

    Attributes:
        described: The organisation as the caller describes it; its name is empty where only an id or
            properties were given.
        keys: Keys of organisations asked for outright.
        kinds: Ids of types, any of which a candidate must have; none for all.
        limit: Most candidates, 1 to `MOST_CANDIDATES`.
        demands: What every candidate must meet.
        notes: What was left out of account, and why.
    """

    described: Described
    keys: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    limit: int = DEFAULT_LIMIT
    demands: tuple[Demand, ...] = ()
    notes: tuple[str, ...] = ()


class _Evidence:
    """Puts what is known of an organisation together from property values."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.identifiers: list[tuple[str, str]] = []
        self.single: dict[str, str] = {}
        self.notes: list[str] = []

    def take(self, property_id: str, values: Sequence[str]) -> tuple[str, ...]:
        """Take a property's values into account; returns them as they are kept."""
        if property_id not in evidence():
            self.notes.append(f"{property_id[:60]}: is not a property that candidates are compared by")
            return ()
        if property_id in concepts(SCHEME):
            kept = [normalised(property_id, value) for value in values]
            self.identifiers += kept
            return tuple(value for _, value in kept)
        if property_id == OTHER_NAME:
            self.names += values
            return tuple(values)
        if property_id == COUNTRY:
            values = [code for value in values if (code := self._country(value)) is not None]
        for value in values[:1]:
            if self.single.setdefault(property_id, value) != value:
                self.notes.append(f"{property_id}: of several values only the first counts")
        return tuple(values)

    def _country(self, value: str) -> str | None:
        try:
            found = pycountry.countries.lookup(_ALIASES.get(value.upper(), value))
        except LookupError:
            self.notes.append(f"country: {value[:60]!r} is not known; write a code of ISO 3166-1 or a name")
            return None
        return str(found.alpha_2)

    def described(self, name: str) -> Described:
        """Return what is known, under a name."""
        return Described(
            name=name,
            other_names=tuple(dict.fromkeys(self.names)),
            country=self.single.get(COUNTRY),
            city=self.single.get(CITY),
            identifiers=tuple(dict.fromkeys(self.identifiers)),
            website=self.single.get(WEBSITE),
        )


def read_02(given: object) -> Wanted:
    """Read a query of version 0.2.

    Args:
        given: An object, or in single query mode the text alone.

    Raises:
        BadParameter: It is not a query; the message says what is wrong with it.
    """
    if isinstance(given, str):
        given = {"query": given}
    query = _checked(QueryOf02, given)
    found = _Evidence()
    for one in query.properties:
        found.take(one.pid, _texts(one.pid, one.v))
    name = _text("query", query.query or "")
    if not name and not query.properties:
        raise BadParameter("query", "is empty, and there are no properties to find candidates by")
    kinds = (query.type,) if isinstance(query.type, str) else tuple(query.type or ())
    return _wanted(name, found, kinds=kinds, limit=query.limit)


def read_draft(given: object) -> Wanted:
    """Read a query of the draft of version 1.0.

    Raises:
        BadParameter: It is not a query; the message says what is wrong with it.
    """
    query = _checked(QueryOfDraft, given)
    found = _Evidence()
    keys: list[str] = []
    names: list[str] = []
    demands: list[Demand] = []
    for place, one in enumerate(query.conditions):
        where = f"conditions.{place}"
        if one.matchQualifier is not None:
            raise BadParameter(f"{where}.matchQualifier", "none are known here; leave it out")
        values = _texts(f"{where}.propertyValue", one.propertyValue)
        what: str = one.matchType
        against = one.matchQuantifier == "none"
        if what == "property":
            if one.propertyId is None:
                raise BadParameter(f"{where}.propertyId", "is missing")
            what = one.propertyId
            # What an organisation is not can be demanded; as evidence it says nothing.
            kept = (_Evidence() if against else found).take(what, values)
            values = list(kept)
        elif against and not one.required:
            found.notes.append(f"{where}: counts only where it is required")
        elif what == "id" and not against:
            keys += values
        elif what == "name" and not against:
            names += values
        if one.required:
            demands += _demand(where, what, values, one)
    found.names += names[1:]
    kinds = () if query.type is None else (query.type,)
    name = names[0] if names else ""
    return _wanted(name, found, keys=keys, kinds=kinds, limit=query.limit, demands=demands)


def _demand(where: str, what: str, values: Sequence[str], one: Condition) -> list[Demand]:
    if what == "name" and one.matchQuantifier == "any":
        return []  # every candidate was found by its name
    if what not in {"id", "name", COUNTRY, *concepts(SCHEME)}:
        raise BadParameter(f"{where}.required", f"{what[:60]} can be evidence, but not be required")
    return [Demand(what, tuple(values), one.matchQuantifier)]


def _wanted(
    name: str,
    found: _Evidence,
    *,
    keys: Sequence[str] = (),
    kinds: Sequence[str] = (),
    limit: float | None,
    demands: Sequence[Demand] = (),
) -> Wanted:
    return Wanted(
        found.described(name),
        keys=tuple(keys),
        kinds=tuple(kinds),
        limit=DEFAULT_LIMIT if limit is None else min(int(limit), MOST_CANDIDATES),
        demands=tuple(demands),
        notes=tuple(dict.fromkeys(found.notes)),
    )


def _checked(model: type[M], given: object) -> M:
    if not isinstance(given, Mapping):
        raise BadParameter("query", "is not a JSON object")
    try:
        return model.model_validate(given, strict=False)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part)[:60] for part in first["loc"][:3]) or "query"
        said = "is not known" if first["type"] == "extra_forbidden" else str(first["msg"])
        raise BadParameter(place, said[:1].lower() + said[1:]) from None


def _texts(where: str, values: Any) -> list[str]:
    found = [_text(where, value) for value in (values if isinstance(values, list) else [values])]
    return [text for text in found if text]


def _text(where: str, value: Value) -> str:
    """Write a value as text: numbers as a table shows them, entities by their id, no control characters."""
    if isinstance(value, Entity):
        value = value.id
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if len(text) > LONGEST_TEXT:
        raise BadParameter(where, f"has {len(text)} characters; at most {LONGEST_TEXT} are taken")
    return "".join(one if ord(one) >= _FIRST_CONTROL else " " for one in text).strip()
