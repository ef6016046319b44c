"""Snapshots of who is a member of what become participations with observed dates."""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tertius.loaders import LoadError, LoadJob, load
from tertius.loaders.facts import Facts, Organization
from tertius.loaders.mapping import Mapping, MappingError, load_mapping
from tertius.loaders.observed import Sighting, Sightings, settle
from tertius.loaders.problems import Problems
from tertius.loaders.reading import Reading, read
from tertius.ontology.identity import graph
from tertius.ontology.namespaces import SKOS, TT
from tertius.queries.network import Network, NetworkParameters, ParticipationTable
from tertius.queries.network.derived import derive
from tertius.store import Snapshots

OBSERVED = """
kind: observed-memberships
identity: name
files:
  participations:
    columns: {snapshot: day, alliance: body, partner: who, from: joined}
    optional: [joined]
"""
LF = ("memberships-2025-07-01.csv", "memberships-2025-12-31.csv", "lf-members-by-snapshot.csv")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def spells(found: Reading) -> list[tuple[str, str, str, str, str]]:
    """Body, member, from, to, last observed; empty where there is none."""
    return sorted(
        (
            one.alliance.given,
            one.organization.name,
            *(str(given.day) if given else "" for given in (one.start, one.end)),
            str(one.observed or ""),
        )
        for one in found.facts.participations()
    )


def expected(seen: dict[str, dict[str, set[str]]]) -> list[tuple[str, str, str, str, str]]:
    """Work the spells out by sets: body -> member -> days."""
    result = []
    for body, members in seen.items():
        days = sorted(set().union(*members.values()))
        for who, present in members.items():
            marks = "".join("x" if day in present else " " for day in days)
            at = 0
            for run in marks.split(" "):
                if run:
                    first, last = days[at], days[at + len(run) - 1]
                    result.append(
                        (body, who, first, "", last) if last == days[-1] else (body, who, first, last, "")
                    )
                at += len(run) + 1
    return sorted(result)


def test_members_of_the_cncf_are_those_that_its_snapshots_show(slices):
    path = slices / "members-by-snapshot.csv"
    found = read([path], "cncf", load_mapping("cncf-membership")[0], None)
    assert not found.problems
    assert found.rows == found.right == len(rows(path)) == 200
    assert found.notes.counts["repeated-row"] == 1
    assert found.notes.counts["remark"] == sum(row["unnamed_organization"] == "yes" for row in rows(path))
    assert not {"undated-alliance", "unused-column"} & set(found.notes.counts)
    body = "Cloud Native Computing Foundation"
    seen: dict[str, set[str]] = defaultdict(set)
    stated: dict[str, set[str]] = defaultdict(set)
    for row in rows(path):
        seen[row["org_name"]].add(row["snapshot_date"])
        stated[row["org_name"]].add(row["joined"])
    by_sight = {(who, end, last): start for _, who, start, end, last in expected({body: seen})}
    starts = {(who, end, last): start for _, who, start, end, last in spells(found)}
    assert len(starts) == len(found.facts)
    assert starts.keys() == by_sight.keys()
    exact = 0
    for (who, *until), first in by_sight.items():
        # A stated day of joining counts unless something was seen before it, or it lies before a gap.
        before = max((day for day in seen[who] if day < first), default="")
        fitting = {day for day in stated[who] if before < day <= first}
        assert starts[who, *until] in (fitting or {first})
        exact += bool(fitting)
    assert 0 < exact < len(starts)
    assert found.facts.observed == dt.date(2025, 6, 30)
    # VMware joined in 2016, long before the first snapshot, and is not in that of 2025.
    assert [one[2:] for one in spells(found) if one[1] == "VMware"] == [("2016-01-01", "2024-07-01", "")]


