"""What every part of the evidence graph is written with: terms, literals, keys of places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

import pyoxigraph as ox
from tertius.loaders.evidence import schema
from tertius.loaders.evidence.codes import Codes
from tertius.ontology.identity import individual, key
from tertius.ontology.namespaces import RDF, SKOS, TT, XSD

Statement: TypeAlias = tuple[str, str, ox.NamedNode | ox.Literal]
"""Subject, predicate and value; the named graph is added at the end."""

TYPE: Final = RDF + "type"
LABEL: Final = SKOS + "prefLabel"
DEFINITION: Final = SKOS + "definition"
NOTATION: Final = SKOS + "notation"
NOTE: Final = SKOS + "note"
IN_SCHEME: Final = SKOS + "inScheme"


def tt(name: str) -> str:
    """Return the IRI of one of the ontology's own terms."""
    return TT + name


def a(subject: str, *classes: str) -> Iterator[Statement]:
    """Say what kind of thing something is."""
    for iri in classes:
        yield subject, TYPE, ox.NamedNode(iri)


def to(iri: str) -> ox.NamedNode:
    """Return a thing as a value."""
    return ox.NamedNode(iri)


def text(value: str) -> ox.Literal:
    """Return words without a language: keys, names of files."""
    return ox.Literal(value)


def english(value: str) -> ox.Literal:
    """Return words in English."""
    return ox.Literal(value, language="en")


def number(value: int) -> ox.Literal:
    """Return a whole number."""
    return ox.Literal(str(value), datatype=ox.NamedNode(XSD + "integer"))


def truth(value: bool) -> ox.Literal:
    """Return yes or no."""
    return ox.Literal("true" if value else "false", datatype=ox.NamedNode(XSD + "boolean"))


def bilingual(subject: str, predicate: str, value: schema.Bilingual) -> Iterator[Statement]:
    """Say something in both languages."""
    yield subject, predicate, english(value.en)
    yield subject, predicate, ox.Literal(value.nl, language="nl")


class Names:
    """IRIs of the individuals of the evidence base.

    Args:
        base: Base IRI of the individuals.
        codes: The codebook's values.
    """

    def __init__(self, base: str, codes: Codes) -> None:
        self.base = base
        self.codes = codes

    def of(self, kind: str, name: str | int) -> str:
        """Return `BASE/id/<kind>/<name>`."""
        return individual(kind, str(name), self.base)

    def item(self, name: str) -> str:
        """Return the IRI of a framework's item, written `framework/item`."""
        return self.of("framework-item", name.replace("/", "_"))

    def framework_or_item(self, name: str) -> str:
        """Return the IRI of a framework, or of an item where the name has a slash."""
        return self.item(name) if "/" in name else self.of("framework", name)

    def locator(self, place: schema.Locator) -> str:
        """Return the IRI of a place; equal places are one."""
        at = [] if place.at is None else [str(place.at[0]), str(place.at[1])]
        lines = (str(place.lines[0]), str(place.lines[1]))
        return self.of("locator", key("locator", place.document, place.part, place.row or "", *lines, *at))


def located(names: Names, subject: str, places: Iterable[schema.Locator]) -> Iterator[Statement]:
    """Say where something can be read, and describe those places."""
    for place in places:
        node = names.locator(place)
        yield subject, tt("locator"), to(node)
        yield from a(node, tt("Locator"))
        yield node, tt("document"), to(names.of("document", place.document))
        yield node, tt("place"), text(place.part if place.row is None else f"{place.part}, {place.row}")
        yield node, tt("part"), text(place.part)
        if place.row is not None:
            yield node, tt("row"), text(place.row)
        yield node, tt("firstLine"), number(place.lines[0])
        yield node, tt("lastLine"), number(place.lines[1])
        if place.at is not None and place.digest is not None:
            yield node, tt("firstCharacter"), number(place.at[0])
            yield node, tt("endCharacter"), number(place.at[1])
            yield node, tt("passageDigest"), text(place.digest)
