"""The pool shares workers fairly, follows snapshots, stops queries, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyoxigraph as ox
import pytest
from tertius.store import (
    Answer,
    Budget,
    Lane,
    QueryCancelled,
    QueryPool,
    ResultFormat,
    RunningQuery,
    SnapshotDamaged,
    SnapshotGone,
    Snapshots,
    StoreBusy,
    StoreError,
    StoreUnavailable,
    solutions,
)
from tertius.store import process as store_process

from tests.store.conftest import BUDGET, EX, generation, publish

MakePool = Callable[..., QueryPool]
GENERATIONS = f"SELECT DISTINCT ?n WHERE {{ ?s <{EX}generation> ?n }}"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o . ?p ?q ?r }"
LONG = Budget(seconds=120, rows=10, bytes=1000)


def generations(answer: Answer) -> set[str]:
    return {term.value for row in solutions(answer) if isinstance(term := row["n"], ox.Literal)}


def until(condition: Callable[[], object]) -> None:
    """Wait for something that must happen; the test's own time limit ends a wait for what does not."""
    while not condition():
        time.sleep(0.005)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children() -> set[int]:
    tasks = Path("/proc/self/task").iterdir()
    return {int(pid) for task in tasks for pid in (task / "children").read_text().split()}


@contextmanager
def in_background(pool: QueryPool, count: int = 1, **options: object) -> Iterator[list[BaseException]]:
    """Endless queries in other threads; afterwards what became of them."""
    outcomes: list[BaseException] = []

    def run() -> None:
        try:
            pool.query(ENDLESS, budget=LONG, **options)  # type: ignore[arg-type]
        except (StoreError, ValueError) as error:
            outcomes.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield outcomes
    finally:
        for thread in threads:
            thread.join()


def working(pool: QueryPool) -> list[RunningQuery]:
    return [query for query in pool.running() if query.snapshot is not None]


def test_sixteen_threads_each_get_their_own_answers(shared_pool: QueryPool) -> None:
    def work(thread: int) -> list[tuple[int, str]]:
        found = []
        for step in range(40):
            number = (thread * 17 + step) % 250
            text = f"SELECT ?s WHERE {{ ?s <{EX}number> {number} }}"
            lane = Lane.REST if step % 2 else Lane.SPARQL
            (row,) = solutions(shared_pool.query(text, budget=Budget(60, 10, 10**4), lane=lane))
            assert isinstance(row["s"], ox.NamedNode)
            found.append((number, row["s"].value))
        return found

    pool_with_patience = ThreadPoolExecutor(16)
    with pool_with_patience as threads:
        for found in threads.map(work, range(16)):
            assert all(iri == f"{EX}n{number}" for number, iri in found)


def test_workers_are_confined(shared_pool: QueryPool) -> None:
    assert shared_pool.sandboxed is sys.platform.startswith("linux")
    state = shared_pool.lanes()[Lane.REST]
    assert (state.size, state.alive, state.trouble) == (2, 2, None)


def test_without_a_snapshot_there_is_nothing_to_ask(snapshots: Snapshots, make_pool: MakePool) -> None:
    pool = make_pool(snapshots)
    with pytest.raises(StoreUnavailable, match="load something first"):
        pool.query("ASK {}", budget=BUDGET)
    publish(snapshots, generation(1))
    assert pool.query("ASK {}", budget=BUDGET).snapshot == 1


def test_queries_follow_the_live_snapshot_and_may_be_pinned(
    snapshots: Snapshots, make_pool: MakePool
) -> None:
    pool = make_pool(snapshots)
    for number in (1, 2, 3):
        publish(snapshots, generation(number))
        answer = pool.query(GENERATIONS, budget=BUDGET)
        assert (answer.snapshot, generations(answer)) == (number, {str(number)})
    pinned = pool.query(GENERATIONS, budget=BUDGET, snapshot=1)
    assert (pinned.snapshot, generations(pinned)) == (1, {"1"})
    snapshots.rollback(2)
    assert generations(pool.query(GENERATIONS, budget=BUDGET)) == {"2"}
    for number in (4, 5, 6):
        publish(snapshots, generation(number))
    with pytest.raises(SnapshotGone) as caught:
        pool.query("ASK {}", budget=BUDGET, snapshot=3)
    assert caught.value.number == 3
    assert generations(pool.query(GENERATIONS, budget=BUDGET)) == {"6"}


