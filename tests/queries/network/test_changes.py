"""What changed between two networks, of one snapshot or of two; the days of a series."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from tertius.queries.network import (
    ChangeKind,
    Comparison,
    Network,
    NetworkParameters,
    Order,
    ParameterError,
    build,
)
from tertius.queries.network.derived import derive
from tertius.queries.network.history import MOST_POINTS, series

from tests.queries.network.conftest import P, columns, org

ALL = tuple(ChangeKind)


def network(
    path: Path, rows: list[P], *, same: dict[str, str] | None = None, parent: Path | None = None
) -> Network:
    return build(path, parent, {"one": columns(rows)}, same=same or {}).network


def at(network: Network, day: str, **changes: object) -> Network:
    parameters = replace(NetworkParameters(as_of=date.fromisoformat(day), window=0), **changes)
    return Network(network.table, derive(network.table, parameters), default=False)


def pairs(comparison: Comparison, kind: ChangeKind) -> list[set[str]]:
    return [{row.organization, row.partner or ""} for row in comparison.page((kind,)).rows]


ROWS = [
    *(P(who, "x", "2015-01-01", "2018-12-31") for who in "abc"),
    *(P(who, "y", "2015-01-01", "2021-12-31") for who in "cd"),
    *(P(who, "z", "2019-06-01", "2021-12-31") for who in "de"),
    *(P(who, "v", "2019-06-01", "2021-12-31") for who in "dfg"),
]


@pytest.fixture
def two(tmp_path: Path) -> tuple[Network, Network]:
    whole = network(tmp_path / "n", ROWS)
    return at(whole, "2017-01-01"), at(whole, "2020-01-01")


def test_ties_formed_and_ended_are_told_heaviest_first(two: tuple[Network, Network]) -> None:
    comparison = Comparison(*two)
    assert pairs(comparison, ChangeKind.TIE_FORMED)[0] == {org("d"), org("e")}
    formed = {frozenset(pair) for pair in pairs(comparison, ChangeKind.TIE_FORMED)}
    assert formed == {frozenset(map(org, pair)) for pair in ("de", "df", "dg", "fg")}
    ended = {frozenset(pair) for pair in pairs(comparison, ChangeKind.TIE_ENDED)}
    assert ended == {frozenset(map(org, pair)) for pair in ("ab", "bc", "ac")}
    assert comparison.page((ChangeKind.TIE_FORMED,)).rows[0].weight == 1.0
    assert comparison.counts == {
        "broker_risen": 1,
        "broker_fallen": 1,
        "tie_formed": 4,
        "tie_ended": 3,
        "organizations_entered": 3,
        "organizations_left": 2,
    }


def test_brokers_rise_and_fall_by_their_standing(two: tuple[Network, Network]) -> None:
    before, after = two
    risen, fallen = Comparison(before, after).page(ALL).rows[:2]
    assert (risen.kind, risen.organization) == (ChangeKind.BROKER_RISEN, org("d"))
    assert (fallen.kind, fallen.organization) == (ChangeKind.BROKER_FALLEN, org("c"))
    then, now = before.position(org("d")), after.position(org("d"))
    assert (risen.before, risen.after) == (then.constraint, now.constraint)
    assert then.percentiles is not None
    assert now.percentiles is not None
    assert risen.standing_before == pytest.approx(100 - then.percentiles["constraint"], abs=0.01)
    assert risen.standing_after == pytest.approx(100 - now.percentiles["constraint"], abs=0.01)
    by_degree = Comparison(before, after, order=Order.DEGREE).page(ALL).rows[0]
    assert (by_degree.organization, by_degree.before, by_degree.after) == (org("d"), 1, 4)
    assert not Comparison(before, after, least=100.0).page((ChangeKind.BROKER_RISEN,)).rows


def test_nothing_changes_between_a_network_and_itself(two: tuple[Network, Network]) -> None:
    comparison = Comparison(two[0], two[0])
    assert set(comparison.counts.values()) == {0}
    assert comparison.page(ALL).rows == ()


def test_pages_together_are_the_whole(two: tuple[Network, Network]) -> None:
    comparison = Comparison(*two)
    whole = comparison.page(ALL, limit=100)
    assert whole.next is None
    rows, offset = [], 0
    while offset is not None:
        page = comparison.page(ALL, offset=offset, limit=2)
        rows += page.rows
        offset = page.next
    assert tuple(rows) == whole.rows
    assert len(rows) == 9


def test_pages_come_from_what_was_found_before(two: tuple[Network, Network]) -> None:
    first = Comparison(*two)
    found = first.difference
    assert found.bytes >= 4 * sum(len(ties) for ties in found.ties.values()) > 0
    again = Comparison(*two, known=found)
    assert again.page(ALL, offset=2, limit=3).rows == first.page(ALL, offset=2, limit=3).rows
    assert again.counts == first.counts
    # What is known is not worked out once more: of another comparison it would be followed as well.
    nothing = Comparison(two[0], two[0]).difference
    assert Comparison(*two, known=nothing).page(ALL).rows == ()


def test_snapshots_are_compared_by_key(tmp_path: Path) -> None:
    # The second has another order of first mention, so that its ids differ, and no parent.
    old = network(tmp_path / "1", [*ROWS[:3], P("gone", "w", "2015-01-01"), P("b", "w", "2015-01-01")])
    new = network(tmp_path / "2", [*(P(who, "n", "2015-01-01") for who in "cx"), *ROWS[:3][::-1]])
    assert not np.array_equal(old.table.organizations[:2], new.table.organizations[:2])
    comparison = Comparison(old, new)
    assert pairs(comparison, ChangeKind.TIE_FORMED) == [{org("c"), org("x")}]
    assert pairs(comparison, ChangeKind.TIE_ENDED) == [{org("b"), org("gone")}]
    assert comparison.counts["organizations_left"] == comparison.counts["organizations_entered"] == 1


def test_a_judgement_is_no_change(tmp_path: Path) -> None:
    rows = [*ROWS[:3], P("a2", "w", "2015-01-01"), P("c", "w", "2015-01-01")]
    old = network(tmp_path / "1", rows)
    new = network(tmp_path / "2", rows, parent=tmp_path / "1", same={org("a2"): org("a")})
    comparison = Comparison(old, new)
    assert pairs(comparison, ChangeKind.TIE_FORMED) == pairs(comparison, ChangeKind.TIE_ENDED) == []
    assert comparison.counts["organizations_left"] == 0
    # Two records in one alliance that turn out to be one were never tied to each other.
    within = network(tmp_path / "3", [*ROWS[:3], P("a2", "x", "2015-01-01", "2018-12-31")])
    joined = network(
        tmp_path / "4", [*ROWS[:3], P("a2", "x", "2015-01-01", "2018-12-31")], same={org("a2"): org("a")}
    )
    assert pairs(Comparison(within, joined), ChangeKind.TIE_ENDED) == []


def test_a_series_is_counted_back_from_its_last_day() -> None:
    assert series(date(2016, 1, 1), date(2018, 3, 31), 12) == [
        date(2016, 3, 31),
        date(2017, 3, 31),
        date(2018, 3, 31),
    ]
    assert series(date(2019, 1, 15), date(2019, 3, 31), 1) == [
        date(2019, 1, 31),
        date(2019, 2, 28),
        date(2019, 3, 31),
    ]
    assert series(date(2019, 3, 31), date(2019, 3, 31), 6) == [date(2019, 3, 31)]
    assert series(date(1, 1, 1), date(2, 6, 1), 12) == [date(1, 6, 1), date(2, 6, 1)]
    assert len(series(date(2015, 1, 1), date(2019, 12, 1), 1)) == MOST_POINTS


@pytest.mark.parametrize(
    ("first", "last", "step", "parameter"),
    [
        ("2020-01-02", "2020-01-01", 12, "from"),
        ("2010-01-01", "2020-01-01", 1, "step"),
        ("2014-12-01", "2019-12-01", 1, "step"),
        ("2010-01-01", "2020-01-01", 0, "step"),
        ("2010-01-01", "2020-01-01", 1201, "step"),
    ],
)
def test_a_series_out_of_bounds_is_refused(first: str, last: str, step: int, parameter: str) -> None:
    with pytest.raises(ParameterError) as refused:
        series(date.fromisoformat(first), date.fromisoformat(last), step)
    assert refused.value.parameter == parameter
