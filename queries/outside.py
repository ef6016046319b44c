"""Named queries that join ours with a service outside: what one declares, and how it is asked.

The query itself is answered as every other; its page is whole. Then the values of one of its columns go to
the service in batches, inside the service's own query, as typed terms. The engine never calls anybody.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Literal, NamedNode
from tertius.queries.binding import bind
from tertius.queries.header import Column, ColumnType, Outside
from tertius.queries.params import Term, Values
from tertius.queries.rows import Row, Value, read_value
from tertius.queries.tokens import tokenise
from tertius.store import Outbound, Provenance, ResultTooLarge, ServiceTimeout, ServiceUnavailable
from tertius.store.outbound_sparql import sparql_request

BATCH: Final = 100
"""Values that one request carries."""

MOST_ROWS: Final = 5000
"""Rows of a joined page at most."""

SERVICE_COLUMN: Final = "outside_service"
RETRIEVED_COLUMN: Final = "outside_retrieved"
MARKS: Final[Mapping[str, Column]] = {
    SERVICE_COLUMN: Column(
        type=ColumnType.STRING, description="The service that said the columns before this one, if one did"
    ),
    RETRIEVED_COLUMN: Column(type=ColumnType.STRING, description="When it did, in UTC"),
}
"""Columns that mark what comes from outside."""

_LONGEST: Final = 10_000
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*")


@dataclass(frozen=True, slots=True)
class Joined:
    """A page joined with what a service says.

    Attributes:
        rows: our rows, each as often as the service says something of it, once where it says nothing.
        provenance: one for each request, in the order of asking.
    """

    rows: list[Row]
    provenance: tuple[Provenance, ...]


def join(
    outside: Outside,
    columns: Mapping[str, Column],
    values: Values,
    rows: Sequence[Row],
    outbound: Outbound,
) -> Joined:
    """Ask a service about the rows of a page and join what it says.

    Args:
        outside: what the named query declares.
        columns: the columns of our own rows.
        values: arguments of the named query.
        rows: our own rows.
        outbound: who asks.

    Raises:
        OutboundError: the service is not configured, cannot be reached, or gives no usable answer.
        ResultTooLarge: it says more than `MOST_ROWS` rows have room for.
    """
    service = outbound.service(outside.name)
    keys = list(dict.fromkeys(str(row[outside.join]) for row in rows if row[outside.join] is not None))
    said: dict[str, list[tuple[Row, Provenance]]] = {}
    provenance: list[Provenance] = []
    deadline = time.monotonic() + outside.seconds
    for start in range(0, len(keys), BATCH):
        left = deadline - time.monotonic()
        if left <= 0:
            raise ServiceTimeout(outside.name, outside.seconds)
        terms = [_term(columns[outside.join].type, key) for key in keys[start : start + BATCH]]
        text = question(outside, {**values.terms, outside.join: tuple(terms)}, MOST_ROWS + 1)
        with outbound.fetch(sparql_request(service, text), seconds=left) as found:
            provenance.append(found.provenance)
            count = 0
            for key, row in _read(outside, found.read()):
                said.setdefault(key, []).append((row, found.provenance))
                count += 1
        if count > MOST_ROWS:
            raise ResultTooLarge("rows", MOST_ROWS)
    joined = [one for row in rows for one in _joined(outside, row, said)]
    if len(joined) > MOST_ROWS:
        raise ResultTooLarge("rows", MOST_ROWS)
    return Joined(joined, tuple(provenance))


def question(outside: Outside, terms: Mapping[str, Sequence[Term]], most: int) -> str:
    """Return the text that a service is asked.

    Args:
        outside: what the named query declares.
        terms: for each parameter, and for the joined column, its terms.
        most: rows after which the service may stop.
    """
    return f"{bind(tokenise(outside.query), terms)}\nLIMIT {most:d}"


def _term(kind: ColumnType, value: str) -> Term:
    return NamedNode(value) if kind is ColumnType.IRI else Literal(value)


def _joined(outside: Outside, row: Row, said: Mapping[str, list[tuple[Row, Provenance]]]) -> Iterator[Row]:
    """Yield a row with each thing that the service says of it, always in the same order."""
    found = said.get(str(row[outside.join]), []) if row[outside.join] is not None else []
    if not found:
        yield {**row, **dict.fromkeys(outside.returns), **dict.fromkeys(MARKS)}
    for more, source in sorted(found, key=lambda one: [str(value) for value in one[0].values()]):
        marks: Row = {
            SERVICE_COLUMN: source.service,
            RETRIEVED_COLUMN: source.retrieved.isoformat(timespec="seconds"),
        }
        yield {**row, **more, **marks}


def _read(outside: Outside, body: bytes) -> Iterator[tuple[str, Row]]:
    """Read a table in SPARQL's JSON, believing none of it."""
    try:
        for binding in list(json.loads(body)["results"]["bindings"]):
            row: Row = {
                name: _value(column.type, binding.get(name)) for name, column in outside.returns.items()
            }
            yield str(binding[outside.join]["value"]), row
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ServiceUnavailable(
            outside.name,
            "answer",
            "sent an answer that is not the table it was asked for; nothing of it is used",
            detail=type(error).__name__,
        ) from error


def _value(kind: ColumnType, term: Mapping[str, object] | None) -> Value:
    if term is None:
        return None
    lexical = term["value"]
    if not isinstance(lexical, str) or len(lexical) > _LONGEST:
        raise ValueError("a value that is no text, or has no end")
    if kind is ColumnType.IRI and (term["type"] != "uri" or not _ABSOLUTE.fullmatch(lexical)):
        raise ValueError("no IRI")
    return read_value(kind, lexical)
