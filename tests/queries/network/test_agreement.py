"""Every measure against formulas written out from their sources, and against other libraries."""

from __future__ import annotations

import math
from dataclasses import fields
from itertools import combinations

import igraph
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tertius.queries.network.kernel_paths import exclusive_reach
from tertius.queries.network.measures import betweenness, communities, structural_holes
from tertius.queries.network.ranks import Ranks

from tests.queries.network.conftest import edges_of, random_graph, ties_of

NODES = 9


@st.composite
def weighted_graphs(draw: st.DrawFn) -> dict[tuple[int, int], float]:
    pairs = list(combinations(range(NODES), 2))
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=len(pairs)))
    weights = st.one_of(
        st.sampled_from([1.0, 0.5, 1 / 3, 2.0]),
        st.floats(0.001, 1000.0, allow_nan=False, allow_infinity=False),
    )
    return {pair: draw(weights) for pair in chosen}


class Burt:
    """The formulas of Burt (1992), ch. 2, sum by sum, over a dense matrix."""

    def __init__(self, edges: dict[tuple[int, int], float]) -> None:
        self.w = np.zeros((NODES, NODES))
        for (a, b), weight in edges.items():
            self.w[a, b] = self.w[b, a] = weight

    def contacts(self, i: int) -> list[int]:
        return [j for j in range(NODES) if self.w[i, j] > 0]

    def p(self, i: int, j: int) -> float:
        return float(self.w[i, j] / self.w[i].sum())

    def dyadic(self, i: int, j: int) -> float:
        indirect = sum(self.p(i, q) * self.p(q, j) for q in self.contacts(i) if q not in (i, j))
        return (self.p(i, j) + indirect) ** 2

    def constraint(self, i: int) -> float:
        return sum(self.dyadic(i, j) for j in self.contacts(i))

    def effective_size(self, i: int) -> float:
        return sum(
            1 - sum(self.p(i, q) * self.w[j, q] / self.w[j].max() for q in range(NODES) if q not in (i, j))
            for j in self.contacts(i)
        )

    def hierarchy(self, i: int) -> float:
        n = len(self.contacts(i))
        if n == 1:
            return 1.0
        mean = self.constraint(i) / n
        ratios = [self.dyadic(i, j) / mean for j in self.contacts(i)]
        return sum(r * math.log(r) for r in ratios) / (n * math.log(n))

    def clustering(self, i: int) -> float | None:
        pairs = list(combinations(self.contacts(i), 2))
        return sum(self.w[a, b] > 0 for a, b in pairs) / len(pairs) if pairs else None

    def exclusive_reach(self, i: int) -> dict[int, set[int]]:
        near = {i, *self.contacts(i)}
        found: dict[int, set[int]] = {j: set() for j in self.contacts(i)}
        for far in set(range(NODES)) - near:
            leading = [j for j in self.contacts(i) if self.w[j, far] > 0]
            if len(leading) == 1:
                found[leading[0]].add(far)
        return found


@settings(max_examples=300, deadline=None)
@given(weighted_graphs())
def test_measures_equal_burts_formulas(edges: dict[tuple[int, int], float]) -> None:
    burt, ties = Burt(edges), ties_of(edges, NODES)
    holes = structural_holes(ties)
    assert sorted(ties.organization.tolist()) == [i for i in range(NODES) if burt.contacts(i)]
    for row, i in enumerate(ties.organization.tolist()):
        n = len(burt.contacts(i))
        assert int(np.diff(ties.offsets)[row]) == n
        assert holes.strength[row] == pytest.approx(burt.w[i].sum(), rel=1e-12)
        assert holes.constraint[row] == pytest.approx(burt.constraint(i), abs=1e-9)
        assert holes.effective_size[row] == pytest.approx(burt.effective_size(i), abs=1e-9)
        assert holes.efficiency[row] == pytest.approx(burt.effective_size(i) / n, abs=1e-9)
        assert holes.hierarchy[row] == pytest.approx(burt.hierarchy(i), abs=1e-9)
        expected = burt.clustering(i)
        assert holes.clustering[row] == pytest.approx(math.nan if expected is None else expected, nan_ok=True)
        for slot in range(ties.offsets[row], ties.offsets[row + 1]):
            j, tie = int(ties.organization[ties.partner[slot]]), ties.slot_tie[slot]
            share = (ties.slot_weight[slot] + holes.closure[tie]) / holes.strength[row]
            assert share**2 == pytest.approx(burt.dyadic(i, j), abs=1e-9)
            both = set(burt.contacts(i)) & set(burt.contacts(j))
            assert holes.shared[tie] == len(both)
        bridges = [j for j in burt.contacts(i) if not set(burt.contacts(i)) & set(burt.contacts(j))]
        assert holes.local_bridges[row] == len(bridges)


