"""What a source's graph says about the source itself: title, licence, files, and the load that wrote it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version

import pyoxigraph as ox
from tertius.loaders.mapping import SourceInfo
from tertius.ontology.identity import graph as graph_iri
from tertius.ontology.identity import individual, key
from tertius.ontology.namespaces import DCAT, DCTERMS, PROV, RDF, TT, XSD


@dataclass(frozen=True, slots=True)
class Description:
    """One source, as its own graph describes it.

    Attributes:
        source: Its name.
        base: Base IRI of the individuals.
        info: What its mapping says of it.
        retrieved: Day on which the files were fetched.
        files: Name and SHA-256, in hexadecimal, of each file.
        started: Moment at which the load began.
        origins: Address that a file came from, by its name, where that is known.
    """

    source: str
    base: str
    info: SourceInfo
    retrieved: dt.date
    files: tuple[tuple[str, str], ...]
    started: dt.datetime
    origins: Mapping[str, str] = field(default_factory=dict)

    def quads(self) -> Iterator[ox.Quad]:
        """Yield the description as quads of the source's graph."""
        graph = ox.NamedNode(graph_iri(self.source, self.base))
        for subject, predicate, value in self._triples():
            yield ox.Quad(ox.NamedNode(subject), ox.NamedNode(predicate), value, graph)

    def lines(self) -> list[str]:
        """Return the description as lines of N-Triples."""
        return [f"{quad.triple} .\n" for quad in self.quads()]

    def _triples(self) -> Iterator[tuple[str, str, ox.NamedNode | ox.Literal]]:
        node = individual("source", self.source, self.base)
        load = individual("load", key("load", self.source, self.started.isoformat()), self.base)
        info = self.info
        unknown = individual("licence", "not-stated", self.base)
        yield node, RDF + "type", ox.NamedNode(TT + "Source")
        yield node, RDF + "type", ox.NamedNode(DCAT + "Dataset")
        yield node, DCTERMS + "title", ox.Literal(info.title or self.source)
        yield node, DCTERMS + "license", ox.NamedNode(info.licence or unknown)
        if info.attribution:
            yield node, TT + "attribution", ox.Literal(info.attribution)
        if info.homepage:
            yield node, DCAT + "landingPage", ox.NamedNode(info.homepage)
        yield node, TT + "retrieved", _typed(self.retrieved.isoformat(), "date")
        yield node, PROV + "wasGeneratedBy", ox.NamedNode(load)
        yield load, RDF + "type", ox.NamedNode(TT + "Load")
        yield load, TT + "softwareVersion", ox.Literal(version("tertius"))
        yield load, PROV + "startedAtTime", _typed(self.started.isoformat(timespec="seconds"), "dateTime")
        for name, digest in self.files:
            file = individual("source-file", key("source-file", self.source, name, digest), self.base)
            yield load, PROV + "used", ox.NamedNode(file)
            yield file, RDF + "type", ox.NamedNode(TT + "SourceFile")
            yield file, TT + "fileName", ox.Literal(name)
            yield file, TT + "checksum", ox.Literal(f"sha256:{digest}")
            if name in self.origins:
                yield file, DCTERMS + "source", ox.NamedNode(self.origins[name])


def _typed(text: str, kind: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))
