"""The catalogue of named queries: what there is, what one asks, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from tertius.api import remote
from tertius.api.exchange import Exchange
from tertius.api.kept_pages import key_of
from tertius.api.models import Envelope
from tertius.api.negotiate import CSV, JSON
from tertius.api.openapi import responses
from tertius.api.parameters import Parameters, QueriesQuery, ResultsQuery
from tertius.api.query_models import (
    QueryColumn,
    QueryDetail,
    QueryParameter,
    QueryService,
    QuerySummary,
)
from tertius.queries import Context, NamedQuery, ParameterError, Row, run
from tertius.queries.paging import decode_cursor
from tertius.store import Outbound

router = APIRouter(prefix="/v1/queries", tags=["queries"])

Name = Annotated[
    str, Path(description="Name of the query.", examples=["partners-of-organization"], max_length=200)
]

_TABLE: Final = (JSON, CSV)
_OWN: Final = frozenset(ResultsQuery.model_fields)


@router.get(
    "",
    operation_id="listQueries",
    summary="Named queries",
    response_model=Envelope[list[QuerySummary]],
    responses=responses(422),
)
def list_queries(request: Request, query: Annotated[QueriesQuery, Query()]) -> Response:
    """List the named queries: questions that have been asked well before."""
    exchange = Exchange(request, query)
    found = exchange.services.catalogue.values()
    return exchange.json([summary(one) for one in found if query.tag is None or query.tag in one.header.tags])


@router.get(
    "/{name}",
    operation_id="getQuery",
    summary="One named query",
    response_model=Envelope[QueryDetail],
    responses=responses(404, 422),
)
def get_query(request: Request, name: Name, query: Annotated[Parameters, Query()]) -> Response:
    """Return a named query: its parameters, its columns and its text."""
    exchange = Exchange(request, query)
    services = exchange.services
    return exchange.json(detail(services.catalogue.find(name), services.outbound))


@router.get(
    "/{name}/results",
    operation_id="getQueryResults",
    summary="Answer of a named query",
    response_model=Envelope[list[dict[str, Any]]],
    responses=responses(404, 410, 422, 504, offered=_TABLE),
)
def get_results(request: Request, name: Name, query: Annotated[ResultsQuery, Query()]) -> Response:
    """Run a named query; its parameters are query parameters of the same names, repeated for lists."""
    services = request.app.state.services
    named = services.catalogue.find(name)
    arguments = _arguments(request, named)
    if services.remote is not None or named.header.service is not None:
        return remote.results(request, query, name, arguments, _TABLE)
    snapshot = decode_cursor(query.cursor, named).snapshot if query.cursor is not None else None
    exchange = Exchange(request, query, _TABLE, asked=arguments, snapshot=snapshot)
    with services.metrics.timed(name):
        snapshot_id = str(exchange.view.snapshot.manifest.uuid)
        key = key_of(snapshot_id, name, arguments, query.limit, query.cursor)
        page = services.pages.get(key)
        if page is None:
            page = run(
                services.catalogue,
                services.store,
                name,
                arguments,
                limit=query.limit,
                cursor=query.cursor,
                context=Context(base=exchange.view.base, as_of=exchange.view.as_of),
                snapshot=exchange.view.snapshot.number,
                seconds=services.settings.rest_seconds,
            )
            services.pages.keep(key, page)
    following = exchange.continued(page.next)

    def flat(row: Row) -> Mapping[str, object]:
        return row

    return exchange.rows(page.rows, flat, list(page.columns), next_page=following)


def summary(query: NamedQuery) -> QuerySummary:
    """Describe a named query in brief."""
    return QuerySummary(
        name=query.name,
        topic=query.topic,
        summary=query.header.summary,
        tags=query.header.tags,
        results=f"/v1/queries/{query.name}/results",
    )


def detail(query: NamedQuery, outbound: Outbound) -> QueryDetail:
    """Describe a named query in full."""
    return QueryDetail(
        **summary(query).model_dump(),
        description=query.header.description,
        parameters=[
            QueryParameter(
                name=name, required=parameter.required, **parameter.model_dump(mode="json", exclude_none=True)
            )
            for name, parameter in query.params.items()
        ],
        columns=[
            QueryColumn(name=name, type=column.type, description=column.description)
            for name, column in query.answer_columns.items()
        ],
        order=query.header.order,
        seconds=query.header.budget.seconds,
        proposition=query.header.proposition,
        text=query.text,
        service=_service(query, outbound),
    )


def _service(query: NamedQuery, outbound: Outbound) -> QueryService | None:
    outside = query.header.service
    if outside is None:
        return None
    found = outbound.services.get(outside.name)
    return QueryService(
        name=outside.name,
        configured=found is not None,
        url=None if found is None or found.private else found.url,
        join=outside.join,
        columns=list(outside.returns),
        licence=outside.licence,
        seconds=outside.seconds,
        text=outside.query,
    )


def _arguments(request: Request, query: NamedQuery) -> dict[str, str | list[str]]:
    """Take the query's own parameters out of the address; a repeated one must take several values."""
    found: dict[str, str | list[str]] = {}
    for name in request.query_params:
        if name in _OWN:
            continue
        values = request.query_params.getlist(name)
        if name in query.params and query.params[name].many:
            found[name] = values
        elif len(values) > 1:
            raise ParameterError(name, "was given more than once")
        else:
            found[name] = values[0]
    return found