def test_every_answer_comes_from_one_snapshot_while_they_change(
    snapshots: Snapshots, make_pool: MakePool
) -> None:
    publish(snapshots, generation(1))
    pool = make_pool(Snapshots(snapshots.data_dir, keep=1), rest_workers=2, queue_seconds=60)
    writer = Snapshots(snapshots.data_dir, keep=1)
    done = threading.Event()
    seen: list[tuple[int | None, set[str]]] = []

    def read() -> None:
        while not done.is_set():
            answer = pool.query(GENERATIONS, budget=BUDGET)
            seen.append((answer.snapshot, generations(answer)))

    with ThreadPoolExecutor(4) as threads:
        readers = [threads.submit(read) for _ in range(4)]
        for number in range(2, 12):
            publish(writer, generation(number))
            until(lambda number=number: (number, {str(number)}) in seen or done.is_set())
        done.set()
        for reader in readers:
            reader.result()
    assert all(numbers == {str(snapshot)} for snapshot, numbers in seen)
    assert pool.counters.crashes == 0


def test_damaged_triples_are_named(snapshots: Snapshots, make_pool: MakePool) -> None:
    snapshot = publish(snapshots, generation(1))
    (snapshot.store_path / "CURRENT").write_text("nonsense")
    with pytest.raises(SnapshotDamaged, match="snapshot 1"):
        make_pool(snapshots).query("ASK {}", budget=BUDGET)


def test_lanes_do_not_starve_each_other(snapshots: Snapshots, make_pool: MakePool) -> None:
    publish(snapshots, generation(1))
    pool = make_pool(snapshots, queue_seconds=0.05)
    with in_background(pool, lane=Lane.SPARQL) as outcomes:
        until(lambda: working(pool))
        with pytest.raises(StoreBusy) as caught:
            pool.query("ASK {}", budget=BUDGET, lane=Lane.SPARQL)
        assert caught.value.retry_after >= 1
        assert pool.query(GENERATIONS, budget=BUDGET, lane=Lane.REST).rows == 1
        (query,) = pool.running()
        assert (query.lane, query.snapshot, query.limit) == (Lane.SPARQL, 1, 120)
        assert pool.cancel(query.query_id)
    assert isinstance(outcomes[0], QueryCancelled)
    assert pool.counters.busy == 1


def test_a_query_that_waits_gets_the_worker_that_becomes_free(
    snapshots: Snapshots, make_pool: MakePool
) -> None:
    publish(snapshots, generation(1))
    pool = make_pool(snapshots, queue_seconds=60)
    with in_background(pool), ThreadPoolExecutor(3) as threads:
        until(lambda: working(pool))
        waiting = [threads.submit(pool.query, GENERATIONS, budget=BUDGET) for _ in range(3)]
        until(lambda: pool.lanes()[Lane.REST].waiting == 3)
        assert pool.cancel(working(pool)[0].query_id)
        assert [future.result().rows for future in waiting] == [1, 1, 1]


def test_a_query_can_be_cancelled_while_it_waits(snapshots: Snapshots, make_pool: MakePool) -> None:
    publish(snapshots, generation(1))
    pool = make_pool(snapshots, queue_seconds=60)
    with in_background(pool) as first:
        until(lambda: working(pool))
        with in_background(pool, query_id="mine") as second:
            until(lambda: pool.lanes()[Lane.REST].waiting == 1)
            with pytest.raises(ValueError, match="mine"):
                pool.query("ASK {}", budget=BUDGET, query_id="mine")
            assert pool.cancel("mine")
        assert isinstance(second[0], QueryCancelled)
        assert second[0].query_id == "mine"
        assert first == []
        assert pool.cancel(working(pool)[0].query_id)
    assert not pool.cancel("mine")
    assert pool.counters.cancelled == 2


def test_time_spent_waiting_counts_but_is_not_blamed_on_the_query(
    snapshots: Snapshots, make_pool: MakePool
) -> None:
    publish(snapshots, generation(1))
    pool = make_pool(snapshots, queue_seconds=60)
    with in_background(pool), ThreadPoolExecutor(1) as threads:
        until(lambda: working(pool))
        late = threads.submit(pool.query, ENDLESS, budget=Budget(2.0, 10, 1000))
        until(lambda: any(query.seconds > 1.0 and query.snapshot is None for query in pool.running()))
        pool.cancel(working(pool)[0].query_id)
        with pytest.raises(StoreBusy):
            late.result()


def test_idle_workers_that_die_are_replaced_unnoticed(snapshots: Snapshots, make_pool: MakePool) -> None:
    publish(snapshots, generation(1))
    before = children()
    pool = make_pool(snapshots)
    workers = children() - before
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not any(is_running(pid) for pid in workers))
    for lane in Lane:
        assert pool.query("ASK {}", budget=BUDGET, lane=lane).rows == 1
    assert pool.counters.crashes == 0


