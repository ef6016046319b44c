"""Publishing a snapshot to a real server: all of it, again, changed, and not at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox
import pytest
from tertius.store import (
    MemoryStore,
    RemoteService,
    RemoteStore,
    ResultFormat,
    Snapshot,
    Snapshots,
    StoreError,
    StoreUnavailable,
    push,
    solutions,
)
from tertius.store import remote_push as module
from tertius.store.remote_graphs import STAGED

from tests.servers import free_port, oxigraph_server, virtuoso_server
from tests.store.conftest import BUDGET, EX, TERMS, by_graph, contract_quads, generation, node, publish

SERVERS = {"oxigraph": oxigraph_server, "virtuoso": virtuoso_server}
ALL = "SELECT ?g ?s ?p ?o { GRAPH ?g { ?s ?p ?o } }"
FOREIGN = "urn:somebody:else"


@pytest.fixture(scope="module", params=["oxigraph", pytest.param("virtuoso", marks=pytest.mark.long)])
def service(request: pytest.FixtureRequest) -> Iterator[RemoteService]:
    with SERVERS[request.param]() as service:
        yield service


@pytest.fixture(autouse=True)
def _empty(service: RemoteService) -> None:
    for name in held(service):
        module.update(service, f"DROP SILENT GRAPH <{name}>")


def held(service: RemoteService) -> dict[str, set[tuple[Any, ...]]]:
    """Everything in the published graphs, by graph."""
    found: dict[str, set[tuple[Any, ...]]] = {}
    with RemoteStore(service) as store:
        for row in solutions(store.query(ALL, budget=BUDGET)):
            found.setdefault(row["g"].value, set()).add((row["s"], row["p"], row["o"]))
    return found


def staged(service: RemoteService) -> list[str]:
    with RemoteStore(service, listed=False) as store:
        answer = store.query("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", budget=BUDGET)
    return [row["g"].value for row in solutions(answer) if row["g"].value.startswith(STAGED)]


def expected(snapshot: Snapshot) -> dict[str, set[tuple[Any, ...]]]:
    found: dict[str, set[tuple[Any, ...]]] = {}
    for quad in ox.Store.read_only(str(snapshot.store_path)):
        found.setdefault(quad.graph_name.value, set()).add((quad.subject, quad.predicate, quad.object))
    return found


def test_everything_arrives_and_is_replaced(service: RemoteService, snapshots: Snapshots) -> None:
    module.update(service, f"INSERT DATA {{ GRAPH <{FOREIGN}> {{ <urn:a> <urn:b> <urn:c> }} }}")
    kept = held(service)
    first = publish(snapshots, by_graph(contract_quads()))
    steps: list[tuple[int, int]] = []
    done = push(
        first.store_path, service, prefix=EX, progress=lambda sent, total: steps.append((sent, total))
    )
    assert held(service) == {**kept, **expected(first)}
    assert done.statements == len(contract_quads()) == steps[-1][0] == steps[-1][1]
    assert done.dropped == ()
    # The same again is the same.
    assert push(first.store_path, service, prefix=EX) == done
    assert held(service) == {**kept, **expected(first)}
    # What a snapshot has no longer goes; what is somebody else's stays.
    changed = publish(snapshots, {EX + "left": []})
    done = push(changed.store_path, service, prefix=EX)
    assert done.dropped == (EX + "left",)
    assert held(service) == {**kept, **expected(changed)}
    assert staged(service) == []


def test_a_failure_before_swapping_changes_nothing(
    service: RemoteService, snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = publish(snapshots, generation(1))
    push(old.store_path, service, prefix=EX)
    new = publish(snapshots, generation(2))

    def interrupted(sent: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        push(new.store_path, service, prefix=EX, progress=interrupted)
    assert held(service) == expected(old)
    assert staged(service) == []
    # Somebody else writes to the staged graph.
    update = module.update

    def meddled(service: RemoteService, text: str, **options: Any) -> None:
        update(service, text, **options)
        if text.startswith("INSERT"):
            update(service, text.replace("generation>", "more>"), **options)

    monkeypatch.setattr(module, "update", meddled)
    with pytest.raises(StoreError, match="nothing was swapped"):
        push(new.store_path, service, prefix=EX)
    monkeypatch.undo()
    assert held(service) == expected(old)
    assert staged(service) == []


def test_left_overs_are_cleared_and_never_read(service: RemoteService, snapshots: Snapshots) -> None:
    left = f"{STAGED}left"
    module.update(service, f"INSERT DATA {{ GRAPH <{left}> {{ <{EX}n1> <{EX}number> 99 }} }}")
    assert staged(service) == [left]
    assert held(service) == {}
    with RemoteStore(service) as store:
        assert store.query(f"SELECT * {{ ?s <{EX}number> ?n }}", budget=BUDGET).rows == 0
    snapshot = publish(snapshots, generation(1))
    push(snapshot.store_path, service, prefix=EX)
    assert staged(service) == []
    assert held(service) == expected(snapshot)


def test_a_blank_node_is_refused(service: RemoteService, snapshots: Snapshots) -> None:
    quad = ox.Quad(node("a"), node("b"), ox.BlankNode(), node("g"))
    snapshot = publish(snapshots, {EX + "g": [quad]})
    with pytest.raises(StoreError, match="blank node"):
        push(snapshot.store_path, service, prefix=EX)
    assert held(service) == {}


def test_terms_come_back_as_they_were(service: RemoteService, snapshots: Snapshots) -> None:
    snapshot = publish(snapshots, by_graph(contract_quads()))
    push(snapshot.store_path, service, prefix=EX)
    text = f"SELECT ?name ?value {{ ?name <{EX}value> ?value }}"
    with RemoteStore(service) as store:
        rows = solutions(store.query(text, budget=BUDGET))
    assert {(row["name"], row["value"]) for row in rows} == {
        (node(name), term) for name, term in TERMS.items()
    }


def test_what_cannot_be_written_to(service: RemoteService, snapshots: Snapshots) -> None:
    snapshot = publish(snapshots, generation(1))
    with pytest.raises(StoreUnavailable, match="TERTIUS_STORE_UPDATE"):
        push(snapshot.store_path, RemoteService(service.query_url), prefix=EX)
    nobody = RemoteService(service.query_url, f"http://127.0.0.1:{free_port()}/")
    with pytest.raises(StoreUnavailable):
        push(snapshot.store_path, nobody, prefix=EX)
    assert held(service) == {}


def test_memory_and_service_agree(service: RemoteService, snapshots: Snapshots) -> None:
    snapshot = publish(snapshots, by_graph(contract_quads()))
    push(snapshot.store_path, service, prefix=EX)
    text = f"CONSTRUCT WHERE {{ ?s <{EX}number> ?n }}"
    memory = MemoryStore(contract_quads())
    with RemoteStore(service) as store:
        given = store.query(text, graph=ResultFormat.NTRIPLES, budget=BUDGET).body
    assert sorted(given.splitlines()) == sorted(
        memory.query(text, graph=ResultFormat.NTRIPLES, budget=BUDGET).body.splitlines()
    )
