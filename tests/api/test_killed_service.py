"""A service killed at any moment: data is as it was or wholly new, nothing outlives it, it starts again."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox
import pytest
from tertius.loaders import LoadJob, load
from tertius.ontology.identity import graph, key
from tertius.queries.network import Network
from tertius.store import Snapshots

from tests.contract.test_smoke import TERTIUS
from tests.servers import free_port
from tests.store.test_pool import is_running

ADA = {"Authorization": "Bearer ada"}
SETTINGS = {
    "TERTIUS_TOKENS": f"ada={hashlib.sha256(b'ada').hexdigest()}",
    "TERTIUS_WRITERS": "ada",
    "TERTIUS_REST_WORKERS": "1",
    "TERTIUS_SPARQL_WORKERS": "1",
    "TERTIUS_KEEP_SNAPSHOTS": "3",
}
TABLE = "alliance,partner,start\na,One,2015-01-01\na,Two,2015-01-01\nb,Two,2016-01-01\nb,Three,2016-01-01\n"
SIZES = (40, 60)
ORGANIZATIONS = (
    "/sparql?query=SELECT%20(COUNT(DISTINCT%20?o)%20AS%20?n)%20%7B%20?o%20a%20org:Organization%20%7D"
)
# Of ten kills, so many at each stage; starting takes longer than all the rest.
STAGES = ("starting",) * 6 + ("asked",) + ("loading",) * 2 + ("judging",)


def sent(rows: int) -> str:
    return "alliance,partner,start\n" + "".join(f"s{n // 4},p{n % 17},2018-01-01\n" for n in range(rows))


def started_by(pid: int) -> set[int]:
    """Processes that a process started, and those that they started."""
    found: set[int] = set()
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                for child in (task / "children").read_text().split():
                    found |= {int(child), *started_by(int(child))}
    return found


def state(data: Path) -> tuple[int, int]:
    """Check that the live snapshot is whole; participations that were sent, and judgements."""
    snapshot = Snapshots(data).current()
    assert snapshot is not None
    manifest = snapshot.manifest
    store = ox.Store.read_only(str(snapshot.store_path))
    for source, entry in manifest.sources.items():
        name = ox.NamedNode(graph(source))
        assert sum(1 for _ in store.quads_for_pattern(None, None, None, name)) == entry.counts["statements"]
    network = Network.open(snapshot.network_path)
    assert network.summary().ties == manifest.counts["ties"]
    assert snapshot.search_path.is_file()
    entry = manifest.sources.get("sent")
    told = store.quads_for_pattern(
        None,
        ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"),
        None,
        ox.NamedNode(graph("judgements")),
    )
    return entry.counts["participations"] if entry else 0, sum(1 for _ in told)


@dataclass
class Service:
    """A service that is started, asked and killed again and again.

    Attributes:
        data: Its data folder.
        chance: Where the moments come from.
        starting: Seconds that it takes to start.
        met: How many kills met it at each stage, and what became of jobs.
    """

    data: Path
    chance: random.Random
    starting: float = 0.0
    met: Counter[str] = field(default_factory=Counter)
    jobs: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.port = free_port()

    def start(self) -> subprocess.Popen[bytes]:
        command = [TERTIUS, "serve", "--data", str(self.data), "--port", str(self.port)]
        return subprocess.Popen(command, env={**os.environ, **SETTINGS}, stderr=subprocess.DEVNULL)

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, {**ADA, **headers})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def ready(self, process: subprocess.Popen[bytes]) -> None:
        while True:
            assert process.poll() is None, "it does not start after a kill"
            with suppress(OSError, http.client.HTTPException):
                if self.ask("GET", "/readyz")[0] == 200:
                    return
            time.sleep(0.02)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill it, and see that nothing that it started outlives it."""
        os.kill(process.pid, signal.SIGSTOP)
        others = started_by(process.pid)
        process.kill()
        process.wait()
        while any(is_running(pid) for pid in others):
            time.sleep(0.005)

    def load(self, rows: int) -> None:
        parts = {'name="source"': "sent", 'name="file"; filename="a.csv"': sent(rows)}
        body = "".join(
            f"--b\r\nContent-Disposition: form-data; {name}\r\n\r\n{text}\r\n" for name, text in parts.items()
        )
        self.job("/v1/loads", f"{body}--b--\r\n", "multipart/form-data; boundary=b")

    def judge(self) -> None:
        one = {"left": key("mini", "One", ""), "right": key("mini", "Two", "")}
        one["verdict"] = self.chance.choice(["same", "different", "undecided"])
        self.job("/v1/judgements", json.dumps({"judgements": [one]}), "application/json")

    def job(self, path: str, body: str, media: str) -> None:
        before = state(self.data)
        with suppress(OSError, http.client.HTTPException):
            status, answer = self.ask("POST", path, body, **{"Content-Type": media})
            assert status in {200, 201, 202}, answer
            self.jobs[json.loads(answer)["data"]["id"]] = before

    def settled(self) -> None:
        """Every job that was taken has ended, and says what is so."""
        status, answer = self.ask("GET", "/v1/loads")
        assert status == 200
        for job in json.loads(answer)["data"]:
            assert job["state"] in {"done", "failed"}, job
            if job["state"] == "failed":
                assert job["error"].startswith("The service was stopped before the load was done."), job
            if self.jobs.pop(job["id"], None) is not None:
                self.met[f"job {job['state']}"] += 1
        assert not self.jobs, "jobs that were taken are not known any more"
        kept = {path.name for path in (self.data / "jobs").rglob("*") if path.is_file()}
        assert kept <= {"lock", "state.json"}

    def round(self, stage: str) -> None:
        before = state(self.data)
        process = self.start()
        try:
            if stage == "starting":
                time.sleep(self.chance.uniform(0, self.starting))
                self.kill(process)
                assert state(self.data) == before
            else:
                began = time.monotonic()
                self.ready(process)
                self.starting = self.starting or time.monotonic() - began
                self.settled()
                self.busy(process, stage, before)
        finally:
            process.kill()
            process.wait()
        self.met[stage] += 1

    def busy(self, process: subprocess.Popen[bytes], stage: str, before: tuple[int, int]) -> None:
        rows = next(size for size in SIZES if size != before[0])
        over = threading.Event()
        sending = {"loading": [lambda: self.load(rows)], "judging": [self.judge], "asked": []}[stage]
        asking = [self.asking(over, path) for path in ("/v1/network/brokers", ORGANIZATIONS)]
        threads = [threading.Thread(target=what) for what in [*sending, *asking]]
        for thread in threads:
            thread.start()
        time.sleep(self.chance.uniform(0, 0.3 if stage == "asked" else 2.5))
        self.kill(process)
        over.set()
        for thread in threads:
            thread.join()
        after = state(self.data)
        if stage == "loading":
            assert after in {before, (rows, before[1])}
            self.met["new after a kill" if after != before else "old after a kill"] += 1
        elif stage == "asked":
            assert after == before
        else:
            assert after[0] == before[0]
            assert after[1] >= before[1]

    def asking(self, over: threading.Event, path: str):
        def ask() -> None:
            while not over.is_set():
                with suppress(OSError, http.client.HTTPException):
                    status, body = self.ask("GET", path)
                    # Whoever is answered at all is answered whole.
                    assert status in {200, 503}, body
                    json.loads(body)
                    self.met["answered"] += status == 200

        return ask


