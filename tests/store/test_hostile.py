"""Queries that would stop, fill or end the process that evaluates them, and what becomes of them."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tertius.store import (
    Budget,
    Lane,
    OutOfMemory,
    QueryFailed,
    QueryPool,
    QueryTimeout,
    ResultFormat,
    ResultTooLarge,
    Snapshots,
    StoreError,
    WorkerCrashed,
    solutions,
)

from tests.store.conftest import BUDGET, EX, contract_quads

MakePool = Callable[..., QueryPool]

PAIRS = "?a ?b ?c . ?d ?e ?f"
TRIPLES = f"{PAIRS} . ?g ?h ?i . ?j ?k ?l"
BOMB = "SELECT (STRLEN(?x9) AS ?n) { BIND('0123456789' AS ?x0) " + " ".join(
    f"BIND(CONCAT({', '.join([f'?x{step}'] * 10)}) AS ?x{step + 1})" for step in range(9)
)
OVERDUE = {
    "aggregate over a cartesian product": f"SELECT (COUNT(*) AS ?n) {{ {TRIPLES} }}",
    "sort of a cartesian product": f"SELECT ?a {{ {PAIRS} . ?g ?h ?i }} ORDER BY ?c ?f ?i",
    "group by over a cartesian product": f"SELECT ?i (SAMPLE(?a) AS ?s) {{ {TRIPLES} }} GROUP BY ?i",
    "distinct that never finds anything new": f"SELECT DISTINCT ?z {{ {TRIPLES} BIND(1 AS ?z) }}",
    "filter that never holds": f"SELECT * {{ {TRIPLES} FILTER(CONCAT(STR(?c), STR(?l)) = 'nothing') }}",
    "regular expressions": f"ASK {{ {TRIPLES} FILTER(REGEX(CONCAT(STR(?a), STR(?l)), '(a|b|ab)*z$')) }}",
    "construct of one triple": f"CONSTRUCT {{ <x:a> <x:b> <x:c> }} WHERE {{ {TRIPLES} }}",
    "slow planning": "SELECT * {" + " . ".join(f"?s{i} ?p{i} ?s{i + 1}" for i in range(220)) + "}",
}
NESTED = {
    "groups": "SELECT * " + "{" * 20_000 + "}" * 20_000,
    "parentheses": "SELECT * { FILTER(" + "(" * 40_000 + "1" + ")" * 40_000 + ") }",
    "negations": "SELECT * { FILTER(" + "!" * 80_000 + "true) }",
    "additions": "SELECT (1" + "+1" * 80_000 + " AS ?n) {}",
}
SERVICES = [
    "SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
    "SELECT * {{ SERVICE SILENT <{url}> {{ ?s ?p ?o }} }}",
    "select*{{service<{url}>{{?s ?p ?o}}}}",
    "SELECT * {{ sErViCe\n\t<{url}>\n{{ ?s ?p ?o }} }}",
    "PREFIX s: <{url}> SELECT * {{ SERVICE s: {{ ?s ?p ?o }} }}",
    "BASE <{url}> SELECT * {{ SERVICE <> {{ ?s ?p ?o }} }}",
    "SELECT * {{ # comment\nSERVICE # another\n<{url}> {{ ?s ?p ?o }} }}",
    "ASK {{ FILTER EXISTS {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}",
    "ASK {{ FILTER NOT EXISTS {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}",
    "SELECT * {{ OPTIONAL {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}",
    "SELECT * {{ {{ SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }} }}",
    "CONSTRUCT WHERE {{ ?s ?p ?o }} VALUES ?z {{ 1 }} # SERVICE <{url}>",
    "DESCRIBE ?s {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
    "SELECT * {{ {{ }} UNION {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}",
    "SELECT * {{ {{ ?s ?p ?o }} MINUS {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}",
    "SELECT * {{ GRAPH ?g {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}",
    "SELECT * {{ VALUES ?u {{ <{url}> }} SERVICE ?u {{ ?s ?p ?o }} }}",
    "SELECT * FROM <{url}> {{ ?s ?p ?o }}",
]


SETTINGS = {"rest_workers": 1, "sparql_workers": 1, "queue_seconds": 60}


@pytest.fixture(scope="module")
def pool(contract_snapshots: Snapshots) -> Iterator[QueryPool]:
    with QueryPool(contract_snapshots, memory_bytes=2**29, **SETTINGS) as pool:
        yield pool


@pytest.fixture(scope="module")
def roomy_pool(contract_snapshots: Snapshots) -> Iterator[QueryPool]:
    """Has more memory than a sort can fill before its time is up."""
    with QueryPool(contract_snapshots, memory_bytes=2**32, **SETTINGS) as pool:
        yield pool


def still_answers(pool: QueryPool) -> bool:
    text = f"SELECT (COUNT(*) AS ?n) {{ ?s <{EX}number> ?n }}"
    (row,) = solutions(pool.query(text, budget=BUDGET, lane=Lane.SPARQL))
    return str(row["n"]).startswith('"250"')


@pytest.mark.parametrize("name", OVERDUE)
def test_what_takes_too_long_is_stopped(roomy_pool: QueryPool, name: str) -> None:
    pool = roomy_pool
    before = pool.counters
    with pytest.raises(QueryTimeout) as caught:
        pool.query(OVERDUE[name], budget=Budget(0.3, 10**9, 10**9), lane=Lane.SPARQL)
    assert caught.value.limit == 0.3
    assert (pool.counters.timeouts, pool.counters.kills) == (before.timeouts + 1, before.kills + 1)
    assert still_answers(pool)


@pytest.mark.parametrize("format_", list(ResultFormat))
def test_what_streams_without_end_is_too_large(pool: QueryPool, format_: ResultFormat) -> None:
    before = pool.counters
    if format_.is_graph:
        text, options = f"CONSTRUCT {{ ?a ?b ?f }} WHERE {{ {PAIRS} }}", {"graph": format_}
    else:
        text, options = f"SELECT * {{ {TRIPLES} }}", {"solutions": format_}
    with pytest.raises(ResultTooLarge, match="5000 rows"):
        pool.query(text, budget=Budget(60, 5000, 10**9), lane=Lane.SPARQL, **options)
    with pytest.raises(ResultTooLarge, match="100000 bytes"):
        pool.query(text, budget=Budget(60, 10**9, 100_000), lane=Lane.SPARQL, **options)
    assert pool.counters.kills == before.kills


@pytest.mark.parametrize(
    "text",
    [BOMB + "}", f"SELECT ?a {{ {TRIPLES} }} ORDER BY ?c ?f ?i ?l"],
    ids=["strings that grow", "rows to sort"],
)
def test_what_needs_too_much_memory_is_told_so(pool: QueryPool, text: str) -> None:
    before = pool.counters
    with pytest.raises(OutOfMemory, match="512 MiB"):
        pool.query(text, budget=Budget(120, 10**9, 10**9), lane=Lane.SPARQL)
    assert pool.counters.crashes == before.crashes + 1
    assert still_answers(pool)


def test_an_answer_larger_than_memory_costs_its_worker_too(pool: QueryPool) -> None:
    """Whether the interpreter runs out, and survives, or the engine, which does not: it is replaced."""
    before = pool.counters
    steps = (f"BIND(CONCAT({', '.join([f'?x{step}'] * 10)}) AS ?x{step + 1})" for step in range(3))
    text = f"SELECT ?x3 {{ {PAIRS} BIND(CONCAT(STR(?c), '{'x' * 1000}') AS ?x0) {' '.join(steps)} }}"
    with pytest.raises(OutOfMemory):
        pool.query(text, budget=Budget(120, 10**9, 10**12), lane=Lane.SPARQL)
    assert still_answers(pool)
    assert pool.counters.respawns == before.respawns + 1


@pytest.mark.parametrize("name", NESTED)
def test_what_overflows_the_stack_ends_only_its_worker(pool: QueryPool, name: str) -> None:
    before = pool.counters
    with pytest.raises(WorkerCrashed) as caught:
        pool.query(NESTED[name], budget=Budget(60, 10, 1000), lane=Lane.SPARQL)
    assert caught.value.signal == "SIGSEGV"
    assert pool.counters.crashes == before.crashes + 1
    assert still_answers(pool)


def test_the_other_lane_notices_nothing(pool: QueryPool) -> None:
    for text in (NESTED["groups"], NESTED["negations"]):
        with pytest.raises(WorkerCrashed):
            pool.query(text, budget=BUDGET, lane=Lane.SPARQL)
        assert pool.query("ASK {}", budget=BUDGET, lane=Lane.REST).rows == 1


@contextmanager
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """A local server that hangs up on whoever comes, and remembers them."""
    visits: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                visitor, _ = server.accept()
                with visitor:
                    said = visitor.recv(1000)
                if said == b"stop":
                    return
                visits.append(said)

        thread = threading.Thread(target=accept)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/", visits
        with socket.create_connection(server.getsockname()) as last:
            last.sendall(b"stop")
        thread.join()


def outcome(pool: QueryPool, text: str) -> str:
    try:
        return f"{pool.query(text, budget=BUDGET, lane=Lane.SPARQL).rows} rows"
    except StoreError as error:
        return type(error).__name__


def test_no_spelling_of_service_reaches_a_listener(pool: QueryPool) -> None:
    with listener() as (url, visits):
        outcomes = [outcome(pool, text.format(url=url)) for text in SERVICES]
    assert visits == []
    assert set(outcomes) <= {
        "QueryFailed",
        "QuerySyntaxError",
        "0 rows",
        "1 rows",
        f"{len(contract_quads())} rows",
    }
    assert outcomes[0] == "QueryFailed"
    assert still_answers(pool)


def test_without_the_sandbox_the_same_listener_is_reached(
    contract_snapshots: Snapshots, make_pool: MakePool
) -> None:
    """Shows that the listener would have noticed, and that the engine does call."""
    open_pool = make_pool(contract_snapshots, sandbox=False)
    with listener() as (url, visits), pytest.raises(QueryFailed) as caught:
        open_pool.query(SERVICES[0].format(url=url), budget=BUDGET)
    assert visits
    assert url not in str(caught.value)


CONFINED = """
import ctypes, os, platform, socket, subprocess, sys, threading
from tertius.store import seccomp
waiting, go = threading.Event(), threading.Event()
results = []
def attempt(what):
    try:
        what()
    except PermissionError:
        return "refused"
    except OSError as error:
        return type(error).__name__
    return "done"
