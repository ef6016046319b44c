"""Prospects against the network with the tie added, introductions against every path written out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tertius.queries.network import NetworkParameters, ParameterError, Partition, Weight
from tertius.queries.network.prospects import Mode, Wanted

from tests.queries.network.conftest import P, alliance, consortia, org

NAMES = "ABCDEFGHIJKL"
COUNTRIES = ("NL", "DE", "")


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[P], dict[str, dict[str, str]]]:
    rosters = draw(
        st.lists(
            st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True), min_size=1, max_size=12
        )
    )
    rows = [P(who, f"a{number}") for number, roster in enumerate(rosters) for who in roster]
    circles = {name: {"country": draw(st.sampled_from(COUNTRIES))} for name in NAMES}
    return rows, circles


def adjacency(rows: list[P], parameters: NetworkParameters) -> tuple[dict, dict]:
    """Weights and shared alliances of ordered pairs, from the participations."""
    rosters: dict[str, set[str]] = {}
    for row in rows:
        rosters.setdefault(row.what, set()).add(row.who)
    weight: dict[tuple[str, str], float] = {}
    shared: dict[tuple[str, str], set[str]] = {}
    for what, roster in rosters.items():
        share = 1 / (len(roster) - 1) if len(roster) > 1 else 0.0
        for a, b in itertools.permutations(sorted(roster), 2):
            weight[a, b] = weight.get((a, b), 0.0) + (share if parameters.weight is Weight.NEWMAN else 1.0)
            shared.setdefault((a, b), set()).add(what)
    if parameters.weight is Weight.BINARY:
        weight = dict.fromkeys(weight, 1.0)
    return weight, shared


def constraint(weight: dict[tuple[str, str], float], i: str) -> float:
    """Burt's constraint, sum by sum."""
    strength: dict[str, float] = {}
    for (a, _), w in weight.items():
        strength[a] = strength.get(a, 0.0) + w
    p = {pair: w / strength[pair[0]] for pair, w in weight.items()}
    contacts = [b for a, b in weight if a == i]
    return sum(
        (p[i, j] + sum(p[i, q] * p.get((q, j), 0.0) for q in contacts if q != j)) ** 2 for j in contacts
    )


def within_two(weight: dict[tuple[str, str], float], i: str) -> set[str]:
    near = {b for a, b in weight if a == i}
    return (near | {b for a, b in weight if a in near}) - {i}


def paths(
    shared: dict, weight: dict, i: str, j: str, least: int, barred: frozenset[str] = frozenset()
) -> dict:
    """Score every strong path of two or three steps."""
    strength: dict[str, float] = {}
    for (a, _), w in weight.items():
        strength[a] = strength.get(a, 0.0) + w
    found = {}
    others = [name for name in NAMES if name not in {i, j} | barred]
    for way in itertools.chain(((a,) for a in others), itertools.permutations(others, 2)):
        steps = list(itertools.pairwise((i, *way, j)))
        counts = [len(shared.get(step, ())) for step in steps]
        if min(counts) >= least:
            product = float(np.prod([weight[step] / strength[step[0]] for step in steps]))
            found[way] = (min(counts), product)
    return found


def all_pages(network, key, wanted, limit):
    rows, after = [], None
    while True:
        page = network.prospects(key, wanted, after=after, limit=limit)
        rows += page.rows
        assert len(page.rows) <= limit
        if page.last is None:
            return rows, page
        after = page.last


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables(), weight=st.sampled_from(Weight), data=st.data())
def test_prospects_equal_the_network_with_the_tie_added(make, table, weight, data):
    rows, circles = table
    parameters = NetworkParameters(window=None, weight=weight)
    network = make(rows, parameters, circles=circles)
    given_weight, shared = adjacency(rows, parameters)
    active = sorted({row.who for row in rows})
    i = data.draw(st.sampled_from(active))
    barred = frozenset(data.draw(st.lists(st.sampled_from(active), max_size=2, unique=True))) - {i}
    wanted = Wanted(
        mode=Mode.EXPLORATION,
        partition=Partition.COUNTRY,
        strong_min=data.draw(st.sampled_from([1, 2])),
        competitors=frozenset(map(org, barred)),
    )
    own = circles[i]["country"]
    expected = {
        j
        for j in active
        if j not in {i} | barred
        and (i, j) not in given_weight
        and (own == "" or circles[j]["country"] not in {"", own})
    }
    found, page = all_pages(network, org(i), wanted, data.draw(st.integers(1, 5)))
    assert sorted(row.organization for row in found) == sorted(map(org, expected))
    tie = float(np.median([w for (a, _), w in given_weight.items() if a == i] or [1.0]))
    assert page.weight == pytest.approx(tie, rel=1e-12)
    before = within_two(given_weight, i)
    by_key = {org(name): name for name in NAMES}
    for row in found:
        j = by_key[row.organization]
        after = {**given_weight, (i, j): tie, (j, i): tie}
        assert row.constraint_after == pytest.approx(constraint(after, i), rel=1e-9)
        assert row.new_reach == len(within_two(after, i) - before)
        assert row.other_circle is (None if "" in {own, circles[j]["country"]} else True)
        scores = paths(shared, given_weight, i, j, wanted.strong_min, barred)
        best = sorted(scores.values(), reverse=True)[:3]
        given_scores = [(way.shared_alliances, way.product) for way in row.introductions]
        assert [least for least, _ in given_scores] == [least for least, _ in best]
        assert [value for _, value in given_scores] == pytest.approx([value for _, value in best], rel=1e-9)
        for way in row.introductions:
            ends = [(by_key[step.source], by_key[step.target]) for step in way.steps]
            assert (ends[0][0], ends[-1][1]) == (i, j)
            assert tuple(b for _, b in ends[:-1]) in scores
            for pair, step in zip(ends, way.steps, strict=True):
                assert set(step.tie.alliances) == {alliance(what) for what in shared[pair]}
    order = [(round(row.constraint_after, 9), -row.new_reach, row.organization) for row in found]
    assert order == sorted(order)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables(), data=st.data())
