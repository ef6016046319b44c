"""The catalogue described for programs says the same as the files."""

from __future__ import annotations

import json

import pyoxigraph
from tertius.ontology.namespaces import PREFIXES, RDFS, SCHEMA, SH
from tertius.queries import Catalogue, catalogue_triples, describe, describe_all
from tertius.store import MemoryStore

EVIDENCE = {"evidence", "propositions", "services"}
"""Topics that need the evidence base, or a service outside: the small graph holds neither."""


def test_data_is_json_and_complete(catalogue: Catalogue) -> None:
    data = json.loads(json.dumps(describe_all(catalogue)))
    assert [entry["name"] for entry in data] == list(catalogue)
    entry = describe(catalogue["alliances-by-form-and-period"])
    assert entry["topic"] == "alliances"
    assert entry["parameters"] == [
        {
            "name": "forms",
            "required": True,
            "type": "concept",
            "description": "Notations of forms, several allowed",
            "example": ["rd-consortium", "joint-venture"],
            "scheme": "alliance-form",
            "many": True,
        },
        {
            "name": "since",
            "required": False,
            "type": "date",
            "description": "First day of the period",
            "example": "2022-01-01",
            "default": "0001-01-01",
        },
        {
            "name": "until",
            "required": False,
            "type": "date",
            "description": "Last day of the period",
            "example": "2024-12-31",
            "default": "9999-12-31",
        },
    ]
    assert entry["columns"] == [
        {"name": name, "type": column.type, "description": column.description}
        for name, column in catalogue["alliances-by-form-and-period"].columns.items()
    ]


def test_examples_are_whole_queries(catalogue: Catalogue, mini: MemoryStore) -> None:
    for entry in describe_all(catalogue):
        found = mini.graph.query(str(entry["example"]), use_default_graph_as_union=True)
        assert isinstance(found, pyoxigraph.QuerySolutions)
        assert bool(list(found)) or entry["topic"] in EVIDENCE, entry["name"]


def test_rdf_runs_with_the_prefixes_it_declares(catalogue: Catalogue, mini: MemoryStore) -> None:
    graph = pyoxigraph.Store()
    graph.extend(pyoxigraph.Quad(*triple) for triple in catalogue_triples(catalogue))
    rows = graph.query(
        f"""PREFIX sh: <{SH}> PREFIX rdfs: <{RDFS}> PREFIX schema: <{SCHEMA}>
        SELECT ?query ?text ?comment (COUNT(?tag) AS ?tags)
        {{ ?query a sh:SPARQLExecutable ; sh:select ?text ; rdfs:comment ?comment ; schema:keywords ?tag }}
        GROUP BY ?query ?text ?comment"""
    )
    assert isinstance(rows, pyoxigraph.QuerySolutions)
    texts = {row["query"].value.rpartition("/")[2]: row["text"].value for row in rows}
    assert set(texts) == set(catalogue)
    declared = graph.query(
        f"""PREFIX sh: <{SH}> SELECT ?prefix ?namespace
        {{ ?query sh:prefixes ?all . ?all sh:declare [ sh:prefix ?prefix ; sh:namespace ?namespace ] }}"""
    )
    assert isinstance(declared, pyoxigraph.QuerySolutions)
    prefixes = {row["prefix"].value: row["namespace"].value for row in declared}
    assert prefixes == dict(PREFIXES)
    for name, text in texts.items():
        found = mini.graph.query(text, prefixes=prefixes, use_default_graph_as_union=True)
        assert isinstance(found, pyoxigraph.QuerySolutions)
        assert bool(list(found)) or catalogue[name].topic in EVIDENCE
