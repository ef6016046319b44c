"""The evidence base: cases with their coded statements, lists and models, ambiguities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pyoxigraph import Literal, NamedNode
from tertius.api import evidence, evidence_graph
from tertius.api.evidence_models import (
    Ambiguity,
    Case,
    CaseDetail,
    Framework,
    FrameworkDetail,
    Observation,
    names,
)
from tertius.api.exchange import Exchange
from tertius.api.models import Envelope, Model
from tertius.api.negotiate import CSV, JSON, JSONLD, NTRIPLES, TURTLE
from tertius.api.openapi import responses
from tertius.api.parameters import ListParameters, Parameters
from tertius.api.rdf import FORMATS

router = APIRouter(prefix="/v1", tags=["evidence"])

FACTS: Final = (JSON, JSONLD, TURTLE, NTRIPLES)
TABLE: Final = (JSON, CSV, JSONLD, TURTLE, NTRIPLES)

Letter = Annotated[str, Path(description="Letter of the case.", examples=["J"], max_length=10)]
Key = Annotated[
    str, Path(description="Key of the list or model.", examples=["due-diligence"], max_length=200)
]


@router.get(
    "/cases",
    operation_id="listCases",
    summary="The cases of the study",
    response_model=Envelope[list[Case]],
    responses=responses(410, 422, 504, offered=TABLE),
)
def list_cases(request: Request, query: Annotated[ListParameters, Query()]) -> Response:
    """List the seventeen cases with what their sources say of each; what none says is `null`."""
    exchange = Exchange(request, query, TABLE)
    if exchange.media in FACTS[1:]:
        return triples(exchange, evidence_graph.CASES)
    found, following = evidence.page(exchange, evidence.cases(exchange), query.limit)
    return exchange.rows(found, flat, names(Case), next_page=following)


@router.get(
    "/cases/{letter}",
    operation_id="getCase",
    summary="One case",
    response_model=Envelope[CaseDetail],
    responses=responses(404, 422, 504, offered=FACTS),
)
def get_case(request: Request, letter: Letter, query: Annotated[Parameters, Query()]) -> Response:
    """Return one case with its interviewees and how it stands to every proposition."""
    exchange = Exchange(request, query, FACTS)
    found = evidence.case(exchange, letter)
    if exchange.media is not JSON:
        return triples(exchange, evidence_graph.CASE, subject=NamedNode(found.iri))
    return exchange.json(found)


@router.get(
    "/cases/{letter}/observations",
    operation_id="listCaseObservations",
    summary="Coded statements about one case",
    response_model=Envelope[list[Observation]],
    responses=responses(404, 410, 422, 504, offered=TABLE),
)
def list_observations(
    request: Request, letter: Letter, query: Annotated[ListParameters, Query()]
) -> Response:
    """List every coded statement about a case, with paraphrase, place and confidence."""
    exchange = Exchange(request, query, TABLE)
    found = evidence.observations(exchange, letter)
    if exchange.media in FACTS[1:]:
        subject = NamedNode(evidence.individual_of(exchange, "case", letter))
        return triples(exchange, evidence_graph.OBSERVATIONS, subject=subject)
    part, following = evidence.page(exchange, found, query.limit)
    return exchange.rows(part, flat, names(Observation), next_page=following)


@router.get(
    "/frameworks",
    operation_id="listFrameworks",
    summary="Lists and models of the documents",
    response_model=Envelope[list[Framework]],
    responses=responses(410, 422, 504, offered=TABLE),
)
def list_frameworks(request: Request, query: Annotated[ListParameters, Query()]) -> Response:
    """List the frameworks: what each holds, how it is arranged and where it comes from."""
    exchange = Exchange(request, query, TABLE)
    if exchange.media in FACTS[1:]:
        return triples(exchange, evidence_graph.FRAMEWORKS)
    found, following = evidence.page(exchange, evidence.frameworks(exchange), query.limit)
    return exchange.rows(found, flat, names(Framework), next_page=following)


@router.get(
    "/frameworks/{key}",
    operation_id="getFramework",
    summary="One list or model",
    response_model=Envelope[FrameworkDetail],
    responses=responses(404, 422, 504, offered=FACTS),
)
def get_framework(request: Request, key: Key, query: Annotated[Parameters, Query()]) -> Response:
    """Return a list or model with its items in order, their places and their links."""
    exchange = Exchange(request, query, FACTS)
    found = evidence.framework(exchange, key)
    if exchange.media is not JSON:
        return triples(exchange, evidence_graph.FRAMEWORK, subject=NamedNode(found.iri))
    return exchange.json(found)


@router.get(
    "/ambiguities",
    operation_id="listAmbiguities",
    summary="Where the documents disagree",
    response_model=Envelope[list[Ambiguity]],
    responses=responses(410, 422, 504, offered=FACTS),
)
def list_ambiguities(request: Request, query: Annotated[ListParameters, Query()]) -> Response:
    """List the places where documents contradict themselves or each other, with every reading."""
    exchange = Exchange(request, query, FACTS)
    if exchange.media is not JSON:
        return triples(exchange, evidence_graph.AMBIGUITIES)
    found, following = evidence.page(exchange, evidence.ambiguities(exchange), query.limit)
    return exchange.json(list(found), next_page=following)


def triples(exchange: Exchange[Any], text: str, **terms: NamedNode | Literal) -> Response:
    """Answer with the triples of a CONSTRUCT query, whole."""
    return exchange.reply(exchange.graph().construct(text, FORMATS[exchange.media.name], **terms).body)


def flat(row: Model) -> Mapping[str, object]:
    """Write a model as one CSV record: texts in English, lists parted by spaces, places by their name."""
    return {name: _cell(value) for name, value in row.model_dump().items()}


def _cell(value: object) -> object:
    if isinstance(value, dict):
        if "en" in value:
            return value["en"]
        if "place" in value:
            return f"{value['document']}: {value['place']}"
        return " ".join(f"{name}={one}" for name, one in value.items() if one is not None)
    if isinstance(value, list):
        return " ".join(map(str, value))
    return value
