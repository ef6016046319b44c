"""The command line: what it prints, how it ends, and that a mistake is one line and no traceback."""

from __future__ import annotations

import csv
import io
import json
import shutil

import pyoxigraph as ox
import pytest
from tertius.api import doctor
from tertius.api.cli import main
from tertius.api.models import Position
from tertius.api.settings import Settings
from tertius.loaders import LoadJob, load
from tertius.store import Snapshots

from tests.servers import oxigraph_server


@pytest.fixture
def tertius(capsys, monkeypatch, tmp_path):
    """Run the command in this process; returns exit status, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(words)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return int(ended.value.code or 0), captured.out, captured.err

    return run


@pytest.mark.parametrize(
    "words",
    [
        "nonsense",
        "--nonsense",
        "measures --nonsense",
        "measures --data nowhere",
        "measures --window ages --data MINI",
        "measures --weight heavy --data MINI",
        "measures --as-of 2020-02-30 --data MINI",
        "measures --max-partners 1 --data MINI",
        "measures --exclude aaaaaaaaaaaaaaaa --data MINI",
        "query nothing --data MINI",
        "query brokers x=1 --data MINI",
        "query brokers novalue --data MINI",
        "query partners-of-organization --data MINI",
        "query brokers --limit 0 --data MINI",
        "query brokers --cursor x --data MINI",
        "sparql --data MINI",
        "sparql ASK{} --file x --data MINI",
        "sparql --file nowhere.rq --data MINI",
        "sparql nonsense --data MINI",
        "sparql SELECT --data MINI",
        "sparql DROP_ALL --data MINI",
        "sparql ASK{} --format turtle --data MINI",
        "sparql ASK{SERVICE<http://127.0.0.1:1/>{}} --data MINI",
        "export x --format docx --data MINI",
        "export x --part half --data MINI",
        "export x.txt --data MINI",
        "export - --format docx --data MINI",
        "export nowhere/x.csv --data MINI",
        "load nowhere.csv --source s",
        "load",
        "load MINI/CURRENT --source Bad_Name",
        "load MINI/CURRENT --source s --retrieved never",
        "load MINI/CURRENT --source s --mapping nothing",
        "validate MINI/CURRENT",
        "snapshots rollback 99 --data MINI",
        "serve --port 99999",
    ],
)
def test_a_mistake_is_one_line_and_status_2(tertius, mini_data, words):
    status, out, err = tertius(*(word.replace("MINI", str(mini_data)) for word in words.split()))
    assert status == 2, err
    assert out == ""
    lines = err.splitlines()
    assert lines[-1].startswith("tertius: ")
    assert all(line.startswith(("problem: ", "tertius: ")) for line in lines), err
    assert "nobody foresaw" not in err


def test_a_setting_that_cannot_be_is_named(tertius, monkeypatch):
    monkeypatch.setenv("TERTIUS_PORT", "x")
    status, _, err = tertius("snapshots")
    assert status == 2
    assert err.startswith("tertius: TERTIUS_PORT: ")


def test_help_and_version(tertius):
    status, out, _ = tertius()
    assert status == 0
    assert "measures" in out
    assert tertius("--version")[1].startswith("tertius 0.")
    assert "--audit" in tertius("doctor", "--help")[1]


def test_measures_are_the_rows_of_brokers(tertius, mini, mini_data):
    data = ("--data", str(mini_data))
    status, out, _ = tertius("measures", "--window", "all", "--weight", "binary", "--json", *data)
    assert status == 0
    rows = json.loads(out)
    assert rows == mini.get("/v1/network/brokers?window=all&weight=binary&limit=1000").json()["data"]
    assert len([Position.model_validate(row) for row in rows]) == 7
    _, out, _ = tertius("measures", "--csv", *data)
    assert out.replace("\r\n", "\n") == mini.get("/v1/network/brokers?format=csv").text.replace("\r\n", "\n")
    _, out, _ = tertius("measures", "--exclude", rows[0]["organization"]["key"], *data)
    assert rows[0]["organization"]["name"] not in out
    assert rows[1]["organization"]["name"] in out


def test_a_named_query_is_asked(tertius, mini, mini_data):
    data = ("--data", str(mini_data))
    key = mini.get("/v1/organizations?q=brug").json()["data"][0]["key"]
    status, out, _ = tertius("query", "partners-of-organization", f"organization={key}", "--json", *data)
    assert status == 0
    served = mini.get(f"/v1/queries/partners-of-organization/results?organization={key}").json()
    assert json.loads(out)["data"] == served["data"]
    _, out, err = tertius(
        "query", "partners-of-organization", f"organization={key}", "--limit", "1", "--csv", *data
    )
    assert len(list(csv.reader(io.StringIO(out)))) == 2
    cursor = err.split()[-1]
    _, out, _ = tertius(
        "query", "partners-of-organization", f"organization={key}", "--cursor", cursor, "--json", *data
    )
    assert json.loads(out)["data"] == served["data"][1:]
    assert "bridging-partners" in tertius("query", *data)[1]


def test_sparql_is_asked_from_argument_file_and_standard_input(tertius, mini_data, tmp_path, monkeypatch):
    data = ("--data", str(mini_data))
    query = "SELECT (COUNT(DISTINCT ?o) AS ?n) { ?o a org:Organization }"
    (tmp_path / "query.rq").write_text(query)
    monkeypatch.setattr("sys.stdin", io.StringIO(query))
    for words in ((query,), ("--file", "query.rq"), ("-",)):
        status, out, _ = tertius("sparql", *words, "--format", "csv", *data)
        assert status == 0
        assert out.split() == ["n", "7"]
    assert "@prefix" in tertius("sparql", "CONSTRUCT WHERE { ?s a ?o }", *data)[1]


def test_the_network_is_exported(tertius, mini, mini_data, tmp_path):
    data = ("--data", str(mini_data))
    assert tertius("export", "out.graphml", "--window", "all", *data)[0] == 0
    assert (tmp_path / "out.graphml").read_bytes() == mini.get("/v1/network/export?window=all").content
    for name in ("out.gexf", "out.dynamic.gexf", "out.arrow"):
        assert tertius("export", name, "--window", "all", *data)[0] == 0
        form = {"out.gexf": "gexf", "out.dynamic.gexf": "gexf-dynamic", "out.arrow": "arrow"}[name]
        served = mini.get(f"/v1/network/export?window=all&format={form}").content
        assert (tmp_path / name).read_bytes() == served
    assert not list(tmp_path.glob(".*"))
    _, out, _ = tertius("export", "-", "--format", "csv", "--window", "all", *data)
    assert out.splitlines() == mini.get("/v1/network/export?window=all&format=csv").text.splitlines()


def test_a_table_is_validated_loaded_and_taken_back(tertius, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("alliance,partner,start\na,One,2020-01-01\na,Two,2020-01-01\n")
    assert tertius("validate", "table.csv")[0] == 0
    assert not (tmp_path / "tertius-data").exists()
    status, out, _ = tertius("load", "table.csv", "--source", "s", "--json")
    assert status == 0
    assert json.loads(out)["snapshot"] == 1
    assert "identical" in tertius("load", "table.csv", "--source", "s")[1]
    table.write_text("alliance,partner,start\na,One,2020-01-01\na,Three,2020-01-01\n")
    assert tertius("load", "table.csv", "--source", "s", "--quiet")[1] == ""
    _, out, _ = tertius("snapshots", "--json")
    assert [(row["number"], row["live"]) for row in json.loads(out)] == [(1, False), (2, True)]
    assert tertius("snapshots", "rollback") == (0, "snapshot 1 is live\n", "")
    assert tertius("snapshots")[1].startswith("*    1")
    assert tertius("snapshots", "sweep")[1] == "0 left-overs removed\n"


def test_a_bad_table_is_reported_by_row_and_column(tertius, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("alliance,partner,start\na,One,2020-01-01\na,Two,2020-31-12\n")
    for words in (("validate",), ("load", "--source", "s")):
        status, _, err = tertius(words[0], "table.csv", *words[1:])
        assert status == 2
        assert "row 3" in err
        assert "1 of 2 rows" in err.splitlines()[-1]
        assert "start" in err
    assert not (tmp_path / "tertius-data" / "CURRENT").exists()
    status, out, _ = tertius("validate", "table.csv", "--json")
    assert status == 2
    assert json.loads(out)["problems"][0]["row"] == 3


def test_the_demonstration_tells_who_bridges_whom(tertius, demo, demo_data, tmp_path):
    shutil.copytree(demo_data, tmp_path / "data")
    status, out, _ = tertius("demo", "--data", "data", "--no-serve")
    assert status == 0
    brokers = demo.get("/v1/network/brokers?limit=10").json()["data"]
    bridge = demo.get(f"/v1/organizations/{brokers[0]['organization']['key']}/bridges?limit=1").json()[
        "data"
    ][0]
    for row in brokers:
        assert row["organization"]["name"][:40] in out
    assert bridge["partner"]["name"][:40] in out
    assert "CC BY 4.0" in out
    assert len(out.splitlines()) < 40


def test_a_whole_folder_is_found_good(tertius, mini_data):
    status, out, _ = tertius("doctor", "--audit", "--json", "--data", str(mini_data))
    assert status == 0
    found = {row["check"]: row["verdict"] for row in json.loads(out)}
    assert {
        "audit mini",
        "audit other",
        "rest worker",
        "sparql worker",
        "sandbox",
        "snapshot 2",
    } <= found.keys()
    assert set(found.values()) <= {"good", "note"}


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        (lambda data: (data / "snapshots" / "1" / "search.sqlite").write_bytes(b"x" * 5000), "snapshot 1"),
        (lambda data: shutil.rmtree(data / "snapshots" / "1" / "network"), "snapshot 1"),
        (lambda data: (data / "snapshots" / "1" / "manifest.json").write_text("{}"), "snapshot 1"),
        (lambda data: (data / "CURRENT").write_text("7\n"), "live snapshot"),
        (lambda data: (data / "CURRENT").write_text("x\n"), "live snapshot"),
        (lambda data: shutil.rmtree(data / "snapshots" / "1" / "store"), "sparql worker"),
    ],
)
def test_damage_is_found(tertius, tmp_path, damage, check):
    table = tmp_path / "table.csv"
    table.write_text("alliance,partner,start\na,One,2020-01-01\na,Two,2020-01-01\n")
    load(LoadJob(data=tmp_path / "data", source="s", files=(table,)))
    damage(tmp_path / "data")
    status, out, _ = tertius("doctor", "--json", "--data", "data")
    assert status == 1
    assert check in {row["check"] for row in json.loads(out) if row["verdict"] == "bad"}


def test_a_worker_of_each_kind_is_stopped_and_answers_again(mini_data, monkeypatch):
    settings = Settings(data=mini_data, rest_workers=1, sparql_workers=1, queue_seconds=0)
    told = {found.check: found for found in doctor.examine(settings, audit=False)}
    for kind in ("rest worker", "sparql worker"):
        assert told[kind].verdict == "good", told[kind].detail
        assert "what never ends was stopped after 0.2 s; then it answers" in told[kind].detail
    # A query that ends by itself stands for one that its time limit does not stop.
    monkeypatch.setattr(doctor, "_RUN_AWAY", "ASK {}")
    told = {found.check: found for found in doctor.examine(settings, audit=False)}
    assert told["sparql worker"].verdict == "bad"
    assert "was not stopped after 0.2 s" in told["sparql worker"].detail


def test_left_overs_are_found(tertius, tmp_path):
    (tmp_path / "data" / "snapshots" / "3.draft").mkdir(parents=True)
    _, out, _ = tertius("doctor", "--data", "data")
    assert "3.draft" in out
    assert tertius("snapshots", "sweep", "--data", "data")[1] == "1 left-overs removed\n"


def test_a_snapshot_is_backed_up_and_restored(tertius, mini_data, tmp_path):
    status, out, _ = tertius("snapshots", "backup", "a.tar", "--snapshot", "1", "--data", str(mini_data))
    assert (status, out.startswith("snapshot 1 is in a.tar")) == (0, True)
    assert "is whole: snapshot 1" in tertius("snapshots", "restore", "a.tar", "--check")[1]
    assert not (tmp_path / "data").exists()
    assert tertius("snapshots", "restore", "a.tar", "--data", "data")[1] == "snapshot 1 is live\n"
    status, out, _ = tertius("doctor", "--audit", "--data", "data")
    assert (status, "audit mini" in out) == (0, True)
    (tmp_path / "a.tar").write_bytes((tmp_path / "a.tar").read_bytes()[:-20_000])
    assert tertius("snapshots", "restore", "a.tar", "--data", "data")[0] == 1


def test_settings_without_effect_are_named(tertius, mini_data, monkeypatch):
    monkeypatch.setenv("TERTIUS_STORE_USER", "somebody")
    monkeypatch.setenv("TERTIUS_TOKEN_QUERIES", "9")
    monkeypatch.setenv("TERTIUS_QUEUE_SECONDS", "3")
    out = tertius("doctor", "--data", str(mini_data))[1]
    assert "TERTIUS_STORE_USER, TERTIUS_TOKEN_QUERIES" in out
    assert "TERTIUS_QUEUE_SECONDS" not in out


def test_the_remote_store_is_looked_at(tertius, mini_data, monkeypatch):
    live = Snapshots(mini_data).current()
    quads = list(ox.Store.read_only(str(live.store_path)))
    with oxigraph_server([quad for quad in quads if quad.graph_name.value.endswith("/mini")]) as service:
        monkeypatch.setenv("TERTIUS_STORE", service.query_url)
        found = json.loads(tertius("doctor", "--json", "--data", str(mini_data))[1])
        said = {row["check"]: row for row in found}
        assert said["remote store"]["verdict"] == "good"
        assert "other are not there" in said["remote graphs"]["detail"]
    status, out, _ = tertius("doctor", "--data", str(mini_data))
    assert (status, "bad   remote store" in out) == (1, True)
