"""The evidence base comes in by the same door as other sources, and stays out of the network."""

import re
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from tertius.loaders import LoadError, LoadJob, load
from tertius.loaders.evidence import EvidenceError, loading
from tertius.ontology.namespaces import PREFIXES
from tertius.queries.network import Network
from tertius.store import Snapshots

DOCS = Path(__file__).parents[3] / "docs" / "evidence.md"
EVIDENCE = ox.NamedNode("https://w3id.org/tertius/graph/evidence")
TABLE = "alliance,partner,country,start\na1,Ajax,NL,2019-01-01\na1,Borealis,DE,2019-01-01\n"


@pytest.fixture
def table(tmp_path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_it_is_reported_like_every_source(loaded):
    manifest = Snapshots(loaded).current().manifest
    entry = manifest.sources["evidence"]
    assert entry.counts["cases"] == 17
    assert entry.counts["propositions"] == 11
    assert entry.counts["statements"] > 40_000
    assert entry.licence
    assert manifest.as_of is None


def test_loading_it_again_changes_nothing(loaded):
    before = Snapshots(loaded).current().number
    report = load(LoadJob.evidence(loaded))
    assert report.unchanged
    assert not report.published
    assert report.counts["cases"] == 17
    assert Snapshots(loaded).current().number == before


def test_trying_it_out_publishes_nothing(tmp_path):
    report = load(replace(LoadJob.evidence(tmp_path / "data"), dry_run=True))
    assert report.ok
    assert report.rows_right == report.rows > 2000
    assert Snapshots(tmp_path / "data").current() is None


def test_its_cases_and_dates_never_reach_the_network(tmp_path, table):
    data = tmp_path / "data"
    load(LoadJob.evidence(data))
    assert Network.open(Snapshots(data).current().network_path).summary().organizations == 0
    alliances = load(LoadJob(data=data, source="small", files=(table,)))
    current = Snapshots(data).current()
    assert set(current.manifest.sources) == {"evidence", "small"}
    assert Network.open(current.network_path).summary().organizations == 2
    assert alliances.as_of.isoformat() == "2019-01-01"
    store = ox.Store.read_only(str(current.store_path))
    assert sum(1 for _ in store.quads_for_pattern(None, None, None, EVIDENCE)) > 40_000


def test_it_can_be_taken_out_again(tmp_path, table):
    data = tmp_path / "data"
    load(LoadJob(data=data, source="small", files=(table,)))
    load(LoadJob.evidence(data))
    load(LoadJob(data=data, source="evidence", remove=True))
    current = Snapshots(data).current()
    assert set(current.manifest.sources) == {"small"}
    store = ox.Store.read_only(str(current.store_path))
    assert not list(store.quads_for_pattern(None, None, None, EVIDENCE))
    assert Network.open(current.network_path).summary().organizations == 2


def test_it_takes_no_files(tmp_path, table):
    job = LoadJob(data=tmp_path / "data", source="evidence", files=(table,))
    with pytest.raises(LoadError, match="'evidence' is the shipped evidence base and takes no files"):
        load(job)


def test_a_coding_that_breaks_a_rule_is_reported_in_full(tmp_path, monkeypatch):
    def broken():
        raise EvidenceError(["cases.yaml, entry A, field 'letter': wrong", "cases.yaml, entry B: wrong"])

    monkeypatch.setattr(loading, "read_evidence", broken)
    with pytest.raises(LoadError, match=r"cases.yaml, entry A.*and 1 more problem") as caught:
        load(LoadJob.evidence(tmp_path / "data"))
    assert caught.value.report.problem_count == {"bad-coding": 2}
    assert Snapshots(tmp_path / "data").current() is None


def test_the_query_of_the_documentation_gives_what_it_shows(graph):
    text = DOCS.read_text(encoding="utf-8")
    query = re.search(r"```sparql\n(.*?)```", text, re.DOTALL)[1]
    shown = re.search(r"```text\n(.*?)```", text, re.DOTALL)[1]
    found = graph.query(query, prefixes=dict(PREFIXES), use_default_graph_as_union=True)
    rows = ["  ".join(term.value for term in row) for row in found]
    assert rows == shown.splitlines()