def test_both_layouts_of_the_linux_foundation_and_a_renamed_body(slices):
    files = [slices / name for name in LF]
    found = read(files, "lf", load_mapping("lf-foundation-memberships")[0], None)
    assert not found.problems
    renamed = {"kernelCI Initiative Fund": "KernelCI Foundation"}
    seen: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path in files:
        for row in rows(path):
            body = row.get("foundation", "The Linux Foundation")
            day = row.get("snapshot_date") or path.stem.removeprefix("memberships-")
            seen[renamed.get(body, body)][row["org_name"]].add(day)
    assert spells(found) == expected(seen)
    assert found.notes.counts["rename"] == sum(
        row.get("foundation") in renamed for path in files for row in rows(path)
    )
    assert "vanished-body" not in found.notes.counts
    # Without the judgement, the members of the fund neither leave it nor stay in the foundation.
    mapping = load_mapping("lf-foundation-memberships")[0].model_copy(update={"renames": {}})
    naive = read(files, "lf", mapping, None)
    fund = [one for one in spells(naive) if one[0] == "kernelCI Initiative Fund"]
    assert {one[2:] for one in fund} == {("2025-07-01", "", "2025-07-01")}
    (note,) = [one for one in naive.notes if one.code == "vanished-body"]
    assert "kernelCI Initiative Fund" in note.message
    assert "first listed on 2025-12-31: KernelCI Foundation" in note.message


@pytest.fixture(scope="session")
def lf(slices, tmp_path_factory) -> LoadJob:
    """A folder with the slice loaded as one source."""
    files = tuple(slices / name for name in LF)
    job = LoadJob(
        tmp_path_factory.mktemp("lf") / "data", "lf", files=files, mapping="lf-foundation-memberships"
    )
    report = load(job)
    assert report.published
    assert report.as_of == dt.date(2025, 12, 31)
    return job


def test_the_graph_says_what_was_observed_and_between_which_days(lf):
    store = ox.Store.read_only(str(Snapshots(lf.data).current().store_path))

    def values(name: str) -> list[str]:
        quads = store.quads_for_pattern(None, ox.NamedNode(name), None, ox.NamedNode(graph("lf")))
        return sorted(quad.object.value for quad in quads)

    assert "from=first seen 2020-07-01, the first snapshot" in values(TT + "dateAsGiven")
    assert "from=first seen 2021-06-30, not yet 2020-07-01" in values(TT + "dateAsGiven")
    assert "to=last seen 2025-07-01, gone 2025-12-31" in values(TT + "dateAsGiven")
    spans = values(TT + "from")
    assert len(spans) == sum(text.startswith("from=") for text in values(TT + "dateAsGiven"))
    assert len(values(TT + "to")) == sum(text.startswith("to=") for text in values(TT + "dateAsGiven"))
    assert len(values(TT + "to")) + len(values(TT + "lastObserved")) == len(spans)
    assert set(values(TT + "lastObserved")) == {"2025-12-31"}
    assert values(SKOS + "altLabel") == ["kernelCI Initiative Fund"]


def test_who_is_in_everything_and_what_everybody_is_in_can_be_left_out(lf):
    table = ParticipationTable.open(Snapshots(lf.data).current().network_path)
    network = Network(table, derive(table, NetworkParameters()))
    given_rows = list(table.given("lf"))
    hub = max({row.alliance for row in given_rows}, key=[row.alliance for row in given_rows].count)
    members = {row.organization for row in given_rows if row.alliance == hub and row.ongoing}
    everybody = network.summary().ties
    assert everybody >= len(members) * (len(members) - 1) // 2
    without_hub = Network(table, derive(table, NetworkParameters(window=0, max_partners=30)))
    bodies: dict[str, set[str]] = defaultdict(set)
    for row in given_rows:
        if row.ongoing and row.alliance != hub:
            bodies[row.alliance].add(row.organization)
    pairs = {frozenset((a, b)) for who in bodies.values() for a in who for b in who if a != b}
    assert without_hub.summary().ties == len(pairs)
    assert without_hub.summary().alliances_left_out == 1
    busiest = max(sorted(members), key=lambda key: sum(key in who for who in bodies.values()))
    assert sum(busiest in who for who in bodies.values()) > 1
    alone = Network(
        table, derive(table, NetworkParameters(window=0, max_partners=30, exclude=frozenset({busiest})))
    )
    assert alone.summary().ties == len([pair for pair in pairs if busiest not in pair])


