"""The base table: ids that last, sources that come and go, columns that make no sense."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from tertius.queries.network import (
    UNCHANGED,
    ColumnsBuilder,
    ColumnsError,
    Network,
    NetworkFormatError,
    NetworkParameters,
    ParticipationColumns,
    ParticipationTable,
    UnknownOrganizationError,
    build,
)

from tests.queries.network.conftest import P, alliance, columns, consortia, org

ALL = NetworkParameters(window=None)


def partners(network: Network, who: str) -> set[str]:
    return {row.partner for row in network.ties(org(who), limit=1000).rows}


def files(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def test_ids_are_kept_and_only_ever_appended(tmp_path: Path) -> None:
    first = build(tmp_path / "1", None, {"s": columns(consortia("x: b a; y: a c"))}, parameters=ALL).network
    second = build(
        tmp_path / "2", tmp_path / "1", {"s": columns(consortia("z: 0 d; x: a d; y: a"))}, parameters=ALL
    ).network
    old, new = first.table, second.table
    assert new.organizations[: old.organizations.size].tolist() == old.organizations.tolist()
    assert new.alliances[: old.alliances.size].tolist() == old.alliances.tolist()
    for who in "abcd0":
        assert new.organizations[new.organization_id(org(who))].decode() == org(who)
    assert new.alliance_id(alliance("z")) == 2
    assert new.alliance_id("no such alliance") is None
    # b and c are gone from the source: their ids stay, they do not.
    assert second.summary().organizations == 3
    assert partners(second, "a") == {org("d")}
    with pytest.raises(UnknownOrganizationError, match="no organization has the key 'nobody'"):
        second.position("nobody")


def test_an_unchanged_source_is_linked_and_reads_as_before(tmp_path: Path) -> None:
    circles = {"a": {"country": "DE"}, "b": {"country": "NL"}}
    one = columns(consortia("x: a b; y: b c"), alliances={"x": ("2019-01-01", None)}, circles=circles)
    other = columns(consortia("p: a d"))
    build(tmp_path / "1", None, {"one": one}, parameters=ALL)
    linked = build(tmp_path / "2", tmp_path / "1", {"one": UNCHANGED, "other": other}, parameters=ALL).network
    given = build(tmp_path / "3", tmp_path / "1", {"one": one, "other": other}, parameters=ALL).network
    assert files(tmp_path / "2") == files(tmp_path / "3")
    shared = tmp_path / "1/sources/one/organization.npy"
    assert shared.stat().st_ino == (tmp_path / "2/sources/one/organization.npy").stat().st_ino
    assert partners(linked, "a") == {org("b"), org("d")}
    assert given.as_of == date(2019, 1, 1)
    dropped = build(tmp_path / "4", tmp_path / "3", {"other": UNCHANGED}, parameters=ALL).network
    assert partners(dropped, "a") == {org("d")}
    assert dropped.as_of is None


def test_an_unchanged_source_is_copied_where_files_cannot_be_linked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    build(tmp_path / "1", None, {"s": columns(consortia("x: a b"))}, parameters=ALL)
    monkeypatch.setattr("os.link", refused)
    build(tmp_path / "2", tmp_path / "1", {"s": UNCHANGED}, parameters=ALL)
    assert files(tmp_path / "1") == files(tmp_path / "2")
    shared = [(tmp_path / name / "sources/s/organization.npy").stat().st_ino for name in "12"]
    assert shared[0] != shared[1]


def test_the_same_input_gives_the_same_files(tmp_path: Path) -> None:
    rows = consortia("x: a b c d; y: a e f; z: f g; w: h i; v: i j a")
    for name in ("1", "2"):
        build(tmp_path / name, None, {"s": columns(rows)}, parameters=ALL)
    assert files(tmp_path / "1") == files(tmp_path / "2")


def test_results_do_not_depend_on_the_order_of_loads(tmp_path: Path) -> None:
    one, other = columns(consortia("x: a b c; y: a d")), columns(consortia("p: d e f g; q: c g"))
    build(tmp_path / "1", None, {"one": one}, parameters=ALL)
    late = build(tmp_path / "2", tmp_path / "1", {"one": UNCHANGED, "other": other}, parameters=ALL).network
    build(tmp_path / "3", None, {"other": other}, parameters=ALL)
    early = build(tmp_path / "4", tmp_path / "3", {"one": one, "other": UNCHANGED}, parameters=ALL).network
    assert late.table.organizations.tolist() != early.table.organizations.tolist()
    assert list(late.iter_positions()) == list(early.iter_positions())
    assert late.bridges(org("c")) == early.bridges(org("c"))


def test_mapped_arrays_equal_the_derived_ones_and_cannot_be_written(tmp_path: Path) -> None:
    from tertius.queries.network.derived import Derived, derive

    network = build(
        tmp_path / "1", None, {"s": columns(consortia("x: a b c; y: a d"))}, parameters=ALL
    ).network
    derived, opened = derive(network.table, ALL), Derived.open(tmp_path / "1/default")
    for part in ("ties", "holes"):
        for name in getattr(derived, part).__slots__:
            mine, theirs = getattr(getattr(derived, part), name), getattr(getattr(opened, part), name)
            assert np.array_equal(mine, theirs, equal_nan=name == "clustering"), name
    assert (derived.summary, derived.parameters) == (opened.summary, opened.parameters)
    with pytest.raises(ValueError, match="read-only"):
        opened.holes.constraint[0] = 0


def test_rows_can_be_read_back_as_given(tmp_path: Path) -> None:
    rows = [
        P("a", "x", "2019-01-01", "2020-01-01"),
        P("b", "x", seen="2018-05-05", ongoing=True),
        P("b", "y"),
    ]
    table = build(tmp_path / "1", None, {"s": columns(rows)}).network.table
    found = {
        (row.organization, row.alliance, row.role, row.start, row.end, row.last_observed, row.ongoing)
        for row in table.given("s")
    }
    assert found == {
        (org("a"), alliance("x"), "partner", date(2019, 1, 1), date(2020, 1, 1), None, False),
        (org("b"), alliance("x"), "partner", None, None, date(2018, 5, 5), True),
        (org("b"), alliance("y"), "partner", None, None, None, False),
    }


def test_judgements_join_records_and_can_be_taken_back(tmp_path: Path) -> None:
    sources = {
        "one": columns(consortia("x: a b"), circles={"a": {"country": "DE"}}),
        "two": columns(consortia("y: a2 c; z: a2 a")),
    }
    same = {org("a"): org("a2")}
    joined = build(tmp_path / "1", None, sources, same=same, parameters=ALL).network
    assert partners(joined, "a") == partners(joined, "a2") == {org("b"), org("c")}
    assert joined.position(org("a")).organization == org("a2")
    assert joined.summary().organizations == 3
    # In z the two are one organisation, which is not tied to itself.
    assert joined.summary().ties == 2
    # The record that stands for both takes over what the other alone knew.
    at = joined.table.organization_id(org("a2"))
    assert joined.table.circle_values["country"][joined.table.circles["country"][at]] == "DE"
    apart = build(tmp_path / "2", tmp_path / "1", dict.fromkeys(sources, UNCHANGED), parameters=ALL).network
    assert partners(apart, "a") == {org("a2"), org("b")}
    excluded = NetworkParameters(window=None, exclude=frozenset({org("a")}))
    gone = build(
        tmp_path / "3", tmp_path / "1", dict.fromkeys(sources, UNCHANGED), same=same, parameters=excluded
    )
    assert gone.network.summary().ties == 0


def test_a_record_that_no_source_lists_can_stand_for_others(tmp_path: Path) -> None:
    sources = {"one": columns(consortia("x: a b"), circles={"a": {"country": "DE"}})}
    joined = build(tmp_path / "1", None, sources, same={org("a"): org("register")}, parameters=ALL).network
    assert partners(joined, "b") == {org("register")}
    assert joined.position(org("a")).organization == org("register")
    assert joined.summary().organizations == 2
    unchanged = dict.fromkeys(sources, UNCHANGED)
    apart = build(tmp_path / "2", tmp_path / "1", unchanged, parameters=ALL).network
    assert partners(apart, "b") == {org("a")}
    assert apart.summary().organizations == 2


def test_a_judgement_may_reorder_partners_within_an_alliance(tmp_path: Path) -> None:
    rows = [
        P("b", "x", "2015-01-01", "2015-12-31"),
        P("c", "x", "2015-01-01", "2019-12-31"),
        P("late", "x", "2017-01-01", "2017-12-31"),
    ]
    network = build(
        tmp_path / "1", None, {"s": columns(rows)}, same={org("late"): org("b")}, parameters=ALL
    ).network
    (tie,) = network.ties(org("b")).rows
    assert (tie.partner, tie.tie.first, tie.tie.last) == (org("c"), date(2015, 1, 1), date(2017, 12, 31))
    assert tie.tie.weight == 1.0


@pytest.mark.parametrize(
    ("same", "message"),
    [
        ({org("nobody"): org("a")}, f"replaces {org('nobody')}"),
        ({org("a"): org("b"), org("b"): org("c")}, "itself replaced"),
    ],
)
def test_judgements_that_lead_nowhere_are_refused(tmp_path: Path, same: dict[str, str], message: str) -> None:
    with pytest.raises(ColumnsError, match=message):
        build(tmp_path / "1", None, {"s": columns(consortia("x: a b c"))}, same=same)


def test_the_first_source_by_name_gives_the_circle(tmp_path: Path) -> None:
    sources = {
        "b": columns(consortia("x: a b"), circles={"a": {"country": "NL", "sector": "energy"}}),
        "a": columns(consortia("y: a c"), circles={"a": {"country": "DE"}}),
    }
    table = build(tmp_path / "1", None, sources).network.table
    at = table.organization_id(org("a"))
    assert table.circle_values["country"][table.circles["country"][at]] == "DE"
    assert table.circle_values["sector"][table.circles["sector"][at]] == "energy"
    assert table.circles["type"][at] == -1


def test_two_sources_cannot_share_an_alliance(tmp_path: Path) -> None:
    with pytest.raises(ColumnsError, match=f"alliance {alliance('x')} is in the sources one and two"):
        build(tmp_path / "1", None, {name: columns(consortia("x: a b")) for name in ("two", "one")})


def test_a_source_cannot_be_unchanged_without_a_parent_that_has_it(tmp_path: Path) -> None:
    with pytest.raises(ColumnsError, match="said to be unchanged"):
        build(tmp_path / "1", None, {"s": UNCHANGED})


def test_an_empty_table_is_a_network_too(tmp_path: Path) -> None:
    built = build(tmp_path / "1", None, {})
    assert built.as_of is None
    assert built.network.summary().organizations == 0
    assert built.network.brokers().rows == ()
    assert built.network.communities().rows == ()
    assert built.counts["participations"] == 0
    after = build(tmp_path / "2", tmp_path / "1", {"s": columns(consortia("x: a b"))}, parameters=ALL)
    assert after.network.summary().ties == 1


def test_the_builder_refuses_what_makes_no_sense() -> None:
    builder = ColumnsBuilder()
    with pytest.raises(ColumnsError, match="a key has 16 ASCII characters"):
        builder.organization("short")
    with pytest.raises(ColumnsError, match="a key has 16 ASCII characters"):
        builder.alliance("é" * 16)
    builder.organization(org("a"))
    with pytest.raises(ColumnsError, match="not added before"):
        builder.participation(org("a"), alliance("x"))
    builder.alliance(alliance("x"))
    with pytest.raises(ColumnsError, match="last_observed is missing"):
        builder.participation(org("a"), alliance("x"), ongoing=True)
    for number in range(256):
        builder.participation(org("a"), alliance("x"), role=f"role {number}")
    with pytest.raises(ColumnsError, match="at most 256 roles"):
        builder.participation(org("a"), alliance("x"), role="one too many")
    # What was refused left nothing behind.
    assert builder.finish().rows == 256


def test_later_mentions_fill_in_what_earlier_ones_left_unknown() -> None:
    builder = ColumnsBuilder()
    builder.organization(org("a"), country="DE")
    builder.organization(org("a"), country="NL", sector="energy")
    builder.alliance(alliance("x"), end=date(2020, 1, 1))
    builder.alliance(alliance("x"), start=date(2019, 1, 1), end=date(2021, 1, 1))
    found = builder.finish()
    assert {name: values[0] for name, values in found.circles.items()} == {
        "country": "DE",
        "sector": "energy",
        "type": "",
    }
    assert (found.alliance_start[0], found.alliance_end[0]) == (17897, 18262)


def spoil(columns: ParticipationColumns, name: str) -> ParticipationColumns:
    values = getattr(columns, name)
    changes: dict[str, object] = {
        "organizations": np.repeat(values[:1], values.size) if name == "organizations" else None,
        "alliances": values.astype("S20") if name == "alliances" else None,
        "organization": values + 9 if name == "organization" else None,
        "role": values[1:] if name == "role" else None,
        "alliance_start": values[1:] if name == "alliance_start" else None,
        "start": values * 0 + 2**30 if name == "start" else None,
        "ongoing": ~values if name == "ongoing" else None,
        "circles": {**values, "country": ()} if name == "circles" else None,
    }
    return replace(columns, **{name: changes[name]})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("organizations", "a key is listed twice"),
        ("alliances", r"keys are \|S20"),
        ("organization", "an index lies outside 0..1"),
        ("role", r"role: \(1,\) values for 2 rows"),
        ("alliance_start", "not one value for each alliance"),
        ("start", "start: row 0 has day 1073741824"),
        ("ongoing", "row 0 does not say when it was last observed"),
        ("circles", "country has not one value for each organization"),
    ],
)
def test_columns_that_contradict_themselves_are_refused(tmp_path: Path, name: str, message: str) -> None:
    good = columns([P("a", "x", "2019-01-01"), P("b", "x", "2019-01-01")])
    good.check()
    with pytest.raises(ColumnsError, match=message):
        build(tmp_path / "1", None, {"s": spoil(good, name)})


@pytest.mark.parametrize("damage", ["missing", "empty", "garbage", "format", "no json"])
def test_damaged_files_are_named(tmp_path: Path, damage: str) -> None:
    build(tmp_path / "1", None, {"s": columns(consortia("x: a b"))})
    path = tmp_path / "1/default" / ("network.json" if damage in ("format", "no json") else "weight.npy")
    match damage:
        case "missing":
            path.unlink()
        case "empty" | "no json":
            path.write_bytes(b"")
        case "garbage":
            path.write_bytes(b"no array")
        case _:
            path.write_text(json.dumps({**json.loads(path.read_text()), "format": 0}))
    with pytest.raises(NetworkFormatError, match=path.name):
        Network.open(tmp_path / "1")


def test_a_directory_without_a_table_is_no_network(tmp_path: Path) -> None:
    with pytest.raises(NetworkFormatError, match=r"table\.json"):
        ParticipationTable.open(tmp_path)
