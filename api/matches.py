"""Which other organisations may be the one asked about: found by the matcher, held against judgements."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from sqlite3 import Row
from typing import Final

from pydantic import Field
from pyoxigraph import NamedNode
from tertius.api.directory import Directory
from tertius.api.models import Model, Organization
from tertius.api.parameters import Parameters
from tertius.api.services import View
from tertius.api.writing_models import JudgementAnswer
from tertius.ontology.identity import individual
from tertius.queries.judgements import holds_apart, strength
from tertius.queries.matching import Outcome
from tertius.queries.pairing import Asked, likely

MOST_MATCHES: Final = 10
"""Most candidates of one organisation: so many does the matcher compare in full in each source."""


class MatchesQuery(Parameters):
    """Who else an organisation may be."""

    limit: int = Field(5, ge=1, le=MOST_MATCHES, description="Most candidates.", examples=[5])


class Match(Model):
    """An organisation that may be the same as the one asked about."""

    organization: Organization
    score: float = Field(
        ge=0, le=1, description="Probability that the two are one organisation.", examples=[0.93]
    )
    outcome: Outcome = Field(
        description="What `tertius link` would say; `same` where score and facts leave no doubt. Nobody need "
        "have judged so."
    )
    matched_name: str = Field(description="The name of it that was the likest.", examples=["TIAMAT SAS"])
    reasons: list[str] = Field(description="What speaks for and against it, the weightiest first.")
    features: dict[str, float | None] = Field(
        description="What the score is made of; `null` where one side knows nothing."
    )
    judgement: JudgementAnswer | None = Field(
        description="What has been judged of a record of each, the strongest and newest; `null` for nothing."
    )


def matches(view: View, key: str, limit: int) -> list[Match]:
    """Return the organisations that may be the same as one, the likeliest first.

    Those that standing judgements call different are left out. What is said of each is what linking says
    (`tertius.queries.pairing`).

    Args:
        view: The snapshot.
        key: The organisation; the record that stands for it.
        limit: Most to return.

    Raises:
        OtherLayout: Another version laid the search index out.
    """
    described = view.matcher.described(key)
    if described is None:
        return []
    own = sorted({key, *(record.key for record in view.directory.records(key))})
    judged = _judged(view.directory, key, own)
    apart = frozenset(one for one, row in judged.items() if holds_apart(row))
    asked = Asked(described, frozenset((key,)), frozenset(view.directory.sources(own)), apart)
    every = likely(view.matcher, asked, [source.name for source in view.sources])
    found = [one for one in every if not one.apart][:limit]
    known = view.directory.organizations(one.candidate.key for one in found)
    return [
        Match(
            organization=known[one.candidate.key],
            score=one.candidate.score,
            outcome=one.outcome,
            matched_name=one.candidate.matched_name,
            reasons=list(one.reasons),
            features=dict(one.candidate.features),
            judgement=(
                judgement_answer(judged[one.candidate.key], view.base)
                if one.candidate.key in judged
                else None
            ),
        )
        for one in found
    ]


def judgement_answer(row: Row, base: str) -> JudgementAnswer:
    """Write a judgement of the directory as it is answered."""
    return JudgementAnswer(
        iri=NamedNode(individual("judgement", row["key"], base)).value,
        **{**dict(row), "reasons": json.loads(row["reasons"])},
    )


def _judged(directory: Directory, key: str, own: Sequence[str]) -> Mapping[str, Row]:
    """Return the judgement that says most of an organisation and each other one, by the other's key.

    What stands comes before what is overruled, a person before a machine, the newer before the older.

    Args:
        directory: Where they are.
        key: The organisation.
        own: Keys of its records.
    """
    rows = sorted(directory.judgements_on(own).values(), key=strength)
    ours = frozenset(own)
    others = [row["right"] if row["left"] in ours else row["left"] for row in rows]
    # Records that no source has now are of no organisation.
    known = directory.organizations(others)
    return {
        known[other].key: row
        for other, row in zip(others, rows, strict=True)
        if other in known and known[other].key != key
    }
