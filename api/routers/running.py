"""Callers' SPARQL queries that are under way: which, for how long, and an end to them."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response
from tertius.api.asking import stop
from tertius.api.clients import client
from tertius.api.errors import NotFound
from tertius.api.ledger import UnderWay
from tertius.api.models import Envelope, Meta, RunningQuery
from tertius.api.negotiate import JSON, choose
from tertius.api.openapi import responses
from tertius.api.parameters import Parameters
from tertius.api.query_ids import PATTERN
from tertius.api.services import Services, View

router = APIRouter(prefix="/v1/running", tags=["sparql"])

QueryId = Annotated[
    str,
    Path(
        pattern=PATTERN,
        description="Id of the query: what its `Query-Id` header said.",
        examples=["0f8fad5bd9cb469fa16570867728950e"],
    ),
]
_PROBLEMS: Final = {status: said for status, said in responses(404, 422).items() if status != 200}
_HEADERS: Final = {"Cache-Control": "no-store", "Vary": "Accept, Authorization"}


@router.get(
    "",
    operation_id="listRunning",
    summary="One's own SPARQL queries under way",
    response_model=Envelope[list[RunningQuery]],
    responses=responses(401, 422),
)
def list_running(request: Request, query: Annotated[Parameters, Query()]) -> Response:
    """List the queries of this client, oldest first: those of its token, or of its address without one."""
    services, view = _opened(request, query)
    mine = services.ledger.of(client(request, services.tokens))
    return _reply(view, [_shown(services, one) for one in mine])


@router.get(
    "/{query_id}",
    operation_id="getRunning",
    summary="A SPARQL query under way",
    response_model=Envelope[RunningQuery],
    responses=responses(404, 422),
)
def get_running(request: Request, query_id: QueryId, query: Annotated[Parameters, Query()]) -> Response:
    """Return how a query is doing; whoever has its id may know."""
    services, view = _opened(request, query)
    return _reply(view, _shown(services, _found(services, query_id)))


@router.delete(
    "/{query_id}",
    operation_id="stopRunning",
    summary="Stop a SPARQL query",
    status_code=204,
    response_class=Response,
    responses={**_PROBLEMS, 204: {"description": "It has been told to stop."}},
)
async def stop_running(request: Request, query_id: QueryId) -> Response:
    """Stop a query; whoever has its id may. Whoever waits for its answer gets the problem `cancelled`."""
    services: Services = request.app.state.services
    await stop(services, _found(services, query_id))
    return Response(status_code=204, headers=_HEADERS)


def _opened(request: Request, query: Parameters) -> tuple[Services, View | None]:
    choose(request.headers.get("accept"), query.format, (JSON,))
    services: Services = request.app.state.services
    return services, services.view() if services.remote is None else None


def _found(services: Services, query_id: str) -> UnderWay:
    found = services.ledger.find(query_id)
    if found is None:
        raise NotFound(f"No query with the id {query_id} is under way; it may have ended.")
    return found


def _shown(services: Services, query: UnderWay) -> RunningQuery:
    return RunningQuery(
        query_id=query.query_id,
        state="waiting" if query.began is None else "running",
        snapshot=query.snapshot,
        started=query.started,
        seconds=round(services.ledger.seconds(query), 3),
        limit=query.limit,
    )


def _reply(view: View | None, data: RunningQuery | list[RunningQuery]) -> Response:
    meta = Meta(
        snapshot=view.snapshot.number if view else None,
        as_of=view.as_of if view else None,
        window=None,
        weight=None,
        next=None,
    )
    body = Envelope(data=data, meta=meta).model_dump_json()
    return Response(body, headers=_HEADERS, media_type=JSON.type)
