"""One request to a checked address: sent once, read within its time and size, unpacked with care."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Final, Self
from urllib.parse import urlsplit

import urllib3
from tertius.store.outbound_addresses import Address
from tertius.store.outbound_errors import ServiceTimeout, ServiceUnavailable
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.exceptions import SSLError as WrappedSSLError
from urllib3.response import BaseHTTPResponse

AGENT: Final = "Tertius/0.1 (+https://w3id.org/tertius/)"
_CHUNK: Final = 65_536
_GZIP: Final = 31


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is sent in one request, and what may come back.

    Attributes:
        service: name of the service, for messages.
        method: `GET` or `POST`.
        url: where to, whole.
        body: what is posted.
        headers: beside those that every request has.
        media_types: media types that the answer may have, in lower case.
        most: bytes that the answer may have, packed and unpacked.
        deadline: moment on the monotonic clock by which all of it is here.
        limit: seconds to name when that moment has passed.
    """

    service: str
    method: str
    url: str
    body: bytes | None
    headers: Mapping[str, str] = field(repr=False)
    media_types: tuple[str, ...]
    most: int
    deadline: float
    limit: float

    @property
    def left(self) -> float:
        """Seconds left."""
        return self.deadline - time.monotonic()


class NotSent(Exception):
    """The connection broke before an answer began; asking again changes nothing that asking once does not."""

    def __init__(self, error: Exception) -> None:
        super().__init__(type(error).__name__)
        self.untrusted = any(
            isinstance(one, ssl.SSLError | WrappedSSLError) for one in (error, error.__cause__)
        )


class Cut:
    """Ends a connection at its deadline, whatever it is doing then.

    Attributes:
        late: whether it was cut.
    """

    def __init__(self, deadline: float) -> None:
        self.late = False
        self._watch = threading.Timer(max(0.001, deadline - time.monotonic()), self._cut)
        self._watch.daemon = True
        # A second handle on the connection: TLS takes the first one away for its own use.
        self._handle: socket.socket | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._watch.cancel()
        with self._lock:
            if self._handle is not None:
                self._handle.close()
                self._handle = None

    def attach(self, connected: socket.socket) -> None:
        """Take a connection."""
        with self._lock:
            self._handle = socket.socket(fileno=os.dup(connected.fileno()))
            if self.late:
                self._shut()

    def _cut(self) -> None:
        with self._lock:
            self.late = True
            self._shut()

    def _shut(self) -> None:
        if self._handle is not None:
            with contextlib.suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)


def _connect(addresses: list[tuple[int, Address]], deadline: float, cut: Cut) -> socket.socket:
    """Connect to the first address that answers; none of them is a name that could be asked again."""
    failure: OSError = TimeoutError("no time left")
    for family, address in addresses:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        made = socket.socket(family, socket.SOCK_STREAM)
        try:
            made.settimeout(left)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.connect(address)
            cut.attach(made)
        except OSError as error:
            made.close()
            failure = error
            continue
        return made
    raise failure


class _Plain(HTTPConnection):
    """A connection that goes to an address instead of asking again where its host is."""

    def aim(self, addresses: list[tuple[int, Address]], deadline: float, cut: Cut) -> None:
        self._aim = (addresses, deadline, cut)

    def _new_conn(self) -> socket.socket:
        return _connect(*self._aim)


class _Secure(HTTPSConnection):
    """The same with TLS: the certificate must be the host's, whatever address was found for it."""

    def aim(self, addresses: list[tuple[int, Address]], deadline: float, cut: Cut) -> None:
        self._aim = (addresses, deadline, cut)

    def _new_conn(self) -> socket.socket:
        return _connect(*self._aim)


