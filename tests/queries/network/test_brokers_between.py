"""Brokers between two sides, and what would be left without a partner: against taking it out and counting."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tertius.queries.network import Circle, ParameterError, Partition, Side, UnknownOrganizationError
from tertius.queries.network.kernel_reach import constraint_without, open_pairs_between, within_two
from tertius.queries.network.measures import structural_holes

from tests.queries.network.conftest import Make, consortia, org, ties_of

NODES = 9
Edges = dict[tuple[int, int], float]


@st.composite
def weighted_graphs(draw: st.DrawFn) -> Edges:
    pairs = list(combinations(range(NODES), 2))
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=len(pairs)))
    return {pair: draw(st.sampled_from([1.0, 0.5, 1 / 3, 2.0, 17.0])) for pair in chosen}


def neighbours(edges: Edges) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {i: set() for i in range(NODES)}
    for a, b in edges:
        found[a].add(b)
        found[b].add(a)
    return found


def reach(edges: Edges, i: int) -> int:
    near = neighbours(edges)
    return len(near[i].union(*(near[j] for j in near[i])) - {i})


@settings(max_examples=300, deadline=None)
@given(weighted_graphs())
def test_what_is_left_without_a_partner_equals_taking_it_out(edges: Edges) -> None:
    ties = ties_of(edges, NODES)
    holes = structural_holes(ties)
    for row, i in enumerate(ties.organization.tolist()):
        slots = slice(int(ties.offsets[row]), int(ties.offsets[row + 1]))
        own = ties.slot_weight[slots] + holes.closure[ties.slot_tie[slots]]
        places = np.arange(own.size, dtype=np.int32)
        result = np.empty(own.size)
        constraint_without(
            ties.offsets, ties.partner, ties.slot_weight, holes.strength, (own,), row, places, result
        )
        assert within_two(ties.offsets, ties.partner, row) == reach(edges, i)
        for j, left in zip(ties.organization[ties.partner[slots]].tolist(), result.tolist(), strict=True):
            rest = {pair: weight for pair, weight in edges.items() if j not in pair}
            without = ties_of(rest, NODES)
            if i in without.organization:
                at = without.organization.tolist().index(i)
                assert left == pytest.approx(structural_holes(without).constraint[at], abs=1e-9)
            else:
                assert np.isnan(left)


@settings(max_examples=300, deadline=None)
@given(weighted_graphs(), st.lists(st.integers(0, 3), min_size=NODES, max_size=NODES))
def test_open_pairs_equal_counting(edges: Edges, groups: list[int]) -> None:
    ties, near = ties_of(edges, NODES), neighbours(edges)
    n = ties.organization.size
    first, second, pairs = (np.zeros(n, dtype=np.int64) for _ in range(3))
    side = np.array(groups, dtype=np.int32)[ties.organization]
    open_pairs_between(ties.offsets, ties.partner, side, first, second, pairs)
    for row, i in enumerate(ties.organization.tolist()):
        expected = sum(
            b not in near[a] and bool((groups[a] & 1 and groups[b] & 2) or (groups[a] & 2 and groups[b] & 1))
            for a, b in combinations(near[i], 2)
        )
        assert pairs[row] == expected
        assert first[row] == sum(groups[j] & 1 for j in near[i])
        assert second[row] == sum(groups[j] >> 1 for j in near[i])


def test_brokers_between_two_organizations_are_their_shared_partners(make: Make) -> None:
    network = make(consortia("p: a b; q: b c; r: a d; s: d c; t: d e; u: a e; v: c x"))
    rows = network.brokers_between(org("a"), org("c")).rows
    assert {row.organization for row in rows} == {org("b"), org("d")}
    assert all((row.from_partners, row.to_partners, row.open_pairs) == (1, 1, 1) for row in rows)
    assert [row.constraint for row in rows] == sorted(row.constraint for row in rows)
    assert all(row.side is None for row in rows)
    # Partners need no broker, and nobody stands between those too far apart.
    assert network.brokers_between(org("a"), org("e")).rows == ()
    assert network.brokers_between(org("x"), org("e")).rows == ()


def test_brokers_between_circles_say_where_they_stand(make: Make) -> None:
    circles = {name: {"country": "NL"} for name in "ab"} | {name: {"country": "DE"} for name in "cd"}
    network = make(consortia("p: a b; q: b c; r: b d; s: e a; t: e c; u: c d"), circles=circles)
    dutch, german = Circle(Partition.COUNTRY, "NL"), Circle(Partition.COUNTRY, "DE")
    rows = network.brokers_between(dutch, german).rows
    assert [(row.organization, row.open_pairs, row.side) for row in rows] == [
        (org("b"), 2, Side.FROM),
        (org("e"), 1, None),
    ]
    back = network.brokers_between(german, dutch).rows
    assert [(row.organization, row.side) for row in back] == [(org("b"), Side.TO), (org("e"), None)]
    mixed = network.brokers_between(org("a"), german).rows
    assert {row.organization for row in mixed} == {org("b"), org("e")}
    within = network.brokers_between(german, german).rows
    assert within == ()
    numbers = {network.position(org(name)).community for name in "abcde"}
    for one, other in combinations(sorted(number for number in numbers if number is not None), 2):
        found = network.brokers_between(
            Circle(Partition.COMMUNITY, str(one)), Circle(Partition.COMMUNITY, str(other))
        )
        assert found.next is None


def test_pages_of_brokers_between_go_on(make: Make) -> None:
    network = make(consortia("; ".join(f"p{at}: a m{at}; q{at}: m{at} c" for at in range(7))))
    whole = network.brokers_between(org("a"), org("c")).rows
    first = network.brokers_between(org("a"), org("c"), limit=4)
    assert first.next == 4
    rest = network.brokers_between(org("a"), org("c"), offset=4, limit=4)
    assert rest.next is None
    assert first.rows + rest.rows == whole
    assert len(whole) == 7


@pytest.mark.parametrize(
    ("one", "other", "parameter"),
    [
        (org("a"), org("a"), "to"),
        (Circle(Partition.COUNTRY, "XX"), org("a"), "from"),
        (org("a"), Circle(Partition.COMMUNITY, "99"), "to"),
        (org("a"), Circle(Partition.COMMUNITY, "one"), "to"),
    ],
)
def test_a_side_that_is_not_there_is_named(
    make: Make, one: str | Circle, other: str | Circle, parameter: str
) -> None:
    network = make(consortia("p: a b"))
    with pytest.raises(ParameterError) as refused:
        network.brokers_between(one, other)
    assert refused.value.parameter == parameter
    with pytest.raises(UnknownOrganizationError):
        network.brokers_between("q" * 16, org("a"))


def test_bridging_partners_tell_what_would_be_lost(make: Make) -> None:
    network = make(consortia("p: a b c; q: c d e; r: d f"))
    (best, *_) = network.bridges(org("a")).rows
    assert (best.partner, best.exclusive_reach) == (org("c"), 2)
    assert network.reach(org("a")) == 4
    # Without c only b is left.
    assert (best.without.reach, best.without.constraint) == (1, pytest.approx(1.0))
    assert best.community == network.position(org("c")).community
    assert best.roles == network.position(org("c")).roles
    only = network.bridges(org("f")).rows[0]
    assert (only.without.reach, only.without.constraint) == (0, None)
