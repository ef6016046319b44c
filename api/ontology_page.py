"""The ontology as a page for people: classes, properties and concept schemes, from the graph itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import pyoxigraph as ox
from tertius.ontology import VERSION, ontology_graph, schemes
from tertius.ontology.namespaces import DCTERMS, OWL, PREFIXES, RDF, RDFS, SKOS, TT

_MODULES: Final = "https://w3id.org/tertius/ontology/"
_KINDS: Final = {
    f"{OWL}Class": "class",
    f"{OWL}ObjectProperty": "property",
    f"{OWL}DatatypeProperty": "property",
    f"{OWL}AnnotationProperty": "property",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A term named by another.

    Attributes:
        name: prefixed name.
        href: where it is explained: on the page, or elsewhere.
    """

    name: str
    href: str


@dataclass(frozen=True, slots=True)
class Term:
    """A class or property.

    Attributes:
        name: last part of its IRI, and its anchor.
        iri: its IRI.
        kind: `class` or `property`.
        datatype: whether it is a property that takes values.
        labels: label by language.
        definitions: definition by language.
        parents: classes or properties it belongs under.
        domains: classes it is used on.
        ranges: classes or datatypes of its values.
        sources: where it comes from.
    """

    name: str
    iri: str
    kind: str
    datatype: bool
    labels: Mapping[str, str]
    definitions: Mapping[str, str]
    parents: Sequence[Link]
    domains: Sequence[Link]
    ranges: Sequence[Link]
    sources: Sequence[str]


@dataclass(frozen=True, slots=True)
class Module:
    """A part of the ontology with its terms.

    Attributes:
        name: its notation.
        titles: title by language.
        descriptions: description by language.
        classes: its classes, by name.
        properties: its properties, by name.
    """

    name: str
    titles: Mapping[str, str]
    descriptions: Mapping[str, str]
    classes: Sequence[Term]
    properties: Sequence[Term]


@cache
def contents() -> Mapping[str, Any]:
    """Return what the page shows: version, modules with their terms, concept schemes with their concepts."""
    about: dict[str, dict[str, list[ox.NamedNode | ox.Literal]]] = defaultdict(lambda: defaultdict(list))
    for triple in ontology_graph():
        if isinstance(triple.subject, ox.NamedNode) and isinstance(triple.object, ox.NamedNode | ox.Literal):
            about[triple.subject.value][triple.predicate.value].append(triple.object)
    terms: dict[str, list[Term]] = defaultdict(list)
    for iri, known in about.items():
        kinds = [_KINDS[one.value] for one in known[f"{RDF}type"] if one.value in _KINDS]
        if iri.startswith(TT) and kinds:
            for home in known[f"{RDFS}isDefinedBy"]:
                terms[home.value].append(_term(iri, kinds[0], known))
    modules = [
        Module(
            name=iri.removeprefix(_MODULES),
            titles=_by_language(about[iri][f"{DCTERMS}title"]),
            descriptions=_by_language(about[iri][f"{DCTERMS}description"]),
            classes=[one for one in found if one.kind == "class"],
            properties=[one for one in found if one.kind == "property"],
        )
        for iri, found in sorted(
            (home, sorted(each, key=lambda one: one.name)) for home, each in terms.items()
        )
    ]
    return {
        "version": VERSION,
        "modules": modules,
        "schemes": [one for _, one in sorted(schemes().items())],
        "prefixes": sorted(PREFIXES.items()),
    }


def _term(iri: str, kind: str, known: Mapping[str, list[ox.NamedNode | ox.Literal]]) -> Term:
    parents = [*known[f"{RDFS}subClassOf"], *known[f"{RDFS}subPropertyOf"]]
    return Term(
        name=iri.removeprefix(TT),
        iri=iri,
        kind=kind,
        datatype=any(one.value == f"{OWL}DatatypeProperty" for one in known[f"{RDF}type"]),
        labels=_by_language(known[f"{RDFS}label"]),
        definitions=_by_language(known[f"{SKOS}definition"]),
        parents=_links(parents),
        domains=_links(known[f"{RDFS}domain"]),
        ranges=_links(known[f"{RDFS}range"]),
        sources=sorted(one.value for one in known[f"{DCTERMS}source"]),
    )


def _by_language(values: Iterable[ox.NamedNode | ox.Literal]) -> Mapping[str, str]:
    return {one.language: one.value for one in values if isinstance(one, ox.Literal) and one.language}


def _links(values: Iterable[ox.NamedNode | ox.Literal]) -> list[Link]:
    found = []
    for one in values:
        own = one.value.startswith(TT)
        found.append(Link(_short(one.value), f"#{one.value.removeprefix(TT)}" if own else one.value))
    return sorted(found, key=lambda link: link.name)


def _short(iri: str) -> str:
    """Return an IRI with its prefix, the longest that fits."""
    fitting = [(len(base), prefix, base) for prefix, base in PREFIXES.items() if iri.startswith(base)]
    if not fitting:
        return iri
    _, prefix, base = max(fitting)
    return f"{prefix}:{iri.removeprefix(base)}"
