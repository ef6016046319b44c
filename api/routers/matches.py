"""Who else an organisation may be: candidates for being the same, with what has been judged of them."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from tertius.api.exchange import Exchange
from tertius.api.identity import organization_key
from tertius.api.matches import Match, MatchesQuery, matches
from tertius.api.models import Envelope
from tertius.api.negotiate import CSV, JSON
from tertius.api.openapi import responses
from tertius.api.routers.organizations import Key

router = APIRouter(prefix="/v1/organizations", tags=["organizations"])

_TABLE: Final = (JSON, CSV)
_COLUMNS: Final = (
    "key",
    "name",
    "country",
    "score",
    "outcome",
    "matched_name",
    "reasons",
    "verdict",
    "by",
    "kind",
    "status",
)


@router.get(
    "/{key}/matches",
    operation_id="listMatchesOfOrganization",
    summary="Who else an organisation may be",
    response_model=Envelope[list[Match]],
    responses=responses(404, 422, offered=_TABLE),
)
def list_matches(request: Request, key: Key, query: Annotated[MatchesQuery, Query()]) -> Response:
    """List other organisations that may be the same, the likeliest first, and why.

    They are found in one source after the other, and `outcome` is what `tertius link` says of the two:
    `same` only where the score is high, no other candidate of the source is as likely, and neither country
    nor legal form speaks against it. Records that judgements join with it are itself, and whatever stands
    judged `different` is left out. No outcome judges anything: `judgement` is what somebody has said of the
    two, and `POST /v1/judgements` is where to say it.
    """
    exchange = Exchange(request, query, _TABLE)
    key = organization_key(exchange, key)
    return exchange.rows(matches(exchange.view, key, query.limit), _flat, _COLUMNS)


def _flat(row: Match) -> dict[str, object]:
    judged = row.judgement
    return {
        **row.organization.model_dump(include={"key", "name", "country"}),
        **row.model_dump(mode="json", include={"score", "outcome", "matched_name"}),
        "reasons": "; ".join(row.reasons),
        "verdict": None if judged is None else judged.verdict.value,
        "by": None if judged is None else judged.by,
        "kind": None if judged is None else judged.kind,
        "status": None if judged is None else judged.status.value,
    }
