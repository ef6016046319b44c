"""Answers that nobody may keep: those of a remote store, and those that services outside have a part in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import Request, Response
from tertius.api import paging
from tertius.api.exchange import provenance, write_csv
from tertius.api.models import Envelope, Meta
from tertius.api.negotiate import CSV, Media, choose
from tertius.api.parameters import ResultsQuery
from tertius.api.query_models import OutsideMeta, OutsideRequest
from tertius.api.services import Services
from tertius.queries import Context, Page, run
from tertius.queries.paging import decode_cursor

NO_STORE: Final = {"Cache-Control": "no-store", "Vary": "Accept"}


def results(
    request: Request,
    query: ResultsQuery,
    name: str,
    arguments: Mapping[str, str | list[str]],
    offered: Sequence[Media],
) -> Response:
    """Answer a named query from the remote store, or with the help of a service outside.

    Asked again, either may say something else, hence there is no tag. Where a snapshot answers our own part
    its number is told.

    Args:
        request: The request.
        query: Its own parameters.
        name: Name of the query.
        arguments: The query's arguments.
        offered: Representations, the preferred one first.

    Raises:
        NotAcceptable: No representation fits.
        ParameterError: An argument, `limit` or `cursor` does not fit.
        StoreError: What the store raises, or the client that asks services outside.
    """
    services: Services = request.app.state.services
    media = choose(request.headers.get("accept"), query.format, offered)
    view = None
    if services.remote is None:
        cursor = query.cursor
        named = services.catalogue.find(name)
        view = services.view(decode_cursor(cursor, named).snapshot if cursor is not None else None)
    context = Context(base=view.base, as_of=view.as_of) if view else services.remote_context()
    with services.metrics.timed(name):
        page = run(
            services.catalogue,
            services.answering,
            name,
            dict(arguments),
            limit=query.limit,
            cursor=query.cursor,
            context=context,
            snapshot=view.snapshot.number if view else None,
            seconds=services.settings.rest_seconds,
            outbound=services.outbound,
        )
    following = None
    if page.next is not None:
        given: dict[str, Any] = {}
        for parameter, value in request.query_params.multi_items():
            given.setdefault(parameter, []).append(value)
        following = paging.next_path(request.url.path, given, page.next)
    meta = _meta(services, name, page, context, following)
    if media is CSV:
        body = write_csv(list(page.columns), ([row[column] for column in page.columns] for row in page.rows))
    else:
        body = Envelope[Any](data=page.rows, meta=meta).model_dump_json(serialize_as_any=True).encode()
    return Response(
        body, headers={**NO_STORE, **provenance(meta), **_outside(page), "Content-Type": media.header}
    )


def _meta(services: Services, name: str, page: Page, context: Context, following: str | None) -> Meta:
    fields: dict[str, Any] = {
        "snapshot": page.snapshot,
        "as_of": context.as_of,
        "window": None,
        "weight": None,
        "next": following,
    }
    outside = services.catalogue.find(name).header.service
    if outside is None:
        return Meta(**fields)
    asked = [
        OutsideRequest(
            service=one.service, url=one.url, retrieved=one.retrieved, digest=one.digest, cached=one.cached
        )
        for one in page.outside
    ]
    return OutsideMeta(**fields, outside=asked, licence=outside.licence)


def _outside(page: Page) -> Mapping[str, str]:
    """Say in a header what came from outside, for representations that have no place for it."""
    said = [f"{one.service}; retrieved={one.retrieved.isoformat(timespec='seconds')}" for one in page.outside]
    return {"Tertius-Outside": ", ".join(said)} if said else {}
