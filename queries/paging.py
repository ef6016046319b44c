"""Pages of a named query: order, keyset condition, limit, and the cursor between two pages.

The query becomes a sub-select, and order, condition and limit go around it::

    SELECT ?a ?b { { SELECT DISTINCT ?a ?b { { <query> } FILTER(<after the last row>) } } }
    ORDER BY ... LIMIT n + 1

so that the query itself stays as its author wrote it, whatever it groups or counts. The rows of an answer
are a set: a statement that two sources make, the name of a country for instance, matches once for each
in the union of their graphs, and must not give a row twice. Rows are ordered in the store and not here,
because a remote store then sends one page and not everything, and an embedded one reads back only the terms
of one page. Sorting makes the store look at every row of the query once per page, which
is cheap for the thousands of rows that a query around one organisation or period gives, and not for millions:
a query that could give those answers within its seconds or not at all, and says so.

The order must not depend on the store. Numbers compare as numbers; IRIs, text, booleans and dates compare as
text by code point (`STR`), which for dates of four-digit years is their order in time; `<` between IRIs does
not exist in SPARQL, and between dates it depends on the store. What is unbound comes last, ascending or
descending. (That is written with IF because Virtuoso takes a plain BOUND for the number of a column, and
floating-point columns come as text because it shortens them to six digits otherwise.) The columns of the
order tell all rows apart, so "after the last row" is unambiguous, and they hold values that the store gives
the same way each time: stored values and counts, not sums of floating-point numbers taken in an order of the
store's choosing.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError
from pyoxigraph import Literal, NamedNode
from tertius.ontology.namespaces import XSD
from tertius.queries.errors import ParameterError
from tertius.queries.header import ColumnType
from tertius.queries.named_queries import NamedQuery
from tertius.queries.params import Values

MAX_LIMIT: Final = 1000
MAX_CURSOR: Final = 8192
_CHECKSUM: Final = 6
_VERSION: Final = 1
_NUMBERS: Final = {
    ColumnType.INTEGER: r"-?[0-9]{1,20}",
    ColumnType.DECIMAL: r"-?[0-9]{1,40}(\.[0-9]{1,40})?",
    ColumnType.DOUBLE: r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?",
}

Key = Sequence[str | None]
"""Lexical forms of the order columns of one row; `None` where unbound."""


def page_query(query: NamedQuery, values: Values, *, limit: int, after: Key | None) -> str:
    """Write the query for one page.

    Args:
        query: the named query.
        values: its arguments.
        limit: rows of the page; the query asks for one more, whose presence tells that there is a next page.
        after: the order columns of the last row of the page before; `None` for the first page.
    """
    stored = {
        name: f"{name}_stored" if column.type is ColumnType.DOUBLE else name
        for name, column in query.columns.items()
    }
    inner = " ".join(f"?{name}" if own == name else f"(?{name} AS ?{own})" for name, own in stored.items())
    outer = " ".join(
        f"?{name}" if own == name else f"(STR(?{own}) AS ?{name})" for name, own in stored.items()
    )
    condition = "" if after is None else f"\nFILTER({_after(query, after)})"
    order = " ".join(
        f"ASC(IF(BOUND(?{stored[name]}), 0, 1)) "
        f"{'DESC' if descending else 'ASC'}({_comparable(query, name, stored[name])})"
        for name, descending in order_of(query)
    )
    # The line ends keep a comment at the end of the query from swallowing what follows.
    return (
        f"{query.prologue}SELECT {outer} {{ {{ SELECT DISTINCT {inner} {{ {{\n{query.bound(values)}\n}} "
        f"{condition}\n}} }} }}\nORDER BY {order}\nLIMIT {limit + 1:d}"
    )


def order_of(query: NamedQuery) -> list[tuple[str, bool]]:
    """Return the order columns, each with whether it descends."""
    return [(name.removeprefix("-"), name.startswith("-")) for name in query.header.order]


def _comparable(query: NamedQuery, name: str, variable: str) -> str:
    match query.columns[name].type:
        case ColumnType.DOUBLE:
            # As it is after being written and read, which is what the cursor remembers.
            return f"<{XSD}double>(STR(?{variable}))"
        case ColumnType.INTEGER | ColumnType.DECIMAL:
            return f"?{variable}"
        case _:
            return f"STR(?{variable})"


def _after(query: NamedQuery, key: Key) -> str:
    """Write the condition for rows after a key: later in a column, equal in those before it."""
    alternatives: list[str] = []
    equal: list[str] = []
    for (name, descending), lexical in zip(order_of(query), key, strict=True):
        if lexical is None:
            equal.append(f"!BOUND(?{name})")
            continue
        comparable = _comparable(query, name, name)
        column_type = query.columns[name].type
        value = str(
            Literal(lexical, datatype=NamedNode(XSD + column_type.value))
            if column_type in _NUMBERS
            else Literal(lexical)
        )
        later = f"(!BOUND(?{name}) || {comparable} {'<' if descending else '>'} {value})"
        alternatives.append(" && ".join([*equal, later]))
        equal.append(f"BOUND(?{name}) && {comparable} = {value}")
    return " || ".join(f"({alternative})" for alternative in alternatives) or "false"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page begins.

    Attributes:
        query: name of the query.
        arguments: fingerprint of its arguments.
        key: order columns of the last row handed out.
        snapshot: the snapshot the pages come from, `None` where the store has none.
        as_of: the as-of date used where the caller gave none.
    """

    query: str
    arguments: str
    key: tuple[str | None, ...]
    snapshot: int | None
    as_of: dt.date | None


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    v: int
    q: str
    a: str
    k: list[str | None]
    s: int | None
    d: str | None