def late():
    waiting.set(); go.wait()
    results.append(attempt(lambda: socket.socket()))
thread = threading.Thread(target=late); thread.start(); waiting.wait()
ready = socket.socket()
seccomp.install()
go.set(); thread.join()
results.append(attempt(lambda: socket.socket()))
results.append(attempt(lambda: socket.socket(socket.AF_UNIX)))
results.append(attempt(lambda: socket.socketpair()))
results.append(attempt(lambda: ready.connect(("127.0.0.1", 9))))
results.append(attempt(lambda: ready.bind(("127.0.0.1", 0))))
results.append(attempt(lambda: os.execv("/bin/true", ["true"])))
results.append(attempt(lambda: subprocess.run(["/bin/true"])))
libc = ctypes.CDLL(None, use_errno=True)
def io_uring():
    if libc.syscall(425, 1, None) == -1:
        raise OSError(ctypes.get_errno(), "io_uring_setup")
results.append(attempt(io_uring))
results.append(attempt(lambda: open(sys.argv[1], "rb").read()))
thread = threading.Thread(target=lambda: results.append("done")); thread.start(); thread.join()
print(*results)
"""


def test_the_filter_takes_the_network_and_leaves_files_and_threads(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    ended = subprocess.run(
        [sys.executable, "-c", CONFINED, str(file)], capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == ["refused"] * 9 + ["done"] * 2
