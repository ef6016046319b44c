"""The only way out: asks the services that the settings list, and nobody else.

Whatever a service, its name server or somebody between us and it does, a request ends within its time with a
whole answer of a known size, or with an error that says which service it was. What is checked, in this order:
the service is in the list; its name leads to addresses that may be spoken to, asked once for each connection;
the connection goes to such an address, and proves the service's name where it is https; the status, media
type and size of the answer; and the same again for each redirect, which must stay within the list.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import random
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlencode, urljoin, urlsplit

from tertius.store.outbound_addresses import Resolver, resolve, system_resolver
from tertius.store.outbound_cache import Cache, Fetched, Provenance
from tertius.store.outbound_errors import (
    ServiceBusy,
    ServiceNotConfigured,
    ServiceUnavailable,
)
from tertius.store.outbound_services import OutboundService, origin_of
from tertius.store.outbound_wire import Exchange, NotSent, Received, receive, send
from urllib3.response import BaseHTTPResponse

JSON_TYPES: Final = ("application/json", "application/vnd.api+json", "application/sparql-results+json")

_ATTEMPTS: Final = 3
_REDIRECTS: Final = 3
_PAUSE: Final = 0.2
_AT_ONCE: Final = 4
_BURST: Final = 5
_LONGEST_WAIT: Final = 3600.0
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_KEEPS_METHOD: Final = frozenset({307, 308})


@dataclass(frozen=True, slots=True)
class OutboundRequest:
    """What is asked of a service.

    Attributes:
        service: its name.
        path: what follows its address; begins with a slash, or is empty.
        query: parameters in the address.
        body: what is posted; `None` asks by GET.
        headers: `Accept`, `Content-Type` and the like.
        media_types: what the answer may be.
        idempotent: whether asking twice does no more than asking once; a GET always is.
        missing: whether a 404 is an answer too, its body unread and empty.
        secret: value of an `Authorization` header; never logged, never part of a cache's key, and sent to no
            other origin than the service's own.
    """

    service: str
    path: str = ""
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media_types: tuple[str, ...] = JSON_TYPES
    idempotent: bool = False
    missing: bool = False
    secret: str | None = field(default=None, repr=False)


class Outbound:
    """Asks services; safe between threads.

    Args:
        services: whom it may ask, by name.
        seconds: longest time of one request, redirects and attempts included.
        most: bytes of one answer at most, unpacked.
        cache: folder for answers that are kept; `None` keeps none.
        cache_seconds: how long an answer is used again.
        cache_bytes: bytes that are kept at most.
        tls: whom to trust; the system's authorities by default.
        resolver: who knows where hosts are.
    """

    def __init__(
        self,
        services: Mapping[str, OutboundService],
        *,
        seconds: float = 20.0,
        most: int = 16 * 2**20,
        cache: Path | None = None,
        cache_seconds: float = 86_400.0,
        cache_bytes: int = 256 * 2**20,
        tls: ssl.SSLContext | None = None,
        resolver: Resolver = system_resolver,
    ) -> None:
        self.services: Final = services
        self._seconds = seconds
        self._most = most
        self._cache = Cache(cache, seconds=cache_seconds, most=cache_bytes)
        self._tls = tls or ssl.create_default_context()
        self._resolver = resolver
        self._origins = {service.origin: service for service in services.values()}
        self._gates = {name: _Gate(service.rate) for name, service in services.items()}

    def service(self, name: str) -> OutboundService:
        """Return a service.

        Raises:
            ServiceNotConfigured: the settings do not list it.
        """
        found = self.services.get(name)
        if found is None:
            raise ServiceNotConfigured(name)
        return found

    def fetch(
        self, request: OutboundRequest, *, seconds: float | None = None, fresh: bool = False
    ) -> Fetched:
        """Ask a service, or take what it said a while ago.

        Args:
            request: what to ask.
            seconds: time it may take, if shorter than the client's own.
            fresh: ask whatever is kept.

        Returns:
            The whole answer with where it comes from; close it.

        Raises:
            ServiceNotConfigured: the service is not in the list.
            ServiceTimeout: the time is over.
            ServiceBusy: the service asks to be left alone, or has been asked as often as it may be.
            ServiceUnavailable: it cannot be reached, may not be spoken to, or gave no usable answer.
        """
        service = self.service(request.service)
        url = service.url + request.path
        if request.query:
            url += ("&" if "?" in url else "?") + urlencode(request.query)
        method = "GET" if request.body is None else "POST"
        key = Cache.key(
            request.service, method, url, request.body, *(f"{n}: {v}" for n, v in request.headers.items())
        )
        if not fresh and (kept := self._cache.get(key)) is not None:
            return kept
        limit = min(self._seconds, seconds or self._seconds)
        deadline = time.monotonic() + limit
        with self._gates[service.name].turn(service.name, deadline):
            return self._asked(service, request, method, url, key, deadline=deadline, limit=limit)

    def _asked(
        self,
        service: OutboundService,
        request: OutboundRequest,
        method: str,
        url: str,
        key: str,
        *,
        deadline: float,
        limit: float,
    ) -> Fetched:
        again = request.idempotent or method == "GET"
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._followed(service, request, method, url, key, deadline=deadline, limit=limit)
            except NotSent as error:
                if error.untrusted:
                    raise ServiceUnavailable(
                        service.name,
                        "untrusted",
                        "cannot prove who it is (TLS); check its address and certificate",
                    ) from error
                failure: ServiceUnavailable = ServiceUnavailable(
                    service.name,
                    "unreachable",
                    "cannot be reached; is this machine online?",
                    detail=str(error),
                )
                pause = _PAUSE * 2**attempt
            except ServiceBusy as error:
                failure, pause = error, error.retry_after or _PAUSE
            # Spreads callers over time; nothing secret depends on it.
            pause *= random.uniform(1.0, 1.5)  # noqa: S311
            if not again or attempt == _ATTEMPTS or time.monotonic() + pause >= deadline:
                raise failure
            time.sleep(pause)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _followed(
        self,
        service: OutboundService,
        request: OutboundRequest,
        method: str,
        url: str,
        key: str,
        *,
        deadline: float,
        limit: float,
    ) -> Fetched:
        """Ask, and follow redirects as far as they stay within the list."""
        here, asked = url, service
        for _ in range(_REDIRECTS + 1):
            _, host, port = origin_of(here)
            left = deadline - time.monotonic()
            addresses = resolve(asked, host, port, self._resolver, seconds=left, limit=limit)
            headers = dict(request.headers)
            if request.secret is not None and asked is service:
                headers["Authorization"] = request.secret
            exchange = Exchange(
                service.name,
                method,
                here,
                request.body,
                headers,
                request.media_types,
                self._most,
                deadline,
                limit,
            )
            with self._cache.room() as room:
                with send(exchange, addresses, self._tls) as response:
                    moved = response.status in _MOVED
                    if moved:
                        here, asked = self._redirected(service, here, response, method)
                    else:
                        found = _received(exchange, request, response, room)
                if not moved:
                    # Only now is it certain that the answer was whole in time.
                    return self._cache.keep(key, found, room)
        raise ServiceUnavailable(service.name, "redirect", "redirects again and again")

    def _redirected(
        self, service: OutboundService, here: str, response: BaseHTTPResponse, method: str
    ) -> tuple[str, OutboundService]:
        """Return where a redirect leads, if the list has it."""
        there = urljoin(here, response.headers.get("Location", ""))
        try:
            target = self._origins.get(origin_of(there))
        except ValueError:
            target = None
        parts = urlsplit(there)
        named = "@" not in parts.netloc and all(33 <= ord(character) < 127 for character in there)
        if target is None or not named:
            raise ServiceUnavailable(
                service.name,
                "redirect",
                "redirects to an address that is not in the list of services; name its final address in "
                "TERTIUS_SERVICES",
                status=response.status,
            )
        if method != "GET" and response.status not in _KEEPS_METHOD:
            raise ServiceUnavailable(
                service.name, "redirect", "redirects a question without taking it", status=response.status
            )
        return parts._replace(fragment="").geturl(), target


_NOTHING: Final = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""SHA-256 of no bytes at all."""


