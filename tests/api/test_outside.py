"""Queries joined with a service outside, over HTTP: told, marked, never kept, never in part."""

from __future__ import annotations

import csv
import io
import json

import pytest
from tertius.loaders import LoadJob, load

from tests.servers import free_port
from tests.store.outside import Outside, answer

LEI = "529900D6BF99LW9R2E68"
TABLE = f"alliance,partner,start,id:lei\na,SAP,2019-01-01,{LEI}\na,Two BV,2019-01-01,\n"
ROW = {
    "lei": {"type": "literal", "value": LEI},
    "item": {"type": "uri", "value": "http://www.wikidata.org/entity/Q552581"},
    "label": {"type": "literal", "xml:lang": "en", "value": "=SAP"},
}
SAID = json.dumps({"head": {"vars": ["lei", "item", "label"]}, "results": {"bindings": [ROW]}}).encode()
RESULTS = "/v1/queries/wikidata-by-lei/results"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outside")
    table = folder / "table.csv"
    table.write_text(TABLE)
    load(LoadJob(data=folder / "data", source="mine", files=(table,)))
    return folder / "data"


@pytest.fixture
def key(data, make_client):
    client = make_client(data)
    return client.get("/v1/organizations", params={"q": "SAP"}).json()["data"][0]["key"]


def test_an_answer_says_what_comes_from_where(data, key, make_client, tmp_path):
    with Outside(answer(SAID, media="application/sparql-results+json")) as outside:
        settings = {"services": f"wikidata={outside.url} private", "service_cache": str(tmp_path)}
        client = make_client(data, **settings)
        found = client.get(RESULTS, params={"organization": key})
        assert found.status_code == 200, found.text
        body = found.json()
        (row,) = body["data"]
        assert (row["item"], row["outside_service"]) == ("http://www.wikidata.org/entity/Q552581", "wikidata")
        (asked,) = body["meta"]["outside"]
        assert asked["url"] == outside.url
        assert len(asked["digest"]) == 64
        assert not asked["cached"]
        assert body["meta"]["licence"] == "https://creativecommons.org/publicdomain/zero/1.0/"
        assert body["meta"]["snapshot"] == 1
        assert found.headers["Cache-Control"] == "no-store"
        assert "ETag" not in found.headers
        table = client.get(RESULTS, params={"organization": key, "format": "csv"})
        assert table.headers["Tertius-Outside"].startswith("wikidata; retrieved=2")
        (line,) = csv.DictReader(io.StringIO(table.text))
        assert line["label"] == "'=SAP"
        assert len(outside.requests) == 1
        kept = client.get(RESULTS, params={"organization": key}).json()
        assert kept["meta"]["outside"][0]["cached"]


def test_a_query_tells_what_it_asks_of_whom(data, make_client):
    client = make_client(data, services="wikidata=https://query.example/sparql")
    told = client.get("/v1/queries/wikidata-by-lei").json()["data"]
    assert told["service"]["name"] == "wikidata"
    assert told["service"]["configured"]
    assert told["service"]["url"] == "https://query.example/sparql"
    assert told["service"]["join"] == "lei"
    assert "VALUES ?lei { $lei }" in told["service"]["text"]
    assert client.get("/v1/queries/brokers").json()["data"]["service"] is None


def test_the_address_of_a_private_service_is_not_told(data, make_client):
    client = make_client(data, services="wikidata=http://10.1.2.3/sparql private")
    told = client.get("/v1/queries/wikidata-by-lei")
    assert told.json()["data"]["service"]["url"] is None
    assert "10.1.2.3" not in told.text


def test_a_service_that_is_not_configured_is_a_problem_that_names_it(data, key, make_client):
    found = make_client(data).get(RESULTS, params={"organization": key})
    assert found.status_code == 503
    problem = found.json()
    assert problem["type"].endswith("/service-not-configured")
    assert problem["service"] == "wikidata"
    assert "TERTIUS_SERVICES" in problem["detail"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (None, "unreachable"),
        (answer(b"secret words", media="text/html"), "answer"),
        (answer(b"{}"), "answer"),
    ],
)
def test_a_service_that_gives_no_answer_leaves_no_part_of_one(data, key, make_client, said, reason):
    with Outside(said or answer()) as outside:
        url = outside.url if said else f"http://127.0.0.1:{free_port()}"
        client = make_client(data, services=f"wikidata={url} private", service_cache_seconds=0)
        found = client.get(RESULTS, params={"organization": key})
    assert found.status_code == 503
    problem = found.json()
    assert problem["type"].endswith("/service-unavailable")
    assert (problem["service"], problem["reason"]) == ("wikidata", reason)
    assert "data" not in problem
    assert "secret" not in found.text
    assert "127.0.0.1" not in found.text


def test_a_busy_service_says_when_to_come_back(data, key, make_client):
    with Outside(answer(b"", status="429 Too Many Requests", more="Retry-After: 77\r\n")) as outside:
        client = make_client(data, services=f"wikidata={outside.url} private")
        found = client.get(RESULTS, params={"organization": key})
    assert found.status_code == 503
    assert found.headers["Retry-After"] == "77"


def test_service_stays_refused_in_queries_of_callers(data, make_client):
    with Outside(answer()) as outside:
        client = make_client(data, services=f"wikidata={outside.url} private")
        found = client.get(
            "/sparql", params={"query": f"SELECT * {{ SERVICE <{outside.url}> {{ ?s ?p ?o }} }}"}
        )
        assert found.status_code == 403
        assert outside.requests == []
