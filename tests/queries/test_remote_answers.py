"""Every named query gives its golden answer from real SPARQL servers too, whole and page by page."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from tertius.queries import Catalogue, Context, run
from tertius.queries.runner import Row
from tertius.store import MemoryStore, RemoteStore

from tests.queries.test_runner import CASES, short
from tests.servers import oxigraph_server, virtuoso_server

SERVERS = {"oxigraph": oxigraph_server, "virtuoso": virtuoso_server}


@pytest.fixture(scope="session", params=["oxigraph", pytest.param("virtuoso", marks=pytest.mark.long)])
def remote(request: pytest.FixtureRequest, mini: MemoryStore) -> Iterator[RemoteStore]:
    with SERVERS[request.param](list(mini.graph)) as service, RemoteStore(service) as store:
        yield store


def agreed(given: list[Row], store: RemoteStore, golden: list[list[Any]]) -> bool:
    """Compare rows; Virtuoso writes floating-point numbers with sixteen digits and may lose the last bit."""
    close = 1e-15 if store.is_virtuoso else 0.0
    return len(given) == len(golden) and all(
        math.isclose(one, other, rel_tol=close)
        if isinstance(one, float) and other is not None
        else one == other
        for row, expected in zip(short(given), golden, strict=True)
        for one, other in zip(row, expected, strict=True)
    )


@pytest.mark.parametrize(("name", "arguments", "rows"), CASES)
def test_golden_answers(
    catalogue: Catalogue,
    remote: RemoteStore,
    context: Context,
    name: str,
    arguments: dict[str, Any],
    rows: list[Any],
) -> None:
    page = run(catalogue, remote, name, arguments, context=context)
    assert agreed(page.rows, remote, rows)
    assert (page.next, page.snapshot) == (None, None)


@pytest.mark.parametrize(("name", "arguments", "rows"), CASES)
def test_two_rows_at_a_time_give_the_same_rows(
    catalogue: Catalogue,
    remote: RemoteStore,
    context: Context,
    name: str,
    arguments: dict[str, Any],
    rows: list[Any],
) -> None:
    page = run(catalogue, remote, name, arguments, context=context, limit=2)
    collected = page.rows
    while page.next is not None:
        page = run(catalogue, remote, name, arguments, context=context, limit=2, cursor=page.next)
        collected += page.rows
    assert agreed(collected, remote, rows)
