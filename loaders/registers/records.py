"""What a register says: organisations, relations between them, and why a relation is not given."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, Protocol

from tertius.loaders.countries import names as country_names
from tertius.loaders.values import FORBIDDEN, clean
from tertius.ontology.identifiers import Identifier, identify
from tertius.ontology.identity import key

FIRST_YEAR: Final = 1000
LAST_YEAR: Final = 2199
"""Years accepted; universities and guilds are old, 9999 is a placeholder."""

LONGEST: Final = 4000
"""Characters of a text that are kept."""

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_JURISDICTION: Final = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_FIRST_NUMBERS: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class RecordProblem(Exception):
    """A record that cannot be used; names the field and what is wrong with it."""

    def __init__(self, code: str, message: str, column: str | None = None, value: str | None = None) -> None:
        super().__init__(message)
        self.code, self.column, self.value = code, column, value


@dataclass(frozen=True, slots=True)
class Name:
    """A name beside the main one.

    Attributes:
        text: The name.
        kind: Notation of the ontology's `name-kind`.
        language: Language tag, or nothing where the register tells none.
        until: Day on which it was given up.
    """

    text: str
    kind: str
    language: str = ""
    until: dt.date | None = None


@dataclass(slots=True)
class Registered:
    """An organisation as a register describes it.

    Attributes:
        key: Its key.
        name: Its main name.
        names: Other names.
        identifiers: The one that its key comes from first, where there is one.
        country: ISO 3166-1 alpha-2 code.
        size: Size of the organisation, in the register's words.
        sectors: Code and label of each field of activity.
        types: Kinds of organisation, the main one first.
        texts: Term of the ontology -> text, such as `legalForm`.
        status: Notation of `register-status`.
        founded: Day of foundation, and whether only the year was given.
        dissolved: Day of dissolution.
    """

    key: str
    name: str
    names: list[Name] = field(default_factory=list)
    identifiers: list[Identifier] = field(default_factory=list)
    country: str = ""
    size: str = ""
    sectors: list[tuple[str, str]] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    status: str = ""
    founded: tuple[dt.date, bool] | None = None
    dissolved: dt.date | None = None

    def say(self, term: str, text: object) -> None:
        """Set a text, unless there is none."""
        if value := tidy(text):
            self.texts[term] = value


@dataclass(frozen=True, slots=True)
class Relation:
    """A link between two organisations.

    Attributes:
        of: Key of the one that is owned, managed or succeeded.
        to: Key of the one that owns, manages or succeeds.
        kind: Notation of `relation-kind`.
        start: First day.
        end: Last day.
        natures: Nature of control, in the register's words.
        least: Percentage held at least.
        most: Percentage held at most.
        status: Status in the register's words.
        registration: State of the record in the register's words.
    """

    of: str
    to: str
    kind: str
    start: dt.date | None = None
    end: dt.date | None = None
    natures: tuple[str, ...] = ()
    least: Decimal | None = None
    most: Decimal | None = None
    status: str = ""
    registration: str = ""

    @property
    def key(self) -> str:
        """Its key: who, to whom, how and since when."""
        return key("relation", self.kind, self.of, self.to, self.start.isoformat() if self.start else "")


@dataclass(frozen=True, slots=True)
class Exemption:
    """Why an organisation names no parent: its key, which parent, and the reason, in the register's words."""

    of: str
    category: str
    reason: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """A record that the register has taken back: what it said is said no longer."""

    what: Registered | Relation | Exemption


Statement = Registered | Relation | Exemption | Deleted


def kept(what: Registered | Relation | Exemption, *, deleted: bool) -> Statement:
    """Return what a record says, or that it is said no longer."""
    return Deleted(what) if deleted else what


@dataclass(frozen=True, slots=True)
class Raw:
    """One record of a file, not yet understood.

    Attributes:
        row: Line on which it begins, or its place in a list.
        content: What the layout's own reader made of it.
    """

    row: int
    content: object


@dataclass(frozen=True, slots=True)
class Left:
    """A record that is right and not for us, such as one about a natural person; `why` is counted."""

    why: str


class Taker(Protocol):
    """Turns one record into statements; what it cannot use it raises as `RecordProblem`."""

    def __call__(self, content: object) -> Iterator[Statement | Left]:
        """Yield what a record says."""


@dataclass(frozen=True, slots=True)
class Layout:
    """An opened file whose layout is known.

    Attributes:
        name: What the layout is called, in reports.
        records: Its records, streamed.
        take: Turns each into statements.
        position: Bytes read so far.
    """

    name: str
    records: Iterator[Raw]
    take: Taker
    position: Callable[[], int]


class Opener(Protocol):
    """Opens a register's file."""

    def __call__(self, path: Path, source: str) -> Layout:
        """Tell a file's layout and return it opened."""


def tidy(text: object) -> str:
    """Return a text on one line, without what cannot be seen; nothing for what is no text."""
    if not isinstance(text, str):
        return ""
    if text.isprintable() and text.isascii():
        # Nearly every cell; nothing in it can be hidden, at most blanks are too many.
        spaced = "  " in text or text[:1] == " " or text[-1:] == " "
        return (" ".join(text.split()) if spaced else text)[:LONGEST]
    if FORBIDDEN.search(text):
        text = FORBIDDEN.sub("", text)
    return " ".join(clean(text).split())[:LONGEST]


def language(tag: object) -> str:
    """Return a language tag, or nothing for what is none."""
    return tag.lower() if isinstance(tag, str) and _LANGUAGE.fullmatch(tag) else ""


def country(code: object) -> str:
    """Return an ISO 3166-1 code that is known, or nothing."""
    return code if isinstance(code, str) and code in country_names() else ""


def jurisdiction(code: object) -> str:
    """Return a code of ISO 3166-1 or -2, or nothing for what has no such form."""
    return code if isinstance(code, str) and _JURISDICTION.fullmatch(code) else ""


def day(text: object) -> dt.date | None:
    """Return the day of `2012-11-29T00:00:00.000Z` or `2012-11-29`; nothing for what is none.

    The day is the one written: the time zone in which a clerk sat does not move it.
    """
    if not isinstance(text, str) or not _FIRST_NUMBERS.fullmatch(text[:10]):
        return None
    try:
        found = dt.date.fromisoformat(text[:10])
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def percentage(value: object) -> Decimal | None:
    """Return a percentage between 0 and 100, or nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found <= 100 else None


def required(scheme: str, value: object, column: str) -> Identifier:
    """Return the identifier that a record stands or falls with.

    Raises:
        RecordProblem: It is missing or has not the form of its scheme.
    """
    if not isinstance(value, str) or not value.strip():
        raise RecordProblem("no-identifier", f"the record has no {scheme} identifier", column)
    found = identify(scheme, value)
    if not found.well_formed:
        raise RecordProblem("bad-identifier", f"not a {scheme} identifier", column, value)
    return found


def name_of(value: object, column: str) -> str:
    """Return the name that a record must have.

    Raises:
        RecordProblem: It has none.
    """
    found = tidy(value)
    if not found:
        raise RecordProblem("no-name", "the record has no name", column)
    return found


def key_of(found: Identifier) -> str:
    """Return the key of the organisation that bears an identifier."""
    return key(found.scheme, found.value)
