"""The Reconciliation Service API, version 0.2: names of a table become organisations of the graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from tertius.api.errors import BadRequest
from tertius.api.forms import FORM, decode_pairs
from tertius.api.negotiate import HTML, JSON, choose
from tertius.api.openapi import responses
from tertius.api.reconciliation import common
from tertius.api.reconciliation.candidates import Reconciler
from tertius.api.reconciliation.extension import metadata, read_extension, values
from tertius.api.reconciliation.manifest import PATH, manifest_02
from tertius.api.reconciliation.requests import address_of, admitted, answer, asked, check_size, form, parsed
from tertius.api.reconciliation.suggest import PER_PAGE
from tertius.api.reconciliation.wanted import read_02
from tertius.api.services import Services, View

router = APIRouter(prefix=PATH, tags=["reconciliation"])

_STATUSES: Final = (400, 401, 413, 415, 422, 429, 504)
_BATCH: Final = {"q0": {"query": "Fraunhofer", "limit": 3, "properties": [{"pid": "country", "v": "DE"}]}}
_SAID: Final = {
    "queries": "A batch of reconciliation queries: a JSON object of queries by names of the caller's.",
    "query": "One reconciliation query: its text, or a JSON object.",
    "extend": "A data extension query: a JSON object with `ids` and `properties`.",
}

What = Annotated[str, Path(description="`entity`, `type` or `property`.", examples=["entity"])]
Prefix = Annotated[str, Query(max_length=200, description="What was typed so far.", examples=["fraun"])]
Cursor = Annotated[int, Query(ge=0, description="How many suggestions to skip.", examples=[10])]
Limit = Annotated[int, Query(ge=1, le=100, description="Most suggestions.", examples=[10])]
Id = Annotated[str, Query(max_length=200, description="Id of what to show.", examples=["aebagbafaydqqcij"])]


@router.get(
    "",
    operation_id="getReconciliationService",
    summary="Describe the reconciliation service, or ask it",
    response_class=JSONResponse,
    responses=responses(*_STATUSES),
    openapi_extra={
        "parameters": [
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": said,
                "schema": {"type": "string"},
            }
            for name, said in _SAID.items()
        ]
    },
)
async def get_reconcile(request: Request) -> Response:
    """Return the service manifest; with `queries` candidates for them, with `extend` values of properties."""
    found = asked(decode_pairs(request.scope["query_string"]))
    if found is not None:
        return await _answered(request, *found)
    choose(request.headers.get("accept"), None, (JSON,))
    services: Services = request.app.state.services
    return answer(manifest_02(services.settings, address_of(request)))


@router.post(
    "",
    operation_id="postReconciliationQueries",
    summary="Reconcile a batch of names, or fetch properties",
    response_class=JSONResponse,
    responses=responses(*_STATUSES),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                FORM: {
                    "schema": {
                        "type": "object",
                        "properties": {
                            name: {"type": "string", "description": said} for name, said in _SAID.items()
                        },
                    },
                }
            },
        }
    },
)
async def post_reconcile(request: Request) -> Response:
    """Return candidates for a form's `queries`, or values of properties for its `extend`.

    A query that is wrong has an `error` in the place of its candidates, and the others are answered all the
    same. A batch that takes too long is answered 504, never in part.
    """
    return await _answered(request, *await form(request))


@router.get(
    "/suggest/{what}",
    operation_id="suggestForReconciliation",
    summary="Suggest organisations, types or properties",
    response_class=JSONResponse,
    responses=responses(404, 422, 504),
)
def get_suggestions(
    request: Request, what: What, prefix: Prefix = "", cursor: Cursor = 0, limit: Limit = PER_PAGE
) -> Response:
    """Suggest `entity`, `type` or `property` by the beginnings of words; ids and identifiers find exactly."""
    return common.suggestions(request, what, prefix, cursor, limit)


@router.get(
    "/flyout/{what}",
    operation_id="getReconciliationFlyout",
    summary="A few words about a suggestion",
    response_class=JSONResponse,
    responses=responses(404, 422, 504),
)
def get_flyout(request: Request, what: What, id: Id) -> Response:  # noqa: A002 - the protocol's name
    """Return a small piece of HTML about an `entity`, a `type` or a `property`."""
    return common.flyout(request, what, id)


@router.get(
    "/preview",
    operation_id="previewOrganization",
    summary="A small page about an organisation",
    response_class=Response,
    responses=responses(404, 422, offered=(HTML,)),
)
def get_preview(request: Request, id: Id) -> Response:  # noqa: A002
    """Show an organisation in a page that clients put into a frame."""
    return common.preview(request, id)


@router.get(
    "/properties",
    operation_id="proposeReconciliationProperties",
    summary="Propose properties to fetch",
    response_class=JSONResponse,
    responses=responses(422),
)
def get_properties(
    request: Request,
    type: Annotated[  # noqa: A002
        str, Query(max_length=200, description="Type of the organisations.", examples=["organization"])
    ] = "organization",
    limit: Annotated[int | None, Query(ge=1, le=1000, description="Most properties.", examples=[10])] = None,
) -> Response:
    """Propose the properties that a table of organisations can be extended with."""
    choose(request.headers.get("accept"), None, (JSON,))
    return answer(common.proposals(type, limit))


async def _answered(request: Request, name: str, text: str) -> Response:
    services: Services = request.app.state.services
    if name == "extend":
        query = read_extension(parsed("`extend`", text))
        rows, view = await admitted(request, lambda services, view: values(services, view, query))
        return answer({"meta": metadata(query), "rows": rows}, view)
    if name == "query":
        given = parsed("`query`", text) if text.lstrip().startswith("{") else text
        one, view = await admitted(
            request, lambda services, view: Reconciler(services, view).answer(given, read_02, "result")
        )
        return answer(one, view)
    batch = parsed("`queries`", text)
    if not isinstance(batch, Mapping):
        raise BadRequest("`queries` is not a JSON object of queries by name.")
    check_size(len(batch), services.settings.reconcile_queries)

    def work(services: Services, view: View) -> dict[str, Any]:
        reconciler = Reconciler(services, view)
        return {name: reconciler.answer(query, read_02, "result") for name, query in batch.items()}

    found, view = await admitted(request, work)
    return answer(found, view)