def test_closing_ends_workers_and_running_queries(snapshots: Snapshots, make_pool: MakePool) -> None:
    publish(snapshots, generation(1))
    before = children()
    pool = make_pool(snapshots, rest_workers=2)
    assert len(children() - before) == 3
    with in_background(pool, count=2) as outcomes:
        until(lambda: len(working(pool)) == 2)
        pool.close()
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable, StoreUnavailable]
    assert children() == before
    pool.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        pool.query("ASK {}", budget=BUDGET)


ORPHAN = """
import sys, threading
from tertius.store import Budget, QueryPool, Snapshots
pool = QueryPool(Snapshots(sys.argv[1]), rest_workers=2, sparql_workers=1)
ask = lambda: pool.query(sys.argv[2], budget=Budget(600, 10, 1000))
threading.Thread(target=ask, daemon=True).start()
while not any(query.snapshot for query in pool.running()):
    pass
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_killed_service_leaves_no_workers(snapshots: Snapshots) -> None:
    publish(snapshots, generation(1))
    command = [sys.executable, "-c", ORPHAN, str(snapshots.data_dir), ENDLESS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as service:
        assert service.stdout is not None
        assert service.stdout.readline() == b"ready\n"
        tasks = Path(f"/proc/{service.pid}/task").iterdir()
        workers = [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
        assert len(workers) == 3
        service.kill()
    until(lambda: not any(is_running(pid) for pid in workers))


def test_a_pool_that_is_not_closed_ends_with_its_program(snapshots: Snapshots) -> None:
    publish(snapshots, generation(1))
    program = (
        "import sys; from tertius.store import *; pool = QueryPool(Snapshots(sys.argv[1])); "
        "print(pool.query('ASK {}', budget=Budget(60, 1, 1000)).rows)"
    )
    command = [sys.executable, "-W", "error", "-c", program, str(snapshots.data_dir)]
    ended = subprocess.run(command, capture_output=True, check=True)
    assert (ended.stdout, ended.stderr) == (b"1\n", b"")


def test_a_worker_that_cannot_be_confined_does_not_start(
    snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The filter is made to fail inside the worker, as an old kernel or an odd machine would."""
    program = (
        "import platform, sys; platform.machine = lambda: 'vax'; "
        "from tertius.store.worker import main; sys.exit(main())"
    )
    monkeypatch.setattr(store_process, "COMMAND", (sys.executable, "-c", program))
    before = children()
    with pytest.raises(StoreUnavailable, match=r"cannot be confined.*vax"):
        QueryPool(snapshots)
    assert children() == before
    with QueryPool(snapshots, rest_workers=1, sparql_workers=1, sandbox=False) as pool:
        assert not pool.sandboxed


def test_too_little_memory_to_start_is_said(snapshots: Snapshots) -> None:
    with pytest.raises(ValueError, match="256 MiB"):
        QueryPool(snapshots, memory_bytes=1 << 20)


def test_workers_that_cannot_be_replaced_are_reported_and_tried_again(
    snapshots: Snapshots, make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(snapshots, generation(1))
    pool = make_pool(snapshots, queue_seconds=60)
    working_command = store_process.COMMAND
    monkeypatch.setattr(
        store_process, "COMMAND", (sys.executable, "-c", "raise SystemExit('no licence to run')")
    )
    with in_background(pool):
        until(lambda: working(pool))
        pool.cancel(working(pool)[0].query_id)
    with pytest.raises(StoreUnavailable, match="no licence to run"):
        pool.query("ASK {}", budget=BUDGET)
    monkeypatch.setattr(store_process, "COMMAND", working_command)
    until(lambda: pool.lanes()[Lane.REST].alive == 1)
    assert pool.query("ASK {}", budget=BUDGET).rows == 1


def test_workers_see_nothing_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, shared_pool: QueryPool
) -> None:
    monkeypatch.setenv("TERTIUS_TOKEN", "secret")
    monkeypatch.setenv("LANG", "C.UTF-8")
    environment = store_process.worker_environment()
    assert "TERTIUS_TOKEN" not in environment
    assert environment["LANG"] == "C.UTF-8"


def test_a_worker_imports_little() -> None:
    """What it imports is paid again at every replacement."""
    program = "import sys, tertius.store.worker; print(*sys.modules)"
    # Measuring coverage imports things of its own.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, env=environment, capture_output=True, check=True, text=True)
    assert not {"pydantic", "rdflib", "numpy", "fastapi", "multiprocessing", "asyncio"} & set(
        ended.stdout.split()
    )


