"""The application: services, routes and middleware put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
import structlog
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles
from tertius.api import exchange, identity, openapi, problems
from tertius.api.cross_origin import CrossOrigin
from tertius.api.jobs import Jobs
from tertius.api.metrics import Metrics
from tertius.api.middleware import EXPOSED, Failures, Limits, Methods, Observe
from tertius.api.query_ids import QueryIds
from tertius.api.routers import (
    advice,
    alliances,
    ambidexterity,
    evidence,
    explain,
    graph_store,
    history,
    holes,
    judgements,
    linked,
    loads,
    matches,
    network,
    operations,
    organizations,
    pages,
    pairs,
    planning,
    propositions,
    queries,
    reconcile,
    reconcile_draft,
    running,
    sparql,
)
from tertius.api.services import Services
from tertius.api.settings import Settings, unknown_variables

_log = structlog.get_logger("tertius.api")

_TAGS = [
    {"name": "organizations", "description": "Organisations and how each stands in the network."},
    {"name": "alliances", "description": "Alliances and who takes part in them."},
    {"name": "network", "description": "The network as a whole."},
    {"name": "evidence", "description": "Cases, propositions that run, lists and models, ambiguities."},
    {"name": "advice", "description": "What the evidence advises, and who follows it."},
    {"name": "queries", "description": "Named queries: text, contract, answer."},
    {"name": "sparql", "description": "SPARQL 1.1, read-only, with limits that hold."},
    {"name": "reconciliation", "description": "Names of a table become organisations of the graph."},
    {"name": "writing", "description": "Who is the same as whom, and loads; writing takes a token."},
    {"name": "linked data", "description": "IRIs that lead somewhere."},
    {"name": "operations", "description": "Health and counters."},
]


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make an application; nothing is opened before it starts.

    Args:
        settings: The settings; read from the environment where there are none.

    Returns:
        An application whose `state.services` is there while it runs. Without a snapshot it starts all the
        same: `/readyz` and every question answer 503 until one is published.
    """
    settings = settings or Settings()
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        for name in unknown_variables():
            _log.warning("this variable sets nothing", variable=name)
        services = app.state.services = Services(settings, metrics)
        app.state.jobs = Jobs(settings)
        anyio.to_thread.current_default_thread_limiter().total_tokens = settings.threads
        try:
            await anyio.to_thread.run_sync(services.start)
            await anyio.to_thread.run_sync(app.state.jobs.start)
            yield
        finally:
            await anyio.to_thread.run_sync(app.state.jobs.close)
            await anyio.to_thread.run_sync(services.close)

    app = FastAPI(
        title="Tertius",
        version=exchange.VERSION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_tags=_TAGS,
        redirect_slashes=False,
        middleware=[
            Middleware(Observe, metrics=metrics, root_path=settings.root_path),
            Middleware(
                CrossOrigin,
                allow_origins=["*"],
                allow_methods=["GET", "HEAD", "POST", "DELETE", "OPTIONS"],
                allow_headers=["Authorization", "Content-Type", "If-None-Match", "Query-Id", "Request-Id"],
                expose_headers=list(EXPOSED),
                max_age=86_400,
            ),
            Middleware(QueryIds),
            Middleware(Failures, answer=problems.answer),
            Middleware(
                Limits,
                max_url_bytes=settings.max_url_bytes,
                max_body_bytes=settings.max_body_bytes,
                uploads={loads.LOADS: settings.max_upload_bytes},
            ),
            Middleware(Methods),
        ],
    )
    app.state.metrics = metrics
    app.state.root_path = settings.root_path
    app.mount("/static", StaticFiles(packages=[("tertius.api", "static")]), name="static")
    for install in (problems.install, exchange.install, identity.install, openapi.install):
        install(app)
    about_network = (
        organizations,
        matches,
        pairs,
        planning,
        ambidexterity,
        history,
        alliances,
        network,
        holes,
    )
    about_evidence = (evidence, propositions, advice)
    for room in (
        *about_network,
        *about_evidence,
        queries,
        sparql,
        explain,
        graph_store,
        running,
        judgements,
        loads,
        reconcile,
        reconcile_draft,
        linked,
        operations,
        pages,
    ):
        app.include_router(room.router)
    return app
