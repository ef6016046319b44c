"""The types of the service: organisations, their kinds as sources give them, and the sources themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from tertius.api.errors import BadParameter
from tertius.api.graph import KINDS_OF_ORGANIZATION, Graph
from tertius.api.services import Services, View

ORGANIZATION: Final = "organization"
_KIND: Final = "type-"
_SOURCE: Final = "source-"


@dataclass(frozen=True, slots=True)
class Kind:
    """A type.

    Attributes:
        id: `organization`, `type-` and a notation, or `source-` and the name of a source.
        name: Its name for people.
        description: What belongs to it.
    """

    id: str
    name: str
    description: str

    def as_json(self) -> dict[str, Any]:
        """Return it as the service describes types."""
        said = {"id": self.id, "name": self.name, "description": self.description}
        return said if self.id == ORGANIZATION else {**said, "broader": [_WIDEST]}


_WIDEST: Final = {"id": ORGANIZATION, "name": "Organization"}
_ALL: Final = Kind(ORGANIZATION, "Organization", "Every organisation of the graph.")


@dataclass(frozen=True, slots=True)
class Restriction:
    """What types restrict candidates to; `None` for no restriction.

    Attributes:
        sources: Names of sources.
        notations: Notations of kinds.
    """

    sources: frozenset[str] | None = None
    notations: frozenset[str] | None = None


def kinds(services: Services, view: View) -> Mapping[str, Kind]:
    """Return the types of a snapshot by id, the widest first."""
    found = view.kept.get("kinds")
    if found is None:
        graph = Graph(services.store, view.snapshot.number, services.rest_budget)
        labels = {row["notation"]: row["label"] for row in graph.select(KINDS_OF_ORGANIZATION)}
        every = [
            _ALL,
            *(
                Kind(f"{_KIND}{one}", labels.get(one, one), f"Organisations of the kind {one}.")
                for one in view.directory.kinds()
            ),
            *(
                Kind(
                    f"{_SOURCE}{one.name}", one.title or one.name, f"Organisations that {one.name} describes."
                )
                for one in view.sources
            ),
        ]
        found = view.kept["kinds"] = MappingProxyType({one.id: one for one in every})
    known: Mapping[str, Kind] = found
    return known


def restriction(known: Mapping[str, Kind], asked: Iterable[str]) -> Restriction:
    """Return what the types that a query names restrict its candidates to.

    Raises:
        BadParameter: There is no such type.
    """
    sources, notations = set(), set()
    for one in asked:
        if one not in known:
            raise BadParameter("type", f"there is no type {one[:60]!r}; /reconcile/suggest/type lists them")
        if one == ORGANIZATION:
            return Restriction()
        if one.startswith(_KIND):
            notations.add(one.removeprefix(_KIND))
        else:
            sources.add(one.removeprefix(_SOURCE))
    return Restriction(frozenset(sources) or None, frozenset(notations) or None)


def of_organization(known: Mapping[str, Kind], notation: str | None) -> list[dict[str, str]]:
    """Return the types of an organisation, the narrower one first."""
    narrower = known.get(f"{_KIND}{notation}")
    own = [] if narrower is None else [{"id": narrower.id, "name": narrower.name}]
    return [*own, _WIDEST]
