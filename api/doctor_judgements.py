"""Whether graph, arrays and search index say the same about who is the same as whom."""

from __future__ import annotations

import json
from typing import Final

import numpy as np
from pyoxigraph import NamedNode, Triple, parse
from pyoxigraph import RdfFormat as Format
from tertius.api.graph import Graph
from tertius.api.services import Services, View
from tertius.ontology.identity import graph
from tertius.queries.judgements import read_judgements
from tertius.queries.network.table import find_keys
from tertius.store import Budget, ResultFormat

_BUDGET: Final = Budget(seconds=600.0, rows=20_000_000, bytes=8 * 1024**3)
_ALL: Final = "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH $graph { ?s ?p ?o } }"


def audit_judgements(services: Services, view: View) -> str:
    """Compare the judgements of a snapshot's graph with its search index and its arrays.

    Returns:
        What is the same.

    Raises:
        ValueError: They differ; the message says in what.
    """
    if not view.directory.judged:
        return "none: the snapshot is of an earlier version"
    asked = Graph(services.store, view.snapshot.number, _BUDGET)
    answer = asked.construct(_ALL, ResultFormat.NTRIPLES, graph=NamedNode(graph("judgements", view.base)))
    triples = [Triple(q.subject, q.predicate, q.object) for q in parse(answer.body, format=Format.N_TRIPLES)]
    stated, same = read_judgements(triples)
    if wrong := [name for name, (one, _) in stated.items() if one.key != name]:
        raise ValueError(f"the graph names judgements otherwise than they read: {wrong[0]}")
    kept = {
        row["key"]: (row["status"], sorted(json.loads(row["reasons"])))
        for row in view.directory.read("SELECT key, status, reasons FROM judgement")
    }
    said = {name: (status, sorted(one.reasons)) for name, (one, status) in stated.items()}
    if kept != said:
        differing = sorted(name for name in kept.keys() | said.keys() if kept.get(name) != said.get(name))
        raise ValueError(f"{len(differing)} judgements differ in graph and search index: {differing[0]}")
    rows = view.directory.read(
        "SELECT r.key, o.key AS stands FROM record r JOIN record o ON o.id = r.organization"
        " WHERE r.id <> r.organization"
    )
    if same != {row["key"]: row["stands"] for row in rows}:
        raise ValueError("graph and search index do not agree on which records stand for others")
    table = view.network.table
    joined = np.flatnonzero(table.canonical != np.arange(table.canonical.size))
    ends = (table.organization_keys(joined), table.organization_keys(table.canonical[joined]))
    records = sorted(same)
    places = find_keys(table.organizations, table.organization_order, records)
    listed = (places >= 0) & table.present[places]
    expected = {record: same[record] for record, here in zip(records, listed.tolist(), strict=True) if here}
    if dict(zip(*ends, strict=True)) != expected:
        raise ValueError("records are joined otherwise in the graph than in the arrays; load a source again")
    return f"{len(stated):,} judgements join {len(same):,} records, the same in graph, index and arrays"
