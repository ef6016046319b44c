"""Values that others have published."""

from __future__ import annotations

import csv
from pathlib import Path

import igraph
import networkx as nx
import numpy as np
import pytest
from tertius.queries.network.measures import StructuralHoles, structural_holes

from tests.queries.network.conftest import edges_of, ties_of

DATA = Path(__file__).parent / "data"


def read(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def measured(graph: nx.Graph, weight: str | None) -> dict[str, dict[str, float]]:
    """Return every measure by node; nodes without ties are absent."""
    numbered = nx.convert_node_labels_to_integers(graph, label_attribute="label")
    ties = ties_of(edges_of(numbered, weight), len(numbered))
    holes = structural_holes(ties)
    names = [numbered.nodes[int(at)]["label"] for at in ties.organization]
    fields = ("constraint", "effective_size", "efficiency", "hierarchy", "clustering")
    return {field: dict(zip(names, getattr(holes, field).tolist(), strict=True)) for field in fields}


@pytest.fixture(scope="module")
def egonet() -> nx.Graph:
    graph = nx.Graph()
    for row in read("burt1992-borgatti1997-egonet-edges.csv"):
        graph.add_edge(row["a"], row["b"], weight=float(row["weight_networkx_tests"]))
    return graph


@pytest.fixture(scope="module")
def marriages() -> nx.Graph:
    graph = nx.Graph()
    graph.add_nodes_from(row["family"] for row in read("florentine-families-nodes.csv"))
    graph.add_edges_from((row["family_a"], row["family_b"]) for row in read("florentine-marriage-edges.csv"))
    return graph


@pytest.mark.parametrize("row", read("burt1992-borgatti1997-egonet-expected.csv"))
def test_burts_ego_network_has_the_published_values(egonet: nx.Graph, row: dict[str, str]) -> None:
    weight = "weight" if row["graph"] == "weighted" else None
    found = measured(egonet, weight)[row["measure"]][row["node"]]
    assert found == pytest.approx(float(row["expected"]), abs=float(row["abs_tolerance"]))


def test_effective_size_of_g_is_what_borgatti_computes_as_n_less_2t_over_n(egonet: nx.Graph) -> None:
    # Borgatti (1997): six contacts, four ties among them: 6 - 2 * 4 / 6.
    assert measured(egonet, None)["effective_size"]["G"] == pytest.approx(6 - 8 / 6, abs=1e-12)


def test_the_constraint_of_the_peruzzi_is_the_right_one_of_two_published_values(marriages: nx.Graph) -> None:
    found = measured(marriages, None)["constraint"]["Peruzzi"]
    assert found == pytest.approx(0.6558642, abs=5e-8)
    assert abs(found - 0.6450617) > 0.01
    # By hand. Partners Bischeri (3 ties), Castellani (3), Strozzi (4); Strozzi is tied to both others.
    through_strozzi = (1 / 3 + 1 / 3 * 1 / 4) ** 2
    through_both = (1 / 3 + 1 / 3 * 1 / 3 + 1 / 3 * 1 / 3) ** 2
    assert found == pytest.approx(2 * through_strozzi + through_both, abs=1e-12)


def test_pucci_married_nobody_and_has_no_values(marriages: nx.Graph) -> None:
    found = measured(marriages, None)
    assert all("Pucci" not in values for values in found.values())
    assert len(found["constraint"]) == 15


@pytest.mark.parametrize("name", ["florentine-marriage-edges.csv", "florentine-business-edges.csv"])
def test_florentine_families_agree_with_networkx_and_igraph(name: str) -> None:
    graph = nx.Graph()
    graph.add_edges_from((row["family_a"], row["family_b"]) for row in read(name))
    found = measured(graph, None)
    names = list(graph)
    peer = igraph.Graph.TupleList(graph.edges())
    at = {vertex["name"]: vertex.index for vertex in peer.vs}
    theirs = peer.constraint()
    for who in names:
        assert found["constraint"][who] == pytest.approx(theirs[at[who]], abs=1e-12)
        assert found["constraint"][who] == pytest.approx(nx.constraint(graph, [who])[who], abs=1e-12)
        assert found["effective_size"][who] == pytest.approx(nx.effective_size(graph, [who])[who], abs=1e-12)


def test_a_closed_triad_has_constraint_above_one() -> None:
    graph = nx.complete_graph(3)
    found = measured(graph, None)
    assert found["constraint"] == pytest.approx(dict.fromkeys(graph, 1.125), abs=1e-15)
    assert found["effective_size"] == pytest.approx(dict.fromkeys(graph, 1.0))
    assert found["hierarchy"] == pytest.approx(dict.fromkeys(graph, 0.0))


def test_one_partner_means_constraint_one_and_by_convention_hierarchy_one() -> None:
    found = measured(nx.path_graph(2), None)
    assert found["constraint"] == {0: 1.0, 1: 1.0}
    assert found["hierarchy"] == {0: 1.0, 1: 1.0}
    assert all(np.isnan(value) for value in found["clustering"].values())


def test_networkx_is_wrong_on_weighted_effective_size_of_all_nodes_at_once() -> None:
    graph = nx.Graph()
    graph.add_weighted_edges_from([(0, 1, 1.0), (1, 2, 2.0), (0, 2, 3.0)])
    one_by_one = nx.effective_size(graph, nodes=list(graph), weight="weight")
    assert one_by_one == pytest.approx({0: 13 / 12, 1: 1.0, 2: 47 / 30})
    assert measured(graph, "weight")["effective_size"] == pytest.approx(one_by_one, abs=1e-12)
    # If this fails, networkx has mended its matrix path: drop the note in docs/methods.md.
    assert nx.effective_size(graph, weight="weight")[0] == pytest.approx(1.25)


def test_an_empty_network_has_no_values() -> None:
    holes: StructuralHoles = structural_holes(ties_of({}, 3))
    assert holes.constraint.size == 0
    assert holes.closure.size == 0
