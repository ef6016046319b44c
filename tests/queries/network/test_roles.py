"""Roles, participation, cores, cut points and ways around ties: against counting by hand and igraph."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations
from random import Random

import igraph
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tertius.queries.network import Partition
from tertius.queries.network.blocks import Blocks
from tertius.queries.network.kernel_cores import raise_cores, spans
from tertius.queries.network.measures import structural_holes
from tertius.queries.network.roles import NAMES, Cuts, brokerage, brokerage_of, cores, cuts, structure
from tertius.queries.network.tie_network import TieNetwork
from tertius.queries.network.workers import Workers

from tests.queries.network.conftest import Make, consortia, edges_of, org, random_graph, ties_of

NODES = 9
Drawn = tuple[list[tuple[int, int]], list[int]]


@st.composite
def divided_graphs(draw: st.DrawFn) -> Drawn:
    """Ties between nine organisations, and the part of each: 0 to 3, or -1 where nobody knows."""
    pairs = list(combinations(range(NODES), 2))
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=len(pairs)))
    return chosen, draw(st.lists(st.integers(-1, 3), min_size=NODES, max_size=NODES))


def ties_and_parts(drawn: Drawn) -> tuple[TieNetwork, np.ndarray]:
    pairs, parts = drawn
    ties = ties_of(dict.fromkeys(pairs, 1.0), NODES)
    return ties, np.array(parts, dtype=np.int32)[ties.organization]


def graph_of(pairs: list[tuple[int, int]]) -> nx.Graph:
    graph = nx.Graph()
    graph.add_edges_from(pairs)
    return graph


def counted(graph: nx.Graph, parts: list[int], i: int) -> dict[str, int]:
    """Gould & Fernandez' roles of one organisation, open two-path by open two-path."""
    found = dict.fromkeys(NAMES, 0)
    for a, b in combinations(graph[i], 2):
        if graph.has_edge(a, b):
            continue
        one, own, other = parts[a], parts[i], parts[b]
        if min(one, own, other) < 0:
            found["unclassified"] += 1
        elif one == own == other:
            found["coordinator"] += 1
        elif one == other:
            found["consultant"] += 1
        elif own in (one, other):
            found["gatekeeper"] += 1
        else:
            found["liaison"] += 1
    return found


@settings(max_examples=300, deadline=None)
@given(divided_graphs())
def test_roles_and_participation_equal_counting(drawn: Drawn) -> None:
    graph, (ties, part) = graph_of(drawn[0]), ties_and_parts(drawn)
    found = brokerage(ties, part)
    holes = structural_holes(ties)
    degree = np.diff(ties.offsets)
    for row, i in enumerate(ties.organization.tolist()):
        mine = found.roles[5 * row : 5 * row + 5].tolist()
        assert dict(zip(NAMES, mine, strict=True)) == counted(graph, drawn[1], i)
        assert sum(mine) == degree[row] * (degree[row] - 1) // 2 - holes.triangles[row]
        known = [drawn[1][j] for j in graph[i] if drawn[1][j] >= 0]
        expected = 1 - sum((known.count(c) / len(known)) ** 2 for c in set(known)) if known else math.nan
        assert found.participation[row] == pytest.approx(expected, abs=1e-12, nan_ok=True)
        alone, spread = brokerage_of(ties, part, row)
        assert alone == mine
        assert spread == pytest.approx(found.participation[row], abs=0, nan_ok=True)


@settings(max_examples=300, deadline=None)
@given(divided_graphs())
def test_spans_equal_the_distance_without_the_tie(drawn: Drawn) -> None:
    graph, (ties, _) = graph_of(drawn[0]), ties_and_parts(drawn)
    bridge = cuts(ties).bridge
    for row, i in enumerate(ties.organization.tolist()):
        around = spans(ties.offsets, ties.partner, bridge, ties.slot_tie, row).tolist()
        for slot, steps in zip(range(ties.offsets[row], ties.offsets[row + 1]), around, strict=True):
            j = int(ties.organization[ties.partner[slot]])
            rest = graph.copy()
            rest.remove_edge(i, j)
            expected = nx.shortest_path_length(rest, i, j) if nx.has_path(rest, i, j) else 0
            assert steps == expected