def test_large_queries_and_answers_pass_whole(shared_pool: QueryPool) -> None:
    word = "x" * 500_000
    answer = shared_pool.query(f"SELECT ('{word}' AS ?a) ('{word}' AS ?b) {{}}", budget=BUDGET)
    (row,) = solutions(answer)
    assert row["a"] == row["b"] == ox.Literal(word)
    many = f"SELECT * {{ ?a <{EX}number> ?b . ?c <{EX}number> ?d }}"
    table = shared_pool.query(many, budget=BUDGET, solutions=ResultFormat.TSV)
    assert table.rows == 250 * 250
    assert table.body.count(b"\n") == 250 * 250 + 1


@pytest.mark.parametrize("lanes", [(0, 1), (1, 0)])
def test_a_lane_needs_a_worker(snapshots: Snapshots, lanes: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="at least one worker"):
        QueryPool(snapshots, rest_workers=lanes[0], sparql_workers=lanes[1])


def test_long_queries_of_some_keep_no_short_query_of_another_waiting(
    snapshots: Snapshots, make_pool: MakePool
) -> None:
    publish(snapshots, generation(1))
    pool = make_pool(snapshots, sparql_workers=2, queue_seconds=60, slice_seconds=0.1)
    with ExitStack() as stack:
        outcomes = [
            stack.enter_context(
                in_background(pool, lane=Lane.SPARQL, client=f"hostile {number}", query_id=f"q{number}")
            )
            for number in range(2)
        ]
        until(lambda: len(working(pool)) == 2)
        answer = pool.query(GENERATIONS, budget=BUDGET, lane=Lane.SPARQL, client="modest")
        assert generations(answer) == {"1"}
        until(lambda: len(working(pool)) == 1)
        assert (pool.counters.demoted, pool.lanes()[Lane.SPARQL].waiting) == (1, 1)
        (first,) = working(pool)
        assert pool.cancel(first.query_id)
        # What made room is started again, from the beginning, once there is a place for it.
        until(lambda: [query.query_id for query in working(pool)] not in ([first.query_id], []))
        (second,) = working(pool)
        assert second.query_id != first.query_id
        assert pool.cancel(second.query_id)
    assert [type(one) for (one,) in outcomes] == [QueryCancelled, QueryCancelled]
    assert pool.counters.crashes == 0


def test_a_query_that_made_room_is_answered_whole(snapshots: Snapshots, make_pool: MakePool) -> None:
    publish(snapshots, generation(1, size=40))
    pool = make_pool(snapshots, sparql_workers=2, queue_seconds=60, slice_seconds=0.05)
    several = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?c = ?f || ?f = ?i) }"
    with in_background(pool, lane=Lane.SPARQL, client="hostile", query_id="hostile"):
        until(lambda: working(pool))
        with ThreadPoolExecutor(1) as threads:
            late = threads.submit(pool.query, several, budget=LONG, lane=Lane.SPARQL, client="analyst")
            until(lambda: len(working(pool)) == 2)
            until(
                lambda: (
                    pool.query("ASK {}", budget=BUDGET, lane=Lane.SPARQL, client="modest")
                    and (pool.counters.demoted or late.done())
                )
            )
            assert pool.cancel("hostile")
            (row,) = solutions(late.result())
    assert row["n"] == ox.Literal(80**3)
    assert pool.counters.demoted == 1


def test_a_query_with_a_larger_budget_keeps_no_long_query_of_another_waiting_for_its_end(
    snapshots: Snapshots, make_pool: MakePool
) -> None:
    """The one place for long queries is taken for two minutes; others are answered long before."""
    publish(snapshots, generation(1, size=40))
    times = {"queue_seconds": 60, "slice_seconds": 0.05, "usual_seconds": 2.0}
    pool = make_pool(snapshots, sparql_workers=2, **times)
    several = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?c = ?f || ?f = ?i) }"
    with in_background(pool, lane=Lane.SPARQL, client="token", query_id="token") as outcomes:
        until(lambda: working(pool))
        for _ in range(3):
            (row,) = solutions(pool.query(several, budget=BUDGET, lane=Lane.SPARQL, client="analyst"))
            assert row["n"] == ox.Literal(80**3)
        assert [query.query_id for query in working(pool)] == ["token"], "nobody needed its worker"
        assert outcomes == []
        assert pool.cancel("token")
    assert (pool.counters.busy, pool.counters.demoted) == (0, 0)
