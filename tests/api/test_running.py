"""Queries under way: named, watched and stopped by whoever holds their id."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

AWAY = f"/sparql?query={quote('SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }')}"
ASK = f"/sparql?query={quote('ASK {}')}"
MINE = "a-query-of-my-own_1.0"


def until(found, seconds=20):
    """Wait until something is there, and return it."""
    deadline = time.monotonic() + seconds
    while not (there := found()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return there


@pytest.fixture
def patient(make_client, mini_data):
    """A service with one process, whose queries may take long."""
    return make_client(mini_data, sparql_seconds=120, queue_seconds=60)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (ASK, 200),
        ("/sparql", 200),
        ("/sparql?query=nonsense", 400),
        ("/sparql?query=" + quote("SELECT * { SERVICE <http://127.0.0.1/> {} }"), 403),
        (f"{ASK}&format=turtle", 406),
        ("/sparql?query=" + "x" * 20_000, 414),
        ("/rdf-graph-store?default", 200),
        ("/rdf-graph-store", 400),
        ("/rdf-graph-store?graph=http://example.org/none", 404),
        ("/graph/mini", 200),
    ],
)
def test_every_answer_of_the_service_names_its_query(mini, path, status):
    own = mini.get(path, headers={"Query-Id": MINE})
    assert own.status_code == status, own.text
    assert own.headers["query-id"] == MINE
    made_up = mini.get(path)
    assert re.fullmatch(r"[0-9a-f]{32}", made_up.headers["query-id"])


def test_an_answer_that_the_caller_has_already_is_named_too(mini):
    tag = mini.get(ASK).headers["etag"]
    again = mini.get(ASK, headers={"If-None-Match": tag, "Query-Id": MINE})
    assert (again.status_code, again.headers["query-id"]) == (304, MINE)


def test_other_addresses_have_no_query(mini):
    assert "query-id" not in mini.get("/v1/organizations", headers={"Query-Id": MINE}).headers


@pytest.mark.parametrize(
    "wrong", ["short", "x" * 65, "has spaces in it to be sure", "semi;colon;semi;colon", "é" * 20]
)
def test_an_id_that_cannot_be_used_is_refused(mini, wrong):
    response = mini.get(ASK, headers={"Query-Id": wrong.encode("latin-1")})
    assert response.status_code == 422
    assert response.json()["errors"] == [
        {"parameter": "Query-Id", "in": "header", "detail": response.json()["errors"][0]["detail"]}
    ]
    assert response.headers["query-id"] != wrong


def test_a_query_is_watched_and_stopped_by_its_id(patient):
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(patient.get, AWAY, headers={"Query-Id": MINE})
        assert until(lambda: patient.get(f"/v1/running/{MINE}").status_code == 200)
        assert until(lambda: patient.get(f"/v1/running/{MINE}").json()["data"]["state"] == "running")
        second = pool.submit(patient.get, AWAY)
        mine = until(lambda: len(found := patient.get("/v1/running").json()["data"]) == 2 and found)
        assert [one["state"] for one in mine] == ["running", "waiting"]
        assert mine[0]["query_id"] == MINE
        assert (mine[0]["snapshot"], mine[0]["limit"]) == (2, 120.0)
        taken = patient.get(ASK, headers={"Query-Id": MINE})
        assert taken.status_code == 409
        assert taken.json()["type"].endswith("/query-id-taken")
        for one in mine:
            stopped = patient.delete(f"/v1/running/{one['query_id']}")
            assert (stopped.status_code, stopped.content) == (204, b"")
        for answer in (first.result(), second.result()):
            assert answer.status_code == 503
            assert answer.json()["type"].endswith("/cancelled")
            assert answer.headers["query-id"] in {one["query_id"] for one in mine}
    assert patient.get("/v1/running").json()["data"] == []
    assert patient.get(ASK).status_code == 200
    assert patient.delete(f"/v1/running/{MINE}").status_code == 404


def test_too_many_under_way_for_one_client(make_client, mini_data):
    service = make_client(mini_data, sparql_seconds=120, queue_seconds=60, client_queries=1)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(service.get, AWAY, headers={"Query-Id": MINE})
        assert until(lambda: service.get(f"/v1/running/{MINE}").status_code == 200)
        refused = service.get(ASK)
        assert refused.status_code == 429
        assert (refused.json()["unit"], refused.json()["limit"]) == ("queries", 1)
        assert int(refused.headers["retry-after"]) >= 1
        assert service.delete(f"/v1/running/{MINE}").status_code == 204
        assert running.result().status_code == 503
    assert service.get(ASK).status_code == 200


def test_only_ids_are_looked_for(mini):
    for path in ("/v1/running/short", "/v1/running/" + "x" * 65):
        assert mini.get(path).status_code == 422
        assert mini.delete(path).status_code == 422
    answer = mini.get("/v1/running")
    assert answer.json() == {"data": [], "meta": answer.json()["meta"]}
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


def test_a_script_of_another_origin_may_name_and_stop(mini):
    asked = {
        "Origin": "https://example.org",
        "Access-Control-Request-Method": "DELETE",
        "Access-Control-Request-Headers": "Query-Id",
    }
    allowed = mini.options(f"/v1/running/{MINE}", headers=asked)
    assert allowed.status_code == 204
    assert "DELETE" in allowed.headers["access-control-allow-methods"]
    assert "Query-Id" in allowed.headers["access-control-allow-headers"]
