"""A session as OpenRefine holds it, replayed over connections to a real server on the demonstration."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
import yaml

SESSION = yaml.safe_load(Path(__file__).with_name("reconciliation_session.yaml").read_text(encoding="utf-8"))
TERTIUS = str(Path(sys.executable).parent / "tertius")
HEADERS = {"User-Agent": "OpenRefine/3.8", "Accept": "application/json", "Origin": "http://127.0.0.1:3333"}


@pytest.fixture(scope="module")
def base(demo_data):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [TERTIUS, "serve", "--data", str(demo_data), "--port", str(port)],
        env={**os.environ, "TERTIUS_SPARQL_WORKERS": "1", "TERTIUS_REST_WORKERS": "1"},
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert process.poll() is None, "the server did not start"
            try:
                fetch(f"{address}/readyz")
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def fetch(address, body=None, **headers):
    request = urllib.request.Request(address, body, {**HEADERS, **headers})
    with urllib.request.urlopen(request, timeout=60) as response:
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        return response.read().decode()


def member(manifest, path):
    for name in path.split(".")[1:]:
        manifest = manifest[name]
    return manifest if isinstance(manifest, str) else manifest["service_url"] + manifest["service_path"]


def test_the_session_replays(base):
    manifest, keys = {}, []
    for step in SESSION:
        path = step["path"]
        address = member(manifest, path) if path.startswith("MANIFEST") else base + path
        assert address.startswith(base), step["name"]
        if "parameters" in step:
            address += f"?{urlencode(step['parameters'])}"
        if "page" in step:
            shown = fetch(address.replace("{{id}}", quote(step["id"])), Accept="text/html,*/*;q=0.8")
            assert step["page"] in shown
            continue
        form = None
        if "form" in step:
            filled = {
                name: json.dumps(value).replace('"KEYS"', json.dumps(keys))
                for name, value in step["form"].items()
            }
            form = urlencode(filled).encode()
        answer = json.loads(fetch(address, form))
        if "expect" in step:
            manifest = answer
            assert {name: answer[name] for name in step["expect"]} == step["expect"]
        for query, (key, name) in step.get("matched", {}).items():
            first = answer[query]["result"][0]
            assert (first["id"], first["name"], first["match"]) == (key, name, True)
            keys.append(key)
        if "first" in step:
            assert answer["result"][0]["id"] == step["first"]
        if "proposed" in step:
            assert set(step["proposed"]) <= {one["id"] for one in answer["properties"]}
        for key, row in step.get("rows", {}).items():
            assert answer["rows"].keys() == set(keys)
            assert {name: answer["rows"][key][name] for name in row} == row
            assert all(
                len(one["alliances"]) <= 2 and one["degree"][0]["int"] > 0 for one in answer["rows"].values()
            )
    assert len(keys) == 10
