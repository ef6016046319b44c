"""A network brought up to date equals one derived whole, whatever has changed."""

from __future__ import annotations

import tempfile
from dataclasses import fields
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tertius.queries.network import UNCHANGED, Network, NetworkParameters, ParticipationColumns, build
from tertius.queries.network.adoption import modularity
from tertius.queries.network.derived import PERCENTILES, Carried, Derived
from tertius.queries.network.errors import NetworkFormatError
from tertius.queries.network.ranks import Ranks
from tertius.queries.network.roles import brokerage_of
from tertius.queries.network.shape import shape

from tests.queries.network.conftest import P, columns, org

WHO = [f"o{number}" for number in range(14)]
DAYS = ["2010-01-01", "2012-06-15", "2014-12-31", "2015-01-01", "2017-03-03", "2019-12-31", "2020-01-01"]
ALLIANCES = [f"x{number}" for number in range(9)]

some_rows = st.lists(
    st.tuples(
        st.sampled_from(WHO),
        st.sampled_from(ALLIANCES),
        st.sampled_from(DAYS),
        st.sampled_from([*DAYS[1:], None]),
    ),
    min_size=2,
    max_size=40,
    unique=True,
)
Row = tuple[str, str, str, str | None]


def source(rows: list[Row]) -> ParticipationColumns:
    return columns([P(who, what, start, end) for who, what, start, end in rows])


def by_key(network: Network) -> dict[str, dict[object, object]]:
    """Return everything that is known of organisations, ties and orders, free of where it is kept."""
    derived, table = network.derived, network.table
    ties = derived.ties
    name = table.organization_keys(ties.organization)
    pairs = [frozenset((name[a], name[b])) for a, b in zip(ties.low, ties.high, strict=True)]
    found: dict[str, dict[object, object]] = {}
    for part in (derived.holes, derived.structure):
        for field in fields(part):
            values = getattr(part, field.name)
            if field.name not in ("roles", "participation", "block", "top", "component"):
                owners = pairs if field.name in ("closure", "shared", "bridge") else name
                found[field.name] = dict(zip(owners, values.tolist(), strict=True))
    for column in ("weight", "first", "last", "assumed"):
        found[column] = dict(zip(pairs, getattr(ties, column).tolist(), strict=True))
    found["alliances"] = {
        pair: sorted(table.alliance_keys(ties.alliances_of(at))) for at, pair in enumerate(pairs)
    }
    found["partners"] = {
        name[row]: {
            name[ties.partner[slot]]: (ties.slot_weight[slot], pairs[ties.slot_tie[slot]])
            for slot in range(ties.offsets[row], ties.offsets[row + 1])
        }
        for row in range(len(name))
    }
    found["row"] = {key: name[ties.position[at]] for at, key in zip(ties.organization, name, strict=True)}
    found["active"] = {"all": set(table.organization_keys(np.flatnonzero(ties.active)))}
    found["untied"] = {"all": int((ties.position < 0).sum())}
    for order in ("constraint", "effective_size", "degree"):
        found[f"order {order}"] = {"all": [name[at] for at in derived.orders[order]]}
    for measure in set(PERCENTILES) - {"betweenness", "participation_coefficient"}:
        share = derived.ranks[measure].share(derived.measures[measure])
        found[f"percentile {measure}"] = dict(zip(name, share.tolist(), strict=True))
    return found


def equal(updated: Network, whole: Network) -> None:
    """Compare everything but what is carried, measures to 1e-9."""
    mine, theirs = by_key(updated), by_key(whole)
    for what, values in theirs.items():
        assert mine[what].keys() == values.keys(), what
        for who, value in values.items():
            if isinstance(value, float):
                assert mine[what][who] == pytest.approx(value, rel=1e-9, abs=1e-12, nan_ok=True), (what, who)
            else:
                assert mine[what][who] == value, (what, who)
    ties = updated.derived.ties
    for row in range(ties.organization.size):
        around = ties.partner[ties.offsets[row] : ties.offsets[row + 1]]
        assert (np.diff(around) > 0).all()
    assert (ties.low < ties.high).all()
    for field in fields(updated.derived.summary):
        if field.name not in ("communities", "modularity", "betweenness", "communities_of"):
            one, other = (
                getattr(updated.derived.summary, field.name),
                getattr(whole.derived.summary, field.name),
            )
            assert one == (other if not isinstance(other, float) else pytest.approx(other)), field.name


def coherent(updated: Derived) -> None:
    """What hangs on carried communities must be what those communities give."""
    ties, number = updated.ties, updated.community
    assert number.min(initial=0) >= 0
    for row in range(ties.organization.size):
        roles, participation = brokerage_of(ties, number, row)
        assert updated.structure.roles[5 * row : 5 * row + 5].tolist() == roles
        assert updated.structure.participation[row] == pytest.approx(participation, abs=1e-12, nan_ok=True)
    for name in ("participation_coefficient", "betweenness"):
        values = updated.measures[name]
        np.testing.assert_array_equal(updated.ranks[name].share(values), Ranks.of(values).share(values))
    assert updated.summary.communities == int(number.max(initial=-1)) + 1
    assert updated.summary.modularity == pytest.approx(modularity(ties, number))


