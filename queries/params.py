"""Typed parameters of named queries: from what a caller writes to RDF terms.

A value becomes a term of pyoxigraph's before it meets a query, so whatever characters it holds are data.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pyoxigraph import Literal, NamedNode
from tertius.ontology import UnknownSchemeError, concepts, identity
from tertius.ontology.namespaces import DEFAULT_BASE, TTC, XSD
from tertius.queries.errors import ParameterError

Scalar = str | int | float | bool | dt.date
Argument = Scalar | Sequence[Scalar]
"""What a caller may hand over for one parameter: text as it comes from an address line, or a Python value."""

Term = NamedNode | Literal

FIRST_DAY: Final = dt.date.min
"""Bound for the end of time before a window that has no beginning."""

LAST_DAY: Final = dt.date.max
"""Bound for `as_of` where every row counts, planned ones included."""

MAX_LIST: Final = 1000
MAX_TEXT: Final = 10_000
MAX_WINDOW: Final = 200


class Type(StrEnum):
    """Types of parameters, as the headers name them."""

    IRI = "iri"
    ORGANIZATION = "organization"
    ALLIANCE = "alliance"
    CIRCLE = "circle"
    CONCEPT = "concept"
    STRING = "string"
    LANG_STRING = "lang-string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DOUBLE = "double"
    BOOLEAN = "boolean"
    DATE = "date"
    YEAR = "year"
    ENUM = "enum"
    AS_OF = "as-of"
    WINDOW = "window"


@dataclass(frozen=True, slots=True)
class Context:
    """What arguments are read against.

    Attributes:
        base: base of the individuals' IRIs.
        as_of: the snapshot's own as-of date, used where the caller gives none; `None` where there is no
            snapshot.
    """

    base: str = DEFAULT_BASE
    as_of: dt.date | None = None


class Parameter(BaseModel):
    """One declared parameter of a named query.

    Attributes:
        type: what values it takes.
        description: what it means, for people.
        example: a value that the tests and the start-up check use.
        default: the value where the caller gives none; a parameter without one is required (an as-of is not).
        scheme: for a concept: notation of its scheme.
        values: for an enum: the values allowed; for a concept: the notations allowed.
        many: whether it takes several values; bound inside `VALUES ?x { $name }` or `IN ($name)`.
        minimum: smallest number allowed.
        maximum: largest number allowed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

    type: Type
    description: Annotated[str, Field(min_length=1)]
    example: str | int | float | bool | dt.date | list[str | int | float | dt.date]
    default: str | int | float | bool | dt.date | list[str | int | float | dt.date] | None = None
    scheme: str | None = None
    values: list[str] | None = None
    many: bool = False
    minimum: float | None = None
    maximum: float | None = None

    @property
    def required(self) -> bool:
        """Whether a caller must give a value."""
        return self.default is None and self.type is not Type.AS_OF

    @model_validator(mode="after")
    def _consistent(self) -> Parameter:
        if (self.type is Type.CONCEPT) != (self.scheme is not None):
            raise ValueError("a concept needs a scheme, and nothing else has one")
        if self.type is Type.ENUM and not self.values:
            raise ValueError("an enum needs its values")
        if self.scheme is not None:
            unknown = set(self.values or ()) - set(_notations(self.scheme))
            if unknown:
                raise ValueError(f"the scheme {self.scheme} has no {', '.join(sorted(unknown))}")
        if self.values is not None and self.type not in {Type.ENUM, Type.CONCEPT}:
            raise ValueError("only an enum or a concept lists its values")
        if self.many and self.type in {Type.AS_OF, Type.WINDOW}:
            raise ValueError(f"{self.type} takes one value")
        return self


def _notations(scheme: str) -> list[str]:
    try:
        return list(concepts(scheme))
    except UnknownSchemeError:
        raise ValueError(f"the ontology has no scheme {scheme}") from None


@dataclass(frozen=True, slots=True)
class Values:
    """Arguments read: the terms to bind, and their text with defaults filled in.

    Attributes:
        terms: for each parameter its terms, one unless it takes many.
        echo: for each parameter what was understood, in a form that reads back to the same terms.
    """

    terms: Mapping[str, tuple[Term, ...]]
    echo: Mapping[str, str | list[str]]


