"""A small graph with every kind of term, as quads, and the stores that hold it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from tertius.store import (
    Budget,
    Draft,
    MemoryStore,
    QueryPool,
    RemoteService,
    RemoteStore,
    Snapshot,
    Snapshots,
    Store,
)

from tests.servers import oxigraph_server, virtuoso_server

EX = "http://example.org/"
PREFIXES = {"ex": EX, "xsd": "http://www.w3.org/2001/XMLSchema#"}
BUDGET = Budget(seconds=20, rows=100_000, bytes=50_000_000)

TERMS: dict[str, ox.NamedNode | ox.Literal] = {
    "iri": ox.NamedNode("http://пример.example/çà%20et/là?q=1&r=2#f"),
    "plain": ox.Literal("plain"),
    "empty": ox.Literal(""),
    "quotes": ox.Literal("say \"hi\", \\ and 'bye'"),
    "lines": ox.Literal("one\ntwo\r\nthree\rfour\tfive"),
    "json": ox.Literal('{"a":[{}],"b":{}},{"c":1}'),
    "braces": ox.Literal("},{"),
    "markup": ox.Literal("<result>&amp;</result>"),
    "unicode": ox.Literal("Ünïcødé 東京 🤝 \u0301 \u202e"),
    "english": ox.Literal("partner", language="en"),
    "dutch": ox.Literal("partner", language="nl-BE"),
    "integer": ox.Literal("42", datatype=ox.NamedNode(PREFIXES["xsd"] + "integer")),
    "decimal": ox.Literal("1.5", datatype=ox.NamedNode(PREFIXES["xsd"] + "decimal")),
    "date": ox.Literal("2019-12-01", datatype=ox.NamedNode(PREFIXES["xsd"] + "date")),
    "custom": ox.Literal("x", datatype=ox.NamedNode(EX + "Type")),
}


def node(name: str) -> ox.NamedNode:
    return ox.NamedNode(EX + name)


def contract_quads() -> list[ox.Quad]:
    quads = [ox.Quad(node(name), node("value"), term, node("terms")) for name, term in TERMS.items()]
    quads += [ox.Quad(node(side), node("side"), ox.Literal(side), node(side)) for side in ("left", "right")]
    quads += [ox.Quad(node(f"n{i}"), node("number"), ox.Literal(i), node("numbers")) for i in range(250)]
    return quads


def publish(snapshots: Snapshots, graphs: dict[str, Iterable[ox.Quad]], **fields: object) -> Snapshot:
    with snapshots.draft() as draft:
        return publish_draft(draft, graphs, **fields)


def publish_draft(draft: Draft, graphs: dict[str, Iterable[ox.Quad]], **fields: object) -> Snapshot:
    for iri, quads in graphs.items():
        draft.replace_graph(iri, quads)
    return draft.publish(draft.manifest(base=EX, **fields))


def by_graph(quads: Iterable[ox.Quad]) -> dict[str, Iterable[ox.Quad]]:
    graphs: dict[str, list[ox.Quad]] = {}
    for quad in quads:
        graphs.setdefault(quad.graph_name.value, []).append(quad)
    return dict(graphs)


def generation(number: int, size: int = 50) -> dict[str, Iterable[ox.Quad]]:
    """Two graphs that say the same number everywhere, so that a mixture of two generations shows."""
    return {
        EX + graph: [
            ox.Quad(node(f"s{i}"), node("generation"), ox.Literal(number), node(graph)) for i in range(size)
        ]
        for graph in ("a", "b")
    }


@pytest.fixture(scope="session")
def contract_snapshots(tmp_path_factory: pytest.TempPathFactory) -> Snapshots:
    snapshots = Snapshots(tmp_path_factory.mktemp("contract"))
    publish(snapshots, by_graph(contract_quads()))
    return snapshots


@pytest.fixture(scope="session")
def shared_pool(contract_snapshots: Snapshots) -> Iterator[QueryPool]:
    with QueryPool(
        contract_snapshots, rest_workers=2, sparql_workers=1, queue_seconds=60, prefixes=PREFIXES
    ) as pool:
        yield pool


@pytest.fixture(scope="session")
def oxigraph_service() -> Iterator[RemoteService]:
    with oxigraph_server(contract_quads()) as service:
        yield service


@pytest.fixture(scope="session")
def virtuoso_service() -> Iterator[RemoteService]:
    with virtuoso_server(contract_quads()) as service:
        yield service


@pytest.fixture(
    scope="session",
    params=[
        "memory",
        "pool",
        "oxigraph",
        "oxigraph-listed",
        pytest.param("virtuoso", marks=pytest.mark.long),
        pytest.param("virtuoso-listed", marks=pytest.mark.long),
    ],
)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Every store that must keep the contract; another back end is one more name here."""
    match request.param.split("-"):
        case ["memory"]:
            memory = MemoryStore(contract_quads(), prefixes=PREFIXES)
            yield memory
            memory.close()
        case ["pool"]:
            yield request.getfixturevalue("shared_pool")
        case [server, *listed]:
            service = request.getfixturevalue(f"{server}_service")
            with RemoteStore(service, prefixes=PREFIXES, listed=bool(listed)) as remote:
                yield remote


@pytest.fixture
def is_virtuoso(request: pytest.FixtureRequest) -> bool:
    """Whether the store is Virtuoso, whose deviations the tests state one by one."""
    return str(request.node.callspec.params["store"]).startswith("virtuoso")


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return Snapshots(tmp_path / "data", keep=3)


@pytest.fixture
def make_pool() -> Iterator[Callable[..., QueryPool]]:
    pools: list[QueryPool] = []

    def make(snapshots: Snapshots, **settings: object) -> QueryPool:
        settings = {"rest_workers": 1, "sparql_workers": 1} | settings
        pools.append(QueryPool(snapshots, **settings))  # type: ignore[arg-type]
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()
