"""Judgements through the one door: joined, taken back, kept through other loads, refused with their place."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from tertius.loaders import LoadError, LoadJob, load
from tertius.ontology.identity import graph, key
from tertius.ontology.validate import validate
from tertius.queries.judgements import Judgement, Status, Verdict, read_judgements
from tertius.queries.network import Network
from tertius.store import Snapshots
from tertius.store.search_file import reading

T0 = dt.datetime(2024, 5, 1, 12, 0, 0, 120_000, tzinfo=dt.UTC)
OTHER = """alliance,partner,country,start,id:lei
z,Ajax Holding,NL,2019,529900T8BM49AURSDO55
z,Zephyr,NL,2019,
"""
LEI = "529900T8BM49AURSDO55"


def record(source: str, name: str, country: str) -> str:
    return key(source, name, country)


AJAX, BOREALIS, CUMULUS = (
    record("small", *one) for one in (("Ajax", "NL"), ("Borealis", "DE"), ("Cumulus", "FR"))
)
HOLDING, ZEPHYR = record("other", "Ajax Holding", "NL"), record("other", "Zephyr", "NL")


def judged(left, right, verdict=Verdict.SAME, *, kind="person", day=0, **more) -> Judgement:
    return Judgement(left, right, verdict, "Ada", kind, T0 + dt.timedelta(days=day), **more)


@pytest.fixture
def two(job, write) -> LoadJob:
    """Two sources, of which the second knows the first's Ajax under another name, with its LEI."""
    load(job)
    load(replace(job, source="other", files=(write(OTHER, "other.csv"),)))
    return job


def live(data: Path):
    snapshot = Snapshots(data).current()
    assert snapshot is not None
    return snapshot


def measures(data: Path):
    return {one.organization: one for one in Network.open(live(data).network_path).iter_positions()}


def rows(data: Path, sql: str, *values):
    with closing(reading(live(data).search_path)) as database:
        return database.execute(sql, values).fetchall()


def held(data: Path):
    store = ox.Store.read_only(str(live(data).store_path))
    return read_judgements(store.quads_for_pattern(None, None, None, ox.NamedNode(graph("judgements"))))


def test_joined_records_are_one_organization_everywhere(two):
    before = measures(two.data)
    one = judged(AJAX, HOLDING, score=0.97, reasons=("same registry number", "same town"))
    report = load(LoadJob.judged(two.data, [one]))
    assert (report.published, report.snapshot, report.rows, report.rows_right) == (True, 3, 1, 1)
    assert report.counts["added"] == report.counts["standing"] == 1
    assert (report.counts["organizations_joined"], report.counts["records_joined"]) == (1, 2)
    after = measures(two.data)
    # Only the other source's record has an LEI, and so stands for both.
    assert set(after) == set(before) - {AJAX}
    assert after[HOLDING].degree == before[AJAX].degree + before[HOLDING].degree == 2
    assert rows(two.data, "SELECT key, name, country FROM organization WHERE name LIKE 'Ajax%'") == [
        (HOLDING, "Ajax Holding", "NL")
    ]
    assert rows(two.data, "SELECT key FROM record ORDER BY key") == [(k,) for k in sorted([AJAX, HOLDING])]
    found, same = held(two.data)
    assert same == {AJAX: HOLDING}
    ((kept, status),) = found.values()
    left, right = one.pair
    assert kept == replace(one, left=left, right=right)
    assert (kept.key, status) == (one.key, "standing")
    manifest = live(two.data).manifest
    assert manifest.materialised["judgements"]["records_joined"] == 2
    assert set(manifest.sources) == {"small", "other"}
    store = ox.Store.read_only(str(live(two.data).store_path))
    assert manifest.counts["statements"] == len(store)
    checked = validate(list(store.quads_for_pattern(None, None, None, ox.NamedNode(graph("judgements")))))
    assert checked.conforms, checked.violations


def test_the_same_judgement_publishes_nothing(two):
    load(LoadJob.judged(two.data, [judged(AJAX, HOLDING)]))
    again = load(LoadJob.judged(two.data, [judged(HOLDING, AJAX)]))
    assert (again.unchanged, again.published, again.snapshot) == (True, False, 3)
    later = load(LoadJob.judged(two.data, [judged(AJAX, HOLDING, day=4)]))
    assert later.unchanged


def test_taking_a_judgement_back_gives_the_measures_of_never_having_joined(two):
    before = measures(two.data)
    load(LoadJob.judged(two.data, [judged(AJAX, HOLDING)]))
    assert measures(two.data) != before
    report = load(LoadJob.judged(two.data, [judged(AJAX, HOLDING, Verdict.UNDECIDED, day=1)]))
    assert report.counts["replaced"] == 1
    assert measures(two.data) == before
    found, same = held(two.data)
    assert same == {}
    assert {status for _, status in found.values()} == {Status.REPLACED, Status.STANDING}
    assert rows(two.data, "SELECT * FROM record") == []
    assert len(rows(two.data, "SELECT key FROM organization")) == 5


def test_loads_of_sources_go_on_applying_judgements(two, small):
    load(LoadJob.judged(two.data, [judged(AJAX, HOLDING)]))
    small.write_text(small.read_text() + "a4,Ajax,NL,2019,2020,\na4,Dune,ES,2019,2020,\n")
    report = load(two)
    assert report.published
    assert measures(two.data)[HOLDING].degree == 3
    assert AJAX not in measures(two.data)
    # Without its source a judgement sleeps, and is there again when the source is.
    load(replace(two, files=(), remove=True))
    assert [status for _, status in held(two.data)[0].values()] == [Status.DORMANT]
    assert held(two.data)[1] == {}
    load(two)
    assert held(two.data)[1] == {AJAX: HOLDING}
    assert measures(two.data)[HOLDING].degree == 3


