"""Reading requests to the reconciliation service, and bounding what they may use."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import anyio.to_thread
from fastapi import Request
from pydantic_core import from_json
from starlette.responses import Response
from tertius.api.clients import client
from tertius.api.errors import BadRequest, BodyTooLarge, UnsupportedMedia
from tertius.api.forms import FORM, body_media, decode_pairs
from tertius.api.negotiate import JSON, choose
from tertius.api.services import Services, View
from tertius.store import StoreBusy

T = TypeVar("T")

_MEMBERS: Final = ("queries", "query", "extend")
_WAITING: Final = 16
"""Batches that may wait for a place, over all clients."""


def asked(pairs: list[tuple[str, str]]) -> tuple[str, str] | None:
    """Return which of `queries`, `query` and `extend` a request has, and its text; `None` for none.

    Raises:
        BadRequest: There are several of them.
    """
    found = [(name, value) for name, value in pairs if name in _MEMBERS]
    if len(found) > 1:
        names = ", ".join(name for name, _ in found[:10])
        raise BadRequest(f"There are {len(found)} of `queries`, `query` and `extend` ({names}); send one.")
    return found[0] if found else None


async def form(request: Request) -> tuple[str, str]:
    """Read a form with one of `queries`, `query` and `extend`.

    Raises:
        BadRequest: There is none of them, or several.
        UnsupportedMedia: The body is not a form.
    """
    kind = body_media(request)
    if kind != FORM:
        raise UnsupportedMedia(f"{kind or 'a body without a media type'} is not taken; send {FORM}")
    found = asked(decode_pairs(await request.body()))
    if found is None:
        raise BadRequest("The form has none of `queries`, `query` and `extend`.")
    return found


async def json_body(request: Request) -> object:
    """Read a JSON body.

    Raises:
        BadRequest: It is not JSON.
        UnsupportedMedia: It does not say that it is.
    """
    kind = body_media(request)
    if kind != JSON.type:
        raise UnsupportedMedia(f"{kind or 'a body without a media type'} is not taken; send {JSON.type}")
    return parsed("The body", await request.body())


def parsed(what: str, text: str | bytes) -> object:
    """Read JSON: without NaN, without halves of characters, not nested deeper than 200.

    Raises:
        BadRequest: It is not that.
    """
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise BadRequest(f"{what} is not JSON that can be read: {str(error)[:200]}.") from None


def check_size(count: int, cap: int) -> None:
    """Refuse a batch that is larger than the manifest says.

    Raises:
        BodyTooLarge: It is.
    """
    if count > cap:
        raise BodyTooLarge(
            f"The batch has {count} queries and {cap} are taken; the manifest says so in batchSize.",
            limit=cap,
            unit="queries",
        )


async def admitted(request: Request, work: Callable[[Services, View], T]) -> tuple[T, View]:
    """Do work on a thread, within what the client may use.

    Raises:
        TooManyRequests: The client has too much under way, or has used its time.
        StoreBusy: Too much waits already.
        NotReady: There is no snapshot.
    """
    services: Services = request.app.state.services
    choose(request.headers.get("accept"), None, (JSON,))
    caller = client(request, services.tokens)
    places = services.reconcile_places
    if places.statistics().tasks_waiting >= _WAITING:
        raise StoreBusy(retry_after=services.settings.queue_seconds)
    number = uuid.uuid4().hex

    def run() -> tuple[T, View]:
        services.reconcile_ledger.began(number)
        with services.metrics.timed("reconcile"):
            view = services.view()
            return work(services, view), view

    limit = services.settings.reconcile_seconds
    with services.reconcile_ledger.admitted(number, caller, snapshot=None, limit=limit):
        return await anyio.to_thread.run_sync(run, limiter=places)


def answer(body: Mapping[str, Any], view: View | None = None) -> Response:
    """Answer in JSON."""
    headers = {"Vary": "Accept", "Cache-Control": "no-cache", "Content-Type": JSON.header}
    if view is not None:
        headers["Tertius-Snapshot"] = str(view.snapshot.number)
    return Response(json.dumps(body, ensure_ascii=False), headers=headers)


def address_of(request: Request) -> str:
    """Return the address under which callers reach this server, without a `/` at the end.

    It is the setting, or else the address that the connection came in on: never what a header says.
    """
    services: Services = request.app.state.services
    if services.settings.public_url:
        return services.settings.public_url.rstrip("/")
    host, port = request.scope.get("server") or ("", None)
    if port is None:
        host, port = services.settings.host, services.settings.port
    shown = f"[{host}]" if ":" in host else host
    root = request.scope.get("root_path", "").rstrip("/")
    return f"{request.scope['scheme']}://{shown}:{port}{root}"
