"""Query parameters of the routes over time."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from tertius.api.parameters import NetworkListQuery, NetworkQuery, PlainDate
from tertius.queries.network.changes import LEAST
from tertius.queries.network.history import MOST_MONTHS, MOST_POINTS


class HistoryQuery(NetworkQuery):
    """A series of positions."""

    first: PlainDate | None = Field(
        None,
        alias="from",
        description="No day lies before this one; ten years before `to` by default.",
        examples=["2015-01-01"],
    )
    last: PlainDate | None = Field(
        None, alias="to", description="The last day; `as_of` by default.", examples=["2020-12-01"]
    )
    step: int = Field(
        12,
        ge=1,
        le=MOST_MONTHS,
        description=f"Months between two days, counted back from `to`; at most {MOST_POINTS} days in all.",
        examples=[12],
    )


def _since(value: object) -> object:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 9:
        return int(value)
    if isinstance(value, str):
        try:
            if len(value) == 10:
                return dt.date.fromisoformat(value)
        except ValueError:
            pass
        raise ValueError("is neither a date like 2018-12-31 nor the number of a snapshot")
    return value


class ChangesQuery(NetworkListQuery):
    """Two networks compared."""

    since: Annotated[
        int | dt.date,
        BeforeValidator(_since, json_schema_input_type=Annotated[int, Field(ge=1)] | dt.date),
    ] = Field(
        description="The earlier moment: a day of the same snapshot, or the number of an earlier snapshot, "
        "which is then compared as it stood. The later moment is `as_of`.",
        examples=["2018-12-01"],
    )
    kind: Literal["broker_risen", "broker_fallen", "tie_formed", "tie_ended"] | None = Field(
        None, description="Only changes of this kind.", examples=["tie_formed"]
    )
    order: Literal["constraint", "effective_size", "betweenness", "degree"] = Field(
        "constraint", description="What a broker's standing is taken from."
    )
    least: float = Field(
        LEAST,
        gt=0,
        le=100,
        description="Percentile points by which a broker rises or falls at least.",
        examples=[10],
    )
