"""Holes between parts and the shape of the whole, against counting pair by pair and against networkx."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tertius.queries.network import Network, NetworkParameters, Partition
from tertius.queries.network.holes import holes
from tertius.queries.network.kernel_holes import distances
from tertius.queries.network.shape import gini

from tests.queries.network.conftest import P, consortia, edges_of, org, random_graph, ties_of

NAMES = "ABCDEFGHIJKL"


def graph_of(rows: list[P]) -> nx.Graph:
    graph = nx.Graph()
    for _, group in itertools.groupby(sorted(rows, key=lambda row: row.what), key=lambda row: row.what):
        graph.add_edges_from(itertools.combinations(sorted({row.who for row in group}), 2))
    return graph


def pairs_of(graph: nx.Graph, country: dict[str, str]) -> tuple[dict, dict]:
    """Ends of ties by country, and observed and expected ties of every pair with one expected."""
    known = [(country[a], country[b]) for a, b in graph.edges if country[a] and country[b]]
    ends = Counter(itertools.chain.from_iterable(known))
    expected = {}
    for r, s in itertools.combinations_with_replacement(sorted({country[name] for name in graph} - {""}), 2):
        chance = ends[r] * ends[s] / ((4 if r == s else 2) * len(known)) if known else 0
        if chance >= 1:
            expected[r, s] = (sum(sorted(pair) == [r, s] for pair in known), chance)
    return ends, expected


def bridgers(network: Network, graph: nx.Graph, country: dict[str, str], own: str, far: str):
    """Who of one country has ties into another, and who has partners with such ties."""
    bridges, could = [], []
    for name in (name for name in graph if country[name] == own):
        across = sum(country[other] == far for other in graph[name])
        leading = sum(any(country[b] == far for b in graph[a]) for a in graph[name])
        place = (constraint_of(network, name), org(name))
        if across:
            bridges.append((-across, *place))
        elif leading:
            could.append((-leading, *place))
    return bridges, could


def constraint_of(network: Network, name: str) -> float:
    return round(network.position(org(name)).constraint, 12)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rosters=st.lists(
        st.lists(st.sampled_from(NAMES), min_size=2, max_size=5, unique=True), min_size=3, max_size=14
    ),
    countries=st.lists(st.sampled_from(["NL", "DE", "FR", ""]), min_size=12, max_size=12),
    limit=st.integers(1, 4),
)
def test_holes_equal_counting_every_pair(make, rosters, countries, limit):
    rows = [P(who, f"a{number}") for number, roster in enumerate(rosters) for who in roster]
    country = dict(zip(NAMES, countries, strict=True))
    network = make(rows, circles={name: {"country": country[name]} for name in NAMES})
    graph = graph_of(rows)
    known = [(a, b) for a, b in graph.edges if country[a] and country[b]]
    ends = {
        code: sum((country[a] == code) + (country[b] == code) for a, b in known) for code in country.values()
    }
    expected = {}
    for r, s in itertools.combinations_with_replacement(sorted({country[name] for name in graph} - {""}), 2):
        chance = ends[r] * ends[s] / ((4 if r == s else 2) * len(known)) if known else 0
        if chance >= 1:
            here = sum(sorted((country[a], country[b])) == [r, s] for a, b in known)
            expected[r, s] = (here, chance)
    found, offset = [], 0
    while offset is not None:
        page = holes(network, Partition.COUNTRY, offset, limit)
        found += page.rows
        offset = page.next
    assert {(row.first.notation, row.second.notation) for row in found} == set(expected)
    lacking = [row.expected - row.observed for row in found]
    assert lacking == sorted(lacking, reverse=True) or lacking == pytest.approx(sorted(lacking, reverse=True))
    for row in found:
        r, s = row.first.notation, row.second.notation
        here, chance = expected[r, s]
        assert (row.observed, row.expected) == (here, pytest.approx(chance, rel=1e-12))
        assert (row.first.tie_ends, row.second.tie_ends) == (ends[r], ends[s])
        assert row.first.size == sum(country[name] == r for name in graph)
        bridges, could = [], []
        for own, far in ((r, s), (s, r)) if r != s else ():
            more = bridgers(network, graph, country, own, far)
            bridges += more[0]
            could += more[1]
        assert (row.bridging, row.possible) == (len(bridges), len(could))
        for named, wanted in ((row.bridges, bridges), (row.could_bridge, could)):
            assert [(-one.ways, one.organization) for one in named] == [
                (ways, key) for ways, _, key in sorted(wanted)[:5]
            ]


def test_who_could_bridge_is_two_steps_from_the_other_part(make):
    rows = consortia("X: A B; Y: B C; Z: C D; V: D E; W: A F; U: F G")
    circles = {name: {"country": "NL" if name in "ABFG" else "DE"} for name in "ABCDEFG"}
    network = make(rows, circles=circles)
    between = next(
        row
        for row in holes(network, Partition.COUNTRY, 0, 10).rows
        if row.first.notation != row.second.notation
    )
    assert (between.observed, between.bridging, between.possible) == (1, 2, 2)
    assert {one.organization for one in between.bridges} == {org("B"), org("C")}
    assert {one.organization for one in between.could_bridge} == {org("A"), org("D")}


@pytest.mark.parametrize("seed", range(4))
def test_the_shape_equals_networkx(make, seed):
    draw = np.random.default_rng(seed)
    rows = [
        P(f"o{who}", f"a{number}")
        for number in range(30)
        for who in draw.choice(25, int(draw.integers(1, 5)), replace=False)
    ]
    network = make(rows)
    found, graph = network.lookups.shape, graph_of(rows)
    active = len({row.who for row in rows})
    degrees = dict(graph.degree())
    top = max(degrees.values())
    spread = sum(top - degrees.get(name, 0) for name in {row.who for row in rows})
    assert found.degree_centralization == pytest.approx(spread / ((active - 1) * (active - 2)))
    clustering = [value for name, value in nx.clustering(graph).items() if degrees[name] > 1]
    assert found.mean_clustering == pytest.approx(np.mean(clustering))
    lengths = [
        length
        for start, reached in nx.all_pairs_shortest_path_length(graph)
        for end, length in reached.items()
        if start != end
    ]
    assert (found.mean_distance, found.distances) == (pytest.approx(np.mean(lengths)), "exact")
    n, k = len(graph), np.mean(list(degrees.values()))
    assert found.random_clustering == pytest.approx(k / (n - 1))
    assert found.random_distance == pytest.approx(math.log(n) / math.log(k))
    assert found.small_world == pytest.approx(
        (found.mean_clustering / found.random_clustering) / (found.mean_distance / found.random_distance)
    )
    values = [network.position(org(name)).betweenness for name in graph]
    pairs = sum(abs(a - b) for a in values for b in values)
    assert found.brokerage_gini == pytest.approx(pairs / (2 * n * sum(values)))


def test_a_star_is_as_central_as_can_be_and_a_ring_not_at_all(make):
    star = make(consortia("1: A B; 2: A C; 3: A D; 4: A E")).lookups.shape
    assert (star.degree_centralization, star.brokerage_gini) == (1.0, pytest.approx(0.8))
    ring = make(consortia("1: A B; 2: B C; 3: C D; 4: D A")).lookups.shape
    assert (ring.degree_centralization, ring.brokerage_gini) == (0.0, pytest.approx(0.0))
    assert ring.mean_clustering == 0.0


def test_without_ties_there_is_no_shape(make):
    alone = make([P("A", "1"), P("B", "2")], NetworkParameters(window=None)).lookups.shape
    assert (alone.degree_centralization, alone.mean_clustering, alone.mean_distance) == (None, None, None)
    assert (alone.small_world, alone.brokerage_gini, alone.distances) == (None, None, "exact")
    assert gini(np.zeros(3)) is None


def test_sampled_distances_come_near_the_exact_ones():
    graph = random_graph(400, 0.02, seed=1)
    ties = ties_of(edges_of(graph), 400)
    sums = []
    for sources in (np.arange(ties.organization.size), np.arange(0, ties.organization.size, 5)):
        total = np.zeros(2, dtype=np.int64)
        distances(ties.offsets, ties.partner, sources.astype(np.int32), total)
        sums.append(total[0] / total[1])
    assert sums[1] == pytest.approx(sums[0], rel=0.03)
