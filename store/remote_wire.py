"""One request to a SPARQL service: sent once, on a connection that can be cut at any moment, read with care.

SPARQLWrapper writes the request. The connection is made here, because its own waits per packet rather than
per answer, follows redirects, obeys proxy variables and reads error pages whole.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Literal, cast

from SPARQLWrapper import BASIC, JSON, POST, SPARQLWrapper
from tertius.store.remote_address import check_url

_EXCERPT: Final = 4096
TIMEOUT_PARAMETER: Final = r"^(auto|none|[A-Za-z0-9-]+:(ms|s))$"
AGENT: Final = "Tertius"


@dataclass(frozen=True, slots=True)
class RemoteService:
    """Where a SPARQL 1.1 service is and how it is spoken to.

    Attributes:
        query_url: address of its query operation, http or https.
        update_url: address of its update operation; `None` where nothing is written.
        user: whom the service knows; never logged.
        password: his password; never logged.
        auth: how both are sent; `digest` is what Virtuoso's protected addresses ask for.
        timeout_parameter: how the service takes a time limit of its own, as `name:ms` or `name:s`; `none`
            sends none, and `auto` sends `timeout:ms` to a service that says it is Virtuoso.

    Raises:
        ValueError: an address is not one, or carries a password.
    """

    query_url: str
    update_url: str | None = None
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    auth: Literal["basic", "digest"] = "basic"
    timeout_parameter: str = "auto"

    def __post_init__(self) -> None:
        for url in filter(None, (self.query_url, self.update_url)):
            check_url(url)
        if not re.search(TIMEOUT_PARAMETER, self.timeout_parameter):
            raise ValueError(
                f"{self.timeout_parameter!r} is not auto, none, or a parameter's name with :ms or :s"
            )


class NotConnectedError(OSError):
    """No connection came about, so nothing was sent.

    Attributes:
        untrusted: whether somebody is there who cannot prove who he is.
    """

    def __init__(self, error: OSError) -> None:
        super().__init__(*error.args)
        self.untrusted = isinstance(error, ssl.SSLError)


class Line:
    """The connection of one request, which other threads may cut.

    Attributes:
        cut: why it was cut, empty while it was not.
    """

    def __init__(self) -> None:
        self.cut: Literal["", "deadline", "cancelled", "closed"] = ""
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def attach(self, connected: socket.socket) -> None:
        """Take a socket, which is shut at once where the line was cut meanwhile."""
        with self._lock:
            self._socket = connected
            if self.cut:
                _shut(connected)

    def hang_up(self, why: Literal["deadline", "cancelled", "closed"]) -> None:
        """Cut the connection; whoever reads from it gets its end at once."""
        with self._lock:
            self.cut = self.cut or why
            if self._socket is not None:
                _shut(self._socket)


def _shut(connected: socket.socket) -> None:
    try:
        # Not the method of a TLS socket, which would say goodbye first and may wait for that.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
    except OSError:
        return


class Request(SPARQLWrapper):
    """A SPARQLWrapper that is told what it sends instead of guessing it from the text.

    Args:
        service: where to.
        text: a query, or an update.
        is_update: which of the two.
        accept: media types wanted, as an `Accept` header.
    """

    def __init__(self, service: RemoteService, text: str, *, accept: str, is_update: bool = False) -> None:
        self._kind = "INSERT" if is_update else "SELECT"
        super().__init__(service.query_url, service.update_url, returnFormat=JSON, agent=AGENT)
        self.setOnlyConneg(True)
        self.setMethod(POST)
        self.addCustomHttpHeader("Accept", accept)
        self._digest: tuple[str, str] | None = None
        if service.user and service.password is not None:
            if service.auth == "digest":
                self._digest = service.user, service.password
            else:
                self.setHTTPAuth(BASIC)
                self.setCredentials(service.user, service.password)
        self.setQuery(text)

    def _parseQueryType(self, query: str) -> str:  # noqa: ARG002, N802 - overrides a guess made by patterns
        return self._kind

    def written(self) -> tuple[bytes, dict[str, str]]:
        """Return the body and the headers of the request, for somebody else to carry."""
        request = self._createRequest()
        return cast("bytes", request.data), dict(request.header_items())

    def send(self, line: Line, seconds: float) -> http.client.HTTPResponse:
        """Send the request.

        Args:
            line: takes the connection.
            seconds: longest wait for the connection, and for each packet.

        Returns:
            The answer with status 200 to 299, its body unread.

        Raises:
            NotConnectedError: no connection came about.
            urllib.error.HTTPError: another status; its body is unread.
            OSError, http.client.HTTPException: the connection broke.
        """
        request = self._createRequest()
        handlers: list[urllib.request.BaseHandler] = [
            _Plain(line),
            _Secure(line),
            _NoRedirects(),
            urllib.request.ProxyHandler({}),
        ]
        opener = urllib.request.build_opener(*handlers)
        if self._digest is not None:
            _answer_challenge(opener, request, *self._digest, seconds)
        return _opened(opener, request, seconds)


def excerpt(error: urllib.error.HTTPError) -> str:
    """Read the beginning of an error page, for logs and for what can be recognised in it."""
    try:
        return error.read(_EXCERPT).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException, ValueError):
        return ""
    finally:
        error.close()


def _opened(
    opener: urllib.request.OpenerDirector, request: urllib.request.Request, seconds: float
) -> http.client.HTTPResponse:
    try:
        answer: http.client.HTTPResponse = opener.open(request, timeout=seconds)
    except urllib.error.HTTPError:
        raise
    except urllib.error.URLError as error:
        raise error.reason if isinstance(error.reason, OSError) else error from None
    return answer


def _answer_challenge(
    opener: urllib.request.OpenerDirector,
    request: urllib.request.Request,
    user: str,
    password: str,
    seconds: float,
) -> None:
    """Ask for the challenge with an empty request, and answer it in the real one.

    A service that wants a password hangs up on a body that it has not read, so that sending the real request
    first would break the connection where it is long.
    """
    empty = urllib.request.Request(  # noqa: S310 - the address was checked when the service was named
        request.full_url, b"", dict(request.header_items()), method="POST"
    )
    try:
        with _opened(opener, empty, seconds):
            return
    except urllib.error.HTTPError as error:
        with error:
            scheme, _, said = error.headers.get("WWW-Authenticate", "").partition(" ")
            if error.code != http.HTTPStatus.UNAUTHORIZED or scheme.lower() != "digest":
                return
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, request.full_url, user, password)
    challenge = urllib.request.parse_keqv_list(urllib.request.parse_http_list(said))
    answered = urllib.request.HTTPDigestAuthHandler(passwords).get_authorization(request, challenge)
    if answered:
        request.add_unredirected_header("Authorization", f"Digest {answered}")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Leaves a redirect to be reported: following one would send query and password elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""


class _Plain(urllib.request.HTTPHandler):
    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(partial(_PlainConnection, line=self._line), req)


class _Secure(urllib.request.HTTPSHandler):
    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        connection = partial(_SecureConnection, line=self._line, context=ssl.create_default_context())
        return self.do_open(connection, req)


class _PlainConnection(http.client.HTTPConnection):
    def __init__(self, host: str, *, line: Line, **options: Any) -> None:
        super().__init__(host, **options)
        self._line = line

    def connect(self) -> None:
        try:
            super().connect()
        except OSError as error:
            raise NotConnectedError(error) from error
        self._line.attach(self.sock)


class _SecureConnection(http.client.HTTPSConnection):
    def __init__(self, host: str, *, line: Line, **options: Any) -> None:
        super().__init__(host, **options)
        self._line = line

    def connect(self) -> None:
        try:
            super().connect()
        except OSError as error:
            raise NotConnectedError(error) from error
        self._line.attach(self.sock)
