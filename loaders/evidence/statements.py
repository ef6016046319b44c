"""The whole coding as quads of the named graph `evidence`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import pyoxigraph as ox
from tertius.loaders.evidence import case_statements, framework_statements, theory_statements
from tertius.loaders.evidence.codes import Codes
from tertius.loaders.evidence.reading import Evidence
from tertius.loaders.evidence.writing import Names
from tertius.ontology.identity import graph as graph_iri
from tertius.ontology.namespaces import DEFAULT_BASE

GRAPH = "evidence"
"""Name of the graph."""


def evidence_quads(evidence: Evidence, base: str = DEFAULT_BASE) -> Iterator[ox.Quad]:
    """Yield every quad of the coding once, the same in every run.

    Args:
        evidence: The coding, read and checked.
        base: Base IRI of the individuals.
    """
    names = Names(base, Codes(evidence.codebook, base))
    graph = ox.NamedNode(graph_iri(GRAPH, base))
    parts = chain(
        theory_statements.documents(evidence, names),
        case_statements.codebook(evidence, names),
        case_statements.cases(evidence, names),
        case_statements.observations(evidence, names),
        case_statements.group_statements(evidence, names),
        theory_statements.propositions(evidence, names),
        framework_statements.frameworks(evidence, names),
        theory_statements.ambiguities(evidence, names),
    )
    # A place that several statements share is described by each of them.
    for subject, predicate, value in dict.fromkeys(parts):
        yield ox.Quad(ox.NamedNode(subject), ox.NamedNode(predicate), value, graph)
