"""What each file of the coding may hold: strict models, with closed lists of values where there are any."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
"""Kebab-case name of an entry."""

Letter = Annotated[str, StringConstraints(pattern=r"^[A-Q]$")]
"""Letter of a case."""

DocumentId = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]
"""Number of a source document."""

Sentence = Annotated[str, StringConstraints(min_length=10, max_length=400)]
"""A sentence of our own."""

Words = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""A label or name."""

Prose = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
"""Any longer text of our own."""

Range = Annotated[list[int], Field(min_length=2, max_length=2)]
"""First and last of something."""

Confidence = Literal["high", "medium", "low"]
Orientation = Literal["exploitation", "exploration", "ambidextrous"]


class Model(BaseModel):
    """Nothing unknown, nothing coerced, nothing changed afterwards."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Bilingual(Model):
    """A text in English and Dutch."""

    en: Prose
    nl: Prose


class English(Model):
    """A text in English."""

    en: Prose


class Locator(Model):
    """A place in a document; see `places` for how it leads to a passage."""

    document: DocumentId
    part: Words
    row: Words | None = None
    lines: Range
    at: Range | None = None
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        first, last = self.lines
        if not 1 <= first <= last:
            raise ValueError(f"lines {self.lines} do not run from a first line, at least 1, to a last")
        if self.at is not None and not 0 <= self.at[0] < self.at[1]:
            raise ValueError(
                f"at {self.at} does not run from a first character, at least 0, to one after the last"
            )
        if (self.at is None) != (self.digest is None):
            raise ValueError("'at' and 'digest' come together")
        return self


class MissingPart(Model):
    """A part of a document that its text announces and lacks."""

    label: Words
    about: Prose
    locator: Locator


class Document(Model):
    """One of the source documents."""

    id: DocumentId
    title: Words
    subtitle: Words | None = None
    authors: list[Words]
    publisher: Words | None = None
    year: int | None
    date: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}(-\d{2})?$")] | None = None
    language: Literal["en", "nl"]
    kind: Literal["master-thesis", "knowledge-note", "management-brief", "blog"]
    confidentiality: Prose
    file: Annotated[str, StringConstraints(pattern=r"^[0-9a-z_]+\.txt$")]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    lines: Annotated[int, Field(ge=1)]
    notes: list[Prose]
    not_in_text: list[MissingPart]


class Documents(Model):
    """File `documents.yaml`."""

    documents: Annotated[list[Document], Field(min_length=1)]


class Value(Model):
    """One value of a construct or an attribute, with the rule for giving it."""

    key: Key
    notation: Key | None = None
    label: Bilingual
    rule: Prose


class Concerns(Model):
    """The phase of alliance management, or the part of theory, that something is about."""

    phase: Key | None = None
    structure: Key | None = None

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if self.phase is not None and self.structure is not None:
            raise ValueError("give a phase or a structure, not both")
        return self


class Attribute(Model):
    """An attribute of cases with its closed list of values."""

    key: Key
    label: Bilingual
    definition: Prose
    scheme: Key | None
    values: Annotated[list[Value], Field(min_length=2)]


class Construct(Attribute):
    """A theoretical variable with its closed list of values."""

    unit: Literal["case"]
    concerns: Concerns
    multiple: bool


class Rule(Model):
    """A rule of coding that holds for every construct."""

    key: Key
    rule: Prose


class ConfidenceRules(Model):
    """When a code is trusted how far."""

    high: Prose
    medium: Prose
    low: Prose


class Codebook(Model):
    """File `codebook.yaml`."""

    version: Annotated[int, Field(ge=1)]
    document: DocumentId
    coding_unit: Prose
    rules: list[Rule]
    confidence: ConfidenceRules
    case_attributes: list[Attribute]
    constructs: Annotated[list[Construct], Field(min_length=1)]


class Coded(Model):
    """A value of a case's attribute and the places, by name, that give it; None where none does."""

    value: str | bool | None
    at: list[Key]

    @model_validator(mode="after")
    def _placed(self) -> Self:
        if (self.value is None) != (not self.at):
            raise ValueError("a value needs a place, and an unknown value has none")
        return self


class Interviewee(Model):
    """Holder or holders of one post who were interviewed."""

    role: Bilingual
    number: Annotated[int, Field(ge=1)]
    at: Annotated[list[Key], Field(min_length=1)]


ATTRIBUTES: tuple[tuple[str, str | None], ...] = (
    ("orientation", "orientation"),
    ("orientation_qualifier", None),
    ("innovation", "innovation"),
    ("market_scope", "market-scope"),
    ("sector", "sector"),
    ("is_alliance", None),
    ("channel_model", None),
    ("daf_form", "daf-form"),
    ("daf_independent", None),
    ("daf_level", "daf-level"),
)
"""Attributes of a case, each with the codebook's attribute that lists its values; None for yes or no."""