def kill_often(folder: Path, stages: list[str], seed: int) -> Counter[str]:
    """Kill a service at each of these stages, whose first is not its start; what was met."""
    folder.mkdir()
    (folder / "mini.csv").write_text(TABLE)
    load(LoadJob(folder / "data", "mini", (folder / "mini.csv",)))
    service = Service(folder / "data", random.Random(seed))
    for stage in stages:
        service.round(stage)
    # In the end it starts, knows what became of every job, and takes the next one.
    process = service.start()
    try:
        service.ready(process)
        service.settled()
        rows = next(size for size in SIZES if size != state(service.data)[0])
        service.load(rows)
        (name,) = service.jobs
        while json.loads(service.ask("GET", f"/v1/loads/{name}")[1])["data"]["state"] in {
            "queued",
            "running",
        }:
            time.sleep(0.05)
        assert state(service.data)[0] == rows
        found = json.loads(service.ask("GET", ORGANIZATIONS)[1])["results"]["bindings"]
        assert found[0]["n"]["value"] == str(3 + 17)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
    assert not Snapshots(service.data).left_overs()
    return service.met


def test_a_service_is_killed_while_it_loads(tmp_path: Path) -> None:
    met = kill_often(tmp_path / "one", ["loading"], seed=3)
    assert met["loading"] == 1


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_services_are_killed_a_hundred_times(tmp_path: Path) -> None:
    def kill_fifty(seed: int) -> Counter[str]:
        # How long it takes to start is known from the first, which is asked.
        rest = list(STAGES * 5)
        rest.remove("asked")
        random.Random(seed).shuffle(rest)
        return kill_often(tmp_path / str(seed), ["asked", *rest], seed)

    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(kill_fifty, seed) for seed in range(2)]
        met = sum((done.result() for done in as_completed(running)), Counter[str]())
    print(dict(met))
    assert sum(met[stage] for stage in set(STAGES)) == 100
    assert met["answered"]
    assert met["job failed"]
