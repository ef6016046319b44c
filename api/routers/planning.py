"""Looking ahead from an organisation: whom to ally with next, and who could introduce them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel
from tertius.api import planning_present
from tertius.api.errors import BadParameter
from tertius.api.exchange import Exchange
from tertius.api.identity import organization_key
from tertius.api.models import Envelope
from tertius.api.negotiate import CSV, JSON
from tertius.api.openapi import responses
from tertius.api.parameters import NetworkQuery
from tertius.api.planning_models import (
    AddedAlliance,
    AddedTie,
    Change,
    EndedTie,
    IntroductionsAnswer,
    ProspectsAnswer,
    SearchMeta,
    WhatIf,
)
from tertius.api.planning_parameters import IntroductionsQuery, ProspectsQuery
from tertius.api.routers.organizations import Key
from tertius.queries.network import ParameterError, Partition
from tertius.queries.network import what_if as suppose
from tertius.queries.network.prospects import PROPOSITIONS, Mode, Place, Wanted

router = APIRouter(prefix="/v1/organizations", tags=["organizations"])

_TABLE: Final = (JSON, CSV)
_TIED: Final = "The two are partners already; nobody needs to introduce them."


@router.get(
    "/{key}/prospects",
    operation_id="listProspectsOfOrganization",
    summary="Whom an organisation could ally with next",
    response_model=ProspectsAnswer,
    responses=responses(404, 410, 422, 429, 504, offered=_TABLE),
)
def list_prospects(request: Request, key: Key, query: Annotated[ProspectsQuery, Query()]) -> Response:
    """List organisations that are no partners yet, with the exact effect of a tie and ways to get there.

    Every active organisation is considered. `mode=exploration` lists those outside the circle: by constraint
    after the tie, then by new reach; whoever is three steps away or more has the same, lowest constraint.
    `mode=exploitation` lists those in the circle to whom strong ties lead: by their best introduction.
    """
    exchange = Exchange(request, query, _TABLE)
    key = organization_key(exchange, key)
    network = exchange.network()
    competitors = frozenset(_standing(exchange, "competitor", query.competitor))
    after: Place | None = exchange.position(int, float | int, int, int)
    found = network.prospects(key, _wanted(exchange, competitors), after=after, limit=query.limit)
    rows = planning_present.prospects(found.rows, exchange.view.directory)
    following = exchange.next_page(found.last)
    if exchange.media is CSV:
        return exchange.rows(
            rows, planning_present.flat_prospect, planning_present.PROSPECT_COLUMNS, next_page=following
        )
    meta = SearchMeta(
        **exchange.meta(next_page=following).model_dump(),
        mode=query.mode,
        propositions=list(PROPOSITIONS[Mode(query.mode)]),
        strong_min=query.strong_min,
        tie_weight=found.weight,
        left_out=found.left_out,
    )
    return _answer(exchange, ProspectsAnswer(data=rows, meta=meta), meta)


@router.get(
    "/{key}/introductions",
    operation_id="listIntroductionsOfOrganization",
    summary="Who could introduce an organisation to another",
    response_model=IntroductionsAnswer,
    responses=responses(404, 422, 429, 504),
)
def list_introductions(request: Request, key: Key, query: Annotated[IntroductionsQuery, Query()]) -> Response:
    """List paths of at most three steps along strong ties.

    The path whose weakest step rests on most shared alliances comes first; of equal ones that with the
    larger product of the shares of tie weight, outward.
    """
    exchange = Exchange(request, query)
    key = organization_key(exchange, key)
    (to,) = _standing(exchange, "to", [query.to])
    competitors = frozenset(_standing(exchange, "competitor", query.competitor))
    found = exchange.network().introductions(
        key,
        to,
        strong_min=query.strong_min,
        most=query.limit,
        competitors=competitors,
    )
    rows = planning_present.introductions(found or (), exchange.view.directory)
    note = _TIED if found is None else None
    meta = SearchMeta(
        **exchange.meta(note=note).model_dump(), propositions=[1, 2], strong_min=query.strong_min
    )
    return _answer(exchange, IntroductionsAnswer(data=rows, meta=meta), meta)


@router.post(
    "/{key}/what-if",
    operation_id="supposeChangeForOrganization",
    summary="Positions after a supposed change",
    response_model=Envelope[WhatIf],
    responses=responses(404, 413, 422, 429, 504),
)
def suppose_change(
    request: Request, key: Key, query: Annotated[NetworkQuery, Query()], change: Annotated[Change, Body()]
) -> Response:
    """Return the organisation's position before and after ties or whole alliances end or are added.

    The same is said of the others whose constraint changes most. Nothing is stored.
    """
    exchange = Exchange(request, query, asked={"change": change.model_dump(mode="json")})
    key = organization_key(exchange, key)
    network = exchange.network()
    stands = exchange.view.directory.standing(_named(change))
    try:
        found = network.what_if(
            key,
            add=[
                suppose.NewTie(stands[one.organization], one.weight)
                if isinstance(one, AddedTie)
                else suppose.NewAlliance(tuple(stands[partner] for partner in one.alliance))
                for one in change.add
            ],
            end=[
                suppose.EndedTie(stands[one.organization])
                if isinstance(one, EndedTie)
                else suppose.EndedAlliance(one.alliance)
                for one in change.end
            ],
        )
    except ParameterError as error:
        said = str(error).removeprefix(f"{error.parameter}: ")
        raise BadParameter(error.parameter, said, where="body") from None
    return exchange.json(planning_present.what_if(found, exchange.view.directory))


def _named(change: Change) -> Iterator[str]:
    """Yield the keys of the organisations that a change names."""
    for one in (*change.add, *change.end):
        if isinstance(one, AddedTie | EndedTie):
            yield one.organization
        elif isinstance(one, AddedAlliance):
            yield from one.alliance


def _answer(exchange: Exchange[Any], body: BaseModel, meta: SearchMeta) -> Response:
    return exchange.reply(body.model_dump_json().encode(), meta)


def _standing(exchange: Exchange[Any], parameter: str, keys: Sequence[str]) -> list[str]:
    """Return the keys of the organisations that have or are some records.

    Raises:
        BadParameter: Names the parameter and the first key that the snapshot does not know.
    """
    found = exchange.view.directory.organizations(keys)
    unknown = sorted(set(keys) - found.keys())
    if unknown:
        raise BadParameter(parameter, f"no organization has the key {unknown[0]}")
    return [found[key].key for key in keys]


def _wanted(exchange: Exchange[ProspectsQuery], competitors: frozenset[str]) -> Wanted:
    query, table = exchange.parameters, exchange.view.network.table
    among = None
    if query.size is not None or query.has_identifier is not None:
        scheme = query.has_identifier
        among = exchange.view.directory.mask(table.canonical, size=query.size, scheme=scheme)
    return Wanted(
        mode=Mode(query.mode),
        partition=Partition(query.partition),
        circles=_circles(query),
        among=among,
        competitors=competitors,
        strong_min=query.strong_min,
        introductions=query.introductions,
    )


def _circles(query: ProspectsQuery) -> Mapping[Partition, str]:
    found: dict[Partition, str] = {}
    if query.circle is not None:
        partition, _, notation = query.circle.partition("-")
        found[Partition(partition)] = notation
    if query.country is not None:
        country = query.country.upper()
        if found.setdefault(Partition.COUNTRY, country) != country:
            raise BadParameter("country", f"is {country}, but circle says {query.circle}; give one of them")
    return found
