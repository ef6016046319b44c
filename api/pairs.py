"""Pages of the table that linking makes of a source: its records, each with its candidates."""

from __future__ import annotations

from typing import Final

from pydantic import Field
from tertius.api import link_table
from tertius.api.errors import BadParameter, NotFound
from tertius.api.models import Model, Organization
from tertius.api.parameters import ListParameters
from tertius.api.services import View
from tertius.queries.judgements import Kind, Verdict
from tertius.queries.linking import CANDIDATES, MOST_CANDIDATES, Listed, Pair
from tertius.queries.matching import Outcome

MOST_RECORDS: Final = 200
"""Records of one page: each costs a few milliseconds among a million organisations."""


class PairsQuery(ListParameters):
    """Which records, and what they are compared with."""

    limit: int = Field(50, ge=1, le=MOST_RECORDS, description="Records per page.", examples=[50])
    to: list[str] = Field(
        default_factory=list,
        max_length=50,
        description="Sources to look in; all others by default, the source itself for repetitions in it.",
        examples=[["gleif"]],
    )
    candidates: int = Field(
        CANDIDATES,
        ge=1,
        le=MOST_CANDIDATES,
        description="Most candidates of a record in each source.",
        examples=[3],
    )


class LinkedRecord(Model):
    """A record as its source describes it."""

    key: str
    name: str
    country: str | None
    identifiers: list[str] = Field(description="Scheme and value.", examples=[["lei:529900T8BM49AURSDO55"]])


class JudgedPair(Model):
    """What counts for a pair at present."""

    verdict: Verdict
    by: str
    kind: Kind


class LinkedPair(Model):
    """A record with one candidate for being the same, or without any."""

    left: LinkedRecord
    right: Organization | None = Field(description="The candidate; `null` where there is none.")
    target: str | None = Field(description="Source that the candidate was looked for in.")
    score: float | None = Field(ge=0, le=1, description="Probability that the two are one organisation.")
    outcome: Outcome | None = Field(
        description="What `tertius link` says of the two; `null` without a candidate."
    )
    reasons: list[str] = Field(description="What speaks for and against it, and why it is left to a person.")
    judged: JudgedPair | None = Field(description="What somebody has judged of the two; `null` for nothing.")


Found = tuple[Listed, Pair | None, Organization | None]
"""A record, a candidate, and the organisation that the candidate is; or a record without any."""


def page(view: View, source: str, query: PairsQuery, after: int | None) -> tuple[list[Found], int | None]:
    """Return the pairs of some records of a source, and where the next page begins.

    Args:
        view: The snapshot.
        source: Name of the source whose records are linked.
        query: What is asked.
        after: Where the page before ended; `None` for the first.

    Raises:
        NotFound: There is no such source.
        BadParameter: A source to look in is not there, or there is none.
    """
    linking = view.linking
    known = [one.name for one in view.sources]
    if source not in known:
        raise NotFound(f"There is no source {source}.")
    for name in query.to:
        if name not in known:
            raise BadParameter("to", f"there is no source {name}")
    targets = list(dict.fromkeys(query.to or [name for name in known if name != source]))
    if not targets:
        raise BadParameter("to", f"there is no other source; to={source} looks for repetitions in it")
    records = linking.listed(source, after, query.limit + 1)
    here = records[: query.limit]
    found = [(record, linking.pairs(record, targets, candidates=query.candidates)) for _, record in here]
    organizations = view.directory.organizations(pair.candidate.key for _, pairs in found for pair in pairs)
    rows: list[Found] = []
    for record, pairs in found:
        if not pairs:
            rows.append((record, None, None))
        rows += [(record, pair, organizations[pair.candidate.key]) for pair in pairs]
    return rows, here[-1][0] if len(records) > len(here) else None


def cells(found: Found) -> tuple[object, ...]:
    """Return a row of the table that `tertius link` writes."""
    record, pair, right = found
    known = right.identifiers if right else []
    return link_table.row(record, pair, " ".join(f"{one.scheme}:{one.value}" for one in known))


def answer(found: Found) -> LinkedPair:
    """Write a pair as it is answered."""
    record, pair, right = found
    described = record.described
    said = pair.said if pair else None
    return LinkedPair(
        left=LinkedRecord(
            key=record.key,
            name=described.name,
            country=described.country,
            identifiers=[":".join(one) for one in described.identifiers],
        ),
        right=right,
        target=pair.target if pair else None,
        score=pair.candidate.score if pair else None,
        outcome=pair.outcome if pair else None,
        reasons=list(pair.reasons) if pair else [],
        judged=JudgedPair(verdict=said.verdict, by=said.by, kind=said.kind) if said else None,
    )
