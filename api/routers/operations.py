"""How the service is: alive, ready, and in numbers."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from tertius.api import metrics
from tertius.api.errors import NotReady
from tertius.api.models import Health
from tertius.api.openapi import responses
from tertius.api.services import Services
from tertius.store import Budget, Lane, StoreError

router = APIRouter(tags=["operations"])

_NO_STORE = {"Cache-Control": "no-store"}
_PROBE = Budget(seconds=5.0, rows=1, bytes=4096)


@router.get(
    "/healthz",
    operation_id="getHealth",
    summary="Whether the process is alive",
    response_model=Health,
    responses=responses(),
)
async def get_health(response: Response) -> Health:
    """Answer as long as the process runs; says nothing about the data."""
    response.headers.update(_NO_STORE)
    return Health(status="ok")


@router.get(
    "/readyz",
    operation_id="getReadiness",
    summary="Whether questions can be answered",
    response_model=Health,
    responses=responses(),
)
def get_readiness(request: Request, response: Response) -> Health:
    """Answer 200 when a snapshot is open, a query worker answers, and each kind can be started; else 503."""
    services: Services = request.app.state.services
    view = services.view() if services.remote is None else None
    number = view.snapshot.number if view is not None else None
    try:
        services.answering.query("ASK {}", budget=_PROBE, lane=Lane.REST, snapshot=number)
    except StoreError as error:
        raise NotReady(f"Queries cannot be answered: {error}") from error
    if services.remote is None:
        for lane, state in services.store.lanes().items():
            # Asking each kind would have callers' own queries decide on this: they may keep all theirs busy.
            if state.alive == 0 and state.trouble is not None:
                raise NotReady(f"No {lane} worker can be started: {state.trouble}")
    response.headers.update(_NO_STORE)
    return Health(status="ready", snapshot=number)


@router.get(
    "/metrics",
    operation_id="getMetrics",
    summary="Counters for Prometheus",
    response_class=Response,
    responses=responses(),
)
def get_metrics(request: Request) -> Response:
    """Return counters by route template and query name, and how old each source is."""
    services: Services = request.app.state.services
    services.show_live()
    return Response(services.metrics.expose(), headers={**_NO_STORE, "Content-Type": metrics.CONTENT_TYPE})