def both(folder: Path, before: list[Row], after: list[Row]) -> tuple[Network, Network]:
    build(folder / "1", None, {"s": source(before)})
    now = {"s": source(after)}
    updated = build(folder / "2", folder / "1", now, parent_number=1, at_least=0).network
    return updated, build(folder / "3", folder / "1", now).network


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=some_rows, dropped=st.sets(st.integers(0, 39)), added=some_rows)
def test_any_change_gives_what_a_whole_derivation_gives(
    before: list[Row], dropped: set[int], added: list[Row]
) -> None:
    after = [row for at, row in enumerate(before) if at not in dropped] + [
        ("new-" + who if who == "o3" else who, what, start, end) for who, what, start, end in added[:5]
    ]
    after = list(dict.fromkeys(after))
    with tempfile.TemporaryDirectory() as folder:
        updated, whole = both(Path(folder), before, after)
        equal(updated, whole)
        if updated.derived.carried:
            coherent(updated.derived)


BEFORE: list[Row] = [
    (who, what, start, end)
    for what, partners, start, end in [
        ("x", "a b c", "2017-01-01", "2019-01-01"),
        ("y", "a b", "2018-01-01", "2021-01-01"),
        ("z", "c d e f", "2018-06-01", "2020-01-01"),
        ("v", "f g", "2019-01-01", "2022-01-01"),
        ("w", "h i", "2019-06-01", "2022-01-01"),
    ]
    for who in partners.split()
]


@pytest.mark.parametrize(
    ("dropped", "added"),
    [
        pytest.param([], [("a", "n", "2019-01-01", None), ("g", "n", "2019-01-01", None)], id="a new tie"),
        pytest.param([], [("a", "n", "2019-01-01", None), ("b", "n", "2019-01-01", None)], id="more weight"),
        pytest.param([], [("a", "n", "2019-01-01", None), ("q", "n", "2019-01-01", None)], id="a newcomer"),
        pytest.param([], [("p", "n", "2019-01-01", None), ("q", "n", "2019-01-01", None)], id="newcomers"),
        pytest.param([], [("d", "x", "2017-01-01", "2019-01-01")], id="a larger consortium"),
        pytest.param([6], [], id="a partner who leaves"),
        pytest.param([9, 10], [], id="an alliance removed"),
        pytest.param([], [("a", "n", "2024-02-01", None), ("g", "n", "2024-02-01", None)], id="a later day"),
        pytest.param([9, 10, 11, 12], [], id="an earlier day"),
        pytest.param([0], [("a", "x", "2017-01-01", "2018-06-01")], id="a tie that ended"),
    ],
)
def test_each_kind_of_change(dropped: list[int], added: list[Row], tmp_path: Path) -> None:
    after = [row for at, row in enumerate(BEFORE) if at not in dropped] + added
    updated, whole = both(tmp_path, BEFORE, after)
    assert updated.derived.carried is not None
    assert whole.derived.carried is None
    equal(updated, whole)
    coherent(updated.derived)
    reopened = Network.open(tmp_path / "2")
    assert reopened.derived.carried == updated.derived.carried
    assert reopened.summary().betweenness == "exact, in snapshot 1"


def test_a_chain_of_updates_says_where_it_began_and_ends_in_a_whole_derivation(tmp_path: Path) -> None:
    rows = list(BEFORE)
    build(tmp_path / "1", None, {"s": source(rows)})
    for number in range(2, 5):
        rows += [("a", f"n{number}", "2019-05-01", None), (f"q{number}", f"n{number}", "2019-05-01", None)]
        updated = build(
            tmp_path / str(number),
            tmp_path / str(number - 1),
            {"s": source(rows)},
            parent_number=number - 1,
            at_least=0,
        ).network
        assert updated.derived.carried == Carried(snapshot=1, ties=number - 1)
        equal(updated, build(tmp_path / f"whole{number}", None, {"s": source(rows)}).network)
    many = [(f"m{at}", f"many{at // 30}", "2019-05-01", None) for at in range(300)]
    whole = build(
        tmp_path / "5", tmp_path / "4", {"s": source(rows + many)}, parent_number=4, at_least=0
    ).network
    assert whole.derived.carried is None