def _received(
    exchange: Exchange, request: OutboundRequest, response: BaseHTTPResponse, room: IO[bytes]
) -> Provenance:
    """Write the body of an answer and say where it comes from."""
    status = _checked(exchange, request, response)
    received = receive(exchange, response, room) if status == 200 else Received(0, _NOTHING, "")
    return Provenance(
        exchange.service,
        exchange.url,
        dt.datetime.now(dt.UTC),
        received.digest,
        status,
        received.media_type,
        received.size,
    )


def _checked(exchange: Exchange, request: OutboundRequest, response: BaseHTTPResponse) -> int:
    """Return a status that is an answer.

    Raises:
        ServiceBusy: the service asks to be left alone.
        ServiceUnavailable: it refuses or has failed.
    """
    status = int(response.status)
    if status == 200 or (status == 404 and request.missing):
        return status
    if status in {429, 503}:
        raise ServiceBusy(
            exchange.service, retry_after(response.headers.get("Retry-After", "")), status=status
        )
    if status in {401, 403, 407}:
        said = "refuses the credentials it was given, or wants some"
    elif 400 <= status < 500:
        said = "does not take the question"
    else:
        said = "has failed"
    raise ServiceUnavailable(exchange.service, "status", f"{said} (status {status})", status=status)


def retry_after(header: str) -> float:
    """Return the seconds that a `Retry-After` header asks for, 1 where it says nothing that can be read.

    Args:
        header: seconds, or a date as HTTP writes it (RFC 9110, section 10.2.3).
    """
    header = header.strip()
    if header.isascii() and header.isdigit():
        return min(_LONGEST_WAIT, float(header[:9]))
    try:
        moment = email.utils.parsedate_to_datetime(header)
    except (ValueError, TypeError, IndexError):
        return 1.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return min(_LONGEST_WAIT, max(0.0, (moment - dt.datetime.now(dt.UTC)).total_seconds()))


class _Gate:
    """Lets so many requests a minute through to one service, a few of them at once."""

    def __init__(self, rate: int) -> None:
        self._interval = 60.0 / rate
        self._slack = self._interval * (_BURST - 1)
        self._due = 0.0
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(_AT_ONCE)

    @contextlib.contextmanager
    def turn(self, service: str, deadline: float) -> Iterator[None]:
        """Wait for a turn.

        Raises:
            ServiceBusy: it would come too late.
        """
        with self._lock:
            now = time.monotonic()
            wait = max(0.0, self._due - self._slack - now)
            if now + wait >= deadline:
                raise ServiceBusy(service, wait)
            self._due = max(self._due, now) + self._interval
        time.sleep(wait)
        if not self._slots.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise ServiceBusy(service, 1.0)
        try:
            yield
        finally:
            self._slots.release()
