"""A whole source against others: the table that linking makes, page by page."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response
from tertius.api import link_table
from tertius.api.exchange import Exchange
from tertius.api.models import Envelope
from tertius.api.negotiate import CSV, JSON
from tertius.api.openapi import responses
from tertius.api.pairs import LinkedPair, PairsQuery, answer, cells, page

router = APIRouter(prefix="/v1/sources", tags=["organizations"])

_TABLE: Final = (JSON, CSV)
Source = Annotated[
    str, Path(pattern=r"^[a-z0-9-]{1,64}$", description="Name of a source.", examples=["clean-energy"])
]


@router.get(
    "/{source}/matches",
    operation_id="listMatchesOfSource",
    summary="Who else the organisations of a source may be",
    response_model=Envelope[list[LinkedPair]],
    responses=responses(404, 410, 422, offered=_TABLE),
)
def list_source_matches(request: Request, source: Source, query: Annotated[PairsQuery, Query()]) -> Response:
    """List the records of a source with their candidates in others, as `tertius link --dry-run` finds them.

    As CSV this is the table that `tertius link --output` writes: fill in `verdict` and send it back with
    `POST /v1/loads` as the source `judgements`. Nothing is judged by asking. A pair within one source stands
    under both of its records.
    """
    exchange = Exchange(request, query, _TABLE, asked={"source": source})
    position = exchange.position(int)
    rows, following = page(exchange.view, source, query, position[0] if position else None)
    next_page = exchange.next_page(None if following is None else (following,))
    if exchange.media is CSV:
        return exchange.csv(link_table.COLUMNS, map(cells, rows), next_page=next_page)
    return exchange.json(list(map(answer, rows)), next_page=next_page)