def read_arguments(
    parameters: Mapping[str, Parameter], arguments: Mapping[str, Argument], context: Context
) -> Values:
    """Turn arguments into terms.

    Args:
        parameters: what the query declares.
        arguments: what the caller gave; text or Python values, a sequence where the parameter takes many.
        context: base IRI and the snapshot's as-of date.

    Raises:
        ParameterError: an argument is unknown, missing or does not fit; it names the parameter.
    """
    for name in arguments:
        if name not in parameters:
            known = ", ".join(parameters) or "none"
            raise ParameterError(name, f"this query has no such parameter; it takes: {known}")
    terms: dict[str, tuple[Term, ...]] = {}
    echo: dict[str, str | list[str]] = {}
    windows: list[str] = []
    for name, parameter in parameters.items():
        given = arguments.get(name, parameter.default)
        if parameter.type is Type.WINDOW:
            windows.append(name)
            echo[name] = _window_text(name, _single(name, given))
            continue
        if given is None and parameter.type is Type.AS_OF:
            if context.as_of is None:
                raise ParameterError(name, "give a date (YYYY-MM-DD); there is no snapshot to take it from")
            given = context.as_of
        texts = _texts(name, parameter, given)
        terms[name] = tuple(_term(name, parameter, text, context) for text in texts)
        echo[name] = texts if parameter.many else texts[0]
    for name in windows:
        _bind_window(name, parameters, context, terms, echo)
    return Values(terms, echo)


def _bind_window(
    name: str,
    parameters: Mapping[str, Parameter],
    context: Context,
    terms: dict[str, tuple[Term, ...]],
    echo: Mapping[str, str | list[str]],
) -> None:
    """Bind a window to the last day before it, counted back from the as-of date of the same query."""
    width = str(echo[name])
    as_of_name = next(
        (other for other, parameter in parameters.items() if parameter.type is Type.AS_OF), None
    )
    if as_of_name is None:
        raise ParameterError(name, "a window needs an as-of parameter beside it")
    as_of = dt.date.fromisoformat(str(echo[as_of_name]))
    terms[name] = (_date(day_before_window(as_of, None if width == "all" else int(width))),)
    if width == "all" and as_of == context.as_of:
        terms[as_of_name] = (_date(LAST_DAY),)


def day_before_window(as_of: dt.date, window: int | None) -> dt.date:
    """Return the last day before a window.

    What ends on that day or earlier lies outside.

    Args:
        as_of: last day of the window.
        window: its width in years; 0 is the one day `as_of`, `None` everything.
    """
    if window is None or as_of.year - window < dt.MINYEAR:
        return FIRST_DAY
    if window == 0:
        return as_of - dt.timedelta(days=1) if as_of > FIRST_DAY else FIRST_DAY
    try:
        return as_of.replace(year=as_of.year - window)
    except ValueError:
        return as_of.replace(year=as_of.year - window, day=28)


def _single(name: str, given: Argument | None) -> Scalar | None:
    if isinstance(given, Sequence) and not isinstance(given, str):
        raise ParameterError(name, "takes one value")
    return given


def _window_text(name: str, given: Scalar | None) -> str:
    text = "" if given is None else str(given)
    if text != "all" and not (re.fullmatch(r"[0-9]{1,4}", text) and int(text) <= MAX_WINDOW):
        raise ParameterError(name, f'give a number of years from 0 to {MAX_WINDOW}, or "all"')
    return text if text == "all" else str(int(text))


def _texts(name: str, parameter: Parameter, given: Argument | None) -> list[str]:
    if given is None:
        raise ParameterError(name, f"is required; for example {parameter.example}")
    items: Sequence[Scalar]
    if isinstance(given, Sequence) and not isinstance(given, str):
        if not parameter.many:
            raise ParameterError(name, "takes one value")
        items = given
    else:
        items = [given]
    if not 1 <= len(items) <= MAX_LIST:
        raise ParameterError(name, f"takes 1 to {MAX_LIST} values, not {len(items)}")
    return [_text(item) for item in items]


def _text(item: Scalar) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    return item.isoformat() if isinstance(item, dt.date) else str(item)


def _term(name: str, parameter: Parameter, text: str, context: Context) -> Term:
    if len(text) > MAX_TEXT:
        raise ParameterError(name, f"is longer than {MAX_TEXT} characters")
    try:
        text.encode()
        return _READERS[parameter.type](text, parameter, context)
    except UnicodeEncodeError:
        raise ParameterError(name, "holds half of a surrogate pair, which is no character") from None
    except ValueError as error:
        raise ParameterError(name, str(error)) from None