@settings(max_examples=200, deadline=None)
@given(divided_graphs())
def test_cores_and_cuts_equal_networkx(drawn: Drawn) -> None:
    graph, (ties, _) = graph_of(drawn[0]), ties_and_parts(drawn)
    held = cuts(ties)
    theirs = nx.core_number(graph)
    name = ties.organization.tolist()
    assert cores(ties).tolist() == [theirs[i] for i in name]
    assert {name[row] for row in np.flatnonzero(held.articulation)} == set(nx.articulation_points(graph))
    ours = {frozenset((name[ties.low[t]], name[ties.high[t]])) for t in np.flatnonzero(held.bridge)}
    assert ours == {frozenset(pair) for pair in nx.bridges(graph)}


def blocks_of(cuts: Cuts) -> set[frozenset[int]]:
    """Return the rows of each block."""
    found: dict[int, set[int]] = {}
    for row, label in enumerate(cuts.block.tolist()):
        if label >= 0:
            found.setdefault(label, {int(cuts.top[row])}).add(row)
    return {frozenset(block) for block in found.values()}


def compare_cuts(mine: Cuts, ties: TieNetwork, upto: int) -> None:
    """Compare with what networkx finds in the network of the first ties."""
    graph = graph_of(list(zip(ties.low[:upto].tolist(), ties.high[:upto].tolist(), strict=True)))
    assert blocks_of(mine) == {frozenset(block) for block in nx.biconnected_components(graph)}
    assert set(np.flatnonzero(mine.articulation)) == set(nx.articulation_points(graph))
    bridges = {frozenset((ties.low[t], ties.high[t])) for t in np.flatnonzero(mine.bridge)}
    assert bridges == {frozenset(pair) for pair in nx.bridges(graph)}
    parts: dict[int, set[int]] = {}
    for row in graph:
        parts.setdefault(int(mine.component[row]), set()).add(row)
    assert {frozenset(part) for part in parts.values()} == {
        frozenset(part) for part in nx.connected_components(graph)
    }


@settings(max_examples=200, deadline=None)
@given(divided_graphs())
def test_blocks_and_components_equal_networkx(drawn: Drawn) -> None:
    ties, _ = ties_and_parts(drawn)
    compare_cuts(cuts(ties), ties, ties.low.size)


def in_rows(ends: np.ndarray, rows: int) -> TieNetwork:
    """Lay ties out in rows and with numbers as they are given."""
    weights = dict.fromkeys([tuple(pair) for pair in ends.tolist()], 1.0)
    mine = np.concatenate([ends, ends[:, ::-1]])
    order = np.lexsort([mine[:, 1], mine[:, 0]])
    return replace(
        ties_of(weights, rows),
        low=ends[:, 0].copy(),
        high=ends[:, 1].copy(),
        offsets=np.append(0, np.cumsum(np.bincount(mine[:, 0], minlength=rows))).astype(np.int64),
        partner=mine[order, 1].copy(),
        slot_tie=np.tile(np.arange(len(ends), dtype=np.int32), 2)[order],
    )


@settings(max_examples=500, deadline=None)
@given(divided_graphs(), st.randoms(use_true_random=False))
def test_blocks_grow_tie_by_tie_as_networkx_finds_them(drawn: Drawn, random: Random) -> None:
    whole, _ = ties_and_parts(drawn)
    # Rows in the order in which ties meet them, as newcomers get the next rows.
    pairs = list(zip(whole.low.tolist(), whole.high.tolist(), strict=True))
    random.shuffle(pairs)
    number: dict[int, int] = {}
    for row in (row for pair in pairs for row in pair):
        number.setdefault(row, len(number))
    ends = np.array([sorted((number[a], number[b])) for a, b in pairs], dtype=np.int32).reshape(-1, 2)
    ties = in_rows(ends, len(number))
    n, m = len(number), len(pairs)
    nothing, none = np.zeros(n, dtype=np.bool_), np.full(n, -1, dtype=np.int32)
    mine = Cuts(nothing, np.zeros(m, dtype=np.bool_), none.copy(), none.copy(), none.copy())
    blocks = Blocks(ties, mine, 0)
    for tie in range(m):
        before = [array.copy() for array in (mine.articulation, mine.block, mine.top, mine.component)]
        if not blocks.join(tie):
            graph = graph_of([tuple(pair) for pair in ends[:tie].tolist()])
            assert not nx.has_path(graph, *ends[tie].tolist())
            return
        compare_cuts(mine, ties, tie + 1)
        for one, other in zip(before, (mine.articulation, mine.block, mine.top, mine.component), strict=True):
            assert set(np.flatnonzero(one != other)) <= set(blocks.rows.tolist())


