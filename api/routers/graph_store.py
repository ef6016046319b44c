"""The SPARQL 1.1 Graph Store HTTP Protocol, reading only: whole graphs by name."""

from __future__ import annotations

from typing import Annotated, Any, Final

import anyio.to_thread
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field
from tertius.api.asking import ask
from tertius.api.clients import client
from tertius.api.description import OWN_GRAPHS
from tertius.api.errors import BadParameter, BadRequest, NotFound
from tertius.api.exchange import Exchange
from tertius.api.negotiate import JSONLD, NTRIPLES, RDFXML, TURTLE
from tertius.api.openapi import responses
from tertius.api.parameters import Parameters
from tertius.api.query_ids import PARAMETERS, query_id
from tertius.api.rdf import FORMATS
from tertius.ontology.identity import graph
from tertius.store import WHOLE_DATASET, Dataset

router = APIRouter(tags=["sparql"])

_RDF: Final = (TURTLE, NTRIPLES, RDFXML, JSONLD)
_STATUSES: Final = (400, 401, 404, 409, 422, 429, 504)
_ALL: Final = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"


class GraphStoreQuery(Parameters):
    """Which graph is wanted, named in the address."""

    default: str | None = Field(
        None, max_length=2000, description="The default graph, which is the union of all; takes no value."
    )
    graph: str | None = Field(
        None,
        max_length=2000,
        description="IRI of a named graph.",
        examples=["https://w3id.org/tertius/graph/ontology"],
    )


@router.get(
    "/rdf-graph-store",
    operation_id="getGraph",
    summary="A whole graph",
    response_class=Response,
    responses=responses(*_STATUSES, offered=_RDF),
    openapi_extra={"parameters": PARAMETERS},
)
async def get_graph(request: Request, query: Annotated[GraphStoreQuery, Query()]) -> Response:
    """Return the graph that `graph` names, or with `default` the union of all."""
    exchange = await anyio.to_thread.run_sync(Exchange, request, query, _RDF)
    if (query.default is None) == (query.graph is None):
        raise BadRequest("Name one graph: `?graph=` and its IRI, or `?default` for the union of all.")
    if query.default:
        raise BadParameter("default", "takes no value; a graph is named by `graph`")
    return await _whole(exchange, query.graph)


@router.get(
    "/graph/{name}",
    operation_id="getNamedGraph",
    summary="A whole graph by its own address",
    response_class=Response,
    responses=responses(*_STATUSES, offered=_RDF),
    openapi_extra={"parameters": PARAMETERS},
)
async def get_named_graph(
    request: Request,
    name: Annotated[
        str,
        Path(
            pattern=r"^[a-z0-9-]{1,64}$", description="Name of a source or of a graph.", examples=["ontology"]
        ),
    ],
    query: Annotated[Parameters, Query()],
) -> Response:
    """Return the graph whose IRI is this address under the base of all IRIs."""
    exchange = await anyio.to_thread.run_sync(Exchange, request, query, _RDF)
    return await _whole(exchange, graph(name, exchange.view.base))


async def _whole(exchange: Exchange[Any], iri: str | None) -> Response:
    """Answer with a named graph, or with the union of all where there is no name.

    Raises:
        NotFound: There is no such graph.
        BadParameter: The name is not an absolute IRI.
    """
    try:
        dataset = WHOLE_DATASET if iri is None else Dataset(default_graphs=(iri,))
    except ValueError as error:
        raise BadParameter("graph", str(error)) from None
    request, view = exchange.request, exchange.view
    answer = await ask(
        request,
        exchange.services,
        view,
        _ALL,
        query_id=query_id(request),
        client=client(request, exchange.services.tokens),
        dataset=dataset,
        form=FORMATS[exchange.media.name],
    )
    # A graph without triples exists only where the service description lists it.
    if iri is not None and not answer.rows:
        listed = (*view.snapshot.manifest.sources, *OWN_GRAPHS)
        if iri not in {graph(name, view.base) for name in listed}:
            raise NotFound(f"There is no graph {iri[:200]}; the service description at /sparql lists them.")
    return await anyio.to_thread.run_sync(exchange.reply, answer.body)
