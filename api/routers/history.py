"""The network over time: an organisation's positions day after day, and what changed since."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from tertius.api import present
from tertius.api.errors import BadParameter
from tertius.api.exchange import Exchange, client_of
from tertius.api.identity import organization_key
from tertius.api.models import Envelope
from tertius.api.negotiate import CSV, JSON
from tertius.api.openapi import responses
from tertius.api.routers.organizations import Key
from tertius.api.services import View
from tertius.api.time_models import Change, ChangeCounts, Changes, Moment, PositionAt
from tertius.api.time_parameters import ChangesQuery, HistoryQuery
from tertius.queries import network
from tertius.queries.network import ChangeKind, Comparison, DerivationTimeoutError, Network, Order, Partition
from tertius.queries.network.dates import add_years, from_days, to_days
from tertius.queries.network.history import series

router = APIRouter(prefix="/v1")

_TABLE: Final = (JSON, CSV)
_YEARS: Final = 10
_AT_COLUMNS: Final = ("as_of", *present.POSITION_COLUMNS[3:], "reach")
_CHANGE_COLUMNS: Final = (
    "kind",
    "key",
    "name",
    "partner_key",
    "partner_name",
    "weight",
    "before",
    "after",
    "standing_before",
    "standing_after",
)


@router.get(
    "/organizations/{key}/position/history",
    operation_id="listPositionsOverTime",
    summary="Positions of an organisation over time",
    response_model=Envelope[list[PositionAt]],
    responses=responses(404, 422, 429, 504, offered=_TABLE),
    tags=["organizations"],
)
def list_history(request: Request, key: Key, query: Annotated[HistoryQuery, Query()]) -> Response:
    """Return the position of an organisation on several days, the earliest first.

    Each day has a network of its own, derived with the same parameters; those derived before a time limit
    are kept, so that asking again goes on from there.
    """
    exchange = Exchange(request, query, _TABLE)
    key = organization_key(exchange, key)
    parameters = query.network()
    last = query.last or parameters.as_of or exchange.view.as_of
    if last is None:
        raise BadParameter("to", "has no default here: nothing in this snapshot is dated")
    first = query.first or from_days(int(add_years(to_days(last), -_YEARS))) or dt.date.min
    until = time.monotonic() + exchange.services.settings.network_seconds
    rows = []
    for day in series(first, last, query.step):
        if time.monotonic() > until:
            raise DerivationTimeoutError(exchange.services.settings.network_seconds)
        found = exchange.services.network(
            exchange.view, replace(parameters, as_of=day), client_of(exchange.request)
        )
        position = found.position(key, Partition(query.partition))
        (shown,) = present.positions([position], exchange.view.directory)
        rows.append(PositionAt(**dict(shown), as_of=day, reach=found.reach(key)))
    return exchange.rows(rows, _flat_position, _AT_COLUMNS)


@router.get(
    "/changes",
    operation_id="listChanges",
    summary="What changed",
    response_model=Envelope[Changes],
    responses=responses(410, 422, 429, 504, offered=_TABLE),
    tags=["network"],
)
def list_changes(request: Request, query: Annotated[ChangesQuery, Query()]) -> Response:
    """Compare the network with an earlier one: ties formed and ended, brokers risen and fallen.

    An organisation brokers more the lower its constraint, or the higher its value of another measure. Only
    those with ties at both moments rise or fall; the others are counted as entered or left.
    """
    exchange = Exchange(request, query, _TABLE)
    after = exchange.network()
    view, before = _earlier(exchange, query, after)
    comparison = _compared(exchange, query, (view, before), after)
    kinds = tuple(ChangeKind) if query.kind is None else (ChangeKind(query.kind),)
    page = comparison.page(kinds, offset=exchange.offset, limit=query.limit)
    rows = _changes(page.rows, exchange.view, view)
    following = exchange.following(page.next)
    if exchange.media is CSV:
        return exchange.rows(rows, _flat_change, _CHANGE_COLUMNS, next_page=following)
    counts = comparison.counts
    found = Changes(
        before=Moment(snapshot=view.snapshot.number, as_of=before.as_of),
        after=Moment(snapshot=exchange.view.snapshot.number, as_of=after.as_of),
        counts=ChangeCounts(
            ties_formed=counts["tie_formed"],
            ties_ended=counts["tie_ended"],
            brokers_risen=counts["broker_risen"],
            brokers_fallen=counts["broker_fallen"],
            organizations_entered=counts["organizations_entered"],
            organizations_left=counts["organizations_left"],
        ),
        changes=rows,
    )
    return exchange.json(found, next_page=following)


def _compared(
    exchange: Exchange[ChangesQuery], query: ChangesQuery, earlier: tuple[View, Network], after: Network
) -> Comparison:
    """Compare two networks, or take what an earlier page's comparison found.

    Only what was found is kept, not the networks: they hold files open.
    """
    view, before = earlier
    order, kept = Order(query.order), exchange.services.differences
    moments = ((view, before), (exchange.view, after))
    key = (
        *((str(one.snapshot.manifest.uuid), found.parameters.fingerprint()) for one, found in moments),
        order,
        query.least,
    )
    known = kept.get(key)
    comparison = Comparison(before, after, order=order, least=query.least, known=known)
    if known is None:
        kept.keep(key, comparison.difference)
    return comparison


def _earlier(exchange: Exchange[ChangesQuery], query: ChangesQuery, after: Network) -> tuple[View, Network]:
    """Return the snapshot and the network that `since` names."""
    client = client_of(exchange.request)
    parameters = query.network()
    if isinstance(query.since, dt.date):
        if after.as_of is None or query.since >= after.as_of:
            raise BadParameter("since", f"{query.since} does not lie before the as-of day, {after.as_of}")
        found = exchange.services.network(exchange.view, replace(parameters, as_of=query.since), client)
        return exchange.view, found
    if query.since >= exchange.view.snapshot.number:
        raise BadParameter(
            "since", f"snapshot {query.since} is not earlier than {exchange.view.snapshot.number}"
        )
    view = exchange.services.view(query.since)
    # An organisation that the earlier snapshot does not know was not in its network either.
    known = view.directory.organizations(parameters.exclude).keys()
    parameters = replace(parameters.resolved(view.as_of), exclude=frozenset(known))
    return view, exchange.services.network(view, parameters, client)


def _changes(found: tuple[network.Change, ...], view: View, earlier: View) -> list[Change]:
    keys = {key for one in found for key in (one.organization, one.partner) if key is not None}
    known = dict(view.directory.organizations(keys))
    if keys - known.keys():
        known |= earlier.directory.organizations(keys - known.keys())
    return [
        Change(
            kind=one.kind,
            organization=known[one.organization],
            partner=None if one.partner is None else known[one.partner],
            weight=one.weight,
            before=one.before,
            after=one.after,
            standing_before=one.standing_before,
            standing_after=one.standing_after,
        )
        for one in found
    ]


def _flat_position(row: PositionAt) -> dict[str, Any]:
    return {**present.flat_position(row), "as_of": row.as_of, "reach": row.reach}


def _flat_change(row: Change) -> dict[str, Any]:
    partner = row.partner
    return {
        **row.model_dump(exclude={"organization", "partner"}),
        "kind": row.kind.value,
        "key": row.organization.key,
        "name": row.organization.name,
        "partner_key": partner.key if partner else None,
        "partner_name": partner.name if partner else None,
    }
