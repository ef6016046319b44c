"""The SPARQL 1.1 protocol, query operation: GET, form POST and direct POST, read-only."""

from __future__ import annotations

from typing import Annotated, Final

import anyio.to_thread
from fastapi import APIRouter, Query, Request, Response
from tertius.api import etag, sparql_request
from tertius.api.asking import ask
from tertius.api.clients import client
from tertius.api.description import service_description
from tertius.api.exchange import VERSION, NotModified
from tertius.api.negotiate import HTML, JSONLD, NTRIPLES, RDFXML, TURTLE, choose
from tertius.api.openapi import responses
from tertius.api.query_ids import PARAMETERS, query_id
from tertius.api.rdf import FORMATS
from tertius.api.routers.pages import sparql_form
from tertius.api.services import Services
from tertius.api.sparql_request import SparqlRequest

router = APIRouter(tags=["sparql"])

_DESCRIPTION: Final = (TURTLE, NTRIPLES, RDFXML, JSONLD, HTML)
_OFFERED: Final = (
    *sparql_request.SELECT,
    *sparql_request.GRAPH,
)
_STATUSES: Final = (400, 401, 403, 409, 413, 415, 422, 429, 504)
_DETAILS: Final = {
    "parameters": [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": description,
            "schema": {"type": "array", "items": {"type": "string", "format": "iri"}},
        }
        for name, description in (
            ("default-graph-uri", "Graphs that make up the default graph; the union of all without any."),
            ("named-graph-uri", "Graphs that GRAPH can reach."),
        )
    ]
    + PARAMETERS
}
_EXAMPLE: Final = "SELECT ?name WHERE { ?organization a org:Organization ; skos:prefLabel ?name } LIMIT 10"


@router.get(
    "/sparql",
    operation_id="querySparql",
    summary="Ask a SPARQL query",
    response_class=Response,
    responses=responses(*_STATUSES, offered=_OFFERED),
    openapi_extra=_DETAILS,
)
async def get_sparql(
    request: Request,
    query: Annotated[str | None, Query(description="A SPARQL 1.1 query.", examples=[_EXAMPLE])] = None,
) -> Response:
    """Ask a SPARQL 1.1 query; without one, RDF types get the service description and browsers a form."""
    if query is None and "update" not in request.query_params:
        return await anyio.to_thread.run_sync(_describe, request)
    return await _answer(request, sparql_request.from_get(request))


@router.post(
    "/sparql",
    operation_id="postSparql",
    summary="Ask a SPARQL query by POST",
    response_class=Response,
    responses=responses(*_STATUSES, offered=_OFFERED),
    openapi_extra={
        **_DETAILS,
        "requestBody": sparql_request.described_body(_EXAMPLE),
    },
)
async def post_sparql(request: Request) -> Response:
    """Ask a SPARQL 1.1 query that is too long for an address."""
    return await _answer(request, await sparql_request.from_post(request))


def _describe(request: Request) -> Response:
    media = choose(request.headers.get("accept"), request.query_params.get("format"), _DESCRIPTION)
    services: Services = request.app.state.services
    if media is HTML:
        return sparql_form(request)
    body = service_description(services.view(), services.settings.base, FORMATS[media.name])
    headers = {"Vary": "Accept", "Cache-Control": "no-cache", "Content-Type": media.header}
    return Response(body, headers=headers)


async def _answer(request: Request, asked: SparqlRequest) -> Response:
    services: Services = request.app.state.services
    caller, own_id = client(request, services.tokens), query_id(request)
    # Everything that can be refused is refused here, before a worker hears of it.
    checked = await anyio.to_thread.run_sync(sparql_request.check, asked.text, services.limits)
    media = choose(request.headers.get("accept"), asked.format, sparql_request.offered(checked.form))
    # A remote store has no snapshots, and what it answers may be another thing a moment later.
    view = None if services.remote is not None else await anyio.to_thread.run_sync(services.view)
    headers = {"Content-Type": media.header, "Vary": "Accept"}
    if view is not None:
        headers["Tertius-Snapshot"] = str(view.snapshot.number)
    if view is not None and checked.deterministic:
        tag = etag.entity_tag(
            snapshot=str(view.snapshot.manifest.uuid),
            software=VERSION,
            media_type=media.type,
            route="/sparql",
            parameters={
                "query": asked.text,
                "default": asked.dataset.default_graphs,
                "named": asked.dataset.named_graphs,
            },
        )
        headers |= {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
        if etag.matches(request.headers.get("if-none-match"), tag):
            raise NotModified({name: headers[name] for name in ("ETag", "Vary", "Cache-Control")})
    else:
        headers["Cache-Control"] = "no-store"
    answer = await ask(
        request,
        services,
        view,
        checked.text,
        query_id=own_id,
        client=caller,
        dataset=asked.dataset,
        form=FORMATS[media.name],
    )
    return Response(answer.body, headers=headers)
