"""What is said about named queries, and about answers that services outside have a part in."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import Field
from tertius.api.models import Meta, Model


class OutsideRequest(Model):
    """One request to a service outside that an answer rests on."""

    service: str = Field(description="The service, as the settings call it.", examples=["wikidata"])
    url: str = Field(description="The address that answered.")
    retrieved: dt.datetime = Field(description="When, in UTC.")
    digest: str = Field(description="SHA-256 of what it sent, unpacked.")
    cached: bool = Field(description="Whether that was kept here from an earlier request.")


class OutsideMeta(Meta):
    """The same for an answer that was joined with what a service outside says."""

    outside: list[OutsideRequest]
    licence: str | None = Field(description="Terms under which the service says so.")


class QueryParameter(Model):
    """A parameter of a named query."""

    name: str = Field(examples=["organization"])
    type: str = Field(examples=["organization"])
    description: str
    required: bool
    many: bool = Field(description="Whether it may be repeated.")
    example: Any
    default: Any = None
    scheme: str | None = Field(None, description="For a concept: the scheme that its notations come from.")
    values: list[str] | None = Field(None, description="The values that are allowed.")
    minimum: float | None = None
    maximum: float | None = None


class QueryColumn(Model):
    """A column of a named query's answer."""

    name: str
    type: str
    description: str


class QuerySummary(Model):
    """A named query in brief."""

    name: str = Field(examples=["partners-of-organization"])
    topic: str = Field(examples=["organizations"])
    summary: str
    tags: list[str]
    results: str = Field(
        description="Where its answer is.", examples=["/v1/queries/partners-of-organization/results"]
    )


class QueryService(Model):
    """What a query asks of a service outside, about the rows of its own answer."""

    name: str = Field(description="The service, as the settings call it.", examples=["wikidata"])
    configured: bool = Field(description="Whether it may be asked from here.")
    url: str | None = Field(description="Its address; `null` where it is not configured or not public.")
    join: str = Field(description="The column whose values it is asked about.", examples=["lei"])
    columns: list[str] = Field(description="The columns that it adds.")
    licence: str | None = Field(description="Terms under which it says so.")
    seconds: float = Field(description="Time limit of all requests to it together.")
    text: str = Field(description="What it is asked; the values of the column are written `$column`.")


class QueryDetail(QuerySummary):
    """A named query: its contract and its text."""

    description: str
    parameters: list[QueryParameter]
    columns: list[QueryColumn]
    order: list[str] = Field(description="Columns that order the rows; `-` before a descending one.")
    seconds: float = Field(description="Time limit.")
    proposition: str | None = Field(description="The proposition that it tests.")
    text: str = Field(description="The query; its parameters are written `$name`.")
    service: QueryService | None = Field(description="What it asks of a service outside, if it does.")