def test_the_newest_snapshot_is_the_default_day_even_where_everybody_had_left(write, tmp_path):
    table = write("day,body,who\n2020-01-01,X,A\n2020-01-01,X,B\n2024-05-05,X,C\n", "seen.csv")
    job = LoadJob(tmp_path / "data", "s", files=(table,), mapping=write(OBSERVED, "map.yaml"))
    assert load(job).as_of == dt.date(2024, 5, 5)
    network = Network.open(Snapshots(job.data).current().network_path)
    assert network.as_of == dt.date(2024, 5, 5)
    # A and B were there on one day, within the last five years; C was never there with them.
    assert network.summary().ties == 1


@pytest.mark.parametrize(
    ("text", "result", "code"),
    [
        (  # the day of joining is taken where it is before the first sighting
            "2020-01-01,X,A,2019-03-01\n2021-01-01,X,A,2019-03-01\n",
            [("X", "A", "2019-03-01", "", "2021-01-01")],
            None,
        ),
        (  # also when a later snapshot is the first to state it
            "2020-01-01,X,A,\n2021-01-01,X,A,2019\n",
            [("X", "A", "2019-01-01", "", "2021-01-01")],
            None,
        ),
        (  # not when the member had been seen by then
            "2020-01-01,X,A,2020-06-01\n2021-01-01,X,A,2020-06-01\n",
            [("X", "A", "2020-01-01", "", "2021-01-01")],
            "joined-contradicted",
        ),
        (  # who is missing once and comes back has two memberships
            "2020-01-01,X,A,\n2021-01-01,X,B,\n2022-01-01,X,A,2021-07-01\n2022-01-01,X,B,\n",
            [
                ("X", "A", "2020-01-01", "2020-01-01", ""),
                ("X", "A", "2021-07-01", "", "2022-01-01"),
                ("X", "B", "2021-01-01", "", "2022-01-01"),
            ],
            None,
        ),
        (  # a day of joining before the gap belongs to the first of them
            "2020-01-01,X,A,\n2021-01-01,X,B,\n2022-01-01,X,A,2018-07-01\n2022-01-01,X,B,\n",
            [
                ("X", "A", "2018-07-01", "2020-01-01", ""),
                ("X", "A", "2022-01-01", "", "2022-01-01"),
                ("X", "B", "2021-01-01", "", "2022-01-01"),
            ],
            None,
        ),
        (  # a snapshot that does not list a body says nothing of it
            "2020-01-01,X,A,\n2021-01-01,Y,B,\n2022-01-01,X,A,\n2022-01-01,Y,B,\n",
            [("X", "A", "2020-01-01", "", "2022-01-01"), ("Y", "B", "2021-01-01", "", "2022-01-01")],
            None,
        ),
        (  # a body that is not listed any more ends no membership
            "2020-01-01,X,A,\n2020-01-01,Y,B,\n2021-01-01,Y,B,\n",
            [("X", "A", "2020-01-01", "", "2020-01-01"), ("Y", "B", "2020-01-01", "", "2021-01-01")],
            "vanished-body",
        ),
        (
            "2020-01-01,X,A,\n2020-01-01,X,A,\n",
            [("X", "A", "2020-01-01", "", "2020-01-01")],
            "repeated-row",
        ),
    ],
)
def test_what_sightings_mean(write, text, result, code):
    table = write("day,body,who,joined\n" + text, "seen.csv")
    found = read([table], "s", load_mapping(write(OBSERVED, "map.yaml"))[0], None)
    assert not found.problems
    assert spells(found) == result
    noted = {"joined-contradicted", "vanished-body", "repeated-row"} & set(found.notes.counts)
    assert noted == ({code} if code else set())


DAYS = [dt.date(2020 + year, 1, 1) for year in range(6)]


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 2), st.integers(0, 4)),
        st.sets(st.sampled_from(DAYS), min_size=1),
        min_size=1,
    )
)
def test_participations_give_back_exactly_what_was_seen(presence):
    facts, sightings = Facts(), Sightings()
    bodies = [facts.alliance("s", str(number)) for number in range(3)]
    facts.organizations += [Organization(f"{n:016}", str(n), n) for n in range(5)]
    for (body, who), days in presence.items():
        for day in days:
            sightings.append(Sighting(who, body, day, "partner", None, 1))
    settle(sightings, facts, Problems.of_notes())
    assert facts.observed == max(day for days in presence.values() for day in days)
    participations = list(facts.participations())
    for body in bodies:
        for day in body.snapshots:
            there = sorted(
                one.organization.number
                for one in participations
                if one.alliance is body
                and one.start.day <= day
                and day <= (one.end.day if one.end else one.observed)
            )
            assert there == sorted(
                who for (number, who), days in presence.items() if number == body.number and day in days
            )
    assert all((one.end is None) != (one.observed is None) for one in participations)