def fingerprint(echo: Mapping[str, str | list[str]]) -> str:
    """Return a short hash of arguments."""
    return hashlib.blake2b(json.dumps(echo, sort_keys=True).encode(), digest_size=8).hexdigest()


def encode_cursor(cursor: Cursor) -> str:
    """Write a cursor as opaque text, safe in an address."""
    wire = {
        "v": _VERSION,
        "q": cursor.query,
        "a": cursor.arguments,
        "k": list(cursor.key),
        "s": cursor.snapshot,
        "d": None if cursor.as_of is None else cursor.as_of.isoformat(),
    }
    data = json.dumps(wire, separators=(",", ":"), ensure_ascii=False).encode()
    return _packed(data)


def decode_cursor(text: str, query: NamedQuery) -> Cursor:
    """Read a cursor.

    The checksum finds damage, not malice: whoever writes a cursor of his own chooses where his own page
    begins.

    Raises:
        ParameterError: the text is no cursor, is damaged, or belongs to another query; it names `cursor`.
    """
    broken = ParameterError("cursor", "is not one this service gave out, or was cut; start again without it")
    if len(text) > MAX_CURSOR or not re.fullmatch(r"[A-Za-z0-9_-]+", text):
        raise broken
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        data = raw[_CHECKSUM:]
        # Also bits that stand for nothing in the last character have to be as they were given.
        if _packed(data) != text:
            raise broken
        wire = _Wire.model_validate_json(data)
        as_of = None if wire.d is None else dt.date.fromisoformat(wire.d)
    except (binascii.Error, ValidationError, ValueError):
        raise broken from None
    if wire.v != _VERSION:
        raise ParameterError("cursor", "comes from another version of this service; start again without it")
    if wire.q != query.name:
        raise ParameterError("cursor", f"belongs to the query {wire.q!r}, not to {query.name!r}")
    if len(wire.k) != len(query.header.order) or not all(
        _fits(query.columns[name].type, value)
        for (name, _), value in zip(order_of(query), wire.k, strict=True)
    ):
        raise broken
    return Cursor(wire.q, wire.a, tuple(wire.k), wire.s, as_of)


def _fits(column_type: ColumnType, value: str | None) -> bool:
    pattern = _NUMBERS.get(column_type)
    if value is None or pattern is None:
        return True
    return re.fullmatch(pattern, value, re.ASCII) is not None and math.isfinite(float(value))


def _packed(data: bytes) -> str:
    checksum = hashlib.blake2b(data, digest_size=_CHECKSUM).digest()
    return base64.urlsafe_b64encode(checksum + data).decode().rstrip("=")
