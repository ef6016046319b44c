"""Alliances: list and one."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response
from tertius.api.exchange import Exchange
from tertius.api.graph import ABOUT_ALLIANCE
from tertius.api.identity import alliance_iri, alliance_key
from tertius.api.memberships import alliance_detail
from tertius.api.models import Alliance, AllianceRef, Envelope
from tertius.api.negotiate import CSV, JSON, JSONLD, NTRIPLES, TURTLE
from tertius.api.openapi import responses
from tertius.api.parameters import AlliancesQuery, Parameters
from tertius.api.rdf import FORMATS

router = APIRouter(prefix="/v1/alliances", tags=["alliances"])

_TABLE: Final = (JSON, CSV)
_FACTS: Final = (JSON, JSONLD, TURTLE, NTRIPLES)
_COLUMNS: Final = ("key", "iri", "name", "start", "end", "form")

Key = Annotated[str, Path(description="Key of the alliance.", examples=["bmbqibifa4eqscqa"], max_length=200)]


@router.get(
    "",
    operation_id="listAlliances",
    summary="Search and list alliances",
    response_model=Envelope[list[AllianceRef]],
    responses=responses(410, 422, offered=_TABLE),
)
def list_alliances(request: Request, query: Annotated[AlliancesQuery, Query()]) -> Response:
    """List alliances by name."""
    exchange = Exchange(request, query, _TABLE)
    page = exchange.view.directory.list_alliances(
        q=query.q,
        form=query.form,
        active_on=query.active_on.isoformat() if query.active_on else None,
        after=exchange.position(str, int),
        limit=query.limit,
    )
    known = exchange.view.directory.alliances(page.keys)
    rows = [known[key] for key in page.keys]
    return exchange.rows(rows, AllianceRef.model_dump, _COLUMNS, next_page=exchange.next_page(page.last))


@router.get(
    "/{key}",
    operation_id="getAlliance",
    summary="One alliance",
    response_model=Envelope[Alliance],
    responses=responses(404, 422, 504, offered=_FACTS),
)
def get_alliance(request: Request, key: Key, query: Annotated[Parameters, Query()]) -> Response:
    """Return one alliance with its partners, as JSON or as the triples that its source asserts."""
    exchange = Exchange(request, query, _FACTS)
    key = alliance_key(exchange, key)
    if exchange.media is JSON:
        return exchange.json(alliance_detail(exchange, key))
    answer = exchange.graph().construct(
        ABOUT_ALLIANCE, FORMATS[exchange.media.name], subject=alliance_iri(exchange, key)
    )
    return exchange.reply(answer.body)
