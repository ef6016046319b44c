"""Judgements: who is the same as whom, according to whom, and new ones."""

from __future__ import annotations

import datetime as dt
import json
from sqlite3 import Row
from typing import Annotated, Any, Final

import anyio.to_thread
from fastapi import APIRouter, Query, Request, Response
from tertius.api.description import serialise
from tertius.api.errors import BadParameter, LoadFailed
from tertius.api.exchange import Exchange
from tertius.api.jobs import OPEN, Jobs
from tertius.api.matches import judgement_answer
from tertius.api.models import Envelope
from tertius.api.negotiate import CSV, JSON, JSONLD, NTRIPLES, TURTLE, choose
from tertius.api.openapi import responses
from tertius.api.rdf import FORMATS
from tertius.api.routers.loads import JUDGEMENTS, accepted
from tertius.api.services import Services, View
from tertius.api.writers import writer
from tertius.api.writing_models import JudgementAnswer, JudgementsGiven, JudgementsQuery, Load
from tertius.queries.judgements import Judgement, Status, Verdict, judgement_quads

router = APIRouter(prefix="/v1/judgements", tags=["writing"])

_OFFERED: Final = (JSON, CSV, JSONLD, TURTLE, NTRIPLES)
_COLUMNS: Final = ("key", "left", "right", "verdict", "by", "kind", "when", "score", "reasons", "status")
_WAIT_SECONDS: Final = 10.0
"""How long an answer waits for the snapshot that judgements make; after that it says where to watch."""

_REFUSED: Final = responses(401, 403, 413, 415, 422, 429)
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    **{status: said for status, said in _REFUSED.items() if status != 200},
    200: {"description": "All of it was known: nothing was published."},
    201: {"description": "They are in the snapshot that is live now.", "model": Envelope[Load]},
    202: {"description": "They will be; `Location` is where to watch.", "model": Envelope[Load]},
}


@router.get(
    "",
    operation_id="listJudgements",
    summary="Judgements on who is the same as whom",
    response_model=Envelope[list[JudgementAnswer]],
    responses=responses(410, 422, offered=_OFFERED),
)
def list_judgements(request: Request, query: Annotated[JudgementsQuery, Query()]) -> Response:
    """List judgements with their history, the oldest first, and what became of each."""
    exchange = Exchange(request, query, _OFFERED)
    position = exchange.position(str, str)
    rows = _rows(exchange.view, query, position)
    more, rows = len(rows) > query.limit, rows[: query.limit]
    following = exchange.next_page((rows[-1]["when"], rows[-1]["key"]) if more else None)
    if exchange.media in {JSON, CSV}:
        found = [judgement_answer(row, exchange.view.base) for row in rows]
        return exchange.rows(found, _flat, _COLUMNS, next_page=following)
    quads = judgement_quads(
        [_judgement(row) for row in rows],
        {row["key"]: Status(row["status"]) for row in rows},
        {},
        base=exchange.view.base,
    )
    body = serialise((quad.triple for quad in quads), FORMATS[exchange.media.name])
    return exchange.reply(body, exchange.meta(next_page=following))


@router.post(
    "",
    operation_id="postJudgements",
    summary="Judge who is the same as whom",
    response_model=Envelope[Load],
    responses=_ANSWERS,
)
async def post_judgements(request: Request, given: JudgementsGiven) -> Response:
    """Add judgements; a newer one on the same two records takes the place of an older one.

    They publish a snapshot, after any load that is under way. The answer waits some seconds for it.
    """
    choose(request.headers.get("accept"), None, (JSON,))
    by = writer(request)
    services: Services = request.app.state.services
    jobs: Jobs = request.app.state.jobs
    await anyio.to_thread.run_sync(_check_known, services.view(), given)
    now = dt.datetime.now(dt.UTC).isoformat()
    judged = [
        {**one.model_dump(mode="json"), "by": by, "kind": given.kind, "when": now} for one in given.judgements
    ]
    with jobs.place(by) as folder:
        what = {"kind": "judgements", "source": JUDGEMENTS, "judgements": judged}
        name = await anyio.to_thread.run_sync(jobs.submit, folder, by, what)
    job = await anyio.to_thread.run_sync(jobs.wait, name, _WAIT_SECONDS)
    if job is None or job["state"] in OPEN:
        return accepted(request, name)
    if job["state"] != "done":
        raise LoadFailed(str(job["error"]), report=job["report"])
    return accepted(request, name, 201 if job["report"]["published"] else 200)


def _check_known(view: View, given: JudgementsGiven) -> None:
    """Name every key that nothing has, before anything waits in a queue."""
    known = view.directory.organizations(
        {record for one in given.judgements for record in (one.left, one.right)}
    )
    wrong = []
    for place, one in enumerate(given.judgements):
        for side in ("left", "right"):
            if getattr(one, side) not in known:
                said = f"no organization has the key {getattr(one, side)}"
                wrong.append({"parameter": f"judgements.{place}.{side}", "in": "body", "detail": said})
        if one.left == one.right:
            said = "an organization cannot be judged against itself"
            wrong.append({"parameter": f"judgements.{place}.right", "in": "body", "detail": said})
    if wrong:
        problem = BadParameter(wrong[0]["parameter"], wrong[0]["detail"], where="body")
        problem.members["errors"] = wrong[:100]
        raise problem


def _rows(view: View, query: JudgementsQuery, after: tuple[str, str] | None) -> list[Row]:
    records: list[str] | None = None
    if query.organization is not None:
        records = sorted({query.organization, *_records(view, query.organization)})
    return view.directory.judgements(
        records=records,
        verdict=query.verdict,
        by=query.by,
        standing=query.standing,
        after=after,
        limit=query.limit + 1,
    )


def _records(view: View, key: str) -> list[str]:
    stands = view.directory.canonical(key)
    return [record.key for record in view.directory.records(stands)] if stands is not None else []


def _judgement(row: Row) -> Judgement:
    return Judgement(
        left=row["left"],
        right=row["right"],
        verdict=Verdict(row["verdict"]),
        by=row["by"],
        kind=row["kind"],
        when=dt.datetime.fromisoformat(row["when"]),
        score=row["score"],
        reasons=tuple(json.loads(row["reasons"])),
    )


def _flat(row: JudgementAnswer) -> dict[str, object]:
    return {**row.model_dump(mode="json", exclude={"iri", "reasons"}), "reasons": "; ".join(row.reasons)}
