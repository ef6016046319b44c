"""The `#+` header of a named query: YAML in comments, read with the line of everything that is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from tertius.queries.errors import CatalogueError
from tertius.queries.params import Parameter, Type

MARK = "#+"


class ColumnType(StrEnum):
    """Types of the values in a column, and what they become in a row.

    `iri`, `string` and `date` become text (a date as YYYY-MM-DD), `integer` an int, `decimal` and `double` a
    float, `boolean` a bool; a value that is not there becomes None in every column.
    """

    IRI = "iri"
    STRING = "string"
    DATE = "date"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DOUBLE = "double"
    BOOLEAN = "boolean"


class Column(BaseModel):
    """One column of the answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: ColumnType
    description: Annotated[str, Field(min_length=1)]


class QueryBudget(BaseModel):
    """What the query may use: seconds of wall-clock time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seconds: Annotated[float, Field(gt=0, le=300)] = 10.0


class Outside(BaseModel):
    """What a query asks of a service outside, about the rows of its own answer.

    Attributes:
        name: the service, as the settings list it.
        join: the column of ours whose values the service is asked about; it returns them under this name.
        query: a SELECT in SPARQL, the values written `$name of the column` inside `VALUES ?x { … }`.
        returns: the columns that the service adds, in order.
        licence: under which terms it says so.
        seconds: what all requests together may take.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    join: str
    query: Annotated[str, Field(min_length=1, max_length=20_000)]
    returns: Annotated[dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Column], Field(min_length=1)]
    licence: str | None = None
    seconds: Annotated[float, Field(gt=0, le=120)] = 30.0


class Header(BaseModel):
    """What a named query says about itself.

    Attributes:
        summary: one line.
        description: what exactly it answers, and what it leaves out.
        tags: for finding it.
        params: its parameters by name.
        returns: the columns of its answer, in order.
        order: columns that order the rows, `-` in front for descending; together they tell all rows apart.
        budget: what it may use.
        proposition: notation of the proposition whose test it is.
        service: what it asks of a service outside, about its own rows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    summary: Annotated[str, Field(min_length=10, max_length=120)]
    description: Annotated[str, Field(min_length=20)]
    tags: Annotated[list[str], Field(min_length=1)]
    params: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Parameter] = Field(default_factory=dict)
    returns: Annotated[dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Column], Field(min_length=1)]
    order: Annotated[list[str], Field(min_length=1)]
    budget: QueryBudget = QueryBudget()
    proposition: str | None = None
    service: Outside | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Header:
        names = [name.removeprefix("-") for name in self.order]
        for name in names:
            if name not in self.returns:
                raise ValueError(f"order: {name} is not among the returned columns")
        if len(set(names)) < len(names):
            raise ValueError("order: a column is named twice")
        for name in ("limit", "cursor", "format", "snapshot"):
            if name in self.params:
                raise ValueError(f"params: {name} belongs to the runner")
        self._check_service()
        types = [parameter.type for parameter in self.params.values()]
        if types.count(Type.AS_OF) > 1 or types.count(Type.WINDOW) > 1:
            raise ValueError("params: one as-of and one window at most")
        if Type.WINDOW in types and Type.AS_OF not in types:
            raise ValueError("params: a window needs an as-of")
        return self

    def _check_service(self) -> None:
        outside = self.service
        if outside is None:
            return
        column = self.returns.get(outside.join)
        if column is None or column.type not in {ColumnType.STRING, ColumnType.IRI}:
            raise ValueError(f"service: {outside.join} is no returned column of text or IRIs")
        for name in outside.returns:
            if name in self.returns or name.startswith("outside_"):
                raise ValueError(f"service: the column {name} is there already")
        if outside.join in self.params:
            raise ValueError(f"service: {outside.join} is the name of a parameter as well")


def read_header(text: str, name: str) -> Header:
    """Read the header of a query file.

    Args:
        text: the whole file; the header is its first lines, each beginning with `#+`.
        name: how messages name the file.

    Raises:
        CatalogueError: the header is missing, no YAML, or not what `Header` describes; the message begins
            with `file:line`.
    """
    lines = []
    for line in text.splitlines():
        if not line.startswith(MARK):
            break
        lines.append(line.removeprefix(MARK).removeprefix(" "))
    if not lines:
        raise CatalogueError(f"{name}:1: a query file begins with its header, lines that start with {MARK}")
    source = "\n".join(lines)
    try:
        root = yaml.compose(source, Loader=yaml.SafeLoader)
        values = yaml.safe_load(source)
    except yaml.MarkedYAMLError as error:
        line_number = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CatalogueError(f"{name}:{line_number}: the header is not YAML: {error.problem}") from None
    try:
        return Header.model_validate(values)
    except ValidationError as error:
        problems = [
            f"{name}:{_line(root, detail['loc'])}: {'.'.join(map(str, detail['loc']))}: {detail['msg']}"
            for detail in error.errors()
        ]
        raise CatalogueError("\n".join(problems)) from None


def _line(node: yaml.Node | None, path: Sequence[str | int]) -> int:
    """Return the line on which the deepest existing part of a path begins."""
    line = 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line
