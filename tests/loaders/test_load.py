"""Loads: all or nothing, once, and said."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from tertius.loaders import LoadError, Phase, load
from tertius.loaders.reading import STEP
from tertius.ontology import VERSION
from tertius.ontology.identity import graph, individual, key
from tertius.ontology.namespaces import TT
from tertius.queries.network import Network
from tertius.store import LockHeld, Snapshots
from tertius.store.search_file import reading


def live(data: Path):
    snapshot = Snapshots(data).current()
    assert snapshot is not None
    return snapshot


def statements(data: Path, name: str) -> set[str]:
    store = ox.Store.read_only(str(live(data).store_path))
    return {str(quad.triple) for quad in store.quads_for_pattern(None, None, None, ox.NamedNode(graph(name)))}


def files_of(data: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(data)): path.read_bytes()
        for path in data.rglob("*")
        if path.is_file() and path.name != "lock"
    }


def test_a_load_publishes_graph_network_search_and_manifest(job):
    report = load(job)
    assert report.published
    assert (report.snapshot, report.rows, report.rows_right) == (1, 5, 5)
    assert report.as_of == dt.date(2020, 1, 1)
    expected = {"organizations": 3, "alliances": 3, "participations": 5, "single_partner_alliances": 1}
    assert expected.items() <= report.counts.items()
    manifest = live(job.data).manifest
    assert manifest.sources["small"].counts == report.counts
    assert manifest.counts["ties"] == 2
    assert manifest.as_of == report.as_of
    assert manifest.ontology_version == VERSION
    assert len(statements(job.data, "small")) == report.counts["statements"]
    assert len(statements(job.data, "measures")) == manifest.materialised["measures"]["statements"]
    assert statements(job.data, "ontology")
    network = Network.open(live(job.data).network_path)
    assert network.summary().ties == 2


def test_a_load_again_publishes_nothing_and_says_so(job):
    load(job)
    before = files_of(job.data)
    report = load(job)
    assert (report.unchanged, report.published, report.snapshot) == (True, False, 1)
    assert "identical to what snapshot 1 holds" in report.lines()[0]
    assert files_of(job.data) == before


@pytest.mark.parametrize("change", ["file", "retrieved", "mapping"])
def test_whatever_matters_makes_it_another_load(job, small, write, change):
    load(job)
    if change == "file":
        small.write_text(small.read_text() + "a3,Dune,ES,2018-05,2018-07,\n")
    changes = {"retrieved": dt.date(2024, 1, 2)} if change == "retrieved" else {}
    if change == "mapping":
        changes = {"mapping": write("identity: name", "map.yaml")}
    report = load(replace(job, **changes))
    assert (report.published, report.snapshot) == (True, 2)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "alliance,partner\n",
        "alliance\nx\n",
        "alliance,partner\na,b\n,c\n",
        'alliance,partner\na,b\na,"c\n',
        "\x00",
    ],
)
def test_a_bad_file_changes_nothing(job, small, content):
    load(job)
    before = files_of(job.data)
    small.write_text(content)
    with pytest.raises(LoadError) as caught:
        load(job)
    assert files_of(job.data) == before
    report = caught.value.report
    assert not report.ok
    assert report.problems
    assert str(caught.value).startswith("small.csv")
    assert "\n" not in str(caught.value)
    assert report.lines()[0].startswith("small: nothing was changed")


def test_a_bad_first_load_leaves_no_snapshot(job, small):
    small.write_text("alliance,partner\na,\n")
    with pytest.raises(LoadError):
        load(job)
    assert Snapshots(job.data).current() is None


def test_the_report_says_how_many_rows_were_right(job, small):
    small.write_text("alliance,partner,start\na,b,2019\na,c,never\nb,c,2020\n")
    with pytest.raises(LoadError, match=r"small.csv, row 3, column 'start': 'never': not a date") as caught:
        load(job)
    assert (caught.value.report.rows, caught.value.report.rows_right) == (3, 2)
    data = json.loads(json.dumps(caught.value.report.as_json()))
    assert data["problem_count"] == {"bad-date": 1}
    assert data["problems"][0]["row"] == 3


def test_a_source_is_replaced_and_others_stay(job, small, write):
    load(job)
    other = write("alliance,partner,country,start\nz,Ajax,NL,2019\nz,Zephyr,NL,2019\n", "other.csv")
    load(replace(job, source="other", files=(other,)))
    kept = statements(job.data, "other")
    small.write_text("alliance,partner,country,start\nb,Ajax,NL,2020\nb,Dune,ES,2020\n")
    report = load(job)
    assert report.snapshot == 3
    assert statements(job.data, "other") == kept
    text = "\n".join(statements(job.data, "small"))
    assert "Dune" in text
    assert "Borealis" not in text
    manifest = live(job.data).manifest
    assert set(manifest.sources) == {"small", "other"}
    assert manifest.counts["ties"] == 2
    with closing(reading(live(job.data).search_path)) as database:
        found = database.execute("SELECT name, source FROM organization ORDER BY name, source").fetchall()
    # The two sources' Ajax are two records until somebody judges that they are one.
    assert found == [("Ajax", "other"), ("Ajax", "small"), ("Dune", "small"), ("Zephyr", "other")]


def test_a_source_can_be_removed(job, write):
    load(job)
    other = write("alliance,partner\nz,Ajax\nz,Zephyr\n", "other.csv")
    load(replace(job, source="other", files=(other,)))
    report = load(replace(job, files=(), remove=True))
    assert report.published
    manifest = live(job.data).manifest
    assert set(manifest.sources) == {"other"}
    assert statements(job.data, "small") == set()
    with closing(reading(live(job.data).search_path)) as database:
        assert database.execute("SELECT count(*) FROM organization").fetchone() == (2,)
        assert database.execute("SELECT count(*) FROM alliance").fetchone() == (1,)
    load(replace(job, source="other", files=(), remove=True))
    assert live(job.data).manifest.sources == {}


def test_a_dry_run_reports_and_publishes_nothing(job, small):
    report = load(replace(job, dry_run=True))
    assert report.ok
    assert not report.published
    assert report.counts["participations"] == 5
    assert not job.data.exists()
    small.write_text("alliance,partner\na,\n")
    with pytest.raises(LoadError):
        load(replace(job, dry_run=True))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"source": "Small"}, "bad-source"),
        ({"source": "a/b"}, "bad-source"),
        ({"source": "x" * 65}, "bad-source"),
        ({"source": "measures"}, "bad-source"),
        ({"files": ()}, "no-files"),
        ({"keep": 0}, "bad-keep"),
        ({"remove": True}, "bad-job"),
        ({"remove": True, "files": ()}, "unknown-source"),
        ({"mapping": "nothing-like-it"}, "bad-mapping"),
        ({"files": (Path("nowhere.csv"),)}, "unreadable"),
    ],
)
def test_a_wrong_job_is_refused_in_one_line(job, changes, code):
    with pytest.raises(LoadError) as caught:
        load(replace(job, **changes))
    assert [problem.code for problem in caught.value.report.problems] == [code]
    assert not job.data.exists()


def test_a_data_directory_keeps_its_base(job):
    load(job)
    with pytest.raises(LoadError, match="has the base"):
        load(replace(job, base="https://example.org/"))


def test_two_loads_at_once_are_refused(job):
    with Snapshots(job.data).draft(), pytest.raises(LockHeld):
        load(job)


def test_a_file_that_changes_while_it_is_read_is_refused(job, small):
    def meddle(phase, done, total):
        if phase is Phase.READ and done == total:
            small.write_text(small.read_text() + "a9,Zed,,,,\n")

    with pytest.raises(LoadError, match="changed while it was read"):
        load(job, progress=meddle)


def test_progress_goes_through_all_phases_and_ends_each_count(job):
    seen = []
    load(job, progress=lambda *what: seen.append(what))
    assert list(dict.fromkeys(phase for phase, _, _ in seen)) == list(Phase)
    for phase in (Phase.READ, Phase.WRITE, Phase.MEASURES, Phase.SEARCH):
        done, total = [(done, total) for one, done, total in seen if one is phase][-1]
        assert done == total


def test_reading_tells_how_far_it_is(job, write):
    rows = "".join(f"a{n // 2},p{n % 50}\n" for n in range(2 * STEP + 1))
    seen = []
    table = write("alliance,partner\n" + rows)
    load(replace(job, files=(table,), dry_run=True), progress=lambda *what: seen.append(what))
    reading = [(done, total) for phase, done, total in seen if phase is Phase.READ and total]
    assert reading == sorted(reading)
    assert len(reading) == 3
    assert {total for _, total in reading} == {table.stat().st_size}


def test_ties_are_written_up_to_the_number_asked_for(job):
    load(replace(job, max_ties=1))
    wrote = live(job.data).manifest.materialised["measures"]
    assert (wrote["ties"], wrote["ties_complete"]) == (0, False)
    assert not any(f"<{TT}Tie>" in text for text in statements(job.data, "measures"))


def test_search_finds_names_and_identifiers_by_network_id(job, write):
    table = write(
        "alliance,alliance_name,partner,country,id:pic,type,form,start\n"
        "a,Alpha,Società Äolus,IT,999981634,PRC,licensing,2019\na,Alpha,Bo,NL,,,licensing,2019\n"
    )
    load(replace(job, files=(table,)))
    snapshot = live(job.data)
    table_of_ids = Network.open(snapshot.network_path).table.organizations
    with closing(reading(snapshot.search_path)) as database:
        for words in ("societa", "aol*", '"\u00a4999981634"', "aolus"):
            found = database.execute(
                "SELECT o.* FROM name_words w JOIN place p ON p.place = w.rowid"
                " JOIN organization o ON o.id = p.organization WHERE name_words MATCH ?",
                (words,),
            ).fetchall()
            assert len(found) == 1
        number, name, iri, *rest = found[0]
        who = key("small", "Società Äolus", "IT")
        assert table_of_ids[number].decode() == who == name
        assert iri == individual("organization", who)
        assert rest == ["Società Äolus", "IT", None, "PRC", None, "small"]
        assert database.execute("SELECT scheme, value FROM identifier").fetchall() == [("pic", "999981634")]
        alliance = database.execute('SELECT name, start, "end", form, source FROM alliance').fetchall()
    assert alliance == [("Alpha", "2019-01-01", None, "licensing", "small")]
