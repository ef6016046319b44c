"""One self-contained OWL 2 document from modules and data, as reasoners can read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox
import rdflib
from tertius.ontology.namespaces import OWL, RDF, RDFS, SKOS, XSD

UMBRELLA: Final = "https://w3id.org/tertius/ontology"
"""IRI of the ontology that imports all modules."""

_XSD_NAMES: Final = (
    "anyURI",
    "base64Binary",
    "boolean",
    "byte",
    "dateTime",
    "dateTimeStamp",
    "decimal",
    "double",
    "float",
    "hexBinary",
    "int",
    "integer",
    "language",
    "long",
    "Name",
    "NCName",
    "negativeInteger",
    "NMTOKEN",
    "nonNegativeInteger",
    "nonPositiveInteger",
    "normalizedString",
    "positiveInteger",
    "short",
    "string",
    "token",
    "unsignedByte",
    "unsignedInt",
    "unsignedLong",
    "unsignedShort",
)

OWL2_DATATYPES: Final = frozenset(
    {OWL + "real", OWL + "rational", RDF + "langString", RDF + "PlainLiteral", RDF + "XMLLiteral"}
    | {RDFS + "Literal"}
    | {XSD + name for name in _XSD_NAMES}
)
"""The OWL 2 datatype map (OWL 2 Structural Specification, section 4); `xsd:date` is not in it."""


_LISTS: Final = frozenset({RDF + "first", RDF + "rest", SKOS + "memberList"})
_LIST: Final = ox.NamedNode(RDF + "List")


class ForeignImportError(ValueError):
    """An ontology imports one that is not ours, which no reasoner here could fetch."""


@dataclass(frozen=True, slots=True)
class Document:
    """A merged graph for reasoners and the statements that had to be left out of it.

    Attributes:
        triples: What reasoners read, under one ontology header and without imports.
        stripped: Statements whose literal has a datatype outside the OWL 2 map, and those that build RDF
            lists, whose vocabulary OWL 2 keeps to itself.
    """

    triples: tuple[ox.Triple, ...]
    stripped: tuple[ox.Triple, ...]

    def ntriples(self) -> bytes:
        """Return the document as N-Triples, which owlready2 reads."""
        return ox.serialize(self.triples, format=ox.RdfFormat.N_TRIPLES) or b""

    def rdfxml(self) -> bytes:
        """Return the document as RDF/XML by rdflib, which the OWLAPI inside HermiT reads without fault."""
        graph = rdflib.Graph()
        graph.parse(data=self.ntriples(), format="nt")
        return graph.serialize(format="xml", encoding="utf-8")


def document(*graphs: Iterable[ox.Triple]) -> Document:
    """Merge graphs into one document for reasoners.

    Imports are dropped, since everything imported is in the merge; headers of modules are dropped, since a
    document has one; statements that HermiT cannot read are set aside.

    Raises:
        ForeignImportError: A graph imports an ontology outside `https://w3id.org/tertius/ontology`.
    """
    triples = {triple for graph in graphs for triple in graph}
    headers = {
        triple.subject
        for triple in triples
        if triple.predicate.value == RDF + "type" and triple.object == ox.NamedNode(OWL + "Ontology")
    }
    for triple in triples:
        if triple.predicate.value == OWL + "imports" and not _ours(triple.object):
            raise ForeignImportError(
                f"{triple.subject} imports {triple.object}; declare what is used as a stub"
            )
    kept = [
        triple
        for triple in triples
        if triple.predicate.value != OWL + "imports"
        and (triple.subject not in headers or triple.subject == ox.NamedNode(UMBRELLA))
    ]
    stripped = [triple for triple in kept if not _readable(triple)]
    return Document(
        triples=tuple(sorted((triple for triple in kept if _readable(triple)), key=str)),
        stripped=tuple(sorted(stripped, key=str)),
    )


def _ours(node: object) -> bool:
    return isinstance(node, ox.NamedNode) and node.value.startswith(UMBRELLA)


def _readable(triple: ox.Triple) -> bool:
    if triple.predicate.value in _LISTS or triple.object == _LIST:
        return False
    return not isinstance(triple.object, ox.Literal) or triple.object.datatype.value in OWL2_DATATYPES