@contextlib.contextmanager
def send(
    exchange: Exchange, addresses: list[tuple[int, Address]], tls: ssl.SSLContext
) -> Iterator[BaseHTTPResponse]:
    """Send a request and give its answer, the body unread; the connection ends with the block.

    Args:
        exchange: what to send.
        addresses: where the host is.
        tls: whom to trust.

    Raises:
        NotSent: no connection, or none that lasted until an answer began.
        ServiceTimeout: the time is over, here or in the block.
        ServiceUnavailable: the answer cannot be read, here or in the block.
    """
    parts = urlsplit(exchange.url)
    host, wait = str(parts.hostname), max(0.001, exchange.left)
    connection: _Plain | _Secure
    if parts.scheme == "https":
        connection = _Secure(host, parts.port or 443, timeout=wait, ssl_context=tls)
    else:
        connection = _Plain(host, parts.port or 80, timeout=wait)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"User-Agent": AGENT, "Accept-Encoding": "gzip", "Connection": "close", **exchange.headers}
    with Cut(exchange.deadline) as cut:
        connection.aim(addresses, exchange.deadline, cut)
        try:
            with contextlib.closing(
                _begun(connection, exchange.method, target, exchange.body, headers)
            ) as response:
                yield response
            if cut.late:
                raise ServiceTimeout(exchange.service, exchange.limit)
        except (NotSent, ServiceUnavailable, OSError, HTTPError, http.client.HTTPException) as error:
            if cut.late or exchange.left <= 0:
                raise ServiceTimeout(exchange.service, exchange.limit) from error
            if isinstance(error, NotSent | ServiceUnavailable):
                raise
            raise _broken(exchange, f"{type(error).__name__}") from error
        finally:
            connection.close()


def _begun(
    connection: _Plain | _Secure, method: str, target: str, body: bytes | None, headers: Mapping[str, str]
) -> urllib3.HTTPResponse:
    try:
        connection.request(method, target, body, headers, preload_content=False, decode_content=False)
        return connection.getresponse()
    except (http.client.BadStatusLine, OSError, HTTPError) as error:
        # An answer that begins with what is no answer is not asked for again.
        if isinstance(error, http.client.BadStatusLine) and not isinstance(
            error, http.client.RemoteDisconnected
        ):
            raise
        raise NotSent(error) from error


@dataclass(frozen=True, slots=True)
class Received:
    """A body that was received.

    Attributes:
        size: bytes, unpacked.
        digest: SHA-256 of them in hexadecimal.
        media_type: what they are, in lower case.
    """

    size: int
    digest: str
    media_type: str


def receive(exchange: Exchange, response: BaseHTTPResponse, into: IO[bytes]) -> Received:
    """Write a body to a file, unpacked; never holds more than a piece of it.

    Raises:
        ServiceUnavailable: it is too large, cut, of another media type, or packed as nobody asked.
        OSError, HTTPError, http.client.HTTPException: the connection broke.
    """
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type not in exchange.media_types:
        raise _broken(exchange, f"media type {media_type[:60]}")
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in {"identity", "gzip", "x-gzip"}:
        raise _broken(exchange, f"content coding {coding[:40]}")
    said = response.headers.get("Content-Length", "")
    if said.isdigit() and int(said[:20]) > exchange.most:
        raise _too_large(exchange)
    unpacker = zlib.decompressobj(_GZIP) if coding != "identity" else None
    digest, size, arrived = hashlib.sha256(), 0, 0
    while chunk := response.read1(_CHUNK, decode_content=False):
        arrived += len(chunk)
        if arrived > exchange.most:
            raise _too_large(exchange)
        for piece in _unpacked(exchange, chunk, unpacker):
            size += len(piece)
            if size > exchange.most:
                raise _too_large(exchange)
            digest.update(piece)
            into.write(piece)
    if unpacker is not None and not unpacker.eof:
        raise _broken(exchange, "the packed answer was cut")
    return Received(size, digest.hexdigest(), media_type)


def _unpacked(exchange: Exchange, chunk: bytes, unpacker: zlib._Decompress | None) -> Iterator[bytes]:
    """Yield what a chunk unpacks to, a piece at a time, since a small one may unpack to very much."""
    if unpacker is None:
        yield chunk
        return
    while chunk:
        if unpacker.eof:
            raise _broken(exchange, "something follows the packed answer")
        try:
            piece = unpacker.decompress(chunk, _CHUNK)
        except zlib.error as error:
            raise _broken(exchange, "the answer is not packed as it says") from error
        if piece:
            yield piece
        chunk = unpacker.unconsumed_tail or unpacker.unused_data
    while not unpacker.eof and (piece := unpacker.decompress(b"", _CHUNK)):
        yield piece


def _broken(exchange: Exchange, detail: str) -> ServiceUnavailable:
    return ServiceUnavailable(
        exchange.service,
        "answer",
        "sent an answer that is cut or not what was asked for; nothing of it is used",
        detail=detail,
    )


def _too_large(exchange: Exchange) -> ServiceUnavailable:
    return ServiceUnavailable(
        exchange.service,
        "too-large",
        f"sent more than the {exchange.most} bytes that an answer may have; ask for less at a time",
    )
