"""What a file of `frameworks/` may hold: lists and models with their items."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from tertius.loaders.evidence.schema import (
    Bilingual,
    DocumentId,
    English,
    Key,
    Letter,
    Locator,
    Model,
    Orientation,
    Prose,
)


class Axis(Model):
    """A row or column of a matrix."""

    key: Key
    label: Bilingual


class Scale(Model):
    """A scale on which a question is answered."""

    low_end: Annotated[int, Field(alias="from")]
    high_end: Annotated[int, Field(alias="to")]
    low: Bilingual
    high: Bilingual


class Item(Model):
    """One entry of a framework; `loaders/evidence/frameworks/README.md` explains the fields."""

    key: Key
    number: Annotated[int, Field(ge=1)]
    parent: Key | None = None
    label: Bilingual
    text: English
    locator: Locator
    also_at: list[Locator] = Field(default_factory=list)
    row: Key | None = None
    column: Key | None = None
    orientation: Orientation | None = None
    phase: list[Key] = Field(default_factory=list)
    topic: Key | None = None
    party: Key | None = None
    level: Key | None = None
    role: (
        Literal[
            "champion", "internal-coordinator", "team", "alliance-function", "all-managers", "all-employees"
        ]
        | None
    ) = None
    concept: str | None = None
    cases: list[Letter] = Field(default_factory=list)
    question: Bilingual | None = None
    answer: Literal["text", "yes-no", "scale", "choice"] | None = None
    scale: Scale | None = None
    options: list[Axis] = Field(default_factory=list)
    same_as: list[str] = Field(default_factory=list)
    see_also: list[str] = Field(default_factory=list)
    note: Prose | None = None

    @model_validator(mode="after")
    def _answerable(self) -> Self:
        if (self.question is None) != (self.answer is None):
            raise ValueError("a question needs a kind of answer, and an answer a question")
        if (self.answer == "scale") != (self.scale is not None):
            raise ValueError("answer 'scale' and a scale come together")
        if (self.answer == "choice") != bool(self.options):
            raise ValueError("answer 'choice' and options come together")
        return self


class Framework(Model):
    """A list or model of the documents."""

    key: Key
    title: Bilingual
    kind: Literal["list", "ordered", "matrix", "checklist", "two-level"]
    documents: Annotated[list[DocumentId], Field(min_length=1)]
    locators: Annotated[list[Locator], Field(min_length=1)]
    description: English
    text_basis: Literal["gloss"] | None = None
    phase_basis: Literal["source", "reading"] | None = None
    usable_as_form: Literal[True] | None = None
    attributed_to: Prose | None = None
    see_also: list[str] = Field(default_factory=list)
    rows: list[Axis] = Field(default_factory=list)
    columns: list[Axis] = Field(default_factory=list)
    items: Annotated[list[Item], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        matrix = self.kind == "matrix"
        if matrix != bool(self.rows) or matrix != bool(self.columns):
            raise ValueError("a matrix has rows and columns, and nothing else has")
        if self.usable_as_form and any(item.question is None for item in self.items):
            raise ValueError("usable_as_form: every item needs a question")
        return self


class Frameworks(Model):
    """A file of `frameworks/`."""

    frameworks: Annotated[list[Framework], Field(min_length=1)]
