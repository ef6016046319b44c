"""Query parameters of the REST routes; a name that a route does not know is refused, not ignored."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from tertius.api.paging import DEFAULT_LIMIT, MAX_LIMIT
from tertius.queries.network.parameters import (
    DEFAULT_ASSUMED_YEARS,
    DEFAULT_WINDOW,
    MOST_EXCLUDED,
    MOST_YEARS,
    NetworkParameters,
    Weight,
)

KEY_PATTERN: Final = r"^[a-z2-7]{16}$"
_KEY: Final = re.compile(KEY_PATTERN)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def _plain_date(value: object) -> object:
    if isinstance(value, str) and not _DATE.fullmatch(value):
        raise ValueError("is not a date like 2020-12-31")
    return value


def _window(value: object) -> object:
    if value == "all" or not isinstance(value, str):
        return value
    if not value.isdecimal() or not value.isascii() or int(value) > MOST_YEARS:
        raise ValueError(f"is not `all` or a number of years in 0..{MOST_YEARS}")
    return int(value)


def key_list(values: list[str]) -> list[str]:
    """Check organisation keys, sort them, and drop repetitions."""
    for value in values:
        if not _KEY.fullmatch(value):
            raise ValueError(f"{value[:40]!r} is not an organization key (sixteen characters of a-z and 2-7)")
    return sorted(set(values))


def _one_line(value: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise ValueError("contains control characters")
    return value


PlainDate = Annotated[dt.date, BeforeValidator(_plain_date)]
Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
Window = Annotated[
    int | Literal["all"],
    BeforeValidator(
        _window,
        json_schema_input_type=Annotated[int, Field(ge=0, le=MOST_YEARS)] | Literal["all"],
    ),
]
Partition = Literal["community", "country", "sector", "type"]


class Parameters(BaseModel):
    """What every REST route takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: str | None = Field(
        None,
        max_length=20,
        description="Representation by short name; overrides `Accept`.",
        examples=["json"],
    )


class ListParameters(Parameters):
    """What every list takes."""

    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Entries per page.", examples=[10])
    cursor: str | None = Field(
        None, max_length=2048, description="Where to go on: part of `meta.next`, never made by hand."
    )


class NetworkFields(BaseModel):
    """The parameters that a network is derived with."""

    as_of: PlainDate | None = Field(
        None,
        description="Day for which the network stands; the snapshot's own by default.",
        examples=["2020-12-01"],
    )
    window: Window = Field(
        DEFAULT_WINDOW,
        description="Years before `as_of` that count; 0 for that day alone, `all` for everything.",
        examples=["all"],
    )
    weight: Weight = Field(Weight.NEWMAN, description="How ties are weighted.", examples=["binary"])
    max_partners: int | None = Field(
        None,
        ge=2,
        le=1_000_000,
        description="Leave out alliances with more partners than this.",
        examples=[30],
    )
    exclude: Annotated[list[str], AfterValidator(key_list)] = Field(
        default_factory=list,
        max_length=MOST_EXCLUDED,
        description="Keys of organisations to leave out; may be repeated.",
    )
    assumed_years: int = Field(
        DEFAULT_ASSUMED_YEARS,
        ge=0,
        le=MOST_YEARS,
        description="Years that a participation without a known end is taken to last.",
        examples=[5],
    )
    partition: Partition = Field(
        "community",
        description="Parts that `other_circle`, `roles` and `participation_coefficient` refer to.",
        examples=["country"],
    )

    def network(self) -> NetworkParameters:
        """Return the parameters as the network room takes them; `as_of` stays open where it was not given."""
        return NetworkParameters(
            as_of=self.as_of,
            window=None if self.window == "all" else self.window,
            weight=self.weight,
            max_partners=self.max_partners,
            exclude=frozenset(self.exclude),
            assumed_years=self.assumed_years,
        )


class NetworkQuery(NetworkFields, Parameters):
    """A question to the network with one answer."""


class NetworkListQuery(NetworkFields, ListParameters):
    """A question to the network with a list as its answer."""


class EgoQuery(NetworkQuery):
    """One ego network."""

    max_partners_shown: int = Field(
        100, ge=1, le=MAX_LIMIT, description="Most partners to show; the heaviest ties first.", examples=[50]
    )


class BrokersQuery(NetworkListQuery):
    """The list of brokers."""

    order: Literal["constraint", "effective_size", "betweenness", "degree"] = Field(
        "constraint",
        description="What makes a strong broker: low constraint, or a high value of another measure.",
    )


Side = Annotated[
    str,
    Field(max_length=200, pattern=r"^([a-z2-7]{16}|(community|country|sector|type)-.{1,150})$"),
]


class BetweenQuery(NetworkListQuery):
    """Brokers between two sides."""

    one: Side = Field(
        alias="from",
        description="First side: key of an organisation, or `country-`, `sector-`, `type-` or `community-` "
        "and its notation or number.",
        examples=["country-DE"],
    )
    other: Side = Field(alias="to", description="Second side, likewise.", examples=["country-NL"])


class ExportQuery(NetworkFields, Parameters):
    """A whole network as a file."""

    part: Literal["ties", "organizations"] = Field(
        "ties", description="Which table a file of CSV, Parquet or Arrow holds; other formats hold both."
    )


class OrganizationsQuery(ListParameters):
    """Search and list organisations."""

    q: Line | None = Field(None, description="Words of the name or an identifier.", examples=["university"])
    identifier: Annotated[str, Field(max_length=200, pattern=r"^[a-z0-9-]{1,40}:.{1,150}$")] | None = Field(
        None, description="Identifier with its scheme.", examples=["pic:999981634"]
    )
    country: Annotated[str, Field(pattern=r"^[A-Za-z]{2}$")] | None = Field(
        None, description="ISO 3166-1 alpha-2 code.", examples=["DE"]
    )
    circle: Annotated[str, Field(pattern=r"^(country|sector|type)-.{1,150}$")] | None = Field(
        None,
        description="Circle: `country-`, `sector-` or `type-` and its notation.",
        examples=["country-NL"],
    )


class AlliancesQuery(ListParameters):
    """Search and list alliances."""

    q: Line | None = Field(None, description="Words of the name.", examples=["battery"])
    form: Line | None = Field(None, description="Notation of the form.", examples=["consortium"])
    active_on: PlainDate | None = Field(
        None, description="Only alliances that were running on this day.", examples=["2019-06-30"]
    )


class ResultsQuery(Parameters):
    """The answer of a named query; its own parameters come beside these."""

    model_config = ConfigDict(extra="allow", frozen=True)

    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Rows per page.", examples=[10])
    cursor: str | None = Field(
        None, max_length=8192, description="Where to go on: part of `meta.next`, never made by hand."
    )


class QueriesQuery(Parameters):
    """The catalogue of named queries."""

    tag: Line | None = Field(None, description="Only queries with this tag.", examples=["network"])
