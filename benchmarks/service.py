"""Loads and answers, beside the `oxigraph` command, in one run.

    python -m benchmarks.service [PATH/TO/h2020.csv.gz]
    python -m benchmarks.service --participations 10000000 --load-only

Prints, for this machine: the time from participations to a published snapshot against
`oxigraph load` of the same triples; median and 99th percentile of `/bridges`; and of a point SPARQL
query through `/sparql` against `oxigraph serve-read-only` on the same triples. Every request goes
over one kept-alive connection to loopback; nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import httpx2
import pyoxigraph
from tertius.store import Snapshots

from benchmarks.generated import ALLIANCES, write_table
from benchmarks.generated import participations as make

BIN = Path(sys.executable).parent
SEED = 20_260_101
POINT_QUERY = """PREFIX tt: <https://w3id.org/tertius/ontology#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?alliance ?name WHERE {{
  ?participation tt:organization <{organization}> ; tt:alliance ?alliance .
  ?alliance skos:prefLabel ?name }}"""


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(command: list[str], ready: str) -> Iterator[int]:
    """Run a server until the block ends and give its process number; `ready` answers once it is up."""
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while True:
            if server.poll() is not None:
                raise SystemExit(f"{command[0]} ended with status {server.returncode}")
            try:
                if httpx2.get(ready, timeout=2).status_code < 500:
                    break
            except httpx2.TransportError:
                pass
            if time.monotonic() > deadline:
                raise SystemExit(f"{ready} did not answer within two minutes")
            time.sleep(0.1)
        yield server.pid
    finally:
        server.terminate()
        server.wait(30)


def timed(command: list[str]) -> tuple[float, float]:
    """Run a command to its end; return its wall-clock seconds and its largest process' peak memory in MB."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if status:
            output.seek(0)
            raise SystemExit(f"{' '.join(command)}\n{output.read().decode(errors='replace')}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def gigabytes(folder: Path) -> float:
    """Return what a folder's files take on disk."""
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file()) / 1e9


def latencies(call: Callable[[str], None], keys: list[str], warm_up: int = 50) -> list[float]:
    """Time one call for each key, in milliseconds, after some untimed ones."""
    for key in keys[:warm_up]:
        call(key)
    result = []
    for key in keys:
        start = time.perf_counter()
        call(key)
        result.append(1e3 * (time.perf_counter() - start))
    return result


def report(label: str, sample: list[float]) -> None:
    """Print the median, 99th percentile and maximum of a sample of milliseconds."""
    ordered = sorted(sample)
    p99 = ordered[int(0.99 * (len(ordered) - 1))]
    median = statistics.median(ordered)
    print(f"{label:<44} median {median:8.2f}   p99 {p99:8.2f}   max {ordered[-1]:8.2f} ms")


def dumped(store: pyoxigraph.Store, work: Path, *, compressed: bool) -> Path:
    """Write all quads of a store as N-Quads; compressed, they take a tenth of the disk."""
    dump = work / "same.nq"
    if not compressed:
        store.dump(str(dump), format=pyoxigraph.RdfFormat.N_QUADS)
        return dump
    target = work / "same.nq.gz"
    with target.open("wb") as file:
        gzip = subprocess.Popen(["gzip", "-1", "-c"], stdin=subprocess.PIPE, stdout=file)
        assert gzip.stdin is not None
        with gzip.stdin as pipe:
            store.dump(pipe, format=pyoxigraph.RdfFormat.N_QUADS)
        if gzip.wait():
            raise SystemExit(f"gzip ended with status {gzip.returncode}")
    return target


def compare_loads(load: list[str], work: Path, *, keep: bool = True) -> Path:
    """Run Tertius' command, then load the same triples with `oxigraph load`; return the data folder.

    Args:
        load: Arguments of `tertius`.
        work: Scratch directory.
        keep: Whether the data folder is needed afterwards; otherwise it makes room for the other's.
    """
    data = work / "data"
    ours, memory = timed([str(BIN / "tertius"), *load, "--data", str(data)])
    disk = gigabytes(data)
    print(f"tertius: {ours:.1f} s, peak memory {memory:,.0f} MB, {disk:.2f} GB on disk", flush=True)
    snapshot = Snapshots(data).current()
    assert snapshot is not None
    store = pyoxigraph.Store.read_only(str(snapshot.store_path))
    quads = len(store)
    dump = dumped(store, work, compressed=not keep)
    del store
    if not keep:
        shutil.rmtree(data)
    peer = work / "oxigraph"
    theirs, other = timed([str(BIN / "oxigraph"), "load", "--location", str(peer), "--file", str(dump)])
    dump.unlink()
    print(f"load of {quads:,} triples | seconds | peak memory MB | disk GB")
    print(
        f"tertius (parse, validate, graph, network, measures, search) | {ours:.1f} | {memory:,.0f} | ", end=""
    )
    print(f"{disk:.2f}")
    print(f"oxigraph load (the finished triples only) | {theirs:.1f} | {other:,.0f} | {gigabytes(peer):.2f}")
    print(f"ratio of times {ours / theirs:.2f}", flush=True)
    return data