def test_order_and_number_of_loads_do_not_matter(two):
    joins = [judged(AJAX, HOLDING), judged(BOREALIS, ZEPHYR, kind="machine", score=0.8)]
    load(LoadJob.judged(two.data, joins))
    together = measures(two.data)
    apart = [judged(one.left, one.right, Verdict.UNDECIDED, kind=one.kind, day=1) for one in joins]
    load(LoadJob.judged(two.data, apart))
    for one in reversed(joins):
        load(LoadJob.judged(two.data, [replace(one, when=T0 + dt.timedelta(days=2))]))
    assert measures(two.data) == together


def test_what_cannot_hold_is_said(two):
    given = [
        judged(AJAX, HOLDING, kind="machine", score=0.9),
        judged(HOLDING, ZEPHYR, kind="machine", score=0.8),
        judged(AJAX, ZEPHYR, Verdict.DIFFERENT),
    ]
    report = load(LoadJob.judged(two.data, given))
    assert report.note_count == {"overruled": 1}
    assert f"{' and '.join(given[1].pair)} same (Ada) does not hold" in report.notes[0].message
    assert report.counts["overruled"] == 1
    assert held(two.data)[1] == {AJAX: HOLDING}


def test_a_registers_record_stands_for_those_that_take_part(two, write, tmp_path):
    place = {"addressLines": ["Dam 1"], "city": "Amsterdam", "country": "NL", "postalCode": "1012"}
    entity = {
        "legalName": {"name": "AJAX HOLDING B.V.", "language": "nl"},
        "otherNames": [],
        "legalAddress": place,
        "headquartersAddress": place,
        "status": "ACTIVE",
        "jurisdiction": "NL",
    }
    dates = {"initialRegistrationDate": "2014-01-01T00:00:00Z", "lastUpdateDate": "2023-01-01T00:00:00Z"}
    one = {"lei": LEI, "entity": entity, "registration": {"status": "ISSUED", **dates}}
    text = json.dumps({"data": [{"type": "lei-records", "id": LEI, "attributes": one}]})
    register = replace(two, source="gleif", mapping="gleif", files=(write(text, "leis.json"),))
    assert load(register).published
    stands = key("lei", LEI)
    before = measures(two.data)
    assert stands not in before
    load(LoadJob.judged(two.data, [judged(HOLDING, stands), judged(AJAX, HOLDING)]))
    after = measures(two.data)
    assert set(after) == {stands, *before} - {AJAX, HOLDING}
    assert after[stands].degree == 2
    ((number, name, country),) = rows(
        two.data, "SELECT id, name, country FROM organization WHERE key = ?", stands
    )
    assert (name, country) == ("AJAX HOLDING B.V.", "NL")
    assert number < Network.open(live(two.data).network_path).table.organizations.size
    # Loading the register again moves nothing; taking everything back restores what was.
    load(replace(register, retrieved=dt.date(2024, 1, 1)))
    assert measures(two.data) == after
    back = [
        judged(HOLDING, stands, Verdict.DIFFERENT, day=1),
        judged(AJAX, HOLDING, Verdict.DIFFERENT, day=1),
    ]
    load(LoadJob.judged(two.data, back))
    assert measures(two.data) == before
    assert rows(two.data, "SELECT count(*), count(DISTINCT key) FROM organization") == [(6, 6)]


@pytest.mark.parametrize("dry_run", [False, True])
def test_unknown_organizations_are_refused_with_their_place(two, dry_run):
    nobody = key("nobody")
    good = judged(AJAX, HOLDING)
    job = replace(LoadJob.judged(two.data, [good, judged(nobody, ZEPHYR)]), dry_run=dry_run)
    with pytest.raises(
        LoadError, match="judgements, row 2, column 'left': no source has an organization"
    ) as e:
        load(job)
    report = e.value.report
    assert (report.problem_count, report.rows, report.rows_right) == ({"unknown-organization": 1}, 2, 1)
    assert report.problems[0].value == nobody
    assert live(two.data).number == 2


def test_a_dry_run_tells_what_would_follow(two):
    report = load(replace(LoadJob.judged(two.data, [judged(AJAX, HOLDING)]), dry_run=True))
    assert not report.published
    assert report.counts["records_joined"] == 2
    assert live(two.data).number == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"judgements": ()}, "give at least one judgement"),
        ({"files": (Path("x.csv"),)}, "judgements take no files"),
        ({"mapping": "gleif"}, "no mapping"),
        ({"remove": True}, "cannot be removed"),
        ({"source": "small"}, "judgements are loaded under the name 'judgements'"),
    ],
)
def test_jobs_that_make_no_sense_are_refused(two, change, message):
    with pytest.raises(LoadError, match=message):
        load(replace(LoadJob.judged(two.data, [judged(AJAX, HOLDING)]), **change))


def test_judgements_need_something_to_judge(tmp_path):
    with pytest.raises(LoadError, match="no source has"):
        load(LoadJob.judged(tmp_path / "data", [judged(AJAX, HOLDING)]))
