"""Holes between circles and communities: where ties are missing, and who could run them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from tertius.api import present
from tertius.api.directory import Directory
from tertius.api.exchange import Exchange
from tertius.api.holes_models import Bridger, Hole, Part
from tertius.api.models import Envelope
from tertius.api.negotiate import CSV, JSON
from tertius.api.openapi import responses
from tertius.api.paging import MAX_LIMIT
from tertius.api.parameters import NetworkListQuery
from tertius.queries.network import Partition
from tertius.queries.network import holes as network

router = APIRouter(prefix="/v1/network", tags=["network"])

_COLUMNS: Final = (
    "first",
    "second",
    "observed",
    "expected",
    "bridging",
    "bridges",
    "possible",
    "could_bridge",
)


class HolesQuery(NetworkListQuery):
    """The list of holes."""

    limit: int = Field(20, ge=1, le=MAX_LIMIT, description="Entries per page.", examples=[10])


@router.get(
    "/holes",
    operation_id="listHoles",
    summary="Holes between circles or communities",
    response_model=Envelope[list[Hole]],
    responses=responses(410, 422, 429, 504, offered=(JSON, CSV)),
)
def list_holes(request: Request, query: Annotated[HolesQuery, Query()]) -> Response:
    """List pairs of parts of the partition, those that lack most ties first.

    Ties count once whatever their weight. Only pairs that at least one tie is expected of are listed;
    organisations of unknown part, and their ties, are left out.
    """
    exchange = Exchange(request, query, (JSON, CSV))
    partition, asked = Partition(query.partition), exchange.network()
    page = network.holes(asked, partition, exchange.offset, query.limit)
    rows = _described(page.rows, exchange.view.directory)
    following = exchange.following(page.next)
    if exchange.media is CSV:
        return exchange.rows(rows, _flat, _COLUMNS, next_page=following)
    left_out = asked.lookups.division(partition).left_out
    note = f"{left_out} organizations of unknown {query.partition} are left out." if left_out else None
    return exchange.json(rows, next_page=following, note=note)


def _described(found: Sequence[network.Hole], directory: Directory) -> list[Hole]:
    known = present.organizations(
        (one.organization for row in found for one in (*row.bridges, *row.could_bridge)), directory
    )

    def named(ones: Sequence[network.Bridger]) -> list[Bridger]:
        return [Bridger(organization=known[one.organization], part=one.part, ways=one.ways) for one in ones]

    def part(one: network.Part) -> Part:
        return Part(notation=one.notation, size=one.size, tie_ends=one.tie_ends)

    return [
        Hole(
            first=part(row.first),
            second=part(row.second),
            observed=row.observed,
            expected=row.expected,
            bridging=row.bridging,
            bridges=named(row.bridges),
            possible=row.possible,
            could_bridge=named(row.could_bridge),
        )
        for row in found
    ]


def _flat(row: Hole) -> Mapping[str, object]:
    return {
        **row.model_dump(include={"observed", "expected", "bridging", "possible"}),
        "first": row.first.notation,
        "second": row.second.notation,
        "bridges": " ".join(one.organization.key for one in row.bridges),
        "could_bridge": " ".join(one.organization.key for one in row.could_bridge),
    }