@settings(max_examples=200, deadline=None)
@given(weighted_graphs())
def test_exclusive_reach_equals_counting(edges: dict[tuple[int, int], float]) -> None:
    burt, ties = Burt(edges), ties_of(edges, NODES)
    for row, i in enumerate(ties.organization.tolist()):
        leads, reached = (np.empty(ties.organization.size, dtype=np.int32) for _ in range(2))
        count = exclusive_reach(ties.offsets, ties.partner, row, leads, reached)
        found: dict[int, set[int]] = {j: set() for j in burt.contacts(i)}
        for place, far in zip(leads[:count], reached[:count], strict=True):
            partner = int(ties.organization[ties.partner[ties.offsets[row] + place]])
            found[partner].add(int(ties.organization[far]))
        assert found == burt.exclusive_reach(i)


@settings(max_examples=150, deadline=None)
@given(weighted_graphs())
def test_betweenness_equals_networkx_also_where_neighbourhoods_are_twins(
    edges: dict[tuple[int, int], float],
) -> None:
    graph = nx.Graph()
    graph.add_edges_from(edges)
    ties = ties_of(edges, NODES)
    theirs = nx.betweenness_centrality(graph, normalized=False)
    mine = betweenness(ties)
    assert mine.method == "exact"
    for row, i in enumerate(ties.organization.tolist()):
        assert mine.values[row] == pytest.approx(theirs[i], abs=1e-9)


def test_betweenness_walks_through_consortia_of_twins_exactly() -> None:
    graph = nx.Graph()
    for begin in (0, 20, 40):
        graph.add_edges_from(combinations(range(begin, begin + 12), 2))
    graph.add_edges_from([(0, 20), (20, 40), (40, 1), (11, 31), (45, 60), (60, 61)])
    numbered = nx.convert_node_labels_to_integers(graph)
    ties = ties_of(edges_of(numbered, None), len(numbered))
    theirs = nx.betweenness_centrality(numbered, normalized=False)
    mine = betweenness(ties).values
    assert mine == pytest.approx([theirs[int(i)] for i in ties.organization], abs=1e-9)
    assert max(theirs.values()) > 100


def test_sampled_betweenness_ranks_like_the_exact_one_and_says_so() -> None:
    graph = nx.barabasi_albert_graph(1500, 3, seed=5)
    ties = ties_of(edges_of(graph, None), 1500)
    exact, sampled = betweenness(ties), betweenness(ties, exact_up_to=100, threads=1)
    assert sampled.sources is not None
    assert sampled.sources < 1500
    assert sampled.method == f"sampled from {sampled.sources} sources"
    ranks = [np.argsort(np.argsort(values)) for values in (exact.values, sampled.values)]
    assert np.corrcoef(*ranks)[0, 1] > 0.95
    # The estimate is unbiased: totals are close, not only ranks.
    assert sampled.values.sum() == pytest.approx(exact.values.sum(), rel=0.05)


def test_betweenness_does_not_depend_on_the_number_of_threads() -> None:
    ties = ties_of(edges_of(random_graph(300, 0.03, seed=2), None), 300)
    assert np.array_equal(betweenness(ties, threads=1).values, betweenness(ties, threads=4).values)


