"""What happens around every request, as plain ASGI: identity, limits, failures, logs and counts."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tertius.api import errors
from tertius.api.metrics import Metrics

_log = structlog.get_logger("tertius.api.access")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NO_UPLOADS: Final[Mapping[str, int]] = MappingProxyType({})
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})

EXPOSED: Final = (
    "Link",
    "ETag",
    "Retry-After",
    "Query-Id",
    "Request-Id",
    "Tertius-Snapshot",
    "Tertius-As-Of",
    "Tertius-Window",
    "Tertius-Weight",
    "Tertius-Max-Partners",
    "Tertius-Exclude",
    "Tertius-Assumed-Years",
    "Tertius-Partition",
    "Tertius-Next",
)
"""Response headers that scripts of other origins may read."""


def route_template(scope: Scope) -> str:
    """Return the template of the route that took a request, `unmatched` where none did."""
    path = getattr(scope.get("route"), "path", None)
    if isinstance(path, str):
        return path
    # The framework's own routes do not say which they are.
    asked = own_path(scope)
    if asked == "/openapi.json":
        return asked
    return "/static" if asked.startswith("/static/") else "unmatched"


def own_path(scope: Scope) -> str:
    """Return the path of a request without the prefix under which a reverse proxy shows the service."""
    root: str = scope.get("root_path", "").rstrip("/")
    path: str = scope["path"]
    return path[len(root) :] if root and path.startswith(f"{root}/") else path


def public_path(scope: Scope, path: str | None = None) -> str:
    """Return a path as callers must write it, with the prefix under which a reverse proxy shows the service.

    Args:
        scope: The request's scope.
        path: A path of ours; that of the request where there is none.
    """
    root: str = scope.get("root_path", "").rstrip("/")
    given: str = scope["path"] if path is None else path
    return given if not root or given.startswith(f"{root}/") else root + given


class Observe:
    """Outermost: gives every request an id, counts it and writes one line about it."""

    def __init__(self, app: ASGIApp, metrics: Metrics, root_path: str = "") -> None:
        self.app = app
        self.metrics = metrics
        self.root_path = root_path.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.root_path:
            scope["root_path"] = self.root_path
        given = Headers(scope=scope).get("request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        status, size, started = 0, 0, time.perf_counter()

        async def observed(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["Request-Id"] = request_id
                headers["Server-Timing"] = f"total;dur={(time.perf_counter() - started) * 1000:.1f}"
                headers.setdefault("X-Content-Type-Options", "nosniff")
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        self.metrics.under_way.inc()
        try:
            await self.app(scope, receive, observed)
        finally:
            seconds = time.perf_counter() - started
            route = route_template(scope)
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self.metrics.under_way.dec()
            self.metrics.requests.labels(method, route, str(status or 499)).inc()
            self.metrics.seconds.labels(route).observe(seconds)
            write = _log.debug if scope["path"] in _QUIET else _log.info
            write(
                "request",
                method=method,
                route=route,
                path=scope["path"][:200],
                status=status or 499,
                bytes=size,
                seconds=round(seconds, 4),
            )


class Failures:
    """Turns what no handler caught into a problem document that gives nothing away."""

    def __init__(self, app: ASGIApp, answer: Callable[[Request, Exception], Response]) -> None:
        self.app = app
        self.answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if begun:
                raise
            await self.answer(Request(scope), error)(scope, receive, send)


class Limits:
    """Refuses addresses and bodies that are too large before anybody reads them."""

    def __init__(
        self, app: ASGIApp, max_url_bytes: int, max_body_bytes: int, uploads: Mapping[str, int] = _NO_UPLOADS
    ) -> None:
        self.app = app
        self.max_url_bytes = max_url_bytes
        self.max_body_bytes = max_body_bytes
        self.uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection.

        Raises:
            AddressTooLong: Path and query string together are longer than the limit.
            BodyTooLarge: The body is announced to be, or turns out to be, larger than the limit.
        """
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        target = len(scope.get("raw_path") or scope["path"].encode()) + len(scope["query_string"])
        if target > self.max_url_bytes:
            raise errors.AddressTooLong(
                f"Path and query string have {target} bytes; at most {self.max_url_bytes} are taken.",
                limit=self.max_url_bytes,
            )
        most = self.max_body_bytes
        if scope["method"] == "POST":
            most = self.uploads.get(own_path(scope), most)
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > most:
            raise self._too_large(most)
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > most:
                    raise self._too_large(most)
            return message

        await self.app(scope, counted, send)

    @staticmethod
    def _too_large(most: int) -> errors.BodyTooLarge:
        return errors.BodyTooLarge(f"The body is larger than the {most} bytes that are taken.", limit=most)


class Methods:
    """Answers `HEAD` like `GET` without the body, and `OPTIONS` with what an address takes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["method"] not in {"HEAD", "OPTIONS"}:
            await self.app(scope, receive, send)
        elif scope["method"] == "HEAD":
            await self._head(scope, receive, send)
        else:
            await self._options(scope, receive, send)

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def headers_only(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        scope["method"] = "GET"
        try:
            await self.app(scope, receive, headers_only)
        finally:
            scope["method"] = "HEAD"

    async def _options(self, scope: Scope, receive: Receive, send: Send) -> None:
        methods = allowed_methods(scope)
        if methods:
            await Response(status_code=204, headers={"Allow": ", ".join(methods)})(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def allowed_methods(scope: Scope) -> list[str]:
    """Return the methods that an address takes, in alphabetical order; none where there is no address."""
    routes = scope["app"].routes
    taken = {
        method
        for method in _METHODS - {"HEAD", "OPTIONS"}
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    }
    if not taken:
        return []
    return sorted(taken | {"OPTIONS"} | ({"HEAD"} if "GET" in taken else set()))
