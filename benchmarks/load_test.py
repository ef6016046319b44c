"""A steady load of ordinary questions, one client in ten of them hostile, and the same load without.

    python -m benchmarks.load_test --locust ENV/bin/locust [--data DIR] [--seconds 600] [--rate 50]

`ENV` is an environment of its own with `benchmarks/peers/load.lock`. Starts `tertius serve` twice on the same
data, first without and then with hostile clients, and prints for each: ordinary requests, errors among them
(anything but the expected 200), p50, p99, hostile requests, those of them that got no answer at all, and the
workers that were replaced, as `/metrics` counts them. Each simulated client has an address of its own, as
behind a reverse proxy; settings are the defaults. `load_clients.py` says what they ask.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import httpx2

from benchmarks.service import BIN, free_port, serving

CLIENTS_FILE = Path(__file__).with_name("load_clients.py")


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run came to; times in milliseconds."""

    requests: int
    errors: int
    p50: float
    p99: float
    hostile: int
    unanswered: int
    restarts: int


def run(locust: Path, data: Path, seconds: int, rate: int, *, hostile: bool) -> Measured:
    """Serve the data, put the load on it, and read what locust counted."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    users = rate  # each asks once a second
    with tempfile.TemporaryDirectory(prefix="tertius-load-") as folder:
        counts = Path(folder) / "counts"
        command = [
            str(locust), "--headless", "--locustfile", str(CLIENTS_FILE), "--host", address,
            "--users", str(users), "--spawn-rate", str(max(1, users // 5)), "--run-time", f"{seconds}s",
            "--csv", str(counts), "--only-summary", "--loglevel", "ERROR", "--stop-timeout", "60",
        ]  # fmt: skip
        serve = [str(BIN / "tertius"), "serve", "--data", str(data), "--port", str(port)]
        with serving(serve, f"{address}/readyz"):
            done = subprocess.run(
                command,
                env={**os.environ, "TERTIUS_LOAD_HOSTILE": str(int(hostile))},
                stdout=subprocess.DEVNULL,
                check=False,
            )
            if done.returncode not in {0, 1}:
                raise SystemExit(f"locust ended with status {done.returncode}")
            restarts = _replaced(f"{address}/metrics")
        with Path(f"{counts}_stats.csv").open(encoding="utf-8") as file:
            rows = {row["Name"]: row for row in csv.DictReader(file)}
    ordinary, hostile_row = rows["ordinary"], rows.get("hostile", {})
    return Measured(
        int(ordinary["Request Count"]),
        int(ordinary["Failure Count"]),
        float(ordinary["50%"]),
        float(ordinary["99%"]),
        int(hostile_row.get("Request Count", 0)),
        int(hostile_row.get("Failure Count", 0)),
        restarts,
    )


def _replaced(metrics: str) -> int:
    lines = httpx2.get(metrics, timeout=30).text.splitlines()
    (found,) = (line for line in lines if line.startswith('tertius_store_events{event="respawns"}'))
    return int(float(found.split()[-1]))


def main() -> None:
    """Run both loads and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--locust", type=Path, required=True, help="the command of its own environment")
    parser.add_argument("--data", type=Path, help="data folder; the demonstration is loaded without one")
    parser.add_argument("--seconds", type=int, default=600, help="length of each of the two runs")
    parser.add_argument("--rate", type=int, default=50, help="requests a second, hostile ones included")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tertius-load-") as folder:
        data = options.data
        if data is None:
            data = Path(folder) / "data"
            subprocess.run(
                [str(BIN / "tertius"), "demo", "--no-serve", "--quiet", "--data", str(data)], check=True
            )
        print(
            "| clients | ordinary requests | errors | p50 ms | p99 ms "
            "| hostile requests | without any answer | workers replaced |"
        )
        print("|---|---|---|---|---|---|---|---|")
        runs = []
        for hostile in (False, True):
            one = run(options.locust, data, options.seconds, options.rate, hostile=hostile)
            runs.append(one)
            said = "one in ten hostile" if hostile else "ordinary only"
            print(
                f"| {said} | {one.requests:,} | {one.errors} | {one.p50:.0f} | {one.p99:.0f} "
                f"| {one.hostile:,} | {one.unanswered} | {one.restarts} |",
                flush=True,
            )
    print(f"\np99 with hostile clients / without: {runs[1].p99 / max(1.0, runs[0].p99):.2f}")
    sys.exit(1 if any(one.errors for one in runs) else 0)


if __name__ == "__main__":
    main()
