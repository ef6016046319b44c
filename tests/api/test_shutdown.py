"""Told to stop, a server finishes what is under way, takes nothing new, leaves no process, and ends well."""

from __future__ import annotations

import signal
import socket
import threading
import time
import urllib.error
from pathlib import Path
from urllib.parse import quote

from tests.contract.test_smoke import RUN_AWAY, get, server
from tests.store.test_pool import is_running


def workers_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return True
    return False


def stopped_while_asked(data: Path, **settings: str) -> tuple[list[object], int]:
    """Ask a query that ends at its time limit, stop the server meanwhile; the answer and the exit status."""
    got: list[object] = []
    with server(data, **settings) as (base, process):
        workers = workers_of(process.pid)
        assert len(workers) == 2

        def ask() -> None:
            try:
                got.append(get(f"{base}/sparql?query={quote(RUN_AWAY)}"))
            except urllib.error.HTTPError as error:
                got.append(error.code)
                got.append(error.read())
            except OSError:
                got.append("hung up")

        asking = threading.Thread(target=ask)
        asking.start()
        while b"tertius_requests_under_way 2.0" not in get(f"{base}/metrics"):
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        port = int(base.rpartition(":")[2])
        while not refused(port):
            time.sleep(0.02)
        asking.join()
        process.communicate(timeout=60)
        while any(is_running(pid) for pid in workers):
            time.sleep(0.05)
    return got, process.returncode


def test_what_is_under_way_is_answered_whole(demo_data: Path) -> None:
    got, status = stopped_while_asked(demo_data, TERTIUS_SPARQL_SECONDS="4")
    assert status == 0
    assert got[0] == 504
    assert b"/problem/" in got[1]  # type: ignore[operator]


def test_what_takes_longer_than_the_limit_is_cut(demo_data: Path) -> None:
    settings = {"TERTIUS_SPARQL_SECONDS": "120", "TERTIUS_SHUTDOWN_SECONDS": "1"}
    got, status = stopped_while_asked(demo_data, **settings)
    assert status == 0
    # Whatever is said is whole: nothing, or that the service is going away.
    assert got == ["hung up"] or got[0] in {500, 503}
