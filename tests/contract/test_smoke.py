"""A real server on the demonstration, asked as a stranger would, then told to stop."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from SPARQLWrapper import CSV, GET, JSON, POST, POSTDIRECTLY, RDFXML, TURTLE, XML, SPARQLWrapper

TERTIUS = str(Path(sys.executable).parent / "tertius")
RUN_AWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


@contextmanager
def server(data, **environment):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"TERTIUS_SPARQL_WORKERS": "1", "TERTIUS_REST_WORKERS": "1", **environment}
    process = subprocess.Popen(
        [TERTIUS, "serve", "--data", str(data), "--port", str(port)],
        env={**os.environ, **settings},
        stderr=subprocess.PIPE,
        text=True,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                get(f"{base}/readyz")
                break
            except OSError:
                assert process.poll() is None, process.stderr.read()
                time.sleep(0.1)
        yield base, process
    finally:
        process.kill()
        process.communicate()


def get(address, **headers):
    request = urllib.request.Request(address, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        return response.read()


@pytest.fixture(scope="module")
def running(demo_data):
    with server(demo_data) as (base, process):
        yield base, process


def test_a_stranger_is_answered(running):
    base, _ = running
    assert json.loads(get(f"{base}/readyz"))["status"] == "ready"
    brokers = json.loads(get(f"{base}/v1/network/brokers?weight=binary&window=all&limit=10"))
    assert len(brokers["data"]) == 10
    assert brokers["meta"]["weight"] == "binary"
    assert brokers["meta"]["window"] == "all"
    key = brokers["data"][0]["organization"]["key"]
    bridges = json.loads(get(f"{base}/v1/organizations/{key}/bridges"))
    assert bridges["data"][0]["exclusive_reach"] > 0
    assert "Who bridges whom" in get(f"{base}/", Accept="text/html").decode()


# What SPARQLWrapper itself does with rdflib.
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.parametrize("method", [GET, POST])
@pytest.mark.parametrize("way", ["form", "direct"])
def test_sparqlwrapper_understands_the_service(running, method, way):
    base, _ = running
    client = SPARQLWrapper(f"{base}/sparql")
    client.setMethod(method)
    if way == "direct":
        client.setRequestMethod(POSTDIRECTLY)
    client.setQuery(
        "PREFIX org: <http://www.w3.org/ns/org#> SELECT (COUNT(DISTINCT ?o) AS ?n) { ?o a org:Organization }"
    )
    client.setReturnFormat(JSON)
    found = client.queryAndConvert()
    assert int(found["results"]["bindings"][0]["n"]["value"]) == 5677
    client.setReturnFormat(XML)
    assert "5677" in client.queryAndConvert().toxml()
    client.setReturnFormat(CSV)
    assert b"5677" in client.queryAndConvert()
    client.setQuery("CONSTRUCT { ?s a ?o } WHERE { ?s a ?o } LIMIT 5")
    client.setReturnFormat(TURTLE)
    assert client.queryAndConvert()
    client.setReturnFormat(RDFXML)
    assert len(client.queryAndConvert()) == 5


def test_a_query_whose_caller_hangs_up_is_stopped(demo_data):
    with server(demo_data, TERTIUS_SPARQL_SECONDS="120", TERTIUS_QUEUE_SECONDS="20") as (base, _):
        port = int(base.rpartition(":")[2])
        request = f"GET /sparql?query={quote(RUN_AWAY)} HTTP/1.1\r\nHost: x\r\n\r\n"
        with socket.create_connection(("127.0.0.1", port)) as caller:
            caller.sendall(request.encode())
            for _ in range(100):
                if b"tertius_requests_under_way 2.0" in get(f"{base}/metrics"):
                    break
                time.sleep(0.05)
        # The only worker is free again long before the query's own limit.
        assert b'"boolean":true' in get(f"{base}/sparql?query={quote('ASK {}')}")
        assert b'tertius_queries_total{outcome="failed",query="sparql"} 1.0' in get(f"{base}/metrics")


def test_it_stops_cleanly_and_logs_without_query_strings(demo_data):
    with server(demo_data) as (base, process):
        get(f"{base}/v1/organizations?q=sesame")
        with pytest.raises(urllib.error.HTTPError):
            get(f"{base}/v1/nothing?token=sesame")
        process.send_signal(signal.SIGTERM)
        _, logged = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in logged
    assert "sesame" not in logged
    lines = [json.loads(line) for line in logged.splitlines()]
    asked = [line for line in lines if line.get("route") == "/v1/organizations"]
    assert asked[0]["status"] == 200
    assert re.fullmatch(r"[0-9a-f]{32}", asked[0]["request_id"])