@settings(max_examples=300, deadline=None)
@given(divided_graphs(), st.integers(1, 12))
def test_cores_rise_tie_by_tie_as_networkx_counts_them(drawn: Drawn, last: int) -> None:
    _, (ties, _) = graph_of(drawn[0]), ties_and_parts(drawn)
    n, m = ties.organization.size, ties.low.size
    graph = nx.Graph()
    graph.add_nodes_from(range(n))
    first = max(m - last, 0)
    graph.add_edges_from(zip(ties.low[:first].tolist(), ties.high[:first].tolist(), strict=True))
    number = nx.core_number(graph) if n else {}
    core, room = np.array([number[row] for row in range(n)], dtype=np.int32), np.empty(n, dtype=np.int32)
    for tie in range(first, m):
        one, other = int(ties.low[tie]), int(ties.high[tie])
        before = core.copy()
        slots = ties.partner, ties.slot_tie
        rose = room[: raise_cores(ties.offsets, slots, core, one, other, tie, room)]
        graph.add_edge(one, other)
        number = nx.core_number(graph)
        assert core.tolist() == [number[row] for row in range(n)]
        assert sorted(rose.tolist()) == np.flatnonzero(core != before).tolist()


@pytest.mark.parametrize(("nodes", "probability", "seed"), [(300, 0.01, 1), (800, 0.02, 2), (40, 0.8, 3)])
def test_cores_and_cuts_equal_igraph_on_larger_networks(nodes: int, probability: float, seed: int) -> None:
    edges = edges_of(random_graph(nodes, probability, seed))
    ties = ties_of(edges, nodes)
    with Workers(2) as workers:
        held = structure(ties, np.zeros(ties.organization.size, dtype=np.int32), workers)
    peer = igraph.Graph(n=nodes, edges=list(edges))
    coreness = peer.coreness()
    assert held.core.tolist() == [coreness[i] for i in ties.organization.tolist()]
    found = sorted(ties.organization[held.articulation].tolist())
    assert found == sorted(peer.articulation_points())
    assert int(held.bridge.sum()) == len(peer.bridges())


def test_without_ties_there_is_nothing_to_hold() -> None:
    ties = ties_of({}, 4)
    held, found = cuts(ties), brokerage(ties, np.zeros(0, dtype=np.int32))
    assert cores(ties).size == held.articulation.size == held.bridge.size == held.block.size == 0
    assert found.roles.size == found.participation.size == 0


def test_a_position_tells_roles_over_the_partition_asked_for(make: Make) -> None:
    # b joins a (its country) and c, d (another); e's country is unknown.
    circles = {"a": {"country": "NL"}, "b": {"country": "NL"}, "c": {"country": "DE"}, "d": {"country": "DE"}}
    network = make(consortia("p: a b; q: b c; r: b d; s: b e"), circles=circles)
    position = network.position(org("b"), Partition.COUNTRY)
    assert position.roles is not None
    assert (position.roles.gatekeeper, position.roles.consultant, position.roles.unclassified) == (2, 1, 3)
    assert (position.roles.coordinator, position.roles.liaison) == (0, 0)
    assert position.participation_coefficient == pytest.approx(1 - (1 / 9 + 4 / 9))
    assert position.percentiles is not None
    assert "participation_coefficient" not in position.percentiles
    assert (position.core, position.articulation) == (1, True)
    everything = network.position(org("b"))
    assert everything.roles is not None
    assert everything.roles.coordinator + everything.roles.gatekeeper + everything.roles.liaison == 6
    assert everything.percentiles is not None
    assert everything.percentiles["core"] == 50.0
    unknown = network.position(org("e"), Partition.COUNTRY)
    assert unknown.participation_coefficient == 0.0
    lost = network.position(org("e"), Partition.SECTOR)
    assert lost.participation_coefficient is None
    assert network.brokers(partition=Partition.COUNTRY).rows[0] == position


def test_ties_tell_their_span(make: Make) -> None:
    network = make(consortia("p: a b; q: b c; r: c d; s: d a; t: d e; u: d f g"))
    rows = {tie.partner: tie for tie in network.ties(org("d")).rows}
    assert {name: rows[org(name)].span for name in "acefg"} == {"a": 3, "c": 3, "e": None, "f": 2, "g": 2}
    assert all((tie.span == 2) != tie.local_bridge for tie in rows.values())