def _iri(text: str, _parameter: Parameter, _context: Context) -> Term:
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text):
        raise ValueError("give an absolute IRI, such as https://example.org/x")
    return _named_node(text)


def _named_node(text: str) -> NamedNode:
    try:
        return NamedNode(text)
    except ValueError:
        raise ValueError("is not an IRI; spaces, quotes and angle brackets must be percent-encoded") from None


def _individual(text: str, parameter: Parameter, context: Context) -> Term:
    kind = parameter.type.value
    prefix = identity.individual(kind, "", context.base)
    name = text.removeprefix(prefix)
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", name):
        raise ValueError(f"give the key of one {kind}, or its IRI beginning with {prefix}")
    return NamedNode(prefix + name)


def _concept(text: str, parameter: Parameter, _context: Context) -> Term:
    prefix = f"{TTC}{parameter.scheme}-"
    notation = text.removeprefix(prefix)
    allowed = parameter.values or _notations(parameter.scheme or "")
    if notation not in allowed:
        raise ValueError(f"takes one of: {', '.join(allowed)}")
    return NamedNode(prefix + notation)


def _string(text: str, _parameter: Parameter, _context: Context) -> Term:
    return Literal(text)


def _lang_string(text: str, _parameter: Parameter, _context: Context) -> Term:
    value, at, language = text.rpartition("@")
    if not at or not re.fullmatch(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", language):
        raise ValueError("write the text, @ and a language, such as Delft@nl")
    return Literal(value, language=language)


def _number(pattern: str, datatype: str, hint: str) -> Callable[[str, Parameter, Context], Term]:
    def read(text: str, parameter: Parameter, _context: Context) -> Term:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise ValueError(hint)
        number = float(text)
        if not math.isfinite(number):
            raise ValueError("is too large")
        if datatype == "integer" and not -(2**63) <= int(text) < 2**63:
            raise ValueError("does not fit in 64 bits")
        if parameter.minimum is not None and number < parameter.minimum:
            raise ValueError(f"must be at least {parameter.minimum:g}")
        if parameter.maximum is not None and number > parameter.maximum:
            raise ValueError(f"must be at most {parameter.maximum:g}")
        return Literal(text, datatype=NamedNode(XSD + datatype))

    return read


def _boolean(text: str, _parameter: Parameter, _context: Context) -> Term:
    if text not in {"true", "false"}:
        raise ValueError("is true or false")
    return Literal(text, datatype=NamedNode(f"{XSD}boolean"))


def _date(day: dt.date) -> Literal:
    return Literal(day.isoformat(), datatype=NamedNode(f"{XSD}date"))


def _read_date(text: str, _parameter: Parameter, _context: Context) -> Term:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    # fromisoformat also takes week dates and dates without hyphens.
    if day is None or day.isoformat() != text:
        raise ValueError("give a date of the calendar as YYYY-MM-DD")
    return _date(day)


def _year(text: str, _parameter: Parameter, _context: Context) -> Term:
    if not re.fullmatch(r"[0-9]{4}", text) or text == "0000":
        raise ValueError("give a year as YYYY")
    return Literal(text, datatype=NamedNode(f"{XSD}gYear"))


def _enum(text: str, parameter: Parameter, _context: Context) -> Term:
    allowed = parameter.values or []
    if text not in allowed:
        raise ValueError(f"takes one of: {', '.join(allowed)}")
    return Literal(text)


_READERS: Final[Mapping[Type, Callable[[str, Parameter, Context], Term]]] = {
    Type.IRI: _iri,
    Type.ORGANIZATION: _individual,
    Type.ALLIANCE: _individual,
    Type.CIRCLE: _individual,
    Type.CONCEPT: _concept,
    Type.STRING: _string,
    Type.LANG_STRING: _lang_string,
    Type.INTEGER: _number(r"[+-]?[0-9]{1,20}", "integer", "give a whole number"),
    Type.DECIMAL: _number(
        r"[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})", "decimal", "give a number such as 0.25"
    ),
    Type.DOUBLE: _number(
        r"[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,3})?",
        "double",
        "give a number such as 1e-3",
    ),
    Type.BOOLEAN: _boolean,
    Type.DATE: _read_date,
    Type.YEAR: _year,
    Type.ENUM: _enum,
    Type.AS_OF: _read_date,
}
