"""What a remote store changes for the API: where queries go, and answers that nobody may keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import Request, Response
from tertius.api import paging
from tertius.api.exchange import provenance, write_csv
from tertius.api.models import Envelope, Meta
from tertius.api.negotiate import CSV, Media, choose
from tertius.api.parameters import ResultsQuery
from tertius.api.services import Services
from tertius.queries import run

NO_STORE: Final = {"Cache-Control": "no-store", "Vary": "Accept"}


def results(
    request: Request,
    query: ResultsQuery,
    name: str,
    arguments: Mapping[str, str | list[str]],
    offered: Sequence[Media],
) -> Response:
    """Answer a named query from the remote store.

    There is no snapshot that the answer could be said to come from, hence neither its number nor a tag.

    Args:
        request: The request.
        query: Its own parameters.
        name: Name of the query.
        arguments: The query's arguments.
        offered: Representations, the preferred one first.

    Raises:
        NotAcceptable: No representation fits.
        ParameterError: An argument, `limit` or `cursor` does not fit.
        StoreError: What the store raises.
    """
    services: Services = request.app.state.services
    media = choose(request.headers.get("accept"), query.format, offered)
    context = services.remote_context()
    with services.metrics.timed(name):
        page = run(
            services.catalogue,
            services.answering,
            name,
            dict(arguments),
            limit=query.limit,
            cursor=query.cursor,
            context=context,
            seconds=services.settings.rest_seconds,
        )
    following = None
    if page.next is not None:
        given: dict[str, Any] = {}
        for parameter, value in request.query_params.multi_items():
            given.setdefault(parameter, []).append(value)
        following = paging.next_path(request.url.path, given, page.next)
    meta = Meta(snapshot=None, as_of=context.as_of, window=None, weight=None, next=following)
    if media is CSV:
        body = write_csv(list(page.columns), ([row[column] for column in page.columns] for row in page.rows))
    else:
        body = Envelope[Any](data=page.rows, meta=meta).model_dump_json(serialize_as_any=True).encode()
    return Response(body, headers={**NO_STORE, **provenance(meta), "Content-Type": media.header})