class Attributes(Model):
    """What is known of a case."""

    orientation: Coded
    orientation_qualifier: Coded
    innovation: Coded
    market_scope: Coded
    sector: Coded
    is_alliance: Coded
    channel_model: Coded
    daf_form: Coded
    daf_independent: Coded
    daf_level: Coded

    def coded(self, name: str) -> Coded:
        """Return one of `ATTRIBUTES` by name."""
        found: Coded = getattr(self, name)
        return found


class Case(Model):
    """An organization or alliance studied under a letter."""

    letter: Letter
    title: Bilingual
    attributes: Attributes
    interviewees: Annotated[list[Interviewee], Field(min_length=1)]
    interviews: Annotated[int, Field(ge=1)]
    note: Prose | None
    places: dict[Key, Locator]


class Cases(Model):
    """File `cases.yaml`."""

    cases: Annotated[list[Case], Field(min_length=1)]


class Observation(Model):
    """One value of one construct for one case at one place."""

    id: Key
    case: Letter
    construct_key: Annotated[Key, Field(alias="construct")]
    value: Key
    paraphrase: Sentence
    locator: Locator
    voice: Literal["author", "interviewee"]
    confidence: Confidence
    repeats: Key | None = None


class Observations(Model):
    """A file of `observations/`."""

    observations: Annotated[list[Observation], Field(min_length=1)]


class GroupStatement(Model):
    """A statement about a group of cases, with numbers as the source gives them."""

    id: Key
    group: Literal[
        "all",
        "exploitation",
        "exploration",
        "ambidextrous",
        "exploration-and-ambidextrous",
        "outside-sample",
    ]
    quantifier: Literal["all", "most", "several", "some", "few", "none", "generic", "count"]
    count: Annotated[int, Field(ge=0)] | None
    total: Annotated[int, Field(ge=1)] | None
    construct_key: Annotated[Key | None, Field(alias="construct")]
    value: Key | None
    illustrated_by: list[Letter]
    statement: Sentence
    locator: Locator
    confidence: Confidence

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.value is not None and self.construct_key is None:
            raise ValueError("a value needs a construct")
        if self.quantifier == "count" and self.count is None:
            raise ValueError("quantifier 'count' needs a count")
        return self


class GroupStatements(Model):
    """File `group_statements.yaml`."""

    group_statements: list[GroupStatement]


class Condition(Model):
    """A construct with those of its values that count."""

    construct_key: Annotated[Key, Field(alias="construct")]
    values: Annotated[list[Key], Field(min_length=1)]


class Relation(Model):
    """What a proposition predicts, in codes."""

    type: Literal["association", "no-association", "necessity", "prevalence", "means-end"]
    antecedent: Annotated[list[Condition], Field(min_length=1)]
    consequent: Annotated[list[Condition], Field(min_length=1)]


class Literature(Model):
    """Earlier work that a proposition follows, extends or contradicts."""

    direction: Literal["followed", "extended", "contradicted"]
    reference: Words
    claim: Sentence
    locator: Locator


class Proposition(Model):
    """One of the numbered propositions, restated."""

    number: Annotated[int, Field(ge=1)]
    statement: Bilingual
    orientation: Orientation | Literal["all"]
    unit: Literal["case"]
    concerns: Concerns
    relation: Relation
    kind: Literal["data", "coded-statements"]
    note: Prose | None
    speaks_for: Annotated[list[Condition], Field(min_length=1)]
    speaks_against: Annotated[list[Condition], Field(min_length=1)]
    contrasts_with: list[int]
    literature: list[Literature]
    locators: Annotated[list[Locator], Field(min_length=1)]


class Propositions(Model):
    """File `propositions.yaml`."""

    propositions: Annotated[list[Proposition], Field(min_length=1)]


class Reading(Model):
    """One way to take a doubtful place."""

    key: Key
    text: English
    locator: Locator
    also_at: list[Locator] = Field(default_factory=list)


class Ambiguity(Model):
    """A place where documents contradict themselves or each other."""

    key: Key
    kind: Literal["within-document", "between-documents", "within-thesis-list", "within-thesis-cases"]
    aspect: Literal["wording", "order", "count", "content", "terminology", "text-defect", "attribution"]
    documents: Annotated[list[DocumentId], Field(min_length=1)]
    title: English
    summary: English
    concerns: list[str] = Field(default_factory=list)
    cases: list[Letter] = Field(default_factory=list)
    constructs: list[Key] = Field(default_factory=list)
    observations: list[Key] = Field(default_factory=list)
    coded_as: English
    follows: Key | None = None
    readings: Annotated[list[Reading], Field(min_length=2)]


class Ambiguities(Model):
    """A file of ambiguities."""

    ambiguities: list[Ambiguity]
