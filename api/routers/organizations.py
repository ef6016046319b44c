"""Organisations: search, one, and how each stands in the network."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from tertius.api import present
from tertius.api.errors import NotFound
from tertius.api.exchange import Exchange
from tertius.api.graph import ABOUT_ORGANIZATION, POSITION_OF
from tertius.api.identity import normalised, organization_iri, organization_key
from tertius.api.memberships import memberships_of
from tertius.api.models import (
    Bridge,
    EgoNetwork,
    Envelope,
    Membership,
    Organization,
    OrganizationDetail,
    Position,
    Tie,
)
from tertius.api.negotiate import CSV, JSON, JSONLD, NTRIPLES, TURTLE
from tertius.api.openapi import responses
from tertius.api.parameters import (
    EgoQuery,
    ListParameters,
    NetworkListQuery,
    NetworkQuery,
    OrganizationsQuery,
    Parameters,
)
from tertius.api.rdf import FORMATS
from tertius.queries.network import Partition

router = APIRouter(prefix="/v1/organizations", tags=["organizations"])

Key = Annotated[
    str,
    Path(
        description="Key of the organisation, or an identifier as `scheme:value` (answered with 308).",
        examples=["aebagbafaydqqcij", "pic:999981634"],
        max_length=200,
    ),
]

_TABLE: Final = (JSON, CSV)
_FACTS: Final = (JSON, JSONLD, TURTLE, NTRIPLES)
_ORGANIZATION_COLUMNS: Final = ("key", "iri", "name", "country", "sector", "type", "identifiers")
_MEMBERSHIP: Final = ("key", "name", "form", "role", "start", "end", "last_observed")


@router.get(
    "",
    operation_id="listOrganizations",
    summary="Search and list organisations",
    response_model=Envelope[list[Organization]],
    responses=responses(410, 422, offered=_TABLE),
)
def list_organizations(request: Request, query: Annotated[OrganizationsQuery, Query()]) -> Response:
    """List organisations by name, or by relevance where `q` is given."""
    exchange = Exchange(request, query, _TABLE)
    scheme, _, value = (query.identifier or "").partition(":")
    circle = query.circle.split("-", 1) if query.circle else None
    page = exchange.view.directory.list_organizations(
        q=query.q,
        identifier=normalised(scheme, value) if query.identifier else None,
        country=query.country,
        circle=(circle[0], circle[1]) if circle else None,
        after=exchange.position(str | float | int, int),
        limit=query.limit,
    )
    known = exchange.view.directory.organizations(page.keys)
    rows = [known[key] for key in page.keys]
    return exchange.rows(rows, _flat, _ORGANIZATION_COLUMNS, next_page=exchange.next_page(page.last))


@router.get(
    "/{key}",
    operation_id="getOrganization",
    summary="One organisation",
    response_model=Envelope[OrganizationDetail],
    responses=responses(404, 422, 504, offered=_FACTS),
)
def get_organization(request: Request, key: Key, query: Annotated[Parameters, Query()]) -> Response:
    """Return one organisation, as JSON or as the triples that its sources assert."""
    exchange = Exchange(request, query, _FACTS)
    key = organization_key(exchange, key)
    if exchange.media is not JSON:
        answer = exchange.graph().construct(
            ABOUT_ORGANIZATION, FORMATS[exchange.media.name], subject=organization_iri(exchange, key)
        )
        return exchange.reply(answer.body)
    found = exchange.view.directory.organization(key)
    if found is None:
        raise NotFound(f"no organization has the key {key}")
    return exchange.json(found)


@router.get(
    "/{key}/alliances",
    operation_id="listAlliancesOfOrganization",
    summary="Alliances of an organisation",
    response_model=Envelope[list[Membership]],
    responses=responses(404, 410, 422, 504, offered=_TABLE),
)
def list_alliances(request: Request, key: Key, query: Annotated[ListParameters, Query()]) -> Response:
    """List the alliances that an organisation takes or took part in, the earliest first."""
    exchange = Exchange(request, query, _TABLE)
    key = organization_key(exchange, key)
    rows = memberships_of(exchange, key)
    end = exchange.offset + query.limit
    following = exchange.following(end if end < len(rows) else None)
    return exchange.rows(rows[exchange.offset : end], _flat_membership, _MEMBERSHIP, next_page=following)


@router.get(
    "/{key}/ties",
    operation_id="listTiesOfOrganization",
    summary="Ties of an organisation",
    response_model=Envelope[list[Tie]],
    responses=responses(404, 410, 422, 429, 504, offered=_TABLE),
)
def list_ties(request: Request, key: Key, query: Annotated[NetworkListQuery, Query()]) -> Response:
    """List the partners of an organisation with what ties them, the heaviest tie first."""
    exchange = Exchange(request, query, _TABLE)
    key = organization_key(exchange, key)
    page = exchange.network().ties(key, offset=exchange.offset, limit=query.limit)
    rows = present.ties(page.rows, exchange.view.directory)
    following = exchange.following(page.next)
    return exchange.rows(rows, present.flat_tie, present.TIE_COLUMNS, next_page=following)


@router.get(
    "/{key}/position",
    operation_id="getPositionOfOrganization",
    summary="Position of an organisation",
    response_model=Envelope[Position],
    responses=responses(404, 422, 429, 504, offered=(JSON, CSV, TURTLE)),
)
def get_position(request: Request, key: Key, query: Annotated[NetworkQuery, Query()]) -> Response:
    """Return degree, constraint, effective size and the other measures of one organisation.

    Turtle is there for the default parameters only: it is what the graph holds.
    """
    default = query.model_dump(exclude={"format"}) == NetworkQuery().model_dump(exclude={"format"})
    exchange = Exchange(request, query, (JSON, CSV, TURTLE) if default else _TABLE)
    key = organization_key(exchange, key)
    if exchange.media is TURTLE:
        answer = exchange.graph().construct(
            POSITION_OF, FORMATS["turtle"], subject=organization_iri(exchange, key)
        )
        return exchange.reply(answer.body)
    rows = present.positions(
        [exchange.network().position(key, Partition(query.partition))], exchange.view.directory
    )
    if exchange.media is CSV:
        return exchange.rows(rows, present.flat_position, present.POSITION_COLUMNS)
    return exchange.json(rows[0])


@router.get(
    "/{key}/bridges",
    operation_id="listBridgesOfOrganization",
    summary="Bridging partners of an organisation",
    response_model=Envelope[list[Bridge]],
    responses=responses(404, 410, 422, 429, 504, offered=_TABLE),
)
def list_bridges(request: Request, key: Key, query: Annotated[NetworkListQuery, Query()]) -> Response:
    """List the partners through whom an organisation reaches others.

    Those who lead to most organisations that nobody else leads to come first, then those who constrain less.
    Each says what the organisation would be left with if that partner left the network.
    """
    exchange = Exchange(request, query, _TABLE)
    key = organization_key(exchange, key)
    partition = Partition(query.partition)
    network = exchange.network()
    page = network.bridges(key, partition, offset=exchange.offset, limit=query.limit)
    rows = present.bridges(page.rows, network.position(key), network.reach(key), exchange.view.directory)
    following = exchange.following(page.next)
    return exchange.rows(rows, present.flat_bridge, present.BRIDGE_COLUMNS, next_page=following)


@router.get(
    "/{key}/network",
    operation_id="getEgoNetworkOfOrganization",
    summary="Ego network of an organisation",
    response_model=Envelope[EgoNetwork],
    responses=responses(404, 422, 429, 504),
)
def get_network(request: Request, key: Key, query: Annotated[EgoQuery, Query()]) -> Response:
    """Return an organisation, its partners (those of the heaviest ties first), and all ties among them."""
    exchange = Exchange(request, query)
    key = organization_key(exchange, key)
    found = exchange.network().ego(key, limit=query.max_partners_shown)
    return exchange.json(present.ego(found, exchange.view.directory))


def _flat(row: Any) -> dict[str, object]:
    return {
        **row.model_dump(include={"key", "iri", "name", "country"}),
        "sector": row.circles.sector,
        "type": row.circles.type,
        "identifiers": " ".join(f"{one.scheme}:{one.value}" for one in row.identifiers),
    }


def _flat_membership(row: Membership) -> dict[str, object]:
    return {
        **row.alliance.model_dump(include={"key", "name", "form"}),
        "role": row.role,
        "start": row.start,
        "end": row.end,
        "last_observed": row.last_observed,
    }
