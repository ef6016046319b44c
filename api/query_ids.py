"""The id of each query: the caller's own where it sent a usable one, in the headers of every answer."""

from __future__ import annotations

import re
import uuid
from typing import Any, Final

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tertius.api.errors import BadParameter
from tertius.api.middleware import own_path

HEADER: Final = "Query-Id"
PATTERN: Final = r"^[A-Za-z0-9._-]{16,64}$"
"""Whoever knows an id can stop the query, hence the sixteen characters."""

PARAMETERS: Final[list[dict[str, Any]]] = [
    {
        "name": HEADER,
        "in": "header",
        "required": False,
        "description": "An id of the caller's own making, by which the query can be watched and stopped.",
        "schema": {"type": "string", "pattern": PATTERN},
    },
    {
        "name": "Authorization",
        "in": "header",
        "required": False,
        "description": "`Bearer` and a token that opens larger budgets.",
        "schema": {"type": "string"},
    },
]
"""What the OpenAPI document says of the headers that the SPARQL service reads."""

_USABLE: Final = re.compile(PATTERN)
_PATHS: Final = frozenset({"/sparql", "/sparql/explain", "/rdf-graph-store"})
_BELOW: Final = "/graph/"


class QueryIds:
    """Names every request to the SPARQL service, whatever becomes of it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        path = own_path(scope) if scope["type"] == "http" else ""
        if path not in _PATHS and not path.startswith(_BELOW):
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        query_id = given if _USABLE.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["query_id"] = query_id

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = query_id
            await send(message)

        await self.app(scope, receive, named)


def query_id(request: Request) -> str:
    """Return the id of the query that a request asks.

    Raises:
        BadParameter: The caller sent an id that cannot be used.
    """
    found: str = request.scope["state"]["query_id"]
    if request.headers.get(HEADER, found) != found:
        raise BadParameter(
            HEADER, "takes 16 to 64 letters, digits, dots, underscores and hyphens", where="header"
        )
    return found
