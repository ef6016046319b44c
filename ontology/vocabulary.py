"""The concept schemes as Python values, so that a loader or a route can check a notation without a graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

import pyoxigraph as ox
from tertius.ontology import files
from tertius.ontology.namespaces import RDF, SKOS, TT

_TYPE: Final = ox.NamedNode(RDF + "type")
_ATTRIBUTES: Final = ("issuer", "pattern", "urlTemplate")


class UnknownSchemeError(KeyError):
    """A concept scheme was asked for that the ontology does not have."""

    def __init__(self, scheme: str, known: tuple[str, ...]) -> None:
        super().__init__(scheme)
        self.scheme = scheme
        self.known = known

    def __str__(self) -> str:
        return f"no concept scheme {self.scheme!r}; the ontology has {', '.join(self.known)}"


@dataclass(frozen=True, slots=True)
class Concept:
    """One concept of a scheme.

    Attributes:
        iri: Its IRI.
        scheme: Notation of its scheme, such as `orientation`.
        notation: Its own notation, such as `exploration`.
        labels: Preferred label by language tag (`en`, `nl`).
        definitions: Definition by language tag.
        order: Place in the reading order of its scheme, from 1.
        broader: Notation of the broader concept in the same scheme, or None at the top.
        attributes: What else is known of it by property name: `issuer`, `pattern` (a regular
            expression that values match) and `urlTemplate` (with `{value}`) of an identifier scheme.
    """

    iri: str
    scheme: str
    notation: str
    labels: Mapping[str, str]
    definitions: Mapping[str, str]
    order: int
    broader: str | None
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Scheme:
    """A concept scheme: its IRI, notation, labels and definitions by language, and concepts by notation."""

    iri: str
    notation: str
    labels: Mapping[str, str]
    definitions: Mapping[str, str]
    concepts: Mapping[str, Concept]


def concepts(scheme: str) -> Mapping[str, Concept]:
    """Return the concepts of a scheme by notation, in reading order.

    Schemes whose concepts come from the data (`circle-country` and its like) are empty here.

    Args:
        scheme: Notation of the scheme, such as `alliance-form`.

    Raises:
        UnknownSchemeError: The ontology has no such scheme.
    """
    known = schemes()
    if scheme not in known:
        raise UnknownSchemeError(scheme, tuple(known))
    return known[scheme].concepts


@cache
def schemes() -> Mapping[str, Scheme]:
    """Return every concept scheme by notation, in alphabetical order."""
    index = _Index(files.triples(path for path in files.modules() if path.name.startswith("concepts-")))
    by_scheme: dict[str, list[Concept]] = {}
    for node in index.instances(SKOS + "Concept"):
        found = _concept(index, node)
        by_scheme.setdefault(found.scheme, []).append(found)
    result = {}
    for node in index.instances(SKOS + "ConceptScheme"):
        notation = index.value(node, SKOS + "notation")
        members = sorted(by_scheme.get(notation, []), key=lambda concept: concept.order)
        result[notation] = Scheme(
            iri=node.value,
            notation=notation,
            labels=index.by_language(node, SKOS + "prefLabel"),
            definitions=index.by_language(node, SKOS + "definition"),
            concepts=MappingProxyType({concept.notation: concept for concept in members}),
        )
    return MappingProxyType(dict(sorted(result.items())))


class _Index:
    """Triples by subject and predicate; the ontology is small enough to hold twice."""

    def __init__(self, triples: list[ox.Triple]) -> None:
        self._objects: dict[tuple[object, str], list[ox.NamedNode | ox.Literal]] = {}
        self._instances: dict[str, list[ox.NamedNode]] = {}
        for subject, predicate, value in triples:
            if isinstance(value, ox.NamedNode | ox.Literal):
                self._objects.setdefault((subject, predicate.value), []).append(value)
            if predicate == _TYPE and isinstance(subject, ox.NamedNode) and isinstance(value, ox.NamedNode):
                self._instances.setdefault(value.value, []).append(subject)

    def instances(self, class_iri: str) -> list[ox.NamedNode]:
        return self._instances.get(class_iri, [])

    def optional(self, subject: ox.NamedNode, predicate: str) -> str | None:
        found = self._objects.get((subject, predicate), [])
        return found[0].value if found else None

    def value(self, subject: ox.NamedNode, predicate: str) -> str:
        found = self.optional(subject, predicate)
        if found is None:
            raise ValueError(f"{subject.value} has no {predicate}")
        return found

    def by_language(self, subject: ox.NamedNode, predicate: str) -> Mapping[str, str]:
        found = self._objects.get((subject, predicate), [])
        return MappingProxyType(
            {
                value.language: value.value
                for value in found
                if isinstance(value, ox.Literal) and value.language
            }
        )


def _concept(index: _Index, node: ox.NamedNode) -> Concept:
    scheme = ox.NamedNode(index.value(node, SKOS + "inScheme"))
    broader = index.optional(node, SKOS + "broader")
    attributes = {name: index.optional(node, TT + name) for name in _ATTRIBUTES}
    return Concept(
        iri=node.value,
        scheme=index.value(scheme, SKOS + "notation"),
        notation=index.value(node, SKOS + "notation"),
        labels=index.by_language(node, SKOS + "prefLabel"),
        definitions=index.by_language(node, SKOS + "definition"),
        order=int(index.value(node, TT + "orderNumber")),
        broader=None if broader is None else index.value(ox.NamedNode(broader), SKOS + "notation"),
        attributes=MappingProxyType({name: value for name, value in attributes.items() if value is not None}),
    )
