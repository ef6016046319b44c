"""Cells become dates and identifiers, or a reason why not."""

from __future__ import annotations

import datetime as dt
import difflib
import re
import unicodedata
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

from tertius.ontology import concepts
from tertius.ontology.identifiers import Check, identify, pattern

FIRST_YEAR: Final = 1800
LAST_YEAR: Final = 2199
"""Years accepted: what lies outside is a placeholder such as 9999-12-31 or a slip of the keyboard."""

_DATE: Final = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2})(?:[T ]\d{2}:\d{2}[0-9:.,Zz+-]*)?)?)?",
    re.ASCII,
)
_SLASHES: Final = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}", re.ASCII)
_BREAKS: Final = re.compile(r"[\t\n\r]+")
_SERIAL: Final = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)

FORBIDDEN: Final = re.compile(
    # Controls but for tab and line ends; marks that reorder text; what is no character at all.
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""Characters that no value may hold: they hide in names and make two that look equal differ."""


class ValueProblem(Exception):
    """A cell that cannot become a value; `code` is stable, `str()` says what is wrong and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Precision(IntEnum):
    """How much of a date was written."""

    YEAR = 1
    MONTH = 2
    DAY = 3


@dataclass(frozen=True, slots=True)
class Given:
    """A date as a table gives it.

    Attributes:
        day: The day it stands for: the first of a period for a start, the last for an end.
        precision: How much was written.
    """

    day: dt.date
    precision: Precision

    @property
    def text(self) -> str:
        """The date as written: `2019`, `2019-05` or `2019-05-03`."""
        return self.day.isoformat()[: {Precision.YEAR: 4, Precision.MONTH: 7}.get(self.precision, 10)]


@lru_cache(maxsize=1 << 16)
def parse_date(text: str, *, end: bool) -> Given:
    """Read `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, or a date followed by a time, which is left out.

    Args:
        text: The cell, trimmed and not empty.
        end: Whether a period stands for its last day instead of its first.

    Raises:
        ValueProblem: `bad-date`.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueProblem("bad-date", f"not a date; write {_advice(text)}")
    year, month, day = (int(part) if part else None for part in match.group("year", "month", "day"))
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR:
        hint = "leave the cell empty where the date is not known"
        raise ValueProblem("bad-date", f"the year is not between {FIRST_YEAR} and {LAST_YEAR}; {hint}")
    try:
        if day is not None and month is not None:
            return Given(dt.date(year, month, day), Precision.DAY)
        if month is not None:
            return Given(_edge(year, month, end=end), Precision.MONTH)
    except ValueError:
        raise ValueProblem("bad-date", "there is no such day in the calendar") from None
    return Given(_edge(year, 12 if end else 1, end=end), Precision.YEAR)


def _edge(year: int, month: int, *, end: bool) -> dt.date:
    first = dt.date(year, month, 1)
    if not end:
        return first
    following = dt.date(year + 1, 1, 1) if month == 12 else dt.date(year, month + 1, 1)
    return following - dt.timedelta(days=1)


def _advice(text: str) -> str:
    if _SERIAL.fullmatch(text):
        return "it as YYYY-MM-DD (this looks like a spreadsheet's day number)"
    if _SLASHES.fullmatch(text):
        return "it as YYYY-MM-DD (day and month cannot be told apart here)"
    return "YYYY-MM-DD, YYYY-MM or YYYY"


def clean(text: str) -> str:
    """Return a name or a text as given, but on one line and in one Unicode form.

    Two ways to encode one name, which no reader can tell apart, must not make two organisations.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return _BREAKS.sub(" ", text).strip()


@lru_cache(maxsize=1 << 10)
def parse_notation(scheme: str, text: str) -> str:
    """Return the notation of a concept that a cell names, in any case, with `-`, `_` or spaces between words.

    Args:
        scheme: Notation of the concept scheme, such as `orientation`.
        text: The cell, trimmed and not empty.

    Raises:
        ValueProblem: `unknown-concept`, with the notations that there are.
    """
    notation = re.sub(r"[\s_-]+", "-", text.casefold())
    known = concepts(scheme)
    if notation in known:
        return notation
    close = difflib.get_close_matches(notation, list(known), n=1)
    hint = f" (did you mean '{close[0]}'?)" if close else ""
    raise ValueProblem("unknown-concept", f"not one of {', '.join(known)}{hint}")


@lru_cache(maxsize=1 << 16)
def parse_identifier(scheme: str, text: str) -> str:
    """Return an identifier in the one form in which its scheme is kept.

    Only the form decides: a value whose check digits are wrong is a value all the same (`doubt` tells).

    Args:
        scheme: Notation of the ontology's `identifier-scheme`, such as `pic`.
        text: The cell, trimmed and not empty.

    Raises:
        ValueProblem: `bad-identifier`, with the form that the scheme has.
    """
    if not any(c.isdigit() for c in text):
        raise ValueProblem("bad-identifier", f"not a {scheme} identifier, which has digits in it")
    found = identify(scheme, text)
    if not found.well_formed:
        form = pattern(scheme).pattern
        raise ValueProblem("bad-identifier", f"not a {scheme} identifier, which has the form {form}")
    return found.value


def doubt(scheme: str, value: str) -> str:
    """Return why a well-formed identifier is most likely mistyped, or nothing where there is no reason."""
    check = identify(scheme, value).check
    if check is Check.WRONG_CHECK_DIGIT:
        return "its check digits do not follow from the rest, so it is most likely mistyped; kept as given"
    if check is Check.MALFORMED:
        return f"not written as the country's rules for a {scheme} number ask; kept as given"
    return ""
