"""Validation of a graph against the shapes, with violations as typed values.

pySHACL takes about two minutes for a million triples: it judges fixtures, samples and single records; bulk
rows pass the loaders' own checks, which are tested against these shapes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Final, TypeAlias

import pyoxigraph as ox
import pyshacl
import rdflib
from rdflib.term import Node
from tertius.ontology.graphs import ontology_graph, shapes_graph
from tertius.ontology.namespaces import OWL, RDF, RDFS, SH, SKOS

_BACKGROUND: Final = frozenset({RDFS + "subClassOf", RDFS + "subPropertyOf", SKOS + "inScheme"})
_BACKGROUND_TYPES: Final = frozenset({SKOS + "Concept", SKOS + "ConceptScheme", OWL + "Class"})

_Graph: TypeAlias = rdflib.Graph | Iterable[ox.Triple] | Iterable[ox.Quad]


class Severity(StrEnum):
    """How bad a violation is: a `VIOLATION` must be mended, a `WARNING` looked at."""

    VIOLATION = SH + "Violation"
    WARNING = SH + "Warning"
    INFO = SH + "Info"


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One place where a graph does not fit a shape.

    Attributes:
        shape: IRI of the node or property shape that found it.
        focus: IRI, or blank node label, of the record at fault.
        path: IRI of the property at fault, None where the record as a whole is.
        component: Name of the kind of constraint, such as `MinCount` or `Datatype`.
        value: The value at fault in N-Triples syntax, None where something is missing.
        severity: How bad it is.
        messages: What to do, by language tag (`en`, `nl`).
    """

    shape: str
    focus: str
    path: str | None
    component: str
    value: str | None
    severity: Severity
    messages: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Report:
    """What validation found; `conforms` is true when nothing worse than a warning was found."""

    violations: tuple[Violation, ...]

    @property
    def conforms(self) -> bool:
        """Whether the graph has no violation of the highest severity."""
        return all(found.severity is not Severity.VIOLATION for found in self.violations)


def validate(graph: _Graph, *, shapes: _Graph | None = None) -> Report:
    """Judge a graph against the ontology's shapes.

    The concept schemes and the class hierarchy are known without being part of the graph.

    Args:
        graph: An rdflib graph, or triples or quads of pyoxigraph (graph names are ignored).
        shapes: Other shapes than the ontology's own.

    Returns:
        Every violation, sorted by shape, focus, path and value.
    """
    data = _rdflib(graph) if not isinstance(graph, rdflib.Graph) else graph
    together = rdflib.Graph()
    for part in (data, _background()):
        for triple in part:
            together.add(triple)
    judge = _own_shapes() if shapes is None else _rdflib(shapes)
    _, results, _ = pyshacl.validate(
        together,
        shacl_graph=judge,
        inference="none",
        advanced=False,
        meta_shacl=False,
        allow_warnings=True,
    )
    found = [
        _violation(results, judge, node)
        for node in results.subjects(_iri(RDF, "type"), _iri(SH, "ValidationResult"))
    ]
    return Report(tuple(sorted(found, key=_order)))


def _order(found: Violation) -> tuple[str, str, str, str, str]:
    return (found.shape, found.focus, found.path or "", found.component, found.value or "")


def _violation(results: rdflib.Graph, shapes: rdflib.Graph, node: Node) -> Violation:
    def one(name: str) -> Node | None:
        return results.value(node, _iri(SH, name))

    # A SPARQL constraint has an IRI and messages of its own; the report drops their languages.
    constraint = one("sourceConstraint")
    shape = constraint if isinstance(constraint, rdflib.URIRef) else one("sourceShape")
    path = one("resultPath")
    value = one("value")
    component = str(one("sourceConstraintComponent")).removeprefix(SH).removesuffix("ConstraintComponent")
    messages = {
        text.language: str(text)
        for text in shapes.objects(shape, _iri(SH, "message"))
        if isinstance(text, rdflib.Literal) and text.language
    }
    return Violation(
        shape=str(shape),
        focus=str(one("focusNode")),
        path=str(path) if isinstance(path, rdflib.URIRef) else None,
        component=component,
        value=None if value is None else value.n3(),
        severity=Severity(str(one("resultSeverity"))),
        messages=MappingProxyType(dict(sorted(messages.items()))),
    )


def _iri(namespace: str, name: str) -> rdflib.URIRef:
    return rdflib.URIRef(namespace + name)


def _rdflib(triples: _Graph) -> rdflib.Graph:
    if isinstance(triples, rdflib.Graph):
        return triples
    plain = (item.triple if isinstance(item, ox.Quad) else item for item in triples)
    graph = rdflib.Graph()
    graph.parse(data=ox.serialize(plain, format=ox.RdfFormat.N_TRIPLES), format="nt")
    return graph


@cache
def _own_shapes() -> rdflib.Graph:
    return _rdflib(shapes_graph())


@cache
def _background() -> rdflib.Graph:
    """Return what shapes need to know of the ontology: hierarchy, concepts and their schemes."""
    return _rdflib(
        triple
        for triple in ontology_graph()
        if triple.predicate.value in _BACKGROUND
        or (
            triple.predicate.value == RDF + "type"
            and isinstance(triple.object, ox.NamedNode)
            and triple.object.value in _BACKGROUND_TYPES
        )
    )
