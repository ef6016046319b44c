"""Positions after a change against the network built again from the changed participations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tertius.queries.network import NetworkParameters, ParameterError, Weight
from tertius.queries.network.aftermath import Aftermath
from tertius.queries.network.measures import structural_holes
from tertius.queries.network.what_if import LOCAL, EndedAlliance, EndedTie, NewAlliance, NewTie

from tests.queries.network.conftest import P, alliance, consortia, org, ties_of

NAMES = "ABCDEFGHIJ"


def same(found, expected):
    for name in LOCAL:
        one, other = getattr(found, name), getattr(expected, name)
        assert (one is None) == (other is None), (name, one, other)
        if one is not None:
            assert one == pytest.approx(other, rel=1e-9, abs=1e-9), name


rosters = st.lists(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True), min_size=1, max_size=9
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rosters=rosters,
    weight=st.sampled_from(Weight),
    new=st.lists(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True), max_size=2),
    data=st.data(),
)
def test_alliances_added_and_ended_give_the_network_built_from_the_changed_table(
    make, rosters, weight, new, data
):
    parameters = NetworkParameters(window=None, weight=weight)
    rows = [P(who, f"a{number}") for number, roster in enumerate(rosters) for who in roster]
    # Everybody is known, most of them through an alliance of their own, which ties nobody.
    rows += [P(who, f"own {who}") for who in NAMES]
    i = data.draw(st.sampled_from(NAMES))
    tying = [number for number, roster in enumerate(rosters) if len(roster) > 1]
    gone = data.draw(st.lists(st.sampled_from(tying), unique=True, max_size=2)) if tying else []
    new = [roster for roster in new if set(roster) - {i}]
    network = make(rows, parameters)
    changed = [row for row in rows if row.what not in {f"a{number}" for number in gone}]
    changed += [P(who, f"new {number}") for number, roster in enumerate(new) for who in sorted({i, *roster})]
    rebuilt = make(changed, parameters)
    outcome = network.what_if(
        org(i),
        add=[NewAlliance(tuple(map(org, roster))) for roster in new],
        end=[EndedAlliance(alliance(f"a{number}")) for number in gone],
    )
    assert outcome.before == network.position(org(i))
    same(outcome.after, rebuilt.position(org(i)))
    changes = {}
    for name in NAMES:
        was, will = (one.position(org(name)).constraint for one in (network, rebuilt))
        if (was is None) != (will is None):
            changes[org(name)] = math.inf
        elif was is not None and abs(was - will) > 1e-11:
            changes[org(name)] = abs(was - will)
    changes.pop(org(i), None)
    assert outcome.affected == len(changes)
    for was, will in outcome.others:
        assert was == network.position(was.organization)
        same(will, rebuilt.position(will.organization))
    told = [changes[will.organization] for _, will in outcome.others]
    assert told == pytest.approx(sorted(changes.values(), reverse=True)[:3], rel=1e-6)


@settings(max_examples=100, deadline=None)
@given(
    edges=st.dictionaries(
        st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda pair: pair[0] < pair[1]),
        st.floats(0.01, 10),
        min_size=1,
    ),
    changes=st.dictionaries(
        st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda pair: pair[0] < pair[1]),
        st.one_of(st.just(0.0), st.floats(0.01, 10)),
        min_size=1,
        max_size=4,
    ),
)
def test_any_weights_changed_give_the_measures_of_the_changed_ties(edges, changes):
    ties = ties_of(edges, 9)
    before = structural_holes(ties)
    after_edges = {pair: w for pair, w in {**edges, **changes}.items() if w > 0}
    after = ties_of(after_edges, 9)
    holes = structural_holes(after)
    found = Aftermath(ties, before, changes)
    for at, one in enumerate(found.ids.tolist()):
        row = after.position[one]
        if row < 0:
            assert found.degree[at] == 0
            assert np.isnan(found.constraint[at])
            continue
        assert found.degree[at] == after.offsets[row + 1] - after.offsets[row]
        assert found.constraint[at] == pytest.approx(holes.constraint[row], rel=1e-9)
        assert found.effective_size[at] == pytest.approx(holes.effective_size[row], rel=1e-9, abs=1e-9)
        assert found.triangles[at] == holes.triangles[row]
        assert found.local_bridges[at] == holes.local_bridges[row]
    # Nobody else changes.
    for one in set(range(9)) - set(found.ids.tolist()):
        row, then = after.position[one], ties.position[one]
        assert (row < 0) == (then < 0)
        if row >= 0:
            assert before.constraint[then] == pytest.approx(holes.constraint[row], rel=1e-12)


def test_a_tie_takes_the_median_weight_unless_one_is_given(make):
    network = make(consortia("X: A B C; Y: A B; Z: D E"))
    usual = network.what_if(org("A"), add=[NewTie(org("D"))])
    assert usual.after.strength == pytest.approx(usual.before.strength + 1.0)
    given_weight = network.what_if(org("A"), add=[NewTie(org("D"), 0.25), NewTie(org("B"), 0.5)])
    assert given_weight.after.strength == pytest.approx(usual.before.strength + 0.75)
    assert given_weight.after.degree == 3
    assert given_weight.after.betweenness is None


def test_ending_a_tie_ends_whatever_it_rests_on(make):
    network = make(consortia("X: A B C; Y: A B; Z: D E"))
    outcome = network.what_if(org("A"), end=[EndedTie(org("B"))])
    assert (outcome.after.degree, outcome.after.strength) == (1, 0.5)
    alone = network.what_if(org("D"), end=[EndedTie(org("E"))])
    assert (alone.after.standing.value, alone.after.constraint) == ("isolate", None)
    assert [after.degree for _, after in alone.others] == [0]
    moved = network.what_if(org("D"), end=[EndedTie(org("E"))], add=[NewTie(org("A"), 2.0)])
    assert (moved.after.degree, moved.after.strength) == (1, 2.0)


def test_an_alliance_without_the_organization_may_end_too(make):
    network = make(consortia("X: A B C; Y: D E"))
    outcome = network.what_if(org("A"), end=[EndedAlliance(alliance("Y"))])
    assert outcome.after.constraint == outcome.before.constraint
    assert {was.organization for was, _ in outcome.others} == {org("D"), org("E")}


def test_nothing_changes_nothing(make):
    network = make(consortia("X: A B C"), NetworkParameters(window=None, weight=Weight.BINARY))
    outcome = network.what_if(org("A"), add=[NewTie(org("B"))])
    same(outcome.after, outcome.before)
    assert (outcome.others, outcome.affected) == ((), 0)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"add": [NewTie("aaaaaaaaaaaaaaaa")]}, "add"),
        ({"add": [NewTie(org("A"))]}, "add"),
        ({"add": [NewAlliance((org("A"),))]}, "add"),
        ({"add": [NewAlliance((org("B"), org("C"), org("D")))]}, "add"),
        ({"add": [NewTie(org("E"))]}, "add"),
        ({"end": [EndedTie(org("D"))]}, "end"),
        ({"end": [EndedAlliance("aaaaaaaaaaaaaaaa")]}, "end"),
        ({"end": [EndedAlliance(alliance("Y"))]}, "end"),
    ],
)
def test_what_cannot_be_is_refused(make, change, named):
    excluded = NetworkParameters(window=None, exclude=frozenset({org("E")}), max_partners=3)
    network = make(consortia("X: A B C; Y: D E; Z: B C"), excluded)
    with pytest.raises(ParameterError) as refused:
        network.what_if(org("A"), **change)
    assert refused.value.parameter == named


def test_binary_ties_weigh_one(make):
    network = make(consortia("X: A B C; Y: D E"), NetworkParameters(window=None, weight=Weight.BINARY))
    with pytest.raises(ParameterError, match="binary"):
        network.what_if(org("A"), add=[NewTie(org("D"), 0.5)])
