"""Queries of the evidence base and the propositions' tests give the same rows from real SPARQL servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tertius.queries import Catalogue, load_catalogue
from tertius.queries.propositions import ask
from tertius.store import Budget, MemoryStore, RemoteStore

from tests.servers import oxigraph_server, virtuoso_server

PATIENT = Budget(seconds=60, rows=10_000, bytes=10_000_000)
SERVERS = {"oxigraph": oxigraph_server, "virtuoso": virtuoso_server}
NAMES = sorted(
    name
    for name, query in load_catalogue().items()
    if query.topic in {"evidence", "propositions"} and not {"organization", "alliance"} & set(query.params)
)


@pytest.fixture(scope="module", params=["oxigraph", pytest.param("virtuoso", marks=pytest.mark.long)])
def remote(request: pytest.FixtureRequest, evidence_base: MemoryStore) -> Iterator[RemoteStore]:
    with SERVERS[request.param](list(evidence_base.graph)) as service, RemoteStore(service) as store:
        # A server that has just been filled takes its time over the first query.
        store.query("SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p", budget=PATIENT)
        yield store


@pytest.mark.parametrize("name", NAMES)
def test_the_rows_are_the_same(
    catalogue: Catalogue, evidence_base: MemoryStore, remote: RemoteStore, name: str
) -> None:
    arguments = catalogue[name].examples
    expected = ask(catalogue, evidence_base, name, arguments)
    assert expected
    assert ask(catalogue, remote, name, arguments) == expected
