"""Asking a named query: arguments in, one page of typed rows out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from tertius.queries.errors import ParameterError, UnexpectedValue
from tertius.queries.header import Column, ColumnType
from tertius.queries.named_queries import Catalogue, NamedQuery
from tertius.queries.paging import (
    MAX_LIMIT,
    Cursor,
    decode_cursor,
    encode_cursor,
    fingerprint,
    order_of,
    page_query,
)
from tertius.queries.params import Argument, Context
from tertius.store import Budget, Lane, ResultFormat, Store

Value = str | int | float | bool | None
"""What a row holds; JSON can say all of it."""

Row = dict[str, Value]

PAGE_BYTES: Final = 16 * 2**20
NO_CONTEXT: Final = Context()


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an answer.

    Attributes:
        query: name of the query.
        columns: the columns by name, in order.
        rows: at most as many as asked for; every row has every column, `None` where there is no value.
        next: the cursor of the next page, `None` on the last.
        snapshot: number of the snapshot asked, `None` where the store has none.
        arguments: what was understood, defaults filled in.
        seconds: time the store took.
    """

    query: str
    columns: Mapping[str, Column]
    rows: list[Row]
    next: str | None
    snapshot: int | None
    arguments: Mapping[str, str | list[str]]
    seconds: float


def run(
    catalogue: Catalogue,
    store: Store,
    name: str,
    arguments: Mapping[str, Argument] | None = None,
    *,
    limit: int = 100,
    cursor: str | None = None,
    context: Context = NO_CONTEXT,
    lane: Lane = Lane.REST,
    snapshot: int | None = None,
    seconds: float | None = None,
) -> Page:
    """Ask a named query for one page.

    Args:
        catalogue: the queries.
        store: where to ask.
        name: name of the query.
        arguments: text or Python values by parameter.
        limit: rows of the page, 1 to 1000.
        cursor: `next` of the page before; it fixes the snapshot and the as-of date of the first page.
        context: base IRI, and the as-of date of the snapshot asked.
        lane: whose workers answer.
        snapshot: number of the snapshot to ask, the current one when left out; a cursor overrides it.
        seconds: wall-clock limit if shorter than the query's own.

    Raises:
        UnknownQuery: no query has that name.
        ParameterError: an argument, `limit` or `cursor` does not fit.
        UnexpectedValue: the data hold a value that a column cannot.
        StoreError: whatever the store raises; `SnapshotGone` when the cursor's snapshot is not kept any more.
    """
    query = catalogue.find(name)
    if not 1 <= limit <= MAX_LIMIT:
        raise ParameterError("limit", f"is a number from 1 to {MAX_LIMIT}")
    after: Cursor | None = None
    if cursor is not None:
        after = decode_cursor(cursor, query)
        snapshot = after.snapshot
        context = replace(context, as_of=after.as_of)
    values = query.read(arguments or {}, context)
    print_of_arguments = fingerprint(values.echo)
    if after is not None and after.arguments != print_of_arguments:
        raise ParameterError(
            "cursor", "belongs to other arguments; repeat those of the first page, or start again"
        )
    allowed = query.header.budget.seconds
    answer = store.query(
        page_query(query, values, limit=limit, after=None if after is None else after.key),
        solutions=ResultFormat.JSON,
        budget=Budget(seconds=min(allowed, seconds or allowed), rows=limit + 1, bytes=PAGE_BYTES),
        lane=lane,
        snapshot=snapshot,
    )
    bindings = json.loads(answer.body)["results"]["bindings"]
    following = None
    if len(bindings) > limit:
        last = bindings[limit - 1]
        key = tuple(last[column]["value"] if column in last else None for column, _ in order_of(query))
        following = encode_cursor(Cursor(name, print_of_arguments, key, answer.snapshot, context.as_of))
    return Page(
        query=name,
        columns=query.columns,
        rows=[_row(query, binding) for binding in bindings[:limit]],
        next=following,
        snapshot=answer.snapshot,
        arguments=values.echo,
        seconds=answer.seconds,
    )


def _row(query: NamedQuery, binding: Mapping[str, Mapping[str, str]]) -> Row:
    row: Row = {}
    for name, column in query.columns.items():
        term = binding.get(name)
        try:
            row[name] = None if term is None else _value(column.type, term["value"])
        except ValueError:
            raise UnexpectedValue(query.name, name, column.type) from None
    return row


def _value(column_type: ColumnType, lexical: str) -> Value:
    match column_type:
        case ColumnType.INTEGER:
            return int(lexical)
        case ColumnType.DECIMAL | ColumnType.DOUBLE:
            return float(lexical)
        case ColumnType.BOOLEAN:
            if lexical not in {"true", "false", "1", "0"}:
                raise ValueError(lexical)
            return lexical in {"true", "1"}
        case _:
            return lexical
