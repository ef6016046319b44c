"""Files that other tools read back."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import igraph
import networkx as nx
import pytest
from tertius.queries.network import Label, Network, NetworkParameters, edge_csv, graphml, node_csv

from tests.queries.network.conftest import Make, P, consortia, org

NASTY = 'Ö & <Söhne> "GmbH"\x00\x0b\ufffe \U0001f600\n]]>'


@pytest.fixture
def network(make: Make) -> Network:
    rows = [*consortia("x: a b c; y: c d; z: alone"), P("e", "w", "2019-01-01"), P("f", "w", "2019-02-02")]
    return make(rows, NetworkParameters(window=None))


def describe(keys: Sequence[str]) -> list[Label]:
    return [
        Label(NASTY if key == org("a") else f"name of {key}", "DE" if key == org("b") else None)
        for key in keys
    ]


def written(pieces: object, path: Path) -> Path:
    path.write_bytes(b"".join(pieces))  # type: ignore[arg-type]
    return path


def test_networkx_reads_the_graphml_back(network: Network, tmp_path: Path) -> None:
    graph = nx.read_graphml(written(graphml(network, describe), tmp_path / "n.graphml"))
    assert not graph.is_directed()
    assert graph.number_of_edges() == network.summary().ties == 5
    assert set(graph) == {position.organization for position in network.iter_positions()}
    for position in network.iter_positions():
        node = graph.nodes[position.organization]
        assert node["degree"] == position.degree
        assert node.get("constraint") == position.constraint
        assert node.get("effective_size") == position.effective_size
        assert node.get("community") == position.community
        assert node.get("clustering") == position.clustering
    assert graph.nodes[org("a")]["name"] == 'Ö & <Söhne> "GmbH" \U0001f600 ]]>'
    assert graph.nodes[org("b")]["country"] == "DE"
    assert "country" not in graph.nodes[org("a")]
    for key in graph:
        for row in network.ties(key).rows:
            edge = graph.edges[key, row.partner]
            assert edge["weight"] == row.tie.weight
            assert edge["alliances"] == len(row.tie.alliances)
            assert edge["local_bridge"] is row.local_bridge
            assert edge["assumed_end"] is row.tie.assumed
            assert edge.get("first") == (row.tie.first.isoformat() if row.tie.first else None)
    assert graph.graph["weight"] == "newman"
    assert graph.graph["window"] == "all"


def test_igraph_reads_the_graphml_back_and_computes_the_same_constraint(
    network: Network, tmp_path: Path
) -> None:
    graph = igraph.Graph.Read_GraphML(str(written(graphml(network), tmp_path / "n.graphml")))
    assert graph.vcount() == 7
    assert graph.ecount() == 5
    theirs = graph.constraint(weights="weight")
    for vertex, value in zip(graph.vs, theirs, strict=True):
        assert vertex["name"] == vertex["id"]
        if vertex["degree"]:
            assert vertex["constraint"] == pytest.approx(value, abs=1e-12)
    for edge in graph.es:
        on_source = {row.partner: row for row in network.ties(graph.vs[edge.source]["id"]).rows}
        row = on_source[graph.vs[edge.target]["id"]]
        assert edge["dyadic_constraint_on_source"] == pytest.approx(row.dyadic_constraint, abs=1e-15)
        assert edge["dyadic_constraint_on_target"] == pytest.approx(
            row.dyadic_constraint_on_partner, abs=1e-15
        )


def test_csv_lists_nodes_and_edges_and_disarms_formulas(network: Network) -> None:
    def formulas(keys: Sequence[str]) -> list[Label]:
        return [Label('=HYPERLINK("x")' if key == org("a") else "plain", "-1") for key in keys]

    nodes = list(csv.DictReader(io.StringIO(b"".join(node_csv(network, formulas)).decode(), newline="")))
    assert [row["key"] for row in nodes] == sorted(row["key"] for row in nodes)
    by_key = {row["key"]: row for row in nodes}
    assert by_key[org("a")]["name"] == '\'=HYPERLINK("x")'
    assert by_key[org("b")]["name"] == "plain"
    assert by_key[org("b")]["country"] == "'-1"
    assert (by_key[org("alone")]["degree"], by_key[org("alone")]["constraint"]) == ("0", "")
    a = network.position(org("a"))
    assert float(by_key[org("a")]["constraint"]) == a.constraint
    edges = list(csv.DictReader(io.StringIO(b"".join(edge_csv(network)).decode(), newline="")))
    assert len(edges) == 5
    for row in edges:
        tie = {partner.partner: partner for partner in network.ties(row["source"]).rows}[row["target"]]
        assert float(row["weight"]) == tie.tie.weight
        assert row["local_bridge"] == str(tie.local_bridge).lower()
        assert row["first"] == (tie.tie.first.isoformat() if tie.tie.first else "")
        assert float(row["dyadic_constraint_on_source"]) == pytest.approx(tie.dyadic_constraint)


def test_organisations_that_were_not_active_are_left_out(make: Make) -> None:
    network = make(
        [P("old", "x", "1990-01-01", "1991-01-01"), P("new", "y", "2020-01-01")], NetworkParameters()
    )
    assert b"".join(node_csv(network)).count(b"\r\n") == 2
    assert org("old").encode() not in b"".join(graphml(network))
