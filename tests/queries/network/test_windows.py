"""Dates, windows, weights and exclusions: who is tied to whom, when, and how strongly."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tertius.queries.network import Network, NetworkParameters, NetworkTooLargeError, ParameterError, Weight
from tertius.queries.network.base import write_base
from tertius.queries.network.dates import FOREVER, MISSING, add_years, from_days, to_days
from tertius.queries.network.ties import derive_ties

from tests.queries.network.conftest import Make, P, alliance, columns, consortia, day, org

AS_OF = date(2020, 6, 30)
BEACON = P("beacon", "beacon", "2000-01-01", "2000-01-02")
"""Keeps a network from being empty; tied to nobody."""


def at(as_of: date | None = AS_OF, window: int | None = 5, **more: object) -> NetworkParameters:
    return NetworkParameters(as_of=as_of, window=window, **more)  # type: ignore[arg-type]


def tied(network: Network, a: str = "a", b: str = "b") -> bool:
    return org(b) in {row.partner for row in network.ties(org(a)).rows}


WINDOWS = [
    # from, to, as-of, window, active?
    ("2015-07-01", "2015-07-01", 5, True, "the first day of the window: to > as_of - window"),
    ("2010-01-01", "2015-07-01", 5, True, "ended on the first day of the window"),
    ("2010-01-01", "2015-06-30", 5, False, "ended exactly a window ago"),
    ("2020-06-30", "2025-01-01", 5, True, "began on the day itself"),
    ("2020-07-01", "2025-01-01", 5, False, "begins the day after"),
    ("2020-06-30", "2020-06-30", 0, True, "one day, that day"),
    ("2010-01-01", "2020-06-30", 0, True, "ends on the day"),
    ("2010-01-01", "2020-06-29", 0, False, "ended the day before"),
    ("2020-07-01", "2020-08-01", 0, False, "begins the day after"),
    ("1990-01-01", "1990-01-02", None, True, "all time reaches back for ever"),
    ("2020-07-01", "2020-08-01", None, False, "but not beyond an as-of that is not the default"),
    ("2019-07-01", "2019-07-01", 1, True, "one year back, first day"),
    ("2019-06-30", "2019-06-30", 1, False, "one year back, the day before"),
]


@pytest.mark.parametrize(("start", "end", "window", "expected", "why"), WINDOWS)
def test_a_tie_exists_if_both_were_active_in_the_window(
    make: Make, start: str, end: str, window: int | None, expected: bool, why: str
) -> None:
    rows = [P("a", "x", start, end), P("b", "x", start, end), P("c", "later", "2021-01-01", "2021-02-01")]
    assert tied(make(rows, at(window=window))) is expected, why


OVERLAPS = [
    (("2018-01-01", "2018-06-30"), ("2018-06-30", "2019-01-01"), True, "one common day"),
    (
        ("2018-01-01", "2018-06-29"),
        ("2018-06-30", "2019-01-01"),
        False,
        "one left the day before the other came",
    ),
    (("2014-01-01", "2018-01-01"), ("2012-01-01", "2015-06-30"), False, "they met before the window only"),
    (("2014-01-01", "2018-01-01"), ("2012-01-01", "2015-07-01"), True, "they met on the window's first day"),
    (("2019-01-01", "2022-01-01"), ("2020-06-30", "2022-01-01"), True, "they meet on the as-of day"),
]


@pytest.mark.parametrize(("one", "other", "expected", "why"), OVERLAPS)
def test_a_tie_needs_a_common_day_inside_the_window(
    make: Make, one: tuple[str, str], other: tuple[str, str], expected: bool, why: str
) -> None:
    assert tied(make([P("a", "x", *one), P("b", "x", *other), BEACON], at())) is expected, why


def test_several_participations_in_one_alliance_count_as_their_union(make: Make) -> None:
    rows = [
        P("a", "x", "2016-01-01", "2016-12-31"),
        P("a", "x", "2019-01-01", "2019-12-31"),
        P("b", "x", "2017-01-01", "2018-12-31"),
        P("c", "x", "2019-06-01", "2020-01-31"),
        P("c", "x", "2018-12-31", "2019-06-10"),
        BEACON,
    ]
    network = make(rows, at(weight=Weight.COUNT))
    assert not tied(network, "a", "b")
    assert tied(network, "b", "c")
    (row,) = network.ties(org("a")).rows
    assert row.partner == org("c")
    # Counted once although three pairs of periods overlap.
    assert row.tie.weight == 1.0
    assert (row.tie.first, row.tie.last) == (date(2019, 1, 1), date(2019, 12, 31))
    assert network.summary().participations == 5


def test_adjoining_periods_form_one_and_days_outside_the_window_do_not_count(make: Make) -> None:
    rows = [
        P("a", "x", "2010-01-01", "2010-06-30"),
        P("a", "x", "2018-01-01", "2018-06-30"),
        P("a", "x", "2018-07-01", "2018-12-31"),
        P("b", "x", "2010-01-01", "2019-12-31"),
        BEACON,
    ]
    (row,) = make(rows, at()).ties(org("a")).rows
    assert (row.tie.first, row.tie.last) == (date(2018, 1, 1), date(2018, 12, 31))
    (row,) = make(rows, at(window=None)).ties(org("a")).rows
    assert (row.tie.first, row.tie.last) == (date(2010, 1, 1), date(2018, 12, 31))


def test_missing_dates_are_the_alliances(make: Make) -> None:
    rows = [P("a", "x"), P("b", "x", "2019-01-01"), P("c", "x", end="2017-12-31"), BEACON]
    network = make(rows, at(), alliances={"x": ("2016-03-01", "2021-02-28")})
    partners = {row.partner: row.tie for row in network.ties(org("a")).rows}
    assert (partners[org("b")].first, partners[org("b")].last) == (date(2019, 1, 1), date(2021, 2, 28))
    assert (partners[org("c")].first, partners[org("c")].last) == (date(2016, 3, 1), date(2017, 12, 31))
    assert not tied(network, "b", "c")
    assert not any(tie.assumed for tie in partners.values())


ENDS = [
    # given by the row, last day active with assumed_years = 5, assumed?
    (P("a", "x", "2015-02-01", "2018-05-05"), date(2018, 5, 5), False),
    (P("a", "x", "2015-02-01", seen="2019-03-03", ongoing=True), date(2024, 3, 3), True),
    (P("a", "x", "2015-02-01"), date(2020, 2, 1), True),
    (P("a", "x", "2016-02-29"), date(2021, 2, 28), True),
    (P("a", "x", "2010-01-01", seen="2019-03-03"), date(2019, 3, 3), True),
    (P("a", "x", "2018-01-01", seen="2019-03-03"), date(2023, 1, 1), True),
    (P("a", "x", "2015-02-01", "2018-05-05", seen="2019-03-03", ongoing=True), date(2018, 5, 5), False),
]


@pytest.mark.parametrize(("row", "last", "assumed"), ENDS)
def test_ends_are_given_or_assumed_and_assumed_ones_are_marked(
    make: Make, row: P, last: date, assumed: bool
) -> None:
    company = P("b", "x", "2000-01-01", "2040-01-01")
    (tie,) = make([row, company], at(window=None)).ties(org("a")).rows
    assert (tie.tie.last, tie.tie.assumed) == (last, assumed)


@pytest.mark.parametrize(("years", "expected"), [(5, True), (4, False), (0, False)])
def test_assumed_years_decide_how_long_a_participation_without_end_lasts(
    make: Make, years: int, expected: bool
) -> None:
    rows = [P("a", "x", "2015-07-01"), P("b", "x", "2015-07-01", "2030-01-01"), BEACON]
    assert tied(make(rows, at(window=0, assumed_years=years))) is expected


def test_an_end_is_not_assumed_if_the_other_partner_is_known_to_leave_first(make: Make) -> None:
    rows = [P("a", "x", "2016-01-01"), P("b", "x", "2016-01-01", "2018-01-01")]
    (tie,) = make(rows, at()).ties(org("a")).rows
    assert (tie.tie.last, tie.tie.assumed) == (date(2018, 1, 1), False)


def test_rows_without_any_start_count_in_all_time_at_the_default_as_of_only(make: Make) -> None:
    rows = [P("a", "x"), P("b", "x", end="2019-01-01"), P("c", "y", "2020-06-30", "2021-01-01")]
    everything = make(rows, at(None, None))
    assert everything.as_of == date(2020, 6, 30)
    (tie,) = everything.ties(org("a")).rows
    assert (tie.tie.first, tie.tie.last, tie.tie.assumed) == (None, date(2019, 1, 1), False)
    assert tied(make(rows, at(AS_OF, None)))
    assert not tied(make(rows, at(date(2020, 7, 1), None)))
    assert not tied(make(rows, at(None, 5)))
    assert not tied(make(rows, at(None, 200)))


def test_a_table_without_any_date_has_no_as_of_and_ties_in_all_time_only(make: Make) -> None:
    rows = consortia("x: a b")
    assert make(rows, at(None, 5)).summary().ties == 0
    network = make(rows, at(None, None))
    assert network.as_of is None
    (tie,) = network.ties(org("a")).rows
    assert (tie.tie.first, tie.tie.last, tie.tie.assumed) == (None, None, True)


def test_a_participation_that_ends_before_it_starts_was_never_active(make: Make) -> None:
    rows = [P("a", "x", "2019-01-01", "2018-01-01"), P("b", "x", "2017-01-01", "2020-01-01")]
    network = make(rows, at(None, None))
    assert not tied(network)
    assert network.summary().active == 1


def test_the_default_as_of_is_the_newest_start_not_a_planned_end(make: Make) -> None:
    rows = [P("a", "x", "2018-01-01", "2035-01-01"), P("b", "x", "2019-05-05"), P("c", "y")]
    assert make(rows).as_of == date(2019, 5, 5)
    assert make(rows, alliances={"y": ("2019-09-09", None)}).as_of == date(2019, 9, 9)
    assert make(rows, observed="2021-02-03").as_of == date(2021, 2, 3)
    assert make(rows, observed="2017-02-03").as_of == date(2019, 5, 5)


def weight(network: Network, a: str = "a", b: str = "b") -> float:
    return {row.partner: row.tie.weight for row in network.ties(org(a)).rows}[org(b)]


def test_weights(make: Make) -> None:
    rows = consortia("x: a b; y: a b c d; z: c d")
    assert weight(make(rows, at(None, None, weight=Weight.BINARY))) == 1.0
    assert weight(make(rows, at(None, None, weight=Weight.COUNT))) == 2.0
    newman = make(rows, at(None, None))
    assert weight(newman) == pytest.approx(1 + 1 / 3)
    # Newman (2001): strengths count the alliances that an organisation shares with anybody.
    assert newman.position(org("a")).strength == pytest.approx(2.0)


def test_newmans_k_counts_organisations_active_in_the_window_after_exclusions(make: Make) -> None:
    rows = [
        *(P(who, "x", "2018-01-01", "2019-01-01") for who in "ab"),
        P("gone", "x", "2001-01-01", "2002-01-01"),
        P("apart", "x", "2019-06-01", "2020-01-01"),
        P("giant", "x", "2018-01-01", "2019-01-01"),
        BEACON,
    ]
    # a, b, apart and giant are active in the window; apart meets nobody but is one of four.
    assert weight(make(rows, at())) == pytest.approx(1 / 3)
    assert weight(make(rows, at(exclude=frozenset({org("giant")})))) == pytest.approx(1 / 2)


def test_max_partners_is_tested_before_exclusions(make: Make) -> None:
    rows = consortia("x: a b c; y: a b")
    excluded = frozenset({org("c")})
    network = make(rows, at(None, None, weight=Weight.COUNT, max_partners=2, exclude=excluded))
    assert weight(network) == 1.0
    assert network.summary().alliances_left_out == 1
    assert network.summary().alliances == 1
    assert weight(make(rows, at(None, None, weight=Weight.COUNT, max_partners=3, exclude=excluded))) == 2.0


def test_excluded_organisations_leave_the_network_and_say_so(make: Make) -> None:
    rows = consortia("x: a b; y: a c; z: c d")
    network = make(rows, at(None, None, exclude=frozenset({org("a"), org("nobody")})))
    assert network.position(org("a")).standing == "excluded"
    assert network.position(org("b")).standing == "isolate"
    assert network.summary().organizations == 3
    assert network.summary().active == 3
    assert org("a") not in {row.organization for row in network.brokers().rows}


def test_an_organisation_is_never_tied_to_itself(make: Make) -> None:
    network = make([P("a", "x"), P("a", "x"), P("a", "y"), P("b", "y")])
    assert [row.partner for row in network.ties(org("a")).rows] == [org("b")]
    assert network.summary().ties == 1


def test_more_pairs_than_can_be_held_are_refused_and_the_alliance_is_named(make: Make) -> None:
    network = make(consortia("small: a b; large: a b c d e"))
    parameters = NetworkParameters(window=None)
    with pytest.raises(NetworkTooLargeError, match="max_partners") as caught:
        derive_ties(network.table, parameters, most_pairs=10)
    assert (caught.value.pairs, caught.value.cap) == (11, 10)
    assert (caught.value.alliance, caught.value.partners) == (alliance("large"), 5)
    assert derive_ties(network.table, parameters, most_pairs=11).low.size == 10


@pytest.mark.parametrize(
    ("parameter", "wrong"),
    [
        ("window", {"window": -1}),
        ("window", {"window": 201}),
        ("assumed_years", {"assumed_years": -1}),
        ("max_partners", {"max_partners": 1}),
        ("exclude", {"exclude": frozenset(map(str, range(1001)))}),
    ],
)
def test_parameters_out_of_range_are_refused_by_name(parameter: str, wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=f"^{parameter}: ") as caught:
        NetworkParameters(**wrong)  # type: ignore[arg-type]
    assert caught.value.parameter == parameter


def test_parameters_survive_json_and_fingerprints_tell_them_apart() -> None:
    some = [
        NetworkParameters(),
        at(),
        at(window=None),
        at(window=0),
        at(weight=Weight.BINARY),
        at(max_partners=30),
        at(exclude=frozenset({"b", "a"})),
        at(assumed_years=3),
    ]
    assert [NetworkParameters.from_json(each.as_json()) for each in some] == some
    assert len({each.fingerprint() for each in some}) == len(some)
    assert at(exclude=frozenset({"a", "b"})).fingerprint() == at(exclude=frozenset({"b", "a"})).fingerprint()
    with pytest.raises(ParameterError, match="cannot be read"):
        NetworkParameters.from_json({"window": "some"})
    with pytest.raises(ParameterError, match=r"^window"):
        NetworkParameters.from_json({**at().as_json(), "window": 999})


@settings(deadline=None)
@given(st.dates(date(1800, 1, 1), date(2400, 12, 31)), st.integers(-200, 200))
def test_years_are_calendar_years(some: date, years: int) -> None:
    moved = from_days(int(add_years(to_days(some), years)))
    assert moved is not None
    assert moved.year == some.year + years
    assert (moved.month, moved.day) == (some.month, some.day) or (
        (some.month, some.day) == (2, 29) and (moved.month, moved.day) == (2, 28)
    )


def test_missing_days_stay_missing() -> None:
    assert add_years(MISSING, 5) == MISSING
    assert add_years(FOREVER, 5) == FOREVER
    assert from_days(to_days(None)) is None
    assert from_days(FOREVER) is None
    # What an assumed end adds to the last of all dates lies beyond the calendar.
    assert from_days(int(add_years(to_days(date.max), 5))) is None


NAMES = "abcdef"
DATES = st.one_of(st.none(), st.dates(date(2010, 1, 1), date(2013, 12, 31)))


@st.composite
def dated_rows(draw: st.DrawFn) -> list[P]:
    def text(given: date | None) -> str | None:
        return given.isoformat() if given else None

    rows = []
    for _ in range(draw(st.integers(1, 14))):
        start, end = draw(DATES), draw(DATES)
        if start and end and end < start:
            start, end = end, start
        rows.append(P(draw(st.sampled_from(NAMES)), draw(st.sampled_from("xyz")), text(start), text(end)))
    return rows


def counted_by_day(
    rows: list[P], as_of: date, window: int | None, excluded: set[str], cap: int | None
) -> dict[frozenset[str], float]:
    """Weigh ties by laying out every day of every period inside the window."""
    opens = to_days(as_of) if window == 0 else to_days(date(2009, 1, 1))
    if window:
        opens = to_days(as_of.replace(year=as_of.year - window)) + 1
    days: dict[str, dict[str, set[int]]] = {}
    for row in rows:
        if row.start is None:
            continue
        last = to_days(day(row.end)) if row.end else int(add_years(to_days(day(row.start)), 5))
        span = range(max(to_days(day(row.start)), opens), min(last, to_days(as_of)) + 1)
        if span:
            days.setdefault(row.what, {}).setdefault(row.who, set()).update(span)
    weights: dict[frozenset[str], float] = {}
    for partners in days.values():
        kept = set(partners) - excluded
        if cap is None or len(partners) <= cap:
            for one, other in combinations(kept, 2):
                if partners[one] & partners[other]:
                    pair = frozenset({org(one), org(other)})
                    weights[pair] = weights.get(pair, 0) + 1 / (len(kept) - 1)
    return weights


@settings(max_examples=120, deadline=None)
@given(
    rows=dated_rows(),
    as_of=st.dates(date(2010, 1, 1), date(2014, 6, 1)),
    window=st.sampled_from([None, 0, 1, 2]),
    excluded=st.sets(st.sampled_from(NAMES), max_size=2),
    cap=st.sampled_from([None, 2, 3]),
)
def test_ties_and_weights_equal_day_by_day_counting(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[P],
    as_of: date,
    window: int | None,
    excluded: set[str],
    cap: int | None,
) -> None:

    table = write_base(tmp_path_factory.mktemp("base"), None, {"one": columns(rows)}, {})
    parameters = at(
        as_of, window, max_partners=cap, exclude=frozenset(map(org, excluded)), weight=Weight.NEWMAN
    )
    ties = derive_ties(table, parameters)
    keys = table.organization_keys(ties.organization)
    found = {
        frozenset({keys[low], keys[high]}): w
        for low, high, w in zip(ties.low, ties.high, ties.weight.tolist(), strict=True)
    }
    # At the default as-of, all time takes in rows without a start; that is tested by name above.
    assume(window is not None or as_of != table.as_of)
    assert found == pytest.approx(counted_by_day(rows, as_of, window, excluded, cap))
