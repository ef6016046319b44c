"""Questions about a network that is small enough to answer by hand."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from tertius.queries.network import Network, NetworkParameters, Order, ParameterError, Partition, Weight

from tests.queries.network.conftest import Make, P, alliance, consortia, org

# Two triangles joined through a broker m; a chain that only m leads to; a pair apart; someone alone.
STORY = "left: a b c; right: d e f; first: m a; second: m d; chain: m g; end: g h; pair: p q; alone: z"
BINARY = NetworkParameters(window=None, weight=Weight.BINARY)
CIRCLES = {"m": {"country": "DE"}, "a": {"country": "DE"}, "d": {"country": "NL"}}


@pytest.fixture
def story(make: Make) -> Network:
    return make(consortia(STORY), BINARY, circles=CIRCLES)


def keys(names: str) -> list[str]:
    return [org(name) for name in names]


def test_positions_are_what_paper_and_pencil_say(story: Network) -> None:
    m = story.position(org("m"))
    assert (m.degree, m.strength, m.standing) == (3, 3.0, "tied")
    assert m.constraint == pytest.approx(1 / 3)
    assert (m.effective_size, m.efficiency) == (3.0, 1.0)
    assert (m.hierarchy, m.clustering, m.triangles, m.local_bridges) == (0.0, 0.0, 0, 3)
    # Of the pairs among {a b c}, {d e f}, {g h}: 3*3 + 3*2 + 3*2.
    assert m.betweenness == pytest.approx(21)
    a = story.position(org("a"))
    # p = 1/3 each; b and c lead to each other with half of their ties.
    assert a.constraint == pytest.approx(1 / 9 + 2 * (1 / 3 + 1 / 3 * 1 / 2) ** 2)
    assert (a.triangles, a.local_bridges) == (1, 1)
    assert a.clustering == pytest.approx(1 / 3)
    assert a.effective_size == pytest.approx(3 - 2 / 3)
    h = story.position(org("h"))
    assert (h.constraint, h.hierarchy, h.clustering) == (1.0, 1.0, None)
    assert m.percentiles is not None
    assert m.percentiles["betweenness"] == pytest.approx(100 * 10.5 / 11, abs=0.01)
    assert m.percentiles["constraint"] == pytest.approx(100 * 0.5 / 11, abs=0.01)


@pytest.mark.parametrize("who", ["z"])
def test_without_ties_there_are_no_values_and_never_zeros(story: Network, who: str) -> None:
    position = story.position(org(who))
    assert (position.degree, position.standing) == (0, "isolate")
    nothing = {name for name in position.__slots__ if getattr(position, name) is None}
    assert nothing == set(position.__slots__) - {"organization", "standing", "degree"}
    assert story.bridges(org(who)).rows == ()
    assert story.ties(org(who)).rows == ()
    alone = story.ego(org(who))
    assert (alone.nodes, alone.ties, alone.omitted) == ((position,), (), 0)
    assert story.exclusive_reach(org(who), org("m")) == []


def test_inactive_organisations_say_so(make: Make) -> None:
    rows = [P("old", "x", "1990-01-01", "1991-01-01"), P("new", "y", "2020-01-01", "2021-01-01")]
    network = make(rows, NetworkParameters())
    assert network.position(org("old")).standing == "inactive"
    assert network.position(org("new")).standing == "isolate"
    summary = network.summary()
    assert (summary.organizations, summary.active, summary.isolates, summary.density) == (2, 1, 1, None)


def test_bridging_partners_come_by_exclusive_reach_then_constraint_then_key(story: Network) -> None:
    page = story.bridges(org("m"), Partition.COUNTRY)
    expected = [*sorted("ad", key=org), "g"]
    assert [row.partner for row in page.rows] == keys("".join(expected))
    assert [row.exclusive_reach for row in page.rows] == [2, 2, 1]
    assert all(row.local_bridge for row in page.rows)
    assert [row.dyadic_constraint for row in page.rows] == pytest.approx([1 / 9] * 3)
    other = {row.partner: row.other_circle for row in page.rows}
    assert other == {org("a"): False, org("d"): True, org("g"): None}
    assert page.rows[0].tie.alliances == (alliance("first" if expected[0] == "a" else "second"),)
    assert story.exclusive_reach(org("m"), org("a")) == sorted(keys("bc"))
    assert story.exclusive_reach(org("m"), org("h")) == []
    assert story.exclusive_reach(org("m"), org("z")) == []


def test_lower_constraint_comes_first_where_exclusive_reach_is_equal(make: Make) -> None:
    # i's partners: x and y lead nowhere else, but x is tied to a further partner w.
    network = make(consortia("1: i x; 2: i y; 3: i w; 4: x w"), BINARY)
    rows = network.bridges(org("i")).rows
    assert [row.exclusive_reach for row in rows] == [0, 0, 0]
    assert rows[0].partner == org("y")
    assert rows[0].dyadic_constraint < rows[1].dyadic_constraint
    assert [row.partner for row in rows[1:]] == sorted(keys("xw"))
    assert [row.local_bridge for row in rows] == [True, False, False]


def test_two_partners_who_lead_to_the_same_one_have_no_exclusive_reach_to_it(make: Make) -> None:
    network = make(consortia("1: i x; 2: i y; 3: x f; 4: y f; 5: x g"), BINARY)
    assert {row.partner: row.exclusive_reach for row in network.bridges(org("i")).rows} == {
        org("x"): 1,
        org("y"): 0,
    }
    assert network.exclusive_reach(org("i"), org("x")) == [org("g")]


def test_circles_by_community_differ_where_communities_do(story: Network) -> None:
    number = {row.organization: row.community for row in story.iter_positions()}
    for row in story.bridges(org("m")).rows:
        assert row.other_circle is (number[row.partner] != number[org("m")])
    assert {row.other_circle for row in story.bridges(org("m"), Partition.SECTOR).rows} == {None}


def test_ties_give_overlap_and_both_constraints(make: Make) -> None:
    network = make(consortia("1: a b c; 2: a b; 3: b d; 4: p q"), NetworkParameters(window=None))
    rows = network.ties(org("a")).rows
    assert [row.partner for row in rows] == keys("bc")
    heavy = rows[0]
    assert heavy.tie.weight == pytest.approx(1.5)
    assert heavy.tie.alliances == tuple(sorted(alliance(name) for name in "12"))
    assert (heavy.shared_partners, heavy.local_bridge) == (1, False)
    # Beside a and b themselves, c is tied to both and d to b.
    assert heavy.overlap == pytest.approx(1 / 2)
    mirrored = {row.partner: row for row in network.ties(org("b")).rows}[org("a")]
    assert mirrored.dyadic_constraint == heavy.dyadic_constraint_on_partner
    assert mirrored.dyadic_constraint_on_partner == heavy.dyadic_constraint
    total = sum(row.dyadic_constraint for row in rows)
    assert total == pytest.approx(network.position(org("a")).constraint)
    # Nobody else is tied to p or q: there is nothing to overlap.
    assert network.ties(org("p")).rows[0].overlap is None


@pytest.mark.parametrize("order", list(Order))
def test_brokers_are_ordered_paged_and_complete(story: Network, order: Order) -> None:
    rows = story.brokers(order, limit=1000).rows
    assert len(rows) == len({row.organization for row in rows}) == 12

    def rank(row: object) -> tuple[float, str]:
        value = getattr(row, order.value)
        if not getattr(row, "degree"):  # noqa: B009 - the row is any position
            return (math.inf, getattr(row, "organization"))  # noqa: B009
        number = round(float(value), 12)
        return (number if order is Order.CONSTRAINT else -number, getattr(row, "organization"))  # noqa: B009

    assert list(rows) == sorted(rows, key=rank)
    assert rows[-1].organization == org("z")
    collected, offset = [], 0
    while True:
        page = story.brokers(order, offset=offset, limit=5)
        collected += page.rows
        if page.next is None:
            break
        offset = page.next
    assert collected == list(rows) == list(story.iter_positions(order))
    assert story.brokers(order, offset=11, limit=1).rows == rows[11:]
    assert story.brokers(order, offset=50).rows == ()
    assert story.brokers(order, limit=12).next is None


def test_the_default_order_puts_the_broker_first(story: Network) -> None:
    assert story.brokers(limit=1).rows[0].organization == org("m")


def test_pages_of_ties_and_bridges_join_up(story: Network) -> None:
    for ask in (story.bridges, story.ties):
        whole = ask(org("m"))
        first, second = ask(org("m"), limit=2), ask(org("m"), offset=2, limit=2)
        assert (first.next, second.next) == (2, None)
        assert first.rows + second.rows == whole.rows
    assert story.communities(limit=1).rows + story.communities(offset=1).rows == story.communities().rows


@pytest.mark.parametrize(("offset", "limit", "parameter"), [(-1, 10, "cursor"), (0, 0, "limit")])
def test_pages_that_cannot_be_are_refused(story: Network, offset: int, limit: int, parameter: str) -> None:
    for ask in (story.brokers, story.communities, lambda **page: story.ties(org("m"), **page)):
        with pytest.raises(ParameterError) as caught:
            ask(offset=offset, limit=limit)
        assert caught.value.parameter == parameter


def test_the_ego_network_holds_the_ties_among_partners(story: Network) -> None:
    ego = story.ego(org("a"))
    assert ego.organization == org("a")
    assert [node.organization for node in ego.nodes] == [org("a"), *sorted(keys("bcm"))]
    assert {frozenset((tie.source, tie.target)) for tie in ego.ties} == {
        frozenset(keys(pair)) for pair in ("ab", "ac", "am", "bc")
    }
    assert {frozenset((t.source, t.target)): t.local_bridge for t in ego.ties}[frozenset(keys("am"))]
    assert ego.omitted == 0
    cut = story.ego(org("a"), limit=1)
    assert (len(cut.nodes), len(cut.ties), cut.omitted) == (2, 1, 2)


def test_communities_add_up(story: Network) -> None:
    communities = story.communities().rows
    assert [row.community for row in communities] == list(range(len(communities)))
    assert sum(row.size for row in communities) == story.summary().tied
    assert (
        sum(row.internal_ties for row in communities) + sum(row.external_ties for row in communities) / 2
        == 11
    )
    number = {row.organization: row.community for row in story.iter_positions()}
    for row in communities:
        members = {key for key, at in number.items() if at == row.community}
        assert set(row.brokers) <= members
        assert len(row.brokers) == min(row.size, 5)
        outward = {
            key for key in members for tie in story.ties(key).rows if number[tie.partner] != row.community
        }
        assert row.bridging == len(outward)
    pair = number[org("p")]
    assert communities[pair].external_ties == communities[pair].bridging == 0


def test_the_summary_counts(story: Network) -> None:
    summary = story.summary()
    assert (summary.organizations, summary.active, summary.tied, summary.isolates) == (12, 12, 11, 1)
    assert (summary.ties, summary.local_bridges) == (11, 5)
    assert (summary.components, summary.largest_component) == (2, 9)
    assert (summary.participations, summary.alliances) == (17, 8)
    assert summary.density == pytest.approx(11 / 66)
    assert summary.transitivity == pytest.approx(6 / 14)
    assert (summary.as_of, summary.window, summary.weight) == (None, None, "binary")
    assert summary.betweenness == "exact"
    assert summary.communities == len(story.communities().rows)


def test_a_network_knows_which_parameters_it_serves(make: Make) -> None:
    network = make([P("a", "x", "2020-01-01"), P("b", "x", "2020-01-01")], NetworkParameters())
    assert network.default
    assert network.serves(NetworkParameters())
    assert network.serves(NetworkParameters(as_of=date(2020, 1, 1)))
    assert not network.serves(NetworkParameters(as_of=date(2020, 1, 2)))
    assert not network.serves(NetworkParameters(window=0))


def test_exclusive_reach_in_bridges_equals_counting_on_a_larger_network(make: Make) -> None:
    draw = np.random.default_rng(4)
    rows = [
        P(f"o{who}", f"x{what}")
        for what in range(60)
        for who in draw.choice(80, size=int(draw.integers(2, 6)), replace=False)
    ]
    network = make(rows, NetworkParameters(window=None))
    near = {
        row.organization: {tie.partner for tie in network.ties(row.organization, limit=1000).rows}
        for row in network.iter_positions()
    }
    for who, partners in near.items():
        for row in network.bridges(who, limit=1000).rows:
            others = set().union(*(near[q] for q in partners - {row.partner}))
            alone = near[row.partner] - others - partners - {who}
            assert row.exclusive_reach == len(alone)
            assert network.exclusive_reach(who, row.partner) == sorted(alone)
            assert row.local_bridge is not bool(near[row.partner] & partners)
