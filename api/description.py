"""How the service describes itself in RDF: SPARQL 1.1 Service Description and VoID."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox
from tertius.api.services import View
from tertius.ontology.identity import graph, individual
from tertius.ontology.namespaces import DCTERMS, FORMATS, PREFIXES, RDF, SD, VOID, XSD
from tertius.store import ResultFormat

OWN_GRAPHS: Final = ("ontology", "evidence", "judgements", "measures")
"""Graphs beside those of the sources."""

_SERIALISATIONS: Final = {
    ResultFormat.TURTLE: ox.RdfFormat.TURTLE,
    ResultFormat.NTRIPLES: ox.RdfFormat.N_TRIPLES,
    ResultFormat.RDFXML: ox.RdfFormat.RDF_XML,
    ResultFormat.JSONLD: ox.RdfFormat.JSON_LD,
}
_RESULTS: Final = (
    "SPARQL_Results_JSON",
    "SPARQL_Results_XML",
    "SPARQL_Results_CSV",
    "SPARQL_Results_TSV",
    "Turtle",
    "N-Triples",
    "RDF_XML",
    "JSON-LD",
)


def service_description(view: View, base: str, form: ResultFormat) -> bytes:
    """Describe the SPARQL service (W3C Recommendation of 21 March 2013).

    Args:
        view: The snapshot that it answers from.
        base: Start of the service's own IRIs.
        form: An RDF serialisation.
    """
    return serialise(_service(view, base), form)


def void(view: View, base: str, form: ResultFormat) -> bytes:
    """Describe the data set: its sources, their licences, how many statements each has, and where to ask."""
    return serialise(_void(view, base), form)


def serialise(triples: Iterator[ox.Triple], form: ResultFormat) -> bytes:
    """Write triples with the known prefixes."""
    prefixes = {**PREFIXES, "sd": SD, "void": VOID}
    return ox.serialize(triples, format=_SERIALISATIONS[form], prefixes=prefixes) or b""


def _service(view: View, base: str) -> Iterator[ox.Triple]:
    service = ox.NamedNode(f"{base}sparql")
    dataset, default = ox.NamedNode(f"{base}sparql#dataset"), ox.NamedNode(f"{base}sparql#default-graph")
    yield _triple(service, RDF + "type", ox.NamedNode(SD + "Service"))
    yield _triple(service, SD + "endpoint", service)
    yield _triple(service, SD + "supportedLanguage", ox.NamedNode(SD + "SPARQL11Query"))
    yield _triple(service, SD + "feature", ox.NamedNode(SD + "UnionDefaultGraph"))
    for name in _RESULTS:
        yield _triple(service, SD + "resultFormat", ox.NamedNode(FORMATS + name))
    yield _triple(service, SD + "defaultDataset", dataset)
    yield _triple(dataset, RDF + "type", ox.NamedNode(SD + "Dataset"))
    yield _triple(dataset, SD + "defaultGraph", default)
    yield _triple(default, RDF + "type", ox.NamedNode(SD + "Graph"))
    for name in dict.fromkeys((*sorted(view.snapshot.manifest.sources), *OWN_GRAPHS)):
        place = ox.NamedNode(f"{base}sparql#graph-{name}")
        yield _triple(dataset, SD + "namedGraph", place)
        yield _triple(place, RDF + "type", ox.NamedNode(SD + "NamedGraph"))
        yield _triple(place, SD + "name", ox.NamedNode(graph(name, view.base)))


def _void(view: View, base: str) -> Iterator[ox.Triple]:
    whole = ox.NamedNode(f"{base}.well-known/void#dataset")
    yield _triple(whole, RDF + "type", ox.NamedNode(VOID + "Dataset"))
    yield _triple(whole, DCTERMS + "title", ox.Literal("Tertius", language="en"))
    yield _triple(whole, VOID + "sparqlEndpoint", ox.NamedNode(f"{base}sparql"))
    yield _triple(whole, VOID + "uriSpace", ox.Literal(f"{view.base}id/"))
    created = ox.Literal(view.snapshot.manifest.created.isoformat(), datatype=ox.NamedNode(XSD + "dateTime"))
    yield _triple(whole, DCTERMS + "modified", created)
    for name, source in sorted(view.snapshot.manifest.sources.items()):
        part = ox.NamedNode(individual("source", name, view.base))
        yield _triple(whole, VOID + "subset", part)
        yield _triple(part, RDF + "type", ox.NamedNode(VOID + "Dataset"))
        if source.title is not None:
            yield _triple(part, DCTERMS + "title", ox.Literal(source.title))
        if source.licence is not None:
            yield _triple(part, DCTERMS + "license", _iri_or_text(source.licence))
        if source.attribution is not None:
            yield _triple(part, DCTERMS + "rights", ox.Literal(source.attribution))
        if "statements" in source.counts:
            yield _triple(part, VOID + "triples", ox.Literal(source.counts["statements"]))


def _iri_or_text(value: str) -> ox.NamedNode | ox.Literal:
    if not value.startswith(("http://", "https://")):
        return ox.Literal(value)
    try:
        return ox.NamedNode(value)
    except ValueError:
        return ox.Literal(value)


def _triple(subject: ox.NamedNode, predicate: str, value: ox.NamedNode | ox.Literal) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(predicate), value)
