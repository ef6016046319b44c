"""Limits that hold: a query that runs away, too many at once, and answers that are too large."""

from __future__ import annotations

import hashlib
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from tertius.store import Budget, Lane, QueryPool, QueryTimeout, Snapshots

RUN_AWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


@pytest.fixture(scope="module")
def hardened(mini_data):
    """The service with a short deadline, so that the corpus is quick."""
    from starlette.testclient import TestClient
    from tertius.api.app import create_app
    from tertius.api.settings import Settings

    settings = Settings(
        data=mini_data,
        rest_workers=1,
        sparql_workers=2,
        sparql_seconds=0.5,
        sparql_rows=20_000,
        sparql_bytes=4_000_000,
        worker_memory=1024**3,
    )
    with TestClient(create_app(settings)) as client:
        yield client


def test_a_run_away_query_is_told_its_limit_and_others_are_answered_meanwhile(hardened):
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(hardened.get, f"/sparql?query={quote(RUN_AWAY)}") for _ in range(2)]
        rest = hardened.get("/v1/organizations?limit=1")
        answers = [one.result() for one in running]
    assert rest.status_code == 200
    for answer in answers:
        assert answer.status_code == 504, answer.text
        assert answer.json()["type"].endswith("/problem/timeout")
        assert answer.json()["limit"] == 0.5


@pytest.mark.long
@pytest.mark.parametrize("limit", [0.5, 2.0])
def test_the_pool_lets_go_of_a_run_away_query_within_half_a_second_of_its_limit(mini_data, limit):
    """Measured around the pool itself, on an idle machine: with other work on every processor, whoever waits
    for the answer may not be scheduled in time, which says nothing about the pool. Hence the best of five."""
    budget = Budget(seconds=limit, rows=10, bytes=10_000)
    overruns = []
    with QueryPool(Snapshots(mini_data), rest_workers=1, sparql_workers=2) as pool:
        for _ in range(5):
            started = time.monotonic()
            with pytest.raises(QueryTimeout) as caught:
                pool.query(RUN_AWAY, budget=budget, lane=Lane.SPARQL)
            overruns.append(time.monotonic() - started - limit)
            assert caught.value.limit == limit
    print(f"limit {limit} s, overruns {', '.join(f'{one * 1000:.0f} ms' for one in sorted(overruns))}")
    assert 0 <= min(overruns) < 0.5


def test_too_many_at_once_are_sent_away_with_a_time_to_return(make_client, mini_data):
    client = make_client(mini_data, sparql_seconds=1.5, queue_seconds=0.1)
    with ThreadPoolExecutor(4) as pool:
        address = f"/sparql?query={quote(RUN_AWAY)}"
        answers = [one.result() for one in [pool.submit(client.get, address) for _ in range(4)]]
    statuses = sorted(answer.status_code for answer in answers)
    assert set(statuses) == {503, 504}
    for answer in answers:
        if answer.status_code == 503:
            assert int(answer.headers["retry-after"]) >= 1
            assert answer.json()["type"].endswith("/problem/busy")


@pytest.mark.parametrize(
    ("limits", "query", "unit"),
    [
        ({"sparql_rows": 10}, "SELECT * { ?s ?p ?o }", "rows"),
        ({"sparql_bytes": 2000}, "SELECT * { ?s ?p ?o }", "bytes"),
        ({"sparql_rows": 10}, "CONSTRUCT WHERE { ?s ?p ?o }", "rows"),
    ],
)
def test_an_answer_is_never_cut_short(make_client, mini_data, limits, query, unit):
    client = make_client(mini_data, **limits)
    response = client.get(f"/sparql?query={quote(query)}")
    assert response.status_code == 422
    found = response.json()
    assert found["type"].endswith("/problem/result-too-large")
    assert found["unit"] == unit
    assert found["cap"] == next(iter(limits.values()))


def test_hostile_clients_from_several_addresses_leave_a_process_to_the_others(make_client, mini_data):
    """Two clients hold every process with long queries; who asks for little is answered, again and again."""
    names = ["hostile-1", "hostile-2", "modest"]
    listed = ",".join(f"{name}={hashlib.sha256(name.encode()).hexdigest()}" for name in names)
    limits = {"token_sparql_seconds": 60, "queue_seconds": 30, "slice_seconds": 0.1}
    service = make_client(mini_data, tokens=listed, sparql_workers=2, **limits)
    pool = service.app.state.services.store

    def ask(name: str, text: str):
        return service.get(f"/sparql?query={quote(text)}", headers={"Authorization": f"Bearer {name}"})

    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(ask, name, RUN_AWAY) for name in names[:2]]
        while pool.lanes()[Lane.SPARQL].idle:
            time.sleep(0.01)
        answers = [ask("modest", "ASK {}") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 5
        assert pool.counters.demoted == 1
        assert [one.done() for one in running] == [False, False]
        while not all(one.done() for one in running):
            for query in pool.running():
                pool.cancel(query.query_id)
            time.sleep(0.01)


def test_a_diagnosis_is_stopped_when_its_caller_hangs_up(start_server):
    server = start_server(rest_workers=1, sparql_workers=1)
    walk = "/".join(["!<x:p>", "^!<x:p>"] * 8) + "/<x:none>"
    target = f"/sparql/explain?query={quote(f'SELECT * {{ ?a ({walk}|{walk}) ?b }}')}"
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        while not json.loads(server.get("/v1/running").body)["data"]:
            time.sleep(0.01)
    while json.loads(server.get("/v1/running").body)["data"]:
        time.sleep(0.01)
    assert b'tertius_store_events{event="cancelled"} 1.0' in server.get("/metrics").body
    assert server.get(f"/sparql?query={quote('ASK {}')}").status == 200
