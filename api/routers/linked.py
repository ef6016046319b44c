"""IRIs that lead somewhere: individuals, the ontology, and the description of the data set."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response
from pyoxigraph import NamedNode
from tertius.api import ontology_page
from tertius.api.description import serialise, void
from tertius.api.exchange import Exchange
from tertius.api.middleware import public_path
from tertius.api.negotiate import HTML, JSON, JSONLD, NTRIPLES, RDFXML, TURTLE
from tertius.api.openapi import responses
from tertius.api.parameters import Parameters
from tertius.api.rdf import FORMATS
from tertius.api.routers.pages import SECURITY, render
from tertius.ontology import ontology_graph
from tertius.ontology.identity import individual
from tertius.queries.binding import bind
from tertius.queries.tokens import tokenise

router = APIRouter(tags=["linked data"])

_INDIVIDUAL: Final = (JSON, JSONLD, TURTLE, NTRIPLES, HTML)
_RDF: Final = (TURTLE, JSONLD, NTRIPLES, RDFXML)
_ROUTES: Final = {
    "organization": "organizations",
    "alliance": "alliances",
    "case": "cases",
    "proposition": "propositions",
    "framework": "frameworks",
}
_SEE_OTHER: Final = {**responses(404, 422), 303: {"description": "Where the description is."}}


@router.get(
    "/id/{kind}/{name}",
    operation_id="getIndividual",
    summary="Dereference an individual",
    response_class=Response,
    status_code=303,
    responses={status: said for status, said in _SEE_OTHER.items() if status != 200},
)
def get_individual(
    request: Request,
    kind: Annotated[str, Path(pattern=r"^[a-z-]{1,40}$", examples=["organization"])],
    name: Annotated[str, Path(pattern=r"^[A-Za-z0-9._~-]{1,200}$", examples=["aebagbafaydqqcij"])],
    query: Annotated[Parameters, Query()],
) -> Response:
    """Lead from the IRI of an individual to its description in the representation asked for."""
    exchange = Exchange(request, query, _INDIVIDUAL if kind in _ROUTES else _RDF)
    if kind in _ROUTES and exchange.media is HTML and kind == "organization":
        location = f"/organizations/{name}"
    elif kind in _ROUTES:
        location = f"/v1/{_ROUTES[kind]}/{name}"
        if exchange.media not in {JSON, HTML}:
            location += f"?format={exchange.media.name}"
    else:
        iri = NamedNode(individual(kind, name, exchange.view.base))
        question = bind(tokenise("DESCRIBE $individual"), {"individual": (iri,)})
        location = f"/sparql?{urlencode({'query': question, 'format': exchange.media.name})}"
    return Response(
        status_code=303, headers={"Location": public_path(request.scope, location), "Vary": "Accept"}
    )


@router.get(
    "/ontology",
    operation_id="getOntology",
    summary="The ontology",
    response_class=Response,
    responses=responses(422, offered=(*_RDF, HTML)),
)
def get_ontology(request: Request, query: Annotated[Parameters, Query()]) -> Response:
    """Return all classes, properties and concept schemes, as RDF or as a page in English and Dutch."""
    exchange = Exchange(request, query, (*_RDF, HTML))
    if exchange.media is HTML:
        return exchange.reply(render("ontology.html", request, ontology_page.contents()), headers=SECURITY)
    return exchange.reply(serialise(iter(ontology_graph()), FORMATS[exchange.media.name]))


@router.get(
    "/.well-known/void",
    operation_id="getVoid",
    summary="Description of the data set",
    response_class=Response,
    responses=responses(422, offered=_RDF),
)
def get_void(request: Request, query: Annotated[Parameters, Query()]) -> Response:
    """Return what the data set holds, from which sources and under which licences, in VoID."""
    exchange = Exchange(request, query, _RDF)
    body = void(exchange.view, exchange.services.settings.base, FORMATS[exchange.media.name])
    return exchange.reply(body)
