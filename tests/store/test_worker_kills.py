"""Workers killed at any moment cost the query they worked on, and nothing else."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from tertius.store import (
    Budget,
    Lane,
    OutOfMemory,
    QueryPool,
    Snapshots,
    StoreBusy,
    StoreUnavailable,
    WorkerCrashed,
)

from tests.store.conftest import EX, generation, publish
from tests.store.test_pool import children, generations, is_running, until

# Slow enough to be killed in the middle, and wrong as soon as anything of it is missing.
PAIRS = f"SELECT DISTINCT ?n {{ ?a <{EX}generation> ?n . ?b <{EX}generation> ?m . FILTER(?n = ?m) }}"
# What a caller may be told when its worker is gone; it may ask again each time.
STATED = (WorkerCrashed, StoreUnavailable, StoreBusy, OutOfMemory)


def workers(before: set[int]) -> list[int]:
    return sorted(pid for pid in children() - before if is_running(pid))


def kill_workers(data: Path, kills: int, seed: int) -> Counter[str]:
    """Kill workers one after another while three threads ask; what the threads got."""
    chance = random.Random(seed)
    snapshots = Snapshots(data)
    publish(snapshots, generation(7, size=300))
    before = children()
    outcomes: Counter[str] = Counter()
    over = threading.Event()
    with QueryPool(snapshots, rest_workers=2, sparql_workers=1, queue_seconds=20) as pool:

        def ask(lane: Lane) -> None:
            while not over.is_set():
                try:
                    answer = pool.query(PAIRS, budget=Budget(30, 100, 10_000), lane=lane)
                except STATED as error:
                    outcomes[type(error).__name__] += 1
                    time.sleep(0.01)
                else:
                    outcomes["answered" if generations(answer) == {"7"} else "wrong"] += 1

        threads = [threading.Thread(target=ask, args=(lane,)) for lane in (Lane.REST, Lane.REST, Lane.SPARQL)]
        for thread in threads:
            thread.start()
        try:
            for number in range(1, kills + 1):
                time.sleep(chance.uniform(0.0, 0.12))
                os.kill(chance.choice(workers(before)), signal.SIGKILL)
                # A worker that is still starting would be one less that serves.
                until(lambda number=number: pool.counters.respawns >= number)  # type: ignore[misc]
        finally:
            over.set()
            for thread in threads:
                thread.join()
        for lane in Lane:
            until(lambda lane=lane: pool.lanes()[lane].alive == pool.lanes()[lane].size)  # type: ignore[misc]
            answer = pool.query(PAIRS, budget=Budget(30, 100, 10_000), lane=lane)
            assert generations(answer) == {"7"}
        assert not pool.running()
        assert pool.counters.respawns == kills
    assert children() <= before
    return outcomes


def test_workers_are_killed_ten_times(tmp_path: Path) -> None:
    outcomes = kill_workers(tmp_path, kills=10, seed=5)
    assert outcomes["answered"]
    assert not outcomes["wrong"]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_workers_are_killed_fifty_times(tmp_path: Path, seed: int) -> None:
    outcomes = kill_workers(tmp_path, kills=50, seed=seed)
    print(f"seed {seed}: {dict(outcomes)}")
    assert outcomes["answered"]
    assert outcomes["WorkerCrashed"]
    assert not outcomes["wrong"]
