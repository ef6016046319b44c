"""A mapping's constants, checked before any row is read."""

from __future__ import annotations

from dataclasses import dataclass, field

from tertius.loaders import columns
from tertius.loaders.countries import parse_country
from tertius.loaders.mapping import Mapping, MappingError
from tertius.loaders.problems import Problem, shorten
from tertius.loaders.values import (
    Given,
    ValueProblem,
    clean,
    parse_date,
    parse_identifier,
    parse_notation,
)


@dataclass(slots=True)
class Constants:
    """What every alliance has where its rows say nothing: dates, notations and texts by column."""

    dates: dict[str, Given] = field(default_factory=dict)
    concepts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


def parse_constants(mapping: Mapping) -> Constants:
    """Check all constants of a mapping and return those of alliances.

    Raises:
        MappingError: If a constant is no value of its column.
    """
    found = Constants()
    for column, text in mapping.constants.items():
        try:
            _parse(found, column, text, mapping.separator)
        except ValueProblem as problem:
            message = f"key 'constants.{column}': '{shorten(text)}': {problem}"
            raise MappingError(Problem("bad-mapping", message)) from None
    return found


def _parse(found: Constants, column: str, text: str, separator: str) -> None:
    if column in {"start", "end"}:
        found.dates[column] = parse_date(text, end=column == "end")
    elif column in columns.SCHEMES:
        parts = text.split(separator) if column in columns.MANY else [text]
        found.concepts[column] = tuple(
            parse_notation(columns.SCHEMES[column], part.strip()) for part in parts
        )
    elif column in columns.ALLIANCE:
        found.texts[column] = clean(text)
    elif column in {"from", "to"}:
        parse_date(text, end=column == "to")
    elif column == "role":
        parse_notation("participation-role", text)
    elif column == "country":
        parse_country(text)
    elif column.startswith(columns.IDENTIFIER):
        parse_identifier(column.removeprefix(columns.IDENTIFIER), text)
