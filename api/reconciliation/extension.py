"""Data extension: values of properties of organisations that a table was reconciled to."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pyoxigraph import NamedNode
from tertius.api.errors import BadParameter
from tertius.api.graph import ALLIANCES_OF, Graph
from tertius.api.models import Organization
from tertius.api.reconciliation.kinds import ORGANIZATION
from tertius.api.reconciliation.properties import MEASURES, extensions
from tertius.api.services import Services, View
from tertius.ontology.identity import individual
from tertius.queries.network import Position, UnknownOrganizationError

MOST_IDS: Final = 100
_MOST_PROPERTIES: Final = 50
_MOST_VALUES: Final = 1000

_Cell = Mapping[str, str | int | float]


class _Settings(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    limit: int = Field(0, ge=0, le=_MOST_VALUES)


class _Asked(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    settings: _Settings = _Settings()


class ExtensionQuery(BaseModel):
    """Which properties of which organisations are wanted."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    ids: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=MOST_IDS)]
    properties: Annotated[list[_Asked], Field(max_length=_MOST_PROPERTIES)]


def read_extension(given: object) -> ExtensionQuery:
    """Read a data extension query.

    Raises:
        BadParameter: It is not one, is larger than the limits, or names a property that there is not.
    """
    if not isinstance(given, Mapping):
        raise BadParameter("extend", "is not a JSON object", where="body")
    try:
        query = ExtensionQuery.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part)[:60] for part in first["loc"][:4])
        raise BadParameter(f"extend.{place}", str(first["msg"]), where="body") from None
    for one in query.properties:
        if one.id not in extensions():
            known = ", ".join(extensions())
            raise BadParameter(
                "extend.properties", f"there is no property {one.id[:60]!r}; there are {known}", where="body"
            )
    return query


def metadata(query: ExtensionQuery) -> list[dict[str, Any]]:
    """Describe the properties of an answer."""
    found: list[dict[str, Any]] = []
    for one in query.properties:
        said: dict[str, Any] = {"id": one.id, "name": extensions()[one.id].name}
        if one.id == "partners":
            said["type"] = {"id": ORGANIZATION, "name": "Organization"}
        found.append(said)
    return found


def values(services: Services, view: View, query: ExtensionQuery) -> dict[str, dict[str, list[_Cell]]]:
    """Return the values by id and property; no values for what nobody knows.

    Raises:
        StoreError: What asking the graph raises.
    """
    graph = Graph(services.store, view.snapshot.number, services.rest_budget)
    known = view.directory.organizations(query.ids)
    rows: dict[str, dict[str, list[_Cell]]] = {}
    for given in query.ids:
        organization = known.get(given)
        row = None if organization is None else _Row(view, graph, organization)
        rows[given] = {
            one.id: [] if row is None else row.values(one.id)[: one.settings.limit or _MOST_VALUES]
            for one in query.properties
        }
    return rows


class _Row:
    """One organisation, whose values are looked up as they are asked for."""

    def __init__(self, view: View, graph: Graph, organization: Organization) -> None:
        self._view, self._graph, self._organization = view, graph, organization

    def values(self, property_id: str) -> list[_Cell]:
        """Return the values of a property."""
        if property_id in MEASURES:
            return self._measure(property_id)
        own: dict[str, Callable[[], Sequence[_Cell]]] = {
            "country": partial(_text, self._organization.country),
            "sector": partial(_text, self._organization.circles.sector),
            "type": partial(_text, self._organization.circles.type),
            "name": partial(_text, self._organization.name),
            "iri": partial(_text, self._organization.iri),
            "source": partial(self._detail, "source"),
            "size": partial(self._detail, "size"),
            "alliances": self._alliances,
            "partners": self._partners,
        }
        if property_id in own:
            return list(own[property_id]())
        return [{"str": one.value} for one in self._organization.identifiers if one.scheme == property_id]

    @cached_property
    def _position(self) -> Position | None:
        with contextlib.suppress(UnknownOrganizationError):
            return self._view.network.position(self._organization.key)
        return None  # only registers know it

    def _measure(self, name: str) -> list[_Cell]:
        value = getattr(self._position, name, None)
        if value is None:
            return []
        return [{"int": value}] if isinstance(value, int) else [{"float": float(value)}]

    def _detail(self, name: str) -> list[_Cell]:
        found = self._view.directory.organization(self._organization.key)
        return _text(getattr(found, name, None))

    def _alliances(self) -> list[_Cell]:
        directory = self._view.directory
        records = {self._organization.key, *(one.key for one in directory.records(self._organization.key))}
        rows = [
            row
            for key in sorted(records)
            for row in self._graph.select(
                ALLIANCES_OF, organization=NamedNode(individual("organization", key, self._view.base))
            )
        ]
        found = directory.alliances(row["key"] for row in rows).values()
        ordered = sorted(found, key=lambda one: (one.start or dt.date.max, one.name, one.key))
        return [{"str": one.name} for one in ordered]

    def _partners(self) -> list[_Cell]:
        if self._position is None:
            return []
        rows = self._view.network.ties(self._organization.key, limit=_MOST_VALUES).rows
        names = self._view.directory.organizations(one.partner for one in rows)
        return [{"id": one.partner, "name": names[one.partner].name} for one in rows if one.partner in names]


def _text(value: str | None) -> list[_Cell]:
    return [{"str": value}] if value else []
