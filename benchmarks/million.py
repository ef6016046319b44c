"""Answers over HTTP from a snapshot of a million organisations.

    python -m benchmarks.million --organizations 1000000 --data /path/with/20/GB

Generates the network from its seed and loads it (both only where the folder has no snapshot yet), then
serves it and prints, of requests on one kept-alive connection to loopback after a warm-up: `/position`,
`/bridges`, `/prospects` in both modes and what-if, each for random organisations with ties and for the
largest hubs; the whole network on another day, and what that costs the requests beside it; the publication
of one more alliance. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import resource
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from tertius.queries.network import Network
from tertius.store import Snapshots

from benchmarks.generated import ALLIANCES, SEED, participations, write_table
from benchmarks.service import BIN, free_port, serving

HUBS = 200
TOKEN = "a token for the benchmark"


def prepare(data: Path, organizations: int) -> None:
    """Generate and load the network where the folder has none, and say what that took."""
    snapshot = Snapshots(data).current()
    if snapshot is not None:
        print(f"using snapshot {snapshot.number} of {data}")
        return
    data.mkdir(parents=True, exist_ok=True)
    table = data / "table.csv"
    columns = participations(organizations, ALLIANCES)
    rows = columns.organization.size
    write_table(columns, table)
    del columns
    start = time.perf_counter()
    load(data, table, "generated")
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    table.unlink()
    disk = sum(file.stat().st_size for file in data.rglob("*") if file.is_file()) / 1e9
    print(f"load: {rows:,} participations in {seconds:.0f} s, peak memory {peak:,.0f} MB, disk {disk:.1f} GB")


def load(data: Path, table: Path, source: str) -> None:
    """Load a table with the command line."""
    command = [str(BIN / "tertius"), "load", str(table), "--source", source, "--data", str(data), "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def measured(call: Callable[[str], Any], keys: list[str], warm_up: int = 30) -> list[float]:
    """Time one call for each key in milliseconds, after some untimed ones."""
    for key in keys[:warm_up]:
        call(key)
    sample = []
    for key in keys:
        start = time.perf_counter()
        call(key)
        sample.append(1e3 * (time.perf_counter() - start))
    return sample


def row(label: str, sample: list[float]) -> None:
    """Print a line of the table: median, 99th percentile and maximum."""
    median, p99 = np.percentile(sample, [50, 99])
    print(f"| {label} | {len(sample)} | {median:.1f} | {p99:.1f} | {max(sample):.1f} |", flush=True)


def routes(client: httpx2.Client, base: str, chosen: dict[str, list[str]], partner: dict[str, str]) -> None:
    """Time every route for each choice of organisations."""

    def get(path: str) -> Callable[[str], Any]:
        return lambda key: client.get(f"{base}/v1/organizations/{key}/{path}").raise_for_status()

    def suppose(change: Callable[[str], dict[str, Any]]) -> Callable[[str], Any]:
        return lambda key: client.post(
            f"{base}/v1/organizations/{key}/what-if", json=change(key)
        ).raise_for_status()

    anyone = chosen["random organisations"]
    asked: dict[str, Callable[[str], Any]] = {
        "`/position`": get("position"),
        "`/bridges`": get("bridges"),
        "`/prospects?mode=exploration`": get("prospects?mode=exploration"),
        "`/prospects?mode=exploitation`": get("prospects?mode=exploitation"),
        "what-if, a tie added": suppose(
            lambda key: {"add": [{"organization": next(one for one in anyone if one != key)}]}
        ),
        "what-if, a tie ended": suppose(lambda key: {"end": [{"organization": partner[key]}]}),
    }
    print("| request | n | median ms | p99 ms | max ms |\n|---|---|---|---|---|")
    for label, call in asked.items():
        for who, keys in chosen.items():
            row(f"{label}, {who}", measured(call, keys))


def another_day(client: httpx2.Client, base: str, day: date, keys: list[str]) -> None:
    """Ask for the network as of other days, with nothing and with ordinary requests beside it."""

    def derive(first: int, took: list[float]) -> None:
        with httpx2.Client(timeout=120) as other:
            for back in range(first, first + 5):
                start = time.perf_counter()
                asked = f"{base}/v1/network/brokers?limit=10&as_of={day - timedelta(days=97 * back)}"
                other.get(asked).raise_for_status()
                took.append(1e3 * (time.perf_counter() - start))

    def position(key: str) -> None:
        client.get(f"{base}/v1/organizations/{key}/position").raise_for_status()

    whole = "`/brokers` of the whole network on a day not asked for before"
    alone: list[float] = []
    derive(1, alone)
    row(f"{whole}, alone", alone)
    row("`/position`, alone", measured(position, keys))
    with_others: list[float] = []
    beside: list[float] = []
    thread = threading.Thread(target=derive, args=(6, with_others))
    thread.start()
    at = 0
    while thread.is_alive():
        start = time.perf_counter()
        position(keys[at % len(keys)])
        beside.append(1e3 * (time.perf_counter() - start))
        at += 1
        time.sleep(0.005)
    thread.join()
    row("`/position`, while another day is derived", beside)
    row(f"{whole}, beside those", with_others)


def one_alliance(client: httpx2.Client, base: str, data: Path, keys: int) -> None:
    """Send a source with one alliance more, or less, and time it until the next snapshot answers."""
    block = os.urandom(2**26)
    start = time.perf_counter()
    with (data / "disk").open("wb") as file:
        for _ in range(8):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    print(f"the disk takes {512 / (time.perf_counter() - start):,.0f} MiB a second")
    (data / "disk").unlink()
    countries = participations(keys, ALLIANCES).circles["country"]

    def known(who: int) -> str:
        return f"organization-{who},{countries[who]}"

    day = int(_snapshot(client, base))
    pairs = [(known(7 * turn + day), known(keys // 2 + turn + day)) for turn in range(1, 4)]
    pairs += [(known(5), f"newcomer-{day},BE"), (f"newcomer-{day}a,BE", f"newcomer-{day}b,BE")]
    labels = [*["two partners that are there"] * 3, "a partner that is there and a newcomer", "two newcomers"]
    sources = [(f"one more, {label}", pairs[: at + 1]) for at, label in enumerate(labels)]
    sources += [("one less, two newcomers leave", pairs[:4]), ("two less", pairs[:2])]
    for label, alliances in sources:
        time.sleep(10)  # for the process of the next load to get ready
        before = _snapshot(client, base)
        rows = "".join(
            f"after-{day}-{at},{partner},2019-06-01,2020-06-01\n"
            for at, pair in enumerate(alliances)
            for partner in pair
        )
        table = f"alliance,partner,country,start,end\n{rows}"
        start = time.perf_counter()
        sent = client.post(
            f"{base}/v1/loads", files={"file": ("one.csv", table, "text/csv")}, data={"source": "one-more"}
        ).raise_for_status()
        address = f"{base}{sent.headers['location']}"
        while _snapshot(client, base) == before:
            if client.get(address).json()["data"]["state"] not in {"queued", "running", "done"}:
                raise SystemExit(client.get(address).text)
            time.sleep(0.02)
        live = time.perf_counter() - start
        while (job := client.get(address).json()["data"])["state"] in {"queued", "running"}:
            time.sleep(0.02)
        phases = job["report"]["seconds"] if job["report"] else job
        print(f"{label}: sent and answered from in {live:.2f} s: {phases}", flush=True)


def _snapshot(client: httpx2.Client, base: str) -> str:
    """Return the number of the snapshot that is answered from."""
    number: str = (
        client.get(f"{base}/v1/network/brokers?limit=1").raise_for_status().headers["tertius-snapshot"]
    )
    return number


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--organizations", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, required=True, help="folder of the snapshot; kept afterwards")
    parser.add_argument("--requests", type=int, default=500, help="random organisations asked about")
    options = parser.parse_args()
    prepare(options.data, options.organizations)
    snapshot = Snapshots(options.data).current()
    assert snapshot is not None
    network = Network.open(snapshot.network_path)
    ties = network.derived.ties
    count = ties.organization.size
    print(f"{network.table.organizations.size:,} organisations, {ties.weight.size:,} ties in the window")

    def key(at: int) -> str:
        one: bytes = network.table.organizations[ties.organization[at]]
        return one.decode()

    draw = random.Random(SEED)
    places = {
        "random organisations": draw.sample(range(count), options.requests),
        f"the {HUBS} largest hubs": network.derived.orders["degree"][:HUBS].tolist(),
    }
    chosen = {who: [key(at) for at in some] for who, some in places.items()}
    partner = {key(at): key(int(ties.partner[ties.offsets[at]])) for some in places.values() for at in some}
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    os.environ |= {
        "TERTIUS_TOKENS": f"benchmark={hashlib.sha256(TOKEN.encode()).hexdigest()}",
        "TERTIUS_WRITERS": "benchmark",
    }
    serve = [str(BIN / "tertius"), "serve", "--data", str(options.data), "--port", str(port)]
    with serving(serve, f"{base}/readyz"), httpx2.Client(timeout=120) as client:
        routes(client, base, chosen, partner)
        as_of = snapshot.manifest.as_of
        assert as_of is not None
        another_day(client, base, as_of, chosen["random organisations"])
        client.headers["authorization"] = f"Bearer {TOKEN}"
        one_alliance(client, base, options.data, options.organizations)


if __name__ == "__main__":
    main()
