"""Facts become statements of the source's named graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

import pyoxigraph as ox
from tertius.loaders import columns
from tertius.loaders.circles import notation
from tertius.loaders.countries import names
from tertius.loaders.facts import Alliance, Facts, Organization, Participation
from tertius.loaders.values import Given, Precision
from tertius.ontology.identifiers import CHECK, identify
from tertius.ontology.identity import graph as graph_iri
from tertius.ontology.identity import individual, key
from tertius.ontology.namespaces import ADMS, ORG, RDF, SKOS, TT, TTC, XSD, concept

DATE: Final = ox.NamedNode(XSD + "date")

Value = ox.NamedNode | ox.Literal

_TYPE: Final = ox.NamedNode(RDF + "type")
_LABEL: Final = ox.NamedNode(SKOS + "prefLabel")
_FORMER: Final = ox.NamedNode(SKOS + "altLabel")
_NOTATION: Final = ox.NamedNode(SKOS + "notation")
_IN_SCHEME: Final = ox.NamedNode(SKOS + "inScheme")
_IDENTIFIER: Final = ox.NamedNode(ADMS + "identifier")
_KEY: Final = ox.NamedNode(TT + "key")
_AS_GIVEN: Final = ox.NamedNode(TT + "dateAsGiven")
_ALLIANCE: Final = ox.NamedNode(TT + "alliance")
_ORGANIZATION: Final = ox.NamedNode(TT + "organization")
_ROLE: Final = ox.NamedNode(TT + "role")
_PURPOSE: Final = ox.NamedNode(TT + "purpose")
_SIZE: Final = ox.NamedNode(TT + "size")
_CHECK: Final = ox.NamedNode(TT + "checkResult")
_SCHEME: Final = ox.NamedNode(TT + "scheme")
_FORM_AS_GIVEN: Final = ox.NamedNode(TT + "formAsGiven")

_CIRCLES: Final = {"country": "country", "sector": "sector", "type": "organizationType"}

_CONCEPTS: Final = {
    "form": "form",
    "equity": "equity",
    "orientation": "orientation",
    "governance": "governanceMode",
    "search_channel": "searchChannel",
    "selection_basis": "selectionBasis",
    "coordination": "coordination",
    "monitoring": "monitoring",
    "senior_involvement": "seniorInvolvement",
    "trust_basis": "trustBasis",
}


@lru_cache(maxsize=1 << 16)
def _term(name: str) -> ox.NamedNode:
    return ox.NamedNode(name)


@lru_cache(maxsize=1 << 16)
def _day(iso: str) -> ox.Literal:
    return ox.Literal(iso, datatype=DATE)


class Statements:
    """Writes one source's facts as quads.

    Args:
        source: Name of the source.
        base: Base IRI of the individuals.
        labels: Circle column -> notation -> label for people.
    """

    def __init__(self, source: str, base: str, labels: Mapping[str, Mapping[str, str]]) -> None:
        self.graph = ox.NamedNode(graph_iri(source, base))
        self._base = base
        self._labels = labels

    def quads(self, facts: Facts) -> Iterator[ox.Quad]:
        """Yield every quad of the facts, organisations first; nothing is held in memory."""
        yield from self._circles(facts)
        for organization in facts.organizations:
            yield from self._organization(organization)
        for alliance in facts.alliances.values():
            yield from self._alliance(alliance)
        for participation in facts.participations():
            yield from self._participation(participation)

    def _circles(self, facts: Facts) -> Iterator[ox.Quad]:
        seen: set[tuple[str, str]] = set()
        for organization in facts.organizations:
            for kind, text in organization.circles.items():
                code = notation(kind, text)
                if (kind, code) not in seen:
                    seen.add((kind, code))
                    circle = self._circle(kind, code)
                    label = self._labels.get(kind, {}).get(text)
                    label = label or (names().get(code) if kind == "country" else None) or text
                    yield self._quad(circle, _TYPE, _term(TT + "Circle"))
                    yield self._quad(circle, _NOTATION, ox.Literal(code))
                    yield self._quad(circle, _LABEL, ox.Literal(label))
                    yield self._quad(circle, _IN_SCHEME, _term(f"{TTC}circle-{kind}"))

    def _organization(self, entry: Organization) -> Iterator[ox.Quad]:
        node = self._node("organization", entry.key)
        yield self._quad(node, _TYPE, _term(ORG + "Organization"))
        yield self._quad(node, _KEY, ox.Literal(entry.key))
        yield self._quad(node, _LABEL, ox.Literal(entry.name))
        for name in sorted(entry.former):
            yield self._quad(node, _FORMER, ox.Literal(name))
        for kind, text in entry.circles.items():
            yield self._quad(node, _term(TT + _CIRCLES[kind]), self._circle(kind, notation(kind, text)))
        if entry.size:
            yield self._quad(node, _SIZE, ox.Literal(entry.size))
        for scheme, value in entry.identifiers:
            identifier = self._node("identifier", key(scheme, value))
            yield self._quad(node, _IDENTIFIER, identifier)
            yield self._quad(identifier, _TYPE, _term(ADMS + "Identifier"))
            yield self._quad(identifier, _NOTATION, ox.Literal(value))
            yield self._quad(identifier, _SCHEME, _term(concept("identifier-scheme", scheme)))
            yield self._quad(identifier, _CHECK, _term(concept(CHECK, identify(scheme, value).check)))

    def _alliance(self, entry: Alliance) -> Iterator[ox.Quad]:
        node = self._node("alliance", entry.key)
        yield self._quad(node, _TYPE, _term(TT + "Alliance"))
        yield self._quad(node, _KEY, ox.Literal(entry.key))
        yield self._quad(node, _LABEL, ox.Literal(entry.name))
        for name in sorted(entry.former):
            yield self._quad(node, _FORMER, ox.Literal(name))
        for column in ("start", "end"):
            yield from self._date(node, column, entry.dates.get(column))
        if purpose := entry.texts.get("purpose"):
            yield self._quad(node, _PURPOSE, ox.Literal(purpose))
        form = entry.texts.get("form")
        if form and (form,) != entry.concepts.get("form"):
            yield self._quad(node, _FORM_AS_GIVEN, ox.Literal(form))
        for column, notations in entry.concepts.items():
            predicate = _term(TT + _CONCEPTS[column])
            for value in notations:
                yield self._quad(node, predicate, _term(concept(columns.SCHEMES[column], value)))

    def _participation(self, entry: Participation) -> Iterator[ox.Quad]:
        node = self._node("participation", entry.key)
        yield self._quad(node, _TYPE, _term(TT + "Participation"))
        yield self._quad(node, _ALLIANCE, self._node("alliance", entry.alliance.key))
        yield self._quad(node, _ORGANIZATION, self._node("organization", entry.organization.key))
        yield self._quad(node, _ROLE, _term(concept("participation-role", entry.role)))
        yield from self._date(node, "from", entry.start)
        yield from self._date(node, "to", entry.end)
        if entry.observed is not None:
            yield self._quad(node, _term(TT + "lastObserved"), _day(entry.observed.isoformat()))
        for bounds in entry.seen:
            yield self._quad(node, _AS_GIVEN, ox.Literal(bounds))

    def _date(self, node: ox.NamedNode, column: str, given: Given | None) -> Iterator[ox.Quad]:
        if given is not None:
            yield self._quad(node, _term(TT + column), _day(given.day.isoformat()))
            if given.precision is not Precision.DAY:
                yield self._quad(node, _AS_GIVEN, ox.Literal(f"{column}={given.text}"))

    def _node(self, kind: str, name: str) -> ox.NamedNode:
        return ox.NamedNode(individual(kind, name, self._base))

    def _circle(self, kind: str, code: str) -> ox.NamedNode:
        return _term(individual("circle", f"{kind}-{code}", self._base))

    def _quad(self, subject: ox.NamedNode, predicate: ox.NamedNode, value: Value) -> ox.Quad:
        return ox.Quad(subject, predicate, value, self.graph)
