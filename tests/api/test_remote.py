"""The API and the commands over a real SPARQL server: what it answers, and what needs a snapshot."""

from __future__ import annotations

import json
import shutil

import pytest
from tertius.api.cli import main
from tertius.loaders import LoadJob, load
from tertius.store import Budget, RemoteStore, Snapshots, push

from tests.servers import free_port, oxigraph_server

BUDGET = Budget(seconds=20, rows=99, bytes=99_999)
COUNT = "SELECT (COUNT(DISTINCT ?o) AS ?n) { ?o a org:Organization }"


@pytest.fixture(scope="module")
def service(mini_data):
    snapshot = Snapshots(mini_data).current()
    with oxigraph_server() as service:
        push(snapshot.store_path, service, prefix=f"{snapshot.manifest.base}graph/")
        yield service


@pytest.fixture
def remote(make_client, service, tmp_path):
    """An application without any data of its own."""
    return make_client(tmp_path, store=service.query_url)


def number(response):
    assert response.status_code == 200, response.text
    return int(response.json()["results"]["bindings"][0]["n"]["value"])


def test_sparql_is_answered_and_kept_by_nobody(remote, mini):
    found = remote.get("/sparql", params={"query": COUNT})
    assert number(found) == number(mini.get("/sparql", params={"query": COUNT})) == 7
    assert found.headers["cache-control"] == "no-store"
    assert not {"etag", "tertius-snapshot"} & set(found.headers)
    table = remote.get("/sparql", params={"query": COUNT}, headers={"Accept": "text/csv"})
    assert table.text == "n\r\n7\r\n"
    graph = remote.post(
        "/sparql",
        content="CONSTRUCT WHERE { ?o a org:Organization ; skos:prefLabel ?name }",
        headers={"Content-Type": "application/sparql-query", "Accept": "text/turtle"},
    )
    assert graph.headers["content-type"].startswith("text/turtle")
    assert "Brug GmbH" in graph.text


@pytest.mark.parametrize(
    ("query", "status", "slug"),
    [
        ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", 403, "federation-refused"),
        ("INSERT DATA { <urn:a> <urn:b> 1 }", 400, "malformed-query"),
        ("SELECT * { ?s ?p }", 400, "malformed-query"),
        ("SELECT (<bif:http_get>('http://127.0.0.1/') AS ?x) {}", 400, "malformed-query"),
    ],
)
def test_the_guard_stays(remote, query, status, slug):
    found = remote.get("/sparql", params={"query": query})
    assert found.status_code == status
    assert found.json()["type"].endswith(slug)
    assert number(remote.get("/sparql", params={"query": COUNT})) == 7


def test_named_queries_are_answered_page_by_page(remote, mini):
    brug = mini.get("/v1/organizations?q=brug").json()["data"][0]["key"]
    address = f"/v1/queries/partners-of-organization/results?organization={brug}"
    whole = remote.get(address)
    local = mini.get(address).json()
    assert whole.json()["data"] == local["data"]
    assert whole.json()["meta"]["snapshot"] is None
    assert whole.json()["meta"]["as_of"] == local["meta"]["as_of"]
    assert whole.headers["cache-control"] == "no-store"
    assert "etag" not in whole.headers
    rows, following = [], f"{address}&limit=2"
    while following:
        page = remote.get(following).json()
        rows += page["data"]
        following = page["meta"]["next"]
    assert rows == local["data"]
    table = remote.get(address, headers={"Accept": "text/csv"})
    assert len(table.text.splitlines()) == len(rows) + 1
    assert remote.get(f"{address}&cursor=x").status_code == 422


def test_what_needs_a_snapshot_says_so(remote):
    for address in ("/v1/organizations", "/v1/network/brokers", "/.well-known/void"):
        found = remote.get(address)
        assert (found.status_code, found.json()["type"].rpartition("/")[2]) == (503, "unavailable"), address
        assert "answers from a snapshot" in found.json()["detail"]
    assert remote.get("/readyz").json() == {"status": "ready", "snapshot": None}
    assert remote.get("/v1/running").json()["data"] == []


def test_with_a_snapshot_beside_it_both_answer(make_client, mini_data, service):
    both = make_client(mini_data, store=service.query_url)
    assert both.get("/v1/network/brokers").json()["meta"]["snapshot"] == 2
    assert number(both.get("/sparql", params={"query": COUNT})) == 7
    assert "tertius-snapshot" not in both.get("/sparql", params={"query": COUNT}).headers


def test_a_service_that_is_gone_is_said_to_be(make_client, tmp_path):
    client = make_client(tmp_path, store=f"http://127.0.0.1:{free_port()}/")
    assert client.get("/readyz").status_code == 503
    for address in (f"/sparql?query={COUNT}", "/v1/queries/brokers/results"):
        found = client.get(address)
        assert found.status_code == 503
        assert "cannot be reached" in found.json()["detail"]


@pytest.fixture
def tertius(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def run(*words):
        with pytest.raises(SystemExit) as ended:
            main(words)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return int(ended.value.code or 0), captured.out, captured.err

    return run


def test_commands_ask_a_service(tertius, service, monkeypatch):
    status, out, _ = tertius("sparql", COUNT, "--store", service.query_url, "--format", "csv")
    assert (status, out.split()) == (0, ["n", "7"])
    monkeypatch.setenv("TERTIUS_STORE", service.query_url)
    status, out, _ = tertius("query", "sources-and-freshness", "--json")
    assert status == 0
    assert {row["source"].rpartition("/")[2] for row in json.loads(out)["data"]} == {"mini", "other"}
    status, _, err = tertius("measures")
    assert status == 2
    assert "has no snapshot" in err


def test_a_wrong_address_is_a_mistake(tertius):
    status, _, err = tertius("sparql", COUNT, "--store", "ftp://example.org/")
    assert (status, err.count("\n")) == (2, 1)
    assert "--store" in err


def test_push_publishes_what_is_live(tertius, mini_data, tmp_path, monkeypatch):
    data = tmp_path / "data"
    shutil.copytree(mini_data, data)
    status, _, err = tertius("snapshots", "push", "--data", str(data))
    assert status == 2
    assert "TERTIUS_STORE_UPDATE" in err
    with oxigraph_server() as service:
        monkeypatch.setenv("TERTIUS_STORE", service.query_url)
        monkeypatch.setenv("TERTIUS_STORE_UPDATE", service.update_url)
        status, out, _ = tertius("snapshots", "push", "--data", str(data))
        assert status == 0
        assert out.startswith("snapshot 2 is published: ")
        assert load(LoadJob(data=data, source="other", remove=True)).published
        status, out, _ = tertius("snapshots", "push", "--data", str(data))
        assert out.rstrip().endswith("1 dropped")
        with RemoteStore(service) as store:
            answer = store.query("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", budget=BUDGET)
        assert b"/graph/mini" in answer.body
        assert b"/graph/other" not in answer.body


def test_what_a_remote_store_works_is_charged_to_the_client(make_client, service, tmp_path):
    client = make_client(tmp_path, store=service.query_url, client_seconds=0.0001)
    assert number(client.get("/sparql", params={"query": COUNT})) == 7
    refused = client.get("/sparql", params={"query": COUNT})
    assert (refused.status_code, refused.json()["unit"]) == (429, "seconds")
    assert int(refused.headers["retry-after"]) >= 1
