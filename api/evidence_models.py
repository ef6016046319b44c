"""What the routes of the evidence base answer with. Fields may be added, never renamed; unknown is `null`."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field
from tertius.api.models import Model

VerdictName = Literal["supports", "contradicts", "mixed", "silent"]


class CodedModel(Model):
    """Something coded; its field `construct` has another name here, which pydantic's own method needs."""

    model_config = ConfigDict(serialize_by_alias=True)


class Bilingual(Model):
    """A text in English and Dutch."""

    en: str
    nl: str


class Place(Model):
    """Where something can be read, for those who have the document."""

    document: str = Field(description="Number of the document.", examples=["000"])
    place: str = Field(description="Table, annex or section, with row.", examples=["table 1, case J"])
    first_line: int = Field(description="First line in the text file, counted from 1.", examples=[177])
    last_line: int = Field(description="Last line.", examples=[177])


class Case(Model):
    """An organisation or alliance that was studied anonymously under a letter."""

    letter: str = Field(examples=["J"])
    iri: str = Field(examples=["https://w3id.org/tertius/id/case/J"])
    label: Bilingual
    orientation: str = Field(examples=["exploration"])
    orientation_qualifier: str | None = Field(description="How far, such as `mainly`.")
    innovation: str | None = Field(examples=["radical"])
    scope: str | None = Field(description="Market scope.", examples=["national"])
    sector: str | None = Field(examples=["academia"])
    alliance_function: dict[str, str | bool | None] = Field(
        description="Form, level and independence of alliance management, where a source says them.",
        examples=[{"form": "unit", "level": None, "independent": True}],
    )
    itself_alliance: bool | None = Field(description="Whether the case is itself an alliance.")
    channel_model: bool | None = Field(description="Whether it works through channel partners.")
    interviews: int = Field(description="Interviews held.", examples=[1])
    observations: int = Field(description="Coded statements, repeated ones included.", examples=[87])
    distinct_observations: int = Field(description="Coded statements that repeat no other.", examples=[71])
    note: str | None
    source: Place


class Interviewee(Model):
    """A post whose holders were interviewed; persons are not named."""

    post: Bilingual
    interviews: int


class CaseDetail(Case):
    """A case on its own page."""

    interviewees: list[Interviewee]
    verdicts: dict[str, str] = Field(
        description="Verdict by number of the proposition; read them with `/v1/propositions/{n}/test`.",
        examples=[{"3": "supports", "6": "contradicts"}],
    )


class Observation(CodedModel):
    """A coded statement about one case."""

    key: str = Field(examples=["a2-j-13"])
    iri: str
    construct_key: str = Field(alias="construct", examples=["access-tie"])
    construct_label: str
    value: str = Field(examples=["strong"])
    value_label: str
    voice: str = Field(description="`author` sums up, `interviewee` speaks.")
    confidence: str = Field(description="`high`, `medium` or `low`: steps between words and code.")
    paraphrase: str = Field(description="What the passage says, in one sentence of our own.")
    repeats: str | None = Field(description="IRI of the statement elsewhere that rests on the same words.")
    source: Place


class Proposition(Model):
    """A testable statement, restated."""

    number: int = Field(examples=[3])
    iri: str
    statement: Bilingual
    orientation: str = Field(description="The orientation it speaks of, or `all`.", examples=["exploration"])
    concerns: str = Field(description="Phase or theme.", examples=["tie-strength"])
    pattern: str = Field(description="Predicted pattern.", examples=["no-association"])
    basis: str = Field(
        description="`data` where facts can settle it, `coded-statements` where it rests on what is said."
    )
    note: str | None
    contrasts_with: list[int]
    queries: list[str] = Field(description="Named queries that test it; their headers say by which rules.")
    source: Place


class Claim(Model):
    """Earlier work that a proposition follows, extends or contradicts."""

    direction: str = Field(examples=["extends"])
    publication: str = Field(examples=["Lavie & Rosenkopf 2006"])
    claim: str
    place: str


class GroupStatement(CodedModel):
    """A statement about a group of cases; its members are never invented."""

    key: str
    group: str
    quantifier: str
    count: int | None = Field(description="Number as stated.")
    total: int | None
    construct_key: str | None = Field(alias="construct")
    value: str | None
    illustrated_by: list[str] = Field(description="Cases whose words stand beside it, as examples.")
    paraphrase: str
    confidence: str
    place: str


class BearingEvidence(CodedModel):
    """A coded value that bears on a proposition."""

    observation: str | None = Field(
        description="IRI of the coded statement; `null` for an alliance's record."
    )
    part: str = Field(description="The part of the proposition that it bears on.")
    construct_key: str = Field(alias="construct")
    value: str
    direction: Literal["supports", "contradicts"]
    role: str = Field(
        description="`decides`; `bears`: adds to the picture; `repeat`: printed elsewhere too; "
        "`doubtful`: of low confidence. Only what decides enters the verdict."
    )
    confidence: str | None
    voice: str | None
    paraphrase: str | None
    place: str | None
    repeats: str | None
    source: str | None = Field(description="Graph of the source, for an alliance's record.")


