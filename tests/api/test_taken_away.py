"""A snapshot removed while it answers: whole answers or clear problems, and service after going back."""

from __future__ import annotations

import json
import shutil
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tertius.store import Snapshots

from tests.contract.test_smoke import get, server

PATHS = (
    "/v1/organizations",
    "/v1/network/brokers",
    "/v1/network/brokers?window=all",
    "/v1/network/export?format=csv",
    "/v1/alliances",
    "/sparql?query=SELECT%20*%20%7B%20?s%20a%20org:Organization%20%7D%20ORDER%20BY%20?s",
    "/v1/queries/brokers/results",
    "/reconcile?queries=%7B%22a%22:%7B%22query%22:%22anker%22%7D%7D",
)

MISSED = {(503, b"not-ready"), (503, b"unavailable"), (503, b"busy"), (410, b"snapshot-gone")}


def ask(address: str) -> tuple[int, bytes]:
    try:
        return 200, get(address)
    except urllib.error.HTTPError as caught:
        media, status, body = caught.headers.get_content_type(), caught.code, caught.read()
    problem = json.loads(body)
    assert (media, problem["status"]) == ("application/problem+json", status)
    return status, problem["type"].rpartition("/")[2].encode()


@pytest.fixture
def data(mini_data: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(mini_data, tmp_path / "data"))


def test_a_snapshot_that_is_deleted_under_a_service_is_missed_and_nothing_else(data: Path) -> None:
    with server(data) as (base, process):
        whole = {path: ask(base + path) for path in PATHS}
        assert {status for status, _ in whole.values()} == {200}
        over, wrong, seen = threading.Event(), [], set()

        def keep_asking(path: str) -> None:
            while not over.is_set():
                found = ask(base + path)
                seen.add(found[0])
                # Never another answer, and never a part of one; which problem depends on who missed it first.
                if found != whole[path] and found not in MISSED:
                    wrong.append((path, found))

        threads = [threading.Thread(target=keep_asking, args=(path,)) for path in PATHS]
        for thread in threads:
            thread.start()
        shutil.rmtree(data / "snapshots" / "2")
        gone = {path: ask(base + path) for path in PATHS}
        over.set()
        for thread in threads:
            thread.join()
        assert not wrong
        assert 503 in seen
        assert set(gone.values()) <= MISSED
        assert ask(base + "/readyz")[0] == 503
        assert json.loads(get(base + "/healthz"))
        # Going back is all that it takes; the service needs no new start.
        Snapshots(data).rollback(1)
        again = {path: ask(base + path) for path in PATHS}
        assert {status for status, _ in again.values()} == {200}
        assert process.poll() is None


def test_a_page_of_a_snapshot_that_was_deleted_is_gone(data: Path) -> None:
    with server(data) as (base, _):
        following = base + json.loads(get(f"{base}/v1/organizations?limit=2"))["meta"]["next"]
        Snapshots(data).rollback(1)
        assert ask(following)[0] == 200
        shutil.rmtree(data / "snapshots" / "2")
        assert ask(following) == (410, b"snapshot-gone")
        assert ask(f"{base}/v1/organizations?limit=2")[0] == 200