@pytest.mark.parametrize(
    ("name", "text", "code", "says"),
    [
        ("seen.csv", "body,who\nX,A\n", "no-snapshot-day", "there is no column 'day'"),
        ("seen-2024-13-01.csv", "body,who\nX,A\n", "no-snapshot-day", "no day such as 2024-07-01"),
        ("seen.csv", "day,body,who\n2024,X,A\n", "bad-date", "a snapshot has a day"),
        ("seen.csv", "day,body,who\nsoon,X,A\n", "bad-date", "not a date"),
        ("seen.csv", "day,body,who\n,X,A\n", "missing-value", "when the membership was seen"),
        ("seen.csv", "day,body,who,joined\n2024-01-01,X,A,later\n", "bad-date", "not a date"),
    ],
)
def test_what_is_wrong_with_a_snapshot_is_said(write, name, text, code, says):
    mapping = write(OBSERVED.replace("[joined]", "[joined, day]"), "map.yaml")
    with pytest.raises(LoadError) as caught:
        load(LoadJob(Path("unused"), "s", files=(write(text, name),), mapping=mapping, dry_run=True))
    (problem,) = caught.value.report.problems
    assert (problem.code, problem.file) == (code, name)
    assert says in problem.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kind: guesses", "key 'kind'"),
        (OBSERVED.replace("from: joined", "to: joined"), "leave out 'to'"),
        ("files: {participations: {columns: {snapshot: day}}}", "'observed-memberships'"),
        (OBSERVED + "renames: {alliance: {A: B, b: a}}", "renamed in a circle"),
        (OBSERVED + "renames: {country: {A: B}}", "key 'renames.country'"),
        (OBSERVED + "renames: {alliance: {A: ''}}", "key 'renames.alliance.A'"),
    ],
)
def test_a_mapping_that_contradicts_itself_is_refused(write, text, says):
    with pytest.raises(MappingError) as caught:
        load_mapping(write(text, "map.yaml"))
    assert says in str(caught.value)


def test_renames_are_followed_and_hold_for_members_too():
    mapping = Mapping.model_validate(
        {
            "kind": "observed-memberships",
            "renames": {"partner": {"One": "Two", "two": "Three"}, "alliance": {"X": "Y"}},
        }
    )
    assert mapping.renames == {"partner": {"one": "Three", "two": "Three"}, "alliance": {"x": "Y"}}


def test_a_renamed_member_stays_a_member(write):
    text = "day,body,who\n2020-01-01,X,ACME Inc\n2020-01-01,X,B\n2021-01-01,X,Zenith\n2021-01-01,X,B\n"
    mapping = OBSERVED + "renames: {partner: {Acme inc: Zenith}}"
    found = read([write(text, "seen.csv")], "s", load_mapping(write(mapping, "map.yaml"))[0], None)
    assert spells(found) == [("X", who, "2020-01-01", "", "2021-01-01") for who in ("B", "Zenith")]
    assert {one.name: one.former for one in found.facts.organizations} == {"Zenith": {"ACME Inc"}, "B": set()}
    assert found.notes.counts["rename"] == 1


def test_the_day_in_a_file_s_name_makes_it_another_load(write, tmp_path):
    text = "body,who\nX,A\nX,B\n"
    mapping = write(OBSERVED.replace("[joined]", "[joined, day]"), "map.yaml")
    job = LoadJob(tmp_path / "data", "s", files=(write(text, "at-2020-01-01.csv"),), mapping=mapping)
    assert load(job).as_of == dt.date(2020, 1, 1)
    assert load(job).unchanged
    again = load(replace(job, files=(write(text, "at-2021-01-01.csv"),)))
    assert (again.published, again.as_of) == (True, dt.date(2021, 1, 1))
