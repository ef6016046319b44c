"""Callers' own queries on their way: admitted, run on a thread, stopped when nobody waits for them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, TypeVar

import anyio.to_thread
from fastapi import Request
from tertius.api.clients import Client
from tertius.api.ledger import UnderWay
from tertius.api.services import Services, View
from tertius.store import Answer, Dataset, Lane, QueryCancelled, ResultFormat, StoreBusy

Found = TypeVar("Found")


async def ask(
    request: Request,
    services: Services,
    view: View | None,
    text: str,
    *,
    query_id: str,
    client: Client,
    dataset: Dataset,
    form: ResultFormat,
) -> Answer:
    """Answer a query of a caller within the caller's budget; stop it when the caller goes away.

    Args:
        request: Where the caller would be seen going away; its body has been read.
        services: What answers.
        view: The snapshot; `None` to ask the remote store.
        text: The query, checked.
        query_id: Its id.
        client: Who asks.
        dataset: The graphs that it sees.
        form: The format of its answer.

    Raises:
        QueryIdTaken: A query with this id is under way.
        TooManyRequests: The client has used what it may.
        StoreError: What the store raises.
    """
    if services.sparql_threads.available_tokens < 1:
        raise StoreBusy(retry_after=services.settings.queue_seconds)
    budget = services.sparql_budgets[client.trusted]
    number = view.snapshot.number if view is not None else None
    store = services.store if view is not None else services.answering
    with services.ledger.admitted(query_id, client, snapshot=number, limit=budget.seconds) as query:

        def run() -> Answer:
            with services.metrics.timed("sparql"):
                if query.cancelled:
                    raise QueryCancelled(query_id)
                return store.query(
                    text,
                    solutions=ResultFormat.JSON if form.is_graph else form,
                    graph=form if form.is_graph else ResultFormat.TURTLE,
                    dataset=dataset,
                    budget=budget,
                    lane=Lane.SPARQL,
                    snapshot=number,
                    query_id=query_id,
                    client=client.name,
                )

        return await attended(request, services, query, run)


async def attended(request: Request, services: Services, query: UnderWay, run: Callable[[], Found]) -> Found:
    """Run what answers a query on a thread for callers' queries; stop the query when the caller goes away.

    Args:
        request: Where the caller would be seen going away; its body has been read.
        services: What answers.
        query: The query, admitted.
        run: Answers it; raises `QueryCancelled` once it is stopped.
    """

    async def watch() -> None:
        message: dict[str, Any] = {}
        while message.get("type") != "http.disconnect":
            message = dict(await request.receive())
        await stop(services, query)

    watcher = asyncio.create_task(watch())
    try:
        return await anyio.to_thread.run_sync(run, limiter=services.sparql_threads)
    finally:
        watcher.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watcher


async def stop(services: Services, query: UnderWay) -> None:
    """Stop a query wherever it is on its way; returns once it has been told, or has ended by itself."""
    query.cancelled = True
    # Between the ledger and the store there is a moment in which the store does not know it yet.
    while services.ledger.find(query.query_id) is query and not services.cancel(query.query_id):
        await asyncio.sleep(0.02)
