"""A service outside that answers each request with whatever a test has it say, and a resolver of our own."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

TLS = Path(__file__).parent / "tls"
Speak = Callable[[socket.socket], None]


def answer(
    body: bytes = b"{}", *, status: str = "200 OK", media: str = "application/json", more: str = ""
) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


class Outside:
    """Answers on loopback; each connection is one request.

    `requests` holds the heads and bodies that arrived.
    """

    def __init__(self, *speaks: Speak | bytes, certificate: str | None = None) -> None:
        self.requests: list[str] = []
        self._speaks = list(speaks)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(TLS / certificate)
        self.scheme = "https" if certificate else "http"
        self.url = f"{self.scheme}://127.0.0.1:{self.port}"
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._talk, args=[connection]))
            self._threads[-1].start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(20)
            wrapped = self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
            with wrapped:
                head = b""
                while b"\r\n\r\n" not in head:
                    if not (data := wrapped.recv(65_536)):
                        return
                    head += data
                top, _, body = head.partition(b"\r\n\r\n")
                length = next(
                    (
                        int(line.split(b":")[1])
                        for line in top.split(b"\r\n")
                        if line.lower().startswith(b"content-length")
                    ),
                    0,
                )
                while len(body) < length:
                    body += wrapped.recv(65_536)
                self.requests.append((top + b"\n\n" + body).decode())
                speak = self._speaks[min(len(self.requests), len(self._speaks)) - 1]
                if isinstance(speak, bytes):
                    wrapped.sendall(speak)
                else:
                    speak(wrapped)

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in self._threads:
            thread.join(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Names:
    """A resolver whose answers a test decides: for each name a list, of which each lookup takes the next."""

    def __init__(self, **names: list[list[str]]) -> None:
        self.asked: list[str] = []
        self._names = {name.replace("_", "."): list(found) for name, found in names.items()}

    def __call__(self, host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
        self.asked.append(host)
        known = self._names.get(host)
        if known is None:
            return [(int(socket.AF_INET), (host, port))]
        found = known.pop(0) if len(known) > 1 else known[0]
        return [(int(socket.AF_INET6 if ":" in one else socket.AF_INET), (one, port)) for one in found]
