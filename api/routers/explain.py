"""`/sparql/explain`: what a query joins, how much that is, and which of its patterns costs."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
from fastapi import APIRouter, Request, Response
from tertius.api import sparql_request
from tertius.api.asking import attended
from tertius.api.clients import client
from tertius.api.diagnosis_models import Explanation, explanation
from tertius.api.errors import BadParameter
from tertius.api.exchange import provenance
from tertius.api.models import Envelope, Meta
from tertius.api.negotiate import JSON, choose
from tertius.api.openapi import responses
from tertius.api.query_ids import PARAMETERS, query_id
from tertius.api.services import Services
from tertius.api.sparql_request import SparqlRequest
from tertius.queries.diagnosis import Diagnosis, diagnose
from tertius.queries.shape_reader import read_shape
from tertius.store import Budget, Lane, QueryCancelled, StoreBusy

router = APIRouter(tags=["sparql"])

SECONDS = 5.0
"""Time for counting, if a caller's query has no less."""

_EXAMPLE = "SELECT ?name { ?position tt:constraint ?c ; tt:organization ?o . ?o skos:prefLabel ?name }"
_KNOWN = frozenset({"query", "default-graph-uri", "named-graph-uri", "format"})
_STATUSES = (400, 401, 403, 409, 413, 415, 422, 429)
_ANSWER: dict[str, Any] = {"response_model": Envelope[Explanation], "responses": responses(*_STATUSES)}


@router.get(
    "/sparql/explain",
    operation_id="explainSparql",
    summary="Why a SPARQL query is slow",
    openapi_extra={
        "parameters": [
            {
                "name": "query",
                "in": "query",
                "required": True,
                "description": "The query; it is not run itself.",
                "schema": {"type": "string", "examples": [_EXAMPLE]},
            },
            {
                "name": "default-graph-uri",
                "in": "query",
                "required": False,
                "description": "Graph that the query sees; may be repeated.",
                "schema": {"type": "array", "items": {"type": "string"}},
            },
            {
                "name": "named-graph-uri",
                "in": "query",
                "required": False,
                "description": "Graph that `GRAPH` reaches; may be repeated.",
                "schema": {"type": "array", "items": {"type": "string"}},
            },
            *PARAMETERS,
        ]
    },
    **_ANSWER,
)
async def explain(request: Request) -> Response:
    """Count what each pattern of a query matches, alone and joined, and name the costly one."""
    return await _answer(request, sparql_request.from_get(request))


@router.post(
    "/sparql/explain",
    operation_id="explainSparqlByPost",
    summary="Why a long SPARQL query is slow",
    openapi_extra={
        "parameters": PARAMETERS,
        "requestBody": sparql_request.described_body(_EXAMPLE),
    },
    **_ANSWER,
)
async def explain_post(request: Request) -> Response:
    """Count what each pattern of a query matches that is too long for an address."""
    return await _answer(request, await sparql_request.from_post(request))


async def _answer(request: Request, asked: SparqlRequest) -> Response:
    for name in request.query_params:
        if name not in _KNOWN:
            raise BadParameter(name, "is not a parameter of this address")
    services: Services = request.app.state.services
    caller, own_id = client(request, services.tokens), query_id(request)
    checked = await anyio.to_thread.run_sync(sparql_request.check, asked.text, services.limits)
    choose(request.headers.get("accept"), asked.format, (JSON,))
    view = None if services.remote is not None else await anyio.to_thread.run_sync(services.view)
    number = view.snapshot.number if view is not None else None
    if services.sparql_threads.available_tokens < 1:
        raise StoreBusy(retry_after=services.settings.queue_seconds)
    seconds = min(SECONDS, services.settings.sparql_seconds)
    with services.ledger.admitted(own_id, caller, snapshot=number, limit=seconds) as query:

        def run() -> Diagnosis:
            def ask(text: str, left: float) -> bytes:
                if query.cancelled:
                    raise QueryCancelled(own_id)
                return services.answering.query(
                    text,
                    dataset=asked.dataset,
                    budget=Budget(left, 10, 65_536),
                    lane=Lane.SPARQL,
                    snapshot=number,
                    query_id=own_id,
                    client=caller.name,
                ).body

            with services.metrics.timed("sparql-explain"):
                return diagnose(read_shape(checked.text), ask, seconds=seconds)

        found = await attended(request, services, query, run)
    meta = Meta(
        snapshot=number,
        as_of=view.as_of if view is not None else None,
        window=None,
        weight=None,
        next=None,
        note="The engine does not tell its own plan; the order is the one that the counts suggest.",
    )
    body = Envelope[Any](data=explanation(found), meta=meta).model_dump_json(serialize_as_any=True)
    said = {"Cache-Control": "no-store", "Vary": "Accept", "Content-Type": JSON.header, **provenance(meta)}
    return Response(body, headers=said)