@pytest.mark.parametrize("seed", range(4))
def test_many_small_changes_one_after_the_other_give_what_all_give_at_once(seed: int, tmp_path: Path) -> None:
    draw = Random(seed)
    who = [f"w{number}" for number in range(90)]

    def alliance(name: str) -> list[Row]:
        partners = draw.sample(who, draw.choice([2, 2, 2, 3, 5]))
        return [(partner, name, draw.choice(DAYS[:-1]), "2022-01-01") for partner in partners]

    alliances = [alliance(f"n{number}") for number in range(120)]
    alliances.append([("w0", "last", DAYS[-1], None), ("w1", "last", DAYS[-1], None)])
    build(tmp_path / "1", None, {"s": source([row for rows in alliances for row in rows])})
    shared = 0
    for number in range(2, 12):
        for _ in range(draw.choice([1, 1, 2, 4])):
            if draw.random() < 0.5:
                alliances.insert(0, alliance(f"x{number}-{len(alliances)}"))
            else:
                alliances.pop(draw.randrange(len(alliances) - 1))
        if draw.random() < 0.3:
            who.append(f"late{number}")
        now = {"s": source([row for rows in alliances for row in rows])}
        here, before = tmp_path / str(number), tmp_path / str(number - 1)
        updated = build(here, before, now, parent_number=number - 1, at_least=0).network
        shared += (here / "default" / "changes.npz").exists()
        equal(updated, build(tmp_path / f"whole{number}", before, now).network)
        if updated.derived.carried:
            coherent(updated.derived)
        equal(Network.open(here), updated)
    assert shared > 2


def test_changes_that_are_damaged_are_refused(tmp_path: Path) -> None:
    after = [*BEFORE, ("a", "n", "2019-01-01", None), ("g", "n", "2019-01-01", None)]
    both(tmp_path, BEFORE, after)
    changes = tmp_path / "2" / "default" / "changes.npz"
    whole = changes.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", whole.replace(b".places", b".pieces")):
        changes.write_bytes(damaged)
        with pytest.raises(NetworkFormatError, match=r"changes\.npz"):
            Network.open(tmp_path / "2")


def test_a_source_that_comes_goes_or_is_judged_changes_only_its_own(tmp_path: Path) -> None:
    build(tmp_path / "1", None, {"s": source(BEFORE)})
    other = source([("a", "other", "2019-01-01", None), ("i", "other", "2019-01-01", None)])
    sources = {"s": UNCHANGED, "t": other}
    come = build(tmp_path / "2", tmp_path / "1", sources, parent_number=1, at_least=0).network
    equal(come, build(tmp_path / "w2", tmp_path / "1", sources).network)
    assert come.derived.carried == Carried(1, 1)
    same = {org("h"): org("c")}
    kept = {"s": UNCHANGED, "t": UNCHANGED}
    judged = build(tmp_path / "3", tmp_path / "2", kept, same=same, parent_number=2, at_least=0).network
    equal(judged, build(tmp_path / "w3", tmp_path / "2", kept, same=same).network)
    assert judged.derived.carried is not None
    assert judged.position(org("h")) == judged.position(org("c"))
    gone = build(tmp_path / "4", tmp_path / "3", {"s": UNCHANGED}, parent_number=3, at_least=0).network
    equal(gone, build(tmp_path / "w4", tmp_path / "3", {"s": UNCHANGED}).network)


def test_a_small_network_and_other_parameters_are_derived_whole(tmp_path: Path) -> None:
    build(tmp_path / "1", None, {"s": source(BEFORE)})
    small = build(tmp_path / "2", tmp_path / "1", {"s": UNCHANGED}, parent_number=1).network
    assert small.derived.carried is None
    other = build(
        tmp_path / "3",
        tmp_path / "1",
        {"s": UNCHANGED},
        parent_number=1,
        at_least=0,
        parameters=NetworkParameters(window=3),
    ).network
    assert other.derived.carried is None


def test_a_newcomer_has_no_betweenness_unless_it_must_be_nothing(tmp_path: Path) -> None:
    build(tmp_path / "1", None, {"s": source(BEFORE)})
    # p bridges two groups; q is tied to one organisation only.
    after = [
        *BEFORE,
        ("p", "n", "2019-01-01", None),
        ("a", "n", "2019-01-01", None),
        ("p", "m", "2019-01-01", None),
        ("h", "m", "2019-01-01", None),
        ("q", "k", "2019-01-01", None),
        ("h", "k", "2019-01-01", None),
    ]
    updated = build(tmp_path / "2", tmp_path / "1", {"s": source(after)}, parent_number=1, at_least=0).network
    bridging, leaf = updated.position(org("p")), updated.position(org("q"))
    assert bridging.betweenness is None
    assert "betweenness" not in bridging.percentiles
    assert leaf.betweenness == 0.0
    (broker,) = updated.brokers_between(org("a"), org("h")).rows
    assert (broker.organization, broker.betweenness) == (org("p"), None)
    gini = shape(updated.derived).brokerage_gini
    assert gini is not None
    assert 0 < gini < 1
    assert bridging.community == updated.position(org("a")).community
