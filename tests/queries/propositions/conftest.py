"""The evidence base in memory, and small graphs whose verdicts can be told by hand."""

from __future__ import annotations

from collections.abc import Callable

import pyoxigraph as ox
import pytest
from tertius.loaders.evidence import evidence_quads, read_evidence
from tertius.ontology import ontology_graph
from tertius.ontology.identity import graph
from tertius.ontology.namespaces import PREFIXES, SKOS
from tertius.store import MemoryStore

PROLOGUE = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())


def with_ontology(store: MemoryStore) -> MemoryStore:
    home = ox.NamedNode(graph("ontology"))
    store.graph.bulk_extend(ox.Quad(one.subject, one.predicate, one.object, home) for one in ontology_graph())
    return store


@pytest.fixture(scope="session")
def evidence_base() -> MemoryStore:
    store = MemoryStore()
    store.graph.bulk_extend(evidence_quads(read_evidence()))
    return with_ontology(store)


@pytest.fixture(scope="session")
def notations(evidence_base: MemoryStore) -> list[ox.Quad]:
    return list(
        evidence_base.graph.quads_for_pattern(
            None, ox.NamedNode(f"{SKOS}notation"), None, ox.NamedNode(graph("ontology"))
        )
    )


@pytest.fixture
def small(notations: list[ox.Quad]) -> Callable[[str], MemoryStore]:
    """Make a store of the concepts' notations and a few statements in TriG; `e:` is the individuals' base."""

    def make(text: str) -> MemoryStore:
        store = MemoryStore()
        start = (
            PROLOGUE + "@prefix e: <https://w3id.org/tertius/id/> .\n@base <https://w3id.org/tertius/id/> .\n"
        )
        store.graph.load(input=start + text, format=ox.RdfFormat.TRIG)
        store.graph.extend(notations)
        return store

    return make