def test_exploitation_lists_whom_strong_ties_lead_to(make, table, data):
    rows, circles = table
    network = make(rows, circles=circles)
    weight, shared = adjacency(rows, NetworkParameters(window=None))
    active = sorted({row.who for row in rows})
    i = data.draw(st.sampled_from(active))
    barred = frozenset(data.draw(st.lists(st.sampled_from(active), max_size=1))) - {i}
    wanted = Wanted(
        mode=Mode.EXPLOITATION,
        partition=Partition.COUNTRY,
        strong_min=data.draw(st.sampled_from([1, 2])),
        introductions=1,
        competitors=frozenset(map(org, barred)),
    )
    own = circles[i]["country"]
    best = {}
    for j in active:
        scores = paths(shared, weight, i, j, wanted.strong_min, barred) if j != i else {}
        if (
            scores
            and (i, j) not in weight
            and j not in barred
            and circles[j]["country"] == (own or circles[j]["country"])
        ):
            best[org(j)] = max(scores.values())
    found, _ = all_pages(network, org(i), wanted, data.draw(st.integers(1, 4)))
    assert sorted(row.organization for row in found) == sorted(best)
    for row in found:
        assert row.introductions[0].shared_alliances == best[row.organization][0]
        assert row.introductions[0].product == pytest.approx(best[row.organization][1], rel=1e-9)
    order = [
        (-row.introductions[0].shared_alliances, -row.introductions[0].product, row.organization)
        for row in found
    ]
    assert order == sorted(order)


def test_filters_restrict_who_is_listed_and_nothing_else(make):
    rows = consortia("X: A B; Y: C D; Z: E; W: F G")
    circles = {
        name: {"country": country, "sector": "s"}
        for name, country in zip("ABCDEFG", ("NL", "NL", "DE", "FR", "DE", "DE", ""), strict=True)
    }
    network = make(rows, circles=circles)

    def listed(**changes):
        wanted = Wanted(partition=Partition.COUNTRY, introductions=0, **changes)
        page = network.prospects(org("A"), wanted, limit=100)
        return {row.organization for row in page.rows}, page.left_out

    assert listed() == ({org(name) for name in "CDEF"}, 1)
    assert listed(circles={Partition.COUNTRY: "DE"}) == ({org(name) for name in "CEF"}, 0)
    assert listed(circles={Partition.COUNTRY: "XX"}) == (set(), 0)
    assert listed(competitors=frozenset({org("C"), org("E")})) == ({org("D"), org("F")}, 1)
    among = np.zeros(network.table.organizations.size, dtype=np.bool_)
    among[[network.table.organization_id(org(name)) for name in "DE"]] = True
    assert listed(among=among) == ({org("D"), org("E")}, 0)


def test_an_isolate_tries_a_tie_of_weight_one_and_hears_that_its_circle_is_unknown(make):
    network = make(consortia("X: A B; Y: C"))
    page = network.prospects(org("C"), Wanted(), limit=10)
    assert page.weight == 1.0
    assert [(row.constraint_before, row.constraint_after, row.new_reach) for row in page.rows] == [
        (None, 1.0, 2)
    ] * 2
    assert {row.other_circle for row in page.rows} == {None}
    assert network.prospects(org("C"), Wanted(mode=Mode.EXPLOITATION), limit=10).rows == ()


def test_those_left_out_of_the_network_have_no_prospects_and_are_none(make):
    excluded = NetworkParameters(window=None, exclude=frozenset({org("B")}))
    network = make(consortia("X: A C; Y: B D; Z: D E"), excluded)
    assert network.prospects(org("B"), Wanted(), limit=10).rows == ()
    wanted = Wanted(partition=Partition.COUNTRY)
    found = {row.organization for row in network.prospects(org("A"), wanted, limit=10).rows}
    assert found == {org("D"), org("E")}


def test_introductions_between_two(make):
    network = make(consortia("1: A B; 2: A B; 3: B C; 4: B C; 5: B C; 6: C D; 7: C D; 8: A E"))
    (way,) = network.introductions(org("A"), org("D"))
    assert [step.target for step in way.steps] == [org("B"), org("C"), org("D")]
    assert way.shared_alliances == 2
    assert way.product == pytest.approx(2 / 3 * 3 / 5 * 2 / 5)
    assert network.introductions(org("A"), org("D"), competitors=frozenset({org("C")})) == ()
    assert network.introductions(org("A"), org("D"), strong_min=3) == ()
    assert network.introductions(org("A"), org("B")) is None
    assert network.introductions(org("E"), org("C")) == ()
    with pytest.raises(ParameterError, match="to"):
        network.introductions(org("A"), org("A"))