def compare_answers(data: Path, work: Path, requests: int) -> None:
    """Time `/bridges` and a point query, the latter on both servers."""
    port, other = free_port(), free_port()
    ours = f"http://127.0.0.1:{port}"
    theirs = f"http://127.0.0.1:{other}"
    serve = [str(BIN / "tertius"), "serve", "--data", str(data), "--port", str(port)]
    peer = [
        str(BIN / "oxigraph"), "serve-read-only", "--location", str(work / "oxigraph"),
        "--bind", f"127.0.0.1:{other}", "--union-default-graph",
    ]  # fmt: skip
    with (
        serving(serve, f"{ours}/readyz"),
        serving(peer, f"{theirs}/query?query={quote('ASK {}')}"),
        httpx2.Client(timeout=60) as client,
    ):
        organizations: list[tuple[str, str]] = []
        page: str | None = "/v1/network/brokers?limit=1000&order=degree"
        while page and len(organizations) < 20_000:
            body = client.get(ours + page).json()
            organizations += [
                (row["organization"]["key"], row["organization"]["iri"]) for row in body["data"]
            ]
            page = body["meta"]["next"]
        hubs = [key for key, _ in organizations[:200]]
        sample = random.Random(SEED).choices(organizations, k=requests)

        def fetch(url: str) -> None:
            client.get(url).raise_for_status()

        def ask(endpoint: str, iri: str) -> None:
            answer = client.post(
                endpoint,
                content=POINT_QUERY.format(organization=iri),
                headers={
                    "Content-Type": "application/sparql-query",
                    "Accept": "application/sparql-results+json",
                },
            )
            answer.raise_for_status()

        report(
            "/bridges, random organisations",
            latencies(lambda k: fetch(f"{ours}/v1/organizations/{k}/bridges"), [k for k, _ in sample]),
        )
        report(
            "/bridges, the 200 largest hubs",
            latencies(lambda k: fetch(f"{ours}/v1/organizations/{k}/bridges"), hubs),
        )
        iris = [iri for _, iri in sample]
        mine = latencies(lambda i: ask(f"{ours}/sparql", i), iris)
        peers = latencies(lambda i: ask(f"{theirs}/query", i), iris)
        report("point query, tertius /sparql", mine)
        report("point query, oxigraph serve-read-only", peers)
        cost = statistics.median(mine) - statistics.median(peers)
        print(f"guard, worker and sandbox cost {cost:.2f} ms at the median")


def generated(participations: int, work: Path) -> Path:
    """Write a table of about so many participations, ten of each organisation on average."""
    # An alliance of the generator has 2.56 partners on average.
    columns = make(participations // 10, replace(ALLIANCES, alliances=10 / 2.56))
    table = work / "generated.csv"
    write_table(columns, table)
    print(f"{columns.organizations.size:,} organisations, {columns.organization.size:,} participations")
    return table


def main() -> None:
    """Run both comparisons in a scratch directory and remove it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "table", type=Path, nargs="?", help="Horizon 2020 participations by PIC (h2020.csv.gz); else the demo"
    )
    parser.add_argument("--participations", type=int, help="generate a table of about so many instead")
    parser.add_argument("--load-only", action="store_true", help="compare the loads and stop")
    parser.add_argument("--requests", type=int, default=2000, help="timed requests of each kind")
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="tertius-benchmark-"))
    try:
        load = ["demo", "--no-serve"]
        if options.participations:
            table = generated(options.participations, work)
            load = ["load", str(table), "--source", "generated", "--quiet"]
        elif options.table:
            load = [
                "load",
                str(options.table),
                "--source",
                "cordis-h2020",
                "--mapping",
                "cordis-pic",
                "--quiet",
            ]
        data = compare_loads(load, work, keep=not options.load_only)
        if not options.load_only:
            compare_answers(data, work, options.requests)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
