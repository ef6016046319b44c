"""What arrives on a connection before it is a request: refused in the same words as everything else."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final, cast

from tertius.api import problem_kinds as kinds
from tertius.api.problem_kinds import Kind
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

MAX_HEAD_BYTES: Final = 65_536
"""Longest request line and headers together; the limit on addresses is lower."""


_NO_UPLOADS: Final[Mapping[str, float]] = MappingProxyType({})


class HeadTooLarge(Exception):
    """The request line and the headers are longer than the limit."""


class Protocol(HttpToolsProtocol):
    """HTTP/1.1 on one connection, with a limit on the size of a request's head and on its time to arrive.

    Attributes:
        seconds: How long a request may take from its first byte to its last; a new connection, to send one.
        uploads: Addresses that large bodies are posted to, and how long these may take instead.
    """

    seconds: float = 30.0
    uploads: Mapping[bytes, float] = MappingProxyType({})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head: int | None = 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as its parent
        """Start to wait for a first request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has arrived, unless a head has grown too long by then."""
        super().data_received(data)
        # The parser keeps an unfinished header to itself, so that only the bytes that came can be counted.
        if self._head is not None and not self.transport.is_closing():
            self._head += len(data)
            if self._head > MAX_HEAD_BYTES:
                self._refuse(kinds.HEAD_TOO_LARGE, self._too_long())

    def on_message_begin(self) -> None:
        """Start to count, and to wait for the end of the request."""
        super().on_message_begin()
        self._head = 0
        self._wait()

    def on_headers_complete(self) -> None:
        """Let a request in whose head is short enough.

        Raises:
            HeadTooLarge: It is not; the parser turns this into a failure of its own.
        """
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > MAX_HEAD_BYTES:
            self._head = size
            raise HeadTooLarge
        self._head = None
        super().on_headers_complete()
        if self.parser.get_method() == b"POST" and self.url in self.uploads:
            self._wait(self.uploads[self.url])

    def on_message_complete(self) -> None:
        """Stop waiting: the request is whole."""
        self._arrived()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - its words are not ours
        """Refuse what the parser could not read, or was told to give up."""
        if self._head is not None and self._head > MAX_HEAD_BYTES:
            self._refuse(kinds.HEAD_TOO_LARGE, self._too_long())
        else:
            self._refuse(kinds.BAD_REQUEST, "This cannot be read as an HTTP/1.1 request.")

    def _wait(self, seconds: float | None = None) -> None:
        self._arrived()
        given = self.seconds if seconds is None else seconds
        self._timer = self.loop.call_later(given, self._late, given)

    def _arrived(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self, seconds: float) -> None:
        self._refuse(kinds.REQUEST_TIMEOUT, f"The request had not arrived whole after {seconds:g} s.")

    def _too_long(self) -> str:
        return f"The request line and the headers are longer than {MAX_HEAD_BYTES} bytes."

    def _unanswered(self) -> bool:
        """Tell whether no answer to the request that is arriving has begun."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is None:
            return True
        return cycle.response_complete if self._head is not None else not cycle.response_started

    def _refuse(self, kind: Kind, detail: str) -> None:
        """Answer with a problem document and hang up; only hang up where an answer is under way."""
        if self.transport.is_closing():
            return
        if self._unanswered():
            request_id = uuid.uuid4().hex
            body = json.dumps(
                {
                    "type": kind.type,
                    "title": kind.title,
                    "status": kind.status,
                    "detail": detail,
                    "instance": "/",
                    "request_id": request_id,
                }
            ).encode()
            head = (
                f"HTTP/1.1 {kind.status} {HTTPStatus(kind.status).phrase}\r\n"
                "Content-Type: application/problem+json\r\n"
                f"Content-Length: {len(body)}\r\n"
                f"Request-Id: {request_id}\r\n"
                "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
        self.transport.close()


def protocol(seconds: float, uploads: Mapping[str, float] = _NO_UPLOADS) -> type[Protocol]:
    """Return the protocol with other limits on the time that a request takes to arrive.

    Args:
        seconds: For most requests.
        uploads: For what is posted to some addresses.
    """
    paths = {path.encode(): given for path, given in uploads.items()}
    return type("Protocol", (Protocol,), {"seconds": seconds, "uploads": paths})
