"""The second, blind coding of a fifth of the annex rows, and how differences with the first were settled."""

from __future__ import annotations

import random
from importlib.resources.abc import Traversable
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, StringConstraints, model_validator
from tertius.loaders.evidence import schema
from tertius.loaders.evidence.reading import read_record


class RowName(NamedTuple):
    """What a row of an annex is known by; rows are listed, sorted and drawn by these three."""

    annex: int
    case: str
    row: str


class AnnexRow(schema.Model):
    """A row of an annex: the cell of a case in annexes 2 and 3, one headed part of it in annex 4."""

    annex: Literal[2, 3, 4]
    case: schema.Letter
    row: schema.Words
    lines: schema.Range

    @property
    def name(self) -> RowName:
        """What the row is known by."""
        return RowName(self.annex, self.case, self.row)


class Code(schema.Model):
    """A value of a construct that a row gives."""

    construct_key: Annotated[schema.Key, Field(alias="construct")]
    value: schema.Key


class CodedRow(AnnexRow):
    """A row of the sample with everything the second coder found in it."""

    codes: list[Code]


class Sample(schema.Model):
    """How the rows were drawn."""

    seed: int
    size: Annotated[int, Field(ge=1)]
    of: Annotated[int, Field(ge=1)]
    rule: schema.Prose


class SecondCoding(schema.Model):
    """File `second-coding.yaml`: a record, never corrected afterwards."""

    version: Literal[1]
    document: schema.DocumentId
    coder: schema.Words
    coded: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    codebook_version: Annotated[int, Field(ge=1)]
    sample: Sample
    rows: Annotated[list[AnnexRow], Field(min_length=1)]
    coding: Annotated[list[CodedRow], Field(min_length=1)]

    @model_validator(mode="after")
    def _as_drawn(self) -> Self:
        names = [row.name for row in self.rows]
        if names != sorted(set(names)):
            raise ValueError("rows are to be listed once each, sorted by annex, case and row")
        if len(names) != self.sample.of:
            raise ValueError(f"{len(names)} rows are listed, not the {self.sample.of} that the sample names")
        if [row.name for row in self.coding] != self.draw():
            raise ValueError("the rows coded are not those that the seed draws, in sorted order")
        return self

    def draw(self) -> list[RowName]:
        """Return the rows that the seed draws from the list, sorted."""
        names = sorted(row.name for row in self.rows)
        return sorted(random.Random(self.sample.seed).sample(names, self.sample.size))  # noqa: S311 - no secret


class Resolution(schema.Model):
    """How one difference was settled: one construct in one row."""

    annex: Literal[2, 3, 4]
    case: schema.Letter
    row: schema.Words
    construct_key: Annotated[schema.Key, Field(alias="construct")]
    first: list[schema.Key]
    second: list[schema.Key]
    resolved: list[schema.Key]
    rule: Literal["sharpened", "clear"]
    why: schema.Words

    @model_validator(mode="after")
    def _a_difference(self) -> Self:
        for values in (self.first, self.second, self.resolved):
            if values != sorted(set(values)):
                raise ValueError(f"values {values} are to be given once each, in alphabetical order")
        if self.first == self.second:
            raise ValueError("both coders gave the same, so there is nothing to settle")
        return self

    @property
    def name(self) -> RowName:
        """The row in which the coders differed."""
        return RowName(self.annex, self.case, self.row)


class Resolutions(schema.Model):
    """File `resolutions.yaml`."""

    resolutions: list[Resolution]

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        names = [(each.name, each.construct_key) for each in self.resolutions]
        if names != sorted(set(names)):
            raise ValueError(
                "a row and construct is to be settled once, sorted by annex, case, row and construct"
            )
        return self


def read_second_coding(root: Traversable | None = None) -> SecondCoding:
    """Read `second-coding.yaml`.

    Raises:
        EvidenceError: The file is missing, breaks its schema, or codes other rows than its seed draws.
    """
    return read_record("second-coding.yaml", SecondCoding, root)


def read_resolutions(root: Traversable | None = None) -> Resolutions:
    """Read `resolutions.yaml`.

    Raises:
        EvidenceError: The file is missing or breaks its schema.
    """
    return read_record("resolutions.yaml", Resolutions, root)