class TestedUnit(Model):
    """A case or alliance and how it stands to a proposition."""

    unit: str = Field(description="Letter of the case, or key of the alliance.", examples=["P"])
    iri: str
    label: str = Field(description="Letter of the case, or name of the alliance.")
    verdict: VerdictName
    parts: list[str] = Field(description="Parts of the proposition on which something is known of the unit.")
    observations: list[BearingEvidence]


class ExactTestResult(Model):
    """Units in scope compared with those of the other orientation."""

    method: str = Field(examples=["Fisher's exact test, two-sided"])
    table: list[list[int]] = Field(
        description="Rows: in scope, comparison. Columns: support; contradict or mixed. Silent ones are out.",
        examples=[[[2, 2], [0, 5]]],
    )
    p_value: float
    odds_ratio: float | None = Field(description="`null` where an empty cell leaves it undefined.")
    risk_difference: float = Field(description="Share of support in scope minus that in the comparison.")
    risk_difference_95: list[float] = Field(description="Its 95 % interval (Newcombe 1998).")
    note: str | None


class TestSummary(Model):
    """All units in scope together."""

    units: int = Field(description="Units in scope.")
    supports: int
    contradicts: int
    mixed: int
    silent: int
    exact_test: ExactTestResult | None
    exact_test_reason: str | None = Field(description="Why there is no exact test.")
    basis: str
    pattern: str
    caveat: str = Field(description="What this can and cannot show.")


class PropositionTestResult(Model):
    """A proposition tested on cases, or on one organisation's own alliances."""

    number: int = Field(examples=[6])
    scope: str = Field(examples=["cases"])
    statement: Bilingual
    query: str = Field(description="Named query that computes the verdicts; its header states the rules.")
    units: list[TestedUnit] = Field(description="Units that the proposition speaks of.")
    ambidextrous: list[TestedUnit] = Field(description="Units that do both; reported apart, never counted.")
    comparison: list[TestedUnit] = Field(description="Units of the other orientation.")
    summary: TestSummary


class PropositionEvidence(Model):
    """Everything that bears on a proposition."""

    number: int
    statement: Bilingual
    supporting: list[TestedUnit]
    dissenting: list[TestedUnit] = Field(description="Cases that contradict it, or speak both ways.")
    silent: list[str] = Field(description="Letters of cases that say nothing on it.")
    ambidextrous: list[TestedUnit]
    group_statements: list[GroupStatement]
    literature: list[Claim]
    places: list[Place]


class Framework(Model):
    """A list or model of the documents."""

    key: str = Field(examples=["due-diligence"])
    iri: str
    title: Bilingual
    description: str
    kind: str = Field(examples=["checklist"])
    checklist: bool = Field(description="Whether it can be filled in at `/v1/checklists/{key}`.")
    items: int = Field(description="Number of items.", examples=[12])
    documents: list[str]
    gloss: bool = Field(description="Whether the document gives little more than names, explained by us.")
    phase_basis: str | None = Field(
        description="`source` where the document puts items under phases, `reading` where we did."
    )
    ascribed_to: str | None


class ItemLink(Model):
    """A link of an item to another."""

    relation: str = Field(description="`restates` the same item of another document, or is `related`.")
    key: str
    label: str
    documents: list[str]


class FrameworkItem(Model):
    """One entry of a list or model."""

    key: str = Field(examples=["due-diligence/values"])
    iri: str
    position: int
    group_number: int = Field(description="Place within parent, cell, party or topic.")
    label: Bilingual
    text: str
    parent: str | None
    row: str | None
    column: str | None
    orientation: str | None
    topic: str | None
    party: str | None
    level: str | None
    role: str | None
    question: Bilingual | None
    note: str | None
    links: list[ItemLink]
    sources: list[Place]


class FrameworkDetail(Framework):
    """A list or model with its items in order."""

    entries: list[FrameworkItem]


class AmbiguityReading(Model):
    """One way to take a doubtful place."""

    key: str
    text: str
    followed: bool = Field(description="Whether the coding follows it.")
    sources: list[Place]


class Subject(Model):
    """What a doubt bears on."""

    kind: str = Field(examples=["case"])
    name: str = Field(examples=["B"])
    iri: str


class Ambiguity(Model):
    """A place where documents contradict themselves or each other."""

    key: str = Field(examples=["steering-body-case-d-or-e"])
    iri: str
    title: str
    summary: str
    kind: str
    aspect: str
    coded_as: str = Field(description="How the coding deals with it.")
    documents: list[str]
    about: list[Subject]
    readings: list[AmbiguityReading]


def names(model: type[Model]) -> tuple[str, ...]:
    """Return the names of a model's fields as callers read them, in order."""
    return tuple(field.alias or name for name, field in model.model_fields.items())
