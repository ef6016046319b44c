"""The network as a whole: brokers, communities, numbers, and files of it."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from tertius.api import present
from tertius.api.exchange import Exchange
from tertius.api.models import BrokerBetween, Community, Envelope, Position, Summary
from tertius.api.negotiate import (
    ARROW,
    CSV,
    CYTOSCAPE,
    GEXF,
    GEXF_DYNAMIC,
    GRAPHML,
    JSON,
    PAJEK,
    PAJEK_PROJECT,
    PARQUET,
    UCINET,
)
from tertius.api.openapi import responses
from tertius.api.parameters import BetweenQuery, BrokersQuery, ExportQuery, NetworkListQuery, NetworkQuery
from tertius.queries.network import Circle, Order, Partition
from tertius.queries.network.export_formats import EXPORT_FORMATS

router = APIRouter(prefix="/v1/network", tags=["network"])

_TABLE: Final = (JSON, CSV)
_FILES: Final = (
    GRAPHML,
    CSV,
    GEXF,
    GEXF_DYNAMIC,
    PAJEK,
    PAJEK_PROJECT,
    UCINET,
    PARQUET,
    ARROW,
    CYTOSCAPE,
)


@router.get(
    "/brokers",
    operation_id="listBrokers",
    summary="The strongest brokers",
    response_model=Envelope[list[Position]],
    responses=responses(410, 422, 429, 504, offered=_TABLE),
)
def list_brokers(request: Request, query: Annotated[BrokersQuery, Query()]) -> Response:
    """List all organisations by how strongly they broker; those without ties come last."""
    exchange = Exchange(request, query, _TABLE)
    page = exchange.network().brokers(
        Order(query.order), Partition(query.partition), offset=exchange.offset, limit=query.limit
    )
    rows = present.positions(page.rows, exchange.view.directory)
    following = exchange.following(page.next)
    return exchange.rows(rows, present.flat_position, present.POSITION_COLUMNS, next_page=following)


@router.get(
    "/brokers-between",
    operation_id="listBrokersBetween",
    summary="Brokers between two sides",
    response_model=Envelope[list[BrokerBetween]],
    responses=responses(404, 410, 422, 429, 504, offered=_TABLE),
)
def list_brokers_between(request: Request, query: Annotated[BetweenQuery, Query()]) -> Response:
    """List who joins organisations of one side to those of the other that are not tied to each other.

    A side is an organisation, a circle or a community. Those who join most pairs come first.
    """
    exchange = Exchange(request, query, _TABLE)
    sides = exchange.view.directory.standing((query.one, query.other))
    one, other = _side(sides[query.one]), _side(sides[query.other])
    page = exchange.network().brokers_between(one, other, offset=exchange.offset, limit=query.limit)
    rows = present.brokers_between(page.rows, exchange.view.directory)
    following = exchange.following(page.next)
    return exchange.rows(rows, present.flat_broker_between, present.BETWEEN_COLUMNS, next_page=following)


@router.get(
    "/communities",
    operation_id="listCommunities",
    summary="Communities",
    response_model=Envelope[list[Community]],
    responses=responses(410, 422, 429, 504),
)
def list_communities(request: Request, query: Annotated[NetworkListQuery, Query()]) -> Response:
    """List the Leiden communities, the largest first."""
    exchange = Exchange(request, query)
    page = exchange.network().communities(offset=exchange.offset, limit=query.limit)
    rows = present.communities(page.rows, exchange.view.directory)
    return exchange.json(rows, next_page=exchange.following(page.next))


@router.get(
    "/summary",
    operation_id="getNetworkSummary",
    summary="The network in numbers",
    response_model=Envelope[Summary],
    responses=responses(422, 429, 504),
)
def get_summary(request: Request, query: Annotated[NetworkQuery, Query()]) -> Response:
    """Return the size and the shape of the network, and the sources that it rests on."""
    exchange = Exchange(request, query)
    network = exchange.network()
    return exchange.json(present.summary(network.summary(), network.lookups.shape, exchange.view.sources))


@router.get(
    "/export",
    operation_id="exportNetwork",
    summary="The network as a file",
    response_class=Response,
    responses=responses(422, 429, 504, offered=_FILES, modelled=False),
)
def export(request: Request, query: Annotated[ExportQuery, Query()]) -> Response:
    """Return the whole network as one file; CSV, Parquet and Arrow hold one of its two tables."""
    exchange = Exchange(request, query, _FILES)
    network = exchange.network()
    exchange.services.check_export(network)
    chosen = EXPORT_FORMATS[exchange.media.name]
    pieces = chosen.write(network, present.labels(exchange.view.directory), query.part)
    disposition = {"Content-Disposition": f'attachment; filename="{chosen.file_name(query.part)}"'}
    return exchange.file(pieces, headers=disposition)


def _side(given: str) -> str | Circle:
    """Read one side: a circle has a hyphen, a key never does."""
    kind, hyphen, value = given.partition("-")
    return Circle(Partition(kind), value) if hyphen else given
