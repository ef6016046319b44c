"""Asking a named query: arguments in, one page of typed rows out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from tertius.queries.errors import ParameterError, UnexpectedValue
from tertius.queries.header import Column
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
from tertius.queries.rows import Row, read_value
from tertius.store import (
    Budget,
    Lane,
    Outbound,
    Provenance,
    ResultFormat,
    ServiceNotConfigured,
    Store,
)

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
        outside: where the columns that a service outside added come from, one for each request to it.
    """

    query: str
    columns: Mapping[str, Column]
    rows: list[Row]
    next: str | None
    snapshot: int | None
    arguments: Mapping[str, str | list[str]]
    seconds: float
    outside: tuple[Provenance, ...] = ()


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
    outbound: Outbound | None = None,
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
        outbound: who asks the service outside that a query may want; `None` asks none.

    Raises:
        UnknownQuery: no query has that name.
        ParameterError: an argument, `limit` or `cursor` does not fit.
        UnexpectedValue: the data hold a value that a column cannot.
        OutboundError: the query wants a service outside, which is not configured or gives no usable answer.
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
    wanted = query.header.service
    if wanted is not None:
        # Before our own work, which would be for nothing.
        if outbound is None:
            raise ServiceNotConfigured(wanted.name)
        outbound.service(wanted.name)
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
        client=name,
    )
    bindings = json.loads(answer.body)["results"]["bindings"]
    following = None
    if len(bindings) > limit:
        last = bindings[limit - 1]
        key = tuple(last[column]["value"] if column in last else None for column, _ in order_of(query))
        following = encode_cursor(Cursor(name, print_of_arguments, key, answer.snapshot, context.as_of))
    rows = [_row(query, binding) for binding in bindings[:limit]]
    sources: tuple[Provenance, ...] = ()
    if wanted is not None and outbound is not None:
        # Most commands and servers never ask anybody outside and need not load what that takes.
        from tertius.queries.outside import join  # noqa: PLC0415

        joined = join(wanted, query.columns, values, rows, outbound)
        rows, sources = joined.rows, joined.provenance
    return Page(
        query=name,
        columns=query.answer_columns,
        rows=rows,
        next=following,
        snapshot=answer.snapshot,
        arguments=values.echo,
        seconds=answer.seconds,
        outside=sources,
    )


def _row(query: NamedQuery, binding: Mapping[str, Mapping[str, str]]) -> Row:
    row: Row = {}
    for name, column in query.columns.items():
        term = binding.get(name)
        try:
            row[name] = None if term is None else read_value(column.type, term["value"])
        except ValueError:
            raise UnexpectedValue(query.name, name, column.type) from None
    return row
