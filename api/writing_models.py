"""What the routes that write take and answer with: judgements, loads and their reports."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from tertius.api.models import Model
from tertius.api.parameters import KEY_PATTERN, ListParameters, Parameters
from tertius.queries.judgements import Status, Verdict
from tertius.queries.judgements.model import LONGEST_REASON, MOST_REASONS

MOST_JUDGEMENTS = 5000
"""Judgements that one request may bring."""

Key = Annotated[str, StringConstraints(pattern=KEY_PATTERN)]


class JudgementsQuery(ListParameters):
    """What the list of judgements takes."""

    organization: str | None = Field(
        None,
        pattern=KEY_PATTERN,
        description="Only judgements on this record, or on one that it is joined with.",
    )
    verdict: Verdict | None = Field(None, description="Only this verdict.")
    by: str | None = Field(None, min_length=1, max_length=200, description="Only those of this judge.")
    standing: bool | None = Field(
        None, description="Only those that count (`true`), or that do not (`false`)."
    )


class JudgementAnswer(Model):
    """A judgement, and what became of it."""

    key: str = Field(description="Key of the judgement; last part of its IRI.", examples=["qmbqibifa4eqscqa"])
    iri: str
    left: str = Field(description="Key of a record.", examples=["aebagbafaydqqcij"])
    right: str = Field(description="Key of the other one; the pair has no order.")
    verdict: Verdict
    by: str = Field(description="Who judged.", examples=["Ada"])
    kind: Literal["person", "machine"]
    when: dt.datetime
    score: float | None = Field(description="Probability that the two are one organisation, where given.")
    reasons: list[str]
    status: Status = Field(
        description="`standing`: it counts. `replaced`: another one on the same pair does. `overruled`: it "
        "contradicts stronger ones on other pairs. `dormant`: no source has one of its records."
    )


class JudgementGiven(BaseModel):
    """A judgement as somebody sends it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    left: Key = Field(description="Key of an organisation or of a record.", examples=["aebagbafaydqqcij"])
    right: Key = Field(description="Key of the other one.", examples=["bmbqibifa4eqscqa"])
    verdict: Verdict = Field(description="`undecided` takes back what was said before.", examples=["same"])
    score: float | None = Field(
        None, ge=0, le=1, description="Probability that the two are one organisation, whatever the verdict."
    )
    reasons: list[Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_REASON)]] = Field(
        default_factory=list,
        max_length=MOST_REASONS,
        description="What speaks for the verdict.",
        examples=[["same address"]],
    )


class JudgementsGiven(BaseModel):
    """Judgements as somebody sends them; the token tells who judges, the clock when."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    judgements: list[JudgementGiven] = Field(min_length=1, max_length=MOST_JUDGEMENTS)
    kind: Literal["person", "machine"] = Field(
        "person", description="Whether somebody looked, or a programme did; it never overrules a person."
    )


class LoadProgress(Model):
    """How far a load is."""

    phase: str = Field(examples=["reading"])
    done: int = Field(description="Units done: bytes when reading, else rows, statements or organisations.")
    total: int | None = Field(description="Units in all, where known.")


class Load(Model):
    """A load that came over HTTP."""

    id: str = Field(examples=["0f8fad5bd9cb469fa16570867728950e"])
    kind: Literal["tables", "judgements", "reviewed"]
    source: str = Field(examples=["partners"])
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    by: str = Field(description="Name of the token that it was sent with.", examples=["laboratory"])
    created: dt.datetime
    started: dt.datetime | None
    ended: dt.datetime | None
    progress: LoadProgress | None = Field(description="How far it is, while it runs.")
    report: dict[str, Any] | None = Field(
        description="The report that the command line writes with `--json`, once it has ended."
    )
    error: str | None = Field(description="Why nothing was changed, where it failed.")


class LoadForm(BaseModel):
    """The form that a load is sent as."""

    file: list[bytes] = Field(
        description="The tables: CSV, XLSX or Parquet, or a register's files; the name of each matters.",
        json_schema_extra={"items": {"type": "string", "format": "binary"}},
    )
    source: str = Field(description="Name of the source: 1 to 64 of a-z, 0-9 and -.", examples=["partners"])
    mapping: str | None = Field(None, description="Name of a shipped mapping or a register.")
    mapping_file: bytes = Field(
        b"",
        description="A mapping of one's own; instead of `mapping`.",
        json_schema_extra={"format": "binary"},
    )
    retrieved: dt.date | None = Field(None, description="Day on which the files were fetched.")
    dry_run: bool = Field(False, description="Check everything and publish nothing.")


class LoadsQuery(Parameters):
    """What the list of loads takes."""