def test_structural_holes_do_not_depend_on_the_number_of_threads_by_one_bit() -> None:
    graph = random_graph(500, 0.04, seed=6)
    ties = ties_of(edges_of(graph), 500)
    alone, together = structural_holes(ties, threads=1), structural_holes(ties, threads=3)
    assert alone.triangles.sum() > 1000
    for field in fields(alone):
        assert getattr(alone, field.name).tobytes() == getattr(together, field.name).tobytes()


@pytest.mark.parametrize(
    ("nodes", "probability", "seed"), [(60, 0.1, 1), (200, 0.05, 2), (400, 0.02, 3), (20, 0.9, 4)]
)
def test_constraint_equals_igraph_and_networkx_on_random_weighted_networks(
    nodes: int, probability: float, seed: int
) -> None:
    graph = random_graph(nodes, probability, seed)
    edges = edges_of(graph)
    ties = ties_of(edges, nodes)
    holes = structural_holes(ties)
    peer = igraph.Graph(n=nodes, edges=list(edges))
    constraint = peer.constraint(weights=list(edges.values()))
    matrix = nx.constraint(graph, weight="weight")
    size = nx.effective_size(graph, nodes=list(graph)[:25], weight="weight")
    local = peer.transitivity_local_undirected(mode="nan")
    for row, i in enumerate(ties.organization.tolist()):
        assert holes.constraint[row] == pytest.approx(constraint[i], abs=1e-9)
        assert holes.constraint[row] == pytest.approx(matrix[i], abs=1e-9)
        assert holes.clustering[row] == pytest.approx(local[i], abs=1e-12, nan_ok=True)
        if i in size:
            assert holes.effective_size[row] == pytest.approx(size[i], abs=1e-9)
    isolates = set(range(nodes)) - set(ties.organization.tolist())
    assert all(math.isnan(constraint[i]) for i in isolates)
    assert all(math.isnan(matrix[i]) for i in isolates)


def test_unweighted_effective_size_is_n_less_2t_over_n() -> None:
    graph = random_graph(150, 0.08, seed=9)
    ties = ties_of(edges_of(graph, None), 150)
    holes = structural_holes(ties)
    n = np.diff(ties.offsets)
    assert holes.effective_size == pytest.approx(n - 2 * holes.triangles / n, abs=1e-12)


def test_communities_are_the_same_every_time_and_numbered_by_size() -> None:
    graph = nx.planted_partition_graph(6, 30, 0.5, 0.01, seed=3)
    ties = ties_of(edges_of(graph, None), 180)
    rank = ties.organization.astype(np.int32)
    found = communities(ties, rank)
    for _ in range(3):
        again = communities(ties, rank)
        assert np.array_equal(found.number, again.number)
        assert found.modularity == again.modularity
    planted = ties.organization // 30
    assert len({(a, b) for a, b in zip(found.number.tolist(), planted.tolist(), strict=True)}) == 6
    sizes = np.bincount(found.number)
    assert (np.diff(sizes) <= 0).all()
    # Equal sizes: the community with the smallest key comes first.
    first = [int(rank[found.number == number].min()) for number in range(6)]
    assert first == sorted(first)
    partition = igraph.Graph(n=180, edges=list(graph.edges()))
    membership = [0] * 180
    for row, i in enumerate(ties.organization.tolist()):
        membership[i] = int(found.number[row])
    assert found.modularity == pytest.approx(partition.modularity(membership), abs=1e-9)


def test_percentiles_count_equal_values_half_and_ignore_rounding() -> None:
    def percentiles(values: list[float]) -> list[float]:
        found: list[float] = Ranks.of(np.array(values)).share(np.array(values)).tolist()
        return found

    assert percentiles([1.0, 2.0, 2.0, 3.0]) == [12.5, 50.0, 50.0, 87.5]
    assert percentiles([0.1 + 0.2, 0.3]) == [50.0, 50.0]
    assert percentiles([7]) == [50.0]
    assert percentiles([]) == []
    assert percentiles([1.0, math.nan, 3.0])[::2] == [25.0, 75.0]
    assert math.isnan(percentiles([math.nan, 3.0])[0])
