"""Exploration by year and the portfolio, against codings and overlaps written out one by one."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tertius.queries.network import NetworkParameters
from tertius.queries.network.ambidexterity import PAIRS, Coding, Domain, by_year, units
from tertius.queries.network.dates import EPOCH
from tertius.queries.network.function_coding import code_function
from tertius.queries.network.interdependence import Rule, alliances_with_partners, interdependence
from tertius.queries.network.portfolio import portfolio

from tests.queries.network.conftest import P, alliance, consortia, org

NAMES = "ABCDEFG"
CIRCLES = {
    "A": {"country": "NL"},
    "B": {"country": "NL", "sector": "s1"},
    "C": {"country": "DE", "sector": "s1"},
    "D": {"country": "DE"},
    "E": {"sector": "s2"},
    "F": {},
    "G": {"country": "FR", "type": "t"},
}
day = st.dates(date(2000, 1, 1), date(2004, 12, 31))


@st.composite
def histories(draw: st.DrawFn) -> list[P]:
    rows = []
    for number in range(draw(st.integers(1, 7))):
        for who in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)):
            start = draw(day)
            end = start + timedelta(days=draw(st.integers(0, 700)))
            rows.append(P(who, f"a{number}", start.isoformat(), end.isoformat()))
    return rows


def meetings(rows: list[P]) -> list[tuple[date, str, str]]:
    """When A first was in each alliance together with each partner; nobody takes part twice."""
    met = []
    for mine in (row for row in rows if row.who == "A"):
        for other in (row for row in rows if row.what == mine.what and row.who != "A"):
            first = max(mine.start, other.start)
            if first <= min(mine.end, other.end):
                met.append((date.fromisoformat(first), mine.what, other.who))
    return met


def by_hand(met: list[tuple[date, str, str]], when: date, who: str) -> tuple[bool, float | None]:
    """Whether a partner is new on a day, and how far it is from those met before."""
    earlier = {other for then, _, other in met if then < when}
    gaps = []
    for name in ("country", "sector", "type"):
        values = [CIRCLES[other][name] for other in earlier if name in CIRCLES[other]]
        if name in CIRCLES[who] and values:
            gaps.append(np.mean([value != CIRCLES[who][name] for value in values]))
    return who not in earlier, float(np.mean(gaps)) if gaps else None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=histories(), codes=st.lists(st.sampled_from([None, 0.0, 0.5, 1.0]), min_size=7, max_size=7))
def test_years_equal_coding_every_unit_by_hand(make, rows, codes):
    network = make(rows, circles=CIRCLES)
    if "A" not in {row.who for row in rows}:
        return
    met = meetings(rows)
    expected = {(what, who): (when, *by_hand(met, when, who)) for when, what, who in met}
    found = units(network, org("A"))
    names = {org(name): name for name in NAMES} | {alliance(f"a{n}"): f"a{n}" for n in range(7)}
    ids = network.table.organization_keys(np.array([unit.partner for unit in found], dtype=np.int64))
    assert len(found) == len(expected)
    for unit, key in zip(found, ids, strict=True):
        when, new, gap = expected[names[unit.alliance], names[key]]
        assert (EPOCH + timedelta(days=unit.day), unit.new) == (when, new)
        assert unit.distance == (None if gap is None else pytest.approx(gap))
    function = {
        alliance(f"a{n}"): Coding(code, inferred=n % 2 == 0)
        for n, code in enumerate(codes)
        if code is not None
    }
    years = by_year(found, function)
    assert [year.year for year in years] == (
        list(range(min(met)[0].year, max(met)[0].year + 1)) if met else []
    )
    for year in years:
        here = {pair: value for pair, value in expected.items() if value[0].year == year.year}
        assert year.units == len(here)
        coded = [codes[int(what[1:])] for what, _ in here if codes[int(what[1:])] is not None]
        inferred = [what for what, _ in here if codes[int(what[1:])] is not None and int(what[1:]) % 2 == 0]
        assert year.domains[Domain.FUNCTION].inferred == len(inferred)
        values = {
            Domain.FUNCTION: coded,
            Domain.STRUCTURE: [float(new) for _, new, _ in here.values()],
            Domain.ATTRIBUTE: [gap for _, _, gap in here.values() if gap is not None],
        }
        for domain, shown in values.items():
            share = year.domains[domain]
            assert share.units == len(shown)
            if not shown:
                assert (share.exploration, share.balance) == (None, None)
                continue
            x = float(np.mean(shown))
            assert share.exploration == pytest.approx(x)
            assert share.balance == pytest.approx(1 - abs(2 * x - 1))
        for one, other in PAIRS:
            x, y = (year.domains[domain].exploration for domain in (one, other))
            assert year.across[one, other] == (None if None in {x, y} else pytest.approx(abs(x - y)))


def test_exclusions_large_alliances_and_the_as_of_are_kept_to(make):
    rows = [
        P(who, what, start, "2020-12-31")
        for what, start, partners in (("X", "2010-01-01", "ABC"), ("Y", "2015-01-01", "ABDE"))
        for who in partners
    ]

    def partners(**parameters):
        network = make(rows, NetworkParameters(**parameters))
        ids = np.array([unit.partner for unit in units(network, org("A"))], dtype=np.int64)
        return sorted(network.table.organization_keys(ids))

    assert partners() == sorted(map(org, "BCBDE"))
    assert partners(window=0) == sorted(map(org, "BCBDE"))
    assert partners(exclude=frozenset({org("B")})) == sorted(map(org, "CDE"))
    assert partners(max_partners=3) == sorted(map(org, "BC"))
    assert partners(as_of=date(2014, 1, 1)) == sorted(map(org, "BC"))
    assert partners(exclude=frozenset({org("A")})) == []


@pytest.mark.parametrize(
    ("orientations", "form", "purpose", "expected"),
    [
        (["exploration"], "licensing", "sales", Coding(1.0, inferred=False)),
        (["exploitation", "exploration"], None, None, Coding(0.5, inferred=False)),
        (["ambidextrous"], None, None, Coding(0.5, inferred=False)),
        ([], "rd-consortium", "marketing", Coding(1.0, inferred=True)),
        ([], "licensing", None, Coding(0.0, inferred=True)),
        ([], "joint-venture", "Developing a new cell", Coding(1.0, inferred=True)),
        ([], None, "Distribution in Asia", Coding(0.0, inferred=True)),
        ([], None, "R&D and manufacturing", Coding(0.5, inferred=True)),
        (["something else"], "joint-venture", "to meet", None),
        ([], None, None, None),
    ],
)
def test_what_is_recorded_counts_before_what_is_inferred(orientations, form, purpose, expected):
    assert code_function(orientations, form, purpose) == expected


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rosters=st.lists(
        st.lists(st.sampled_from(NAMES), min_size=2, max_size=4, unique=True), min_size=1, max_size=9
    )
)
def test_the_portfolio_equals_counting_by_hand(make, rosters):
    rows = [P(who, f"a{number}") for number, roster in enumerate(rosters) for who in roster]
    network = make([*rows, P("A", "own")])
    graph = nx.Graph()
    graph.add_node("A")
    for roster in rosters:
        graph.add_edges_from(itertools.combinations(roster, 2))
    found = portfolio(network, org("A"))
    if not graph["A"]:
        assert found is None
        return
    position = network.position(org("A"))
    weights = [tie.tie.weight / position.strength for tie in network.ties(org("A")).rows]
    assert found.concentration == pytest.approx(sum(p * p for p in weights))
    assert found.effective_partners == pytest.approx(1 / found.concentration)
    assert found.largest_share == pytest.approx(max(weights))
    assert found.redundant == pytest.approx(1 - position.effective_size / position.degree)
    assert (found.partners, found.compared) == (len(weights), len(weights))
    overlaps = {}
    for j, q in itertools.combinations(graph["A"], 2):
        one, other = set(graph[j]) - {"A", q}, set(graph[q]) - {"A", j}
        share = len(one & other) / len(one | other) if one | other else 0.0
        overlaps[frozenset({org(j), org(q)})] = (len(one & other), share, graph.has_edge(j, q))
    if not overlaps:
        assert found.mean_overlap is None
        return
    assert found.mean_overlap == pytest.approx(np.mean([share for _, share, _ in overlaps.values()]))
    for pair in found.overlaps:
        shared, share, tied = overlaps[frozenset({pair.one, pair.other})]
        assert (pair.shared_others, pair.overlap, pair.tied) == (shared, pytest.approx(share), tied)
    best = sorted((share for count, share, _ in overlaps.values() if count), reverse=True)[:10]
    assert [pair.overlap for pair in found.overlaps] == pytest.approx(best)


def test_partners_who_lead_nowhere_else_do_not_overlap(make):
    found = portfolio(make(consortia("X: A B C")), org("A"))
    assert (found.mean_overlap, found.overlaps) == (0.0, ())
    assert portfolio(make(consortia("X: A B; Y: C")), org("C")) is None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rosters=st.lists(
        st.lists(st.sampled_from(NAMES), min_size=2, max_size=4, unique=True), min_size=1, max_size=9
    ),
    codes=st.lists(st.sampled_from([None, 0.0, 0.5, 1.0, 1.0, 0.0]), min_size=9, max_size=9),
)
def test_interdependence_equals_applying_each_rule_by_hand(make, rosters, codes):
    network = make([P("A", "own"), *(P(who, f"a{n}") for n, roster in enumerate(rosters) for who in roster)])
    function = {
        alliance(f"a{n}"): Coding(code, inferred=n % 2 == 0)
        for n, code in enumerate(codes)
        if code is not None
    }
    found = interdependence(network, alliances_with_partners(network, org("A")), function)

    def shared(one, other):
        return [n for n, roster in enumerate(rosters) if {one, other} <= set(roster)]

    partners = [name for name in NAMES[1:] if shared("A", name)]
    does = {name: {codes[n] for n in shared("A", name)} for name in partners}
    pairs = list(itertools.combinations(partners, 2))
    strong = {frozenset(pair) for pair in pairs if len(shared(*pair)) >= 2}
    opposing = {
        frozenset(pair) for pair in pairs if {1.0} in map(does.get, pair) and {0.0} in map(does.get, pair)
    }
    unknown = [pair for pair in pairs if any(None in does[name] for name in pair)]
    guessed = [pair for pair in opposing if any(n % 2 == 0 for name in pair for n in shared("A", name))]
    assert (found.pairs, found.facilitating, found.hindering) == (len(pairs), len(strong), len(opposing))
    assert (found.both, found.uncoded) == (len(strong & opposing), len(pairs) - len(strong | opposing))
    assert (found.function_unknown, found.inferred) == (len(unknown), len(guessed))
    names = {org(name): name for name in NAMES}
    for pair in found.named:
        one, other = names[pair.one], names[pair.other]
        assert {one, other} in (strong if pair.rule is Rule.STRONG_TIE else opposing)
        assert pair.shared_alliances == len(shared(one, other))
        if pair.rule is Rule.OPPOSING_FUNCTIONS:
            assert (does[one], does[other]) == ({1.0}, {0.0})
    assert len(found.named) == min(len(strong), 10) + min(len(opposing), 10)


def test_alliances_outside_the_window_code_nobody(make):
    rows = [
        P("A", "x", "2010-01-01", "2010-12-31"), P("B", "x", "2010-01-01", "2010-12-31"),
        P("A", "y", "2018-01-01", "2018-12-31"), P("B", "y", "2018-01-01", "2018-12-31"),
        P("A", "z", "2018-01-01", "2018-12-31"), P("C", "z", "2018-01-01", "2018-12-31"),
    ]  # fmt: skip
    function = {
        alliance(name): Coding(value, inferred=False) for name, value in (("x", 1), ("y", 0), ("z", 1))
    }
    for window, hindering in ((5, 1), (None, 0)):
        network = make(rows, NetworkParameters(window=window))
        found = interdependence(network, alliances_with_partners(network, org("A")), function)
        assert (found.pairs, found.hindering, found.facilitating) == (1, hindering, 0)
    alone = make([P("A", "x"), P("B", "y"), P("C", "y")])
    assert alliances_with_partners(alone, org("A")) == {}
