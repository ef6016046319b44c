"""The properties of organisations: what candidates are compared by, and what tables can be extended with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from tertius.ontology import concepts
from tertius.ontology.identifiers import SCHEME

COUNTRY: Final = "country"
CITY: Final = "city"
WEBSITE: Final = "website"
OTHER_NAME: Final = "other_name"

MEASURES: Final = (
    "degree",
    "strength",
    "constraint",
    "effective_size",
    "efficiency",
    "hierarchy",
    "betweenness",
    "community",
    "core",
    "clustering",
    "local_bridges",
)
"""Measures of an organisation's position by the names that the REST routes have for them."""


@dataclass(frozen=True, slots=True)
class Property:
    """A property.

    Attributes:
        id: Its id in the service.
        name: Its name for people.
        description: What its values are.
        evidence: Whether candidates are compared by it.
        extends: Whether its values can be fetched.
    """

    id: str
    name: str
    description: str
    evidence: bool = False
    extends: bool = True

    def brief(self) -> dict[str, str]:
        """Return it as suggestions and proposals show it."""
        return {"id": self.id, "name": self.name, "description": self.description}


_FIRST: Final = (
    Property(COUNTRY, "Country", "Two letters of ISO 3166-1; as evidence also a name.", evidence=True),
    Property(CITY, "City", "Place of the seat, as evidence.", evidence=True, extends=False),
    Property(WEBSITE, "Website", "Address or domain, as evidence.", evidence=True, extends=False),
    Property(
        OTHER_NAME,
        "Other name",
        "Former, translated or short name, as evidence.",
        evidence=True,
        extends=False,
    ),
)
_LAST: Final = (
    Property("name", "Name", "Name as its source gives it."),
    Property("iri", "IRI", "Address of the organisation in the graph."),
    Property("source", "Source", "Name of the source that it was first seen in."),
    Property("sector", "Sector", "Notation of its sector."),
    Property("type", "Kind", "Notation of its kind, such as HES."),
    Property("size", "Size", "Size as its source gives it."),
    Property("alliances", "Alliances", "Alliances that it takes or took part in, the earliest first."),
    Property("partners", "Partners", "Organisations tied to it, the heaviest tie first."),
    Property("degree", "Partners, number", "Organisations tied to it; 0 without ties."),
    Property("strength", "Tie strength", "Sum of the weights of its ties."),
    Property("constraint", "Constraint", "Burt's constraint: low where partners are not tied to each other."),
    Property("effective_size", "Effective size", "Partners less the redundancy among them (Burt 1992)."),
    Property("efficiency", "Efficiency", "Effective size for each partner."),
    Property("hierarchy", "Hierarchy", "How far constraint comes from few partners."),
    Property("betweenness", "Betweenness", "Pairs of others whose shortest paths lead through it."),
    Property("community", "Community", "Number of its community, 0 the largest."),
    Property("core", "Core", "Largest k for which it is in the k-core."),
    Property("clustering", "Clustering", "Share of pairs of its partners that are tied."),
    Property("local_bridges", "Local bridges", "Partners with whom it shares no partner."),
)


@cache
def properties() -> Mapping[str, Property]:
    """Return all properties by id; the identifier schemes of the ontology are among them."""
    schemes = (
        Property(
            notation,
            concept.labels["en"],
            concept.definitions.get("en", "Identifier."),
            evidence=True,
        )
        for notation, concept in concepts(SCHEME).items()
    )
    return MappingProxyType({one.id: one for one in (*_FIRST, *schemes, *_LAST)})


@cache
def evidence() -> Mapping[str, Property]:
    """Return the properties that candidates are compared by."""
    return MappingProxyType({name: one for name, one in properties().items() if one.evidence})


@cache
def extensions() -> Mapping[str, Property]:
    """Return the properties whose values can be fetched."""
    return MappingProxyType({name: one for name, one in properties().items() if one.extends})
