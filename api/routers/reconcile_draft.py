"""The draft of version 1.0 of the Reconciliation Service API, beside version 0.2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from tertius.api.errors import BadRequest
from tertius.api.negotiate import HTML, JSON, choose
from tertius.api.openapi import responses
from tertius.api.reconciliation import common
from tertius.api.reconciliation.candidates import Reconciler
from tertius.api.reconciliation.extension import metadata, read_extension, values
from tertius.api.reconciliation.manifest import DRAFT, manifest_of_draft
from tertius.api.reconciliation.requests import address_of, admitted, answer, check_size, json_body
from tertius.api.reconciliation.suggest import PER_PAGE
from tertius.api.reconciliation.wanted import read_draft
from tertius.api.routers.reconcile import Cursor, Id, Limit, Prefix, What
from tertius.api.services import Services, View

router = APIRouter(prefix=DRAFT, tags=["reconciliation"])

_STATUSES: Final = (400, 401, 413, 415, 422, 429, 504)
_BODY: Final = {"type": "object"}


def _takes(example: Mapping[str, Any]) -> dict[str, Any]:
    content = {JSON.type: {"schema": _BODY, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


@router.get(
    "",
    operation_id="getDraftReconciliationService",
    summary="Describe the reconciliation service (draft of 1.0)",
    response_class=JSONResponse,
    responses=responses(),
)
def get_manifest(request: Request) -> Response:
    """Return the service manifest as the draft of version 1.0 has it."""
    choose(request.headers.get("accept"), None, (JSON,))
    services: Services = request.app.state.services
    return answer(manifest_of_draft(services.settings, address_of(request)))


@router.post(
    "/match",
    operation_id="matchDraftReconciliation",
    summary="Reconcile a batch of names (draft of 1.0)",
    response_class=JSONResponse,
    responses=responses(*_STATUSES),
    openapi_extra=_takes(
        {"queries": [{"conditions": [{"matchType": "name", "propertyValue": "Fraunhofer"}], "limit": 3}]}
    ),
)
async def post_match(request: Request) -> Response:
    """Return candidates for each query of a batch, in the order of the batch."""
    given = await json_body(request)
    batch = given.get("queries") if isinstance(given, Mapping) else None
    if not isinstance(batch, list):
        raise BadRequest("The body is not a JSON object with a list of `queries`.")
    services: Services = request.app.state.services
    check_size(len(batch), services.settings.reconcile_queries)

    def work(services: Services, view: View) -> list[dict[str, Any]]:
        reconciler = Reconciler(services, view)
        return [reconciler.answer(query, read_draft, "candidates") for query in batch]

    found, view = await admitted(request, work)
    return answer({"results": found}, view)


@router.post(
    "/extend",
    operation_id="extendDraftReconciliation",
    summary="Fetch properties of organisations (draft of 1.0)",
    response_class=JSONResponse,
    responses=responses(*_STATUSES),
    openapi_extra=_takes({"ids": ["aebagbafaydqqcij"], "properties": [{"id": "constraint"}]}),
)
async def post_extend(request: Request) -> Response:
    """Return the values of properties, in the order of the ids asked for."""
    query = read_extension(await json_body(request))
    rows, view = await admitted(request, lambda services, view: values(services, view, query))
    listed = [
        {"id": key, "properties": [{"id": name, "values": cells} for name, cells in row.items()]}
        for key, row in rows.items()
    ]
    return answer({"meta": metadata(query), "rows": listed}, view)


@router.get(
    "/extend/propose",
    operation_id="proposeDraftReconciliationProperties",
    summary="Propose properties to fetch (draft of 1.0)",
    response_class=JSONResponse,
    responses=responses(422),
)
def get_proposals(
    request: Request,
    type: Annotated[  # noqa: A002 - the protocol's name
        str, Query(max_length=200, description="Type of the organisations.", examples=["organization"])
    ] = "organization",
    limit: Annotated[int | None, Query(ge=1, le=1000, description="Most properties.", examples=[10])] = None,
) -> Response:
    """Propose the properties that a table of organisations can be extended with."""
    choose(request.headers.get("accept"), None, (JSON,))
    return answer(common.proposals(type, limit))


@router.get(
    "/suggest/{what}",
    operation_id="suggestForDraftReconciliation",
    summary="Suggest organisations, types or properties (draft of 1.0)",
    response_class=JSONResponse,
    responses=responses(404, 422, 504),
)
def get_suggestions(
    request: Request, what: What, prefix: Prefix = "", cursor: Cursor = 0, limit: Limit = PER_PAGE
) -> Response:
    """Suggest `entity`, `type` or `property` by the beginnings of words."""
    return common.suggestions(request, what, prefix, cursor, limit)


@router.get(
    "/preview",
    operation_id="previewDraftOrganization",
    summary="A small page about an organisation (draft of 1.0)",
    response_class=Response,
    responses=responses(404, 422, offered=(HTML,)),
)
def get_preview(request: Request, id: Id) -> Response:  # noqa: A002
    """Show an organisation in a page that clients put into a frame."""
    return common.preview(request, id)
