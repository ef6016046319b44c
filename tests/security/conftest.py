"""A server of its own process, a listener that nobody may visit, and the corpus of hostile inputs."""

from __future__ import annotations

import gzip
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

CORPUS = Path(__file__).parent / "corpus"
TERTIUS = str(Path(sys.executable).parent / "tertius")


class Listener:
    """Accepts connections and counts them; nobody may come."""

    def __init__(self):
        self.calls = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}/"

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.calls += 1
            connection.close()

    def close(self):
        # Closing alone does not wake the thread that accepts.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


@pytest.fixture(scope="session")
def listener():
    found = Listener()
    with socket.create_connection(("127.0.0.1", found.port)):
        pass
    deadline = time.monotonic() + 5
    while not found.calls and time.monotonic() < deadline:
        time.sleep(0.01)
    assert found.calls == 1, "the listener must notice a visitor"
    found.calls = 0
    yield found
    found.close()


@dataclass
class Answer:
    """What came back over a connection."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def media(self):
        return self.headers.get_content_type()


@dataclass
class Server:
    """A server in a process of its own."""

    process: subprocess.Popen
    port: int

    def send(self, data: bytes, method="GET") -> Answer:
        """Send bytes over a connection of their own, and read one answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            sender = threading.Thread(target=self._push, args=(connection, data), daemon=True)
            sender.start()
            response = http.client.HTTPResponse(connection, method=method)
            response.begin()
            body = response.read()
            sender.join(10)
        return Answer(response.status, response.headers, body)

    def _push(self, connection, data):
        try:
            connection.sendall(data)
        except OSError:
            return  # the server has heard enough

    def get(self, path, **headers) -> Answer:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return self.send(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}\r\n".encode())


@pytest.fixture(scope="session")
def start_server(mini_data, listener):
    """Start servers on the small table; whatever they fetch, they would fetch through the listener."""
    started: list[subprocess.Popen] = []

    def start(data=mini_data, **settings) -> Server:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        proxies = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), listener.address)
        process = subprocess.Popen(
            [TERTIUS, "serve", "--data", str(data), "--port", str(port)],
            env={
                **os.environ,
                **proxies,
                **{f"TERTIUS_{name.upper()}": str(v) for name, v in settings.items()},
            },
            stderr=subprocess.DEVNULL,
        )
        started.append(process)
        server = Server(process, port)
        for _ in range(600):
            assert process.poll() is None, "the server did not start"
            try:
                if server.get("/readyz").status == 200:
                    break
            except OSError:
                time.sleep(0.1)
        return server

    yield start
    for process in started:
        process.terminate()
        process.wait(30)


@dataclass
class Input:
    """One input of the corpus.

    Attributes:
        name: Its group and name.
        expect: Statuses that an answer to it may have.
        entry: As it stands in the file.
    """

    name: str
    expect: tuple[int, ...]
    entry: object = field(repr=False)

    @property
    def marks(self):
        return [pytest.mark.long] if isinstance(self.entry, dict) and self.entry.get("long") else []

    @property
    def method(self):
        if isinstance(self.entry, dict) and "file" in self.entry:
            return "POST"
        return self.entry.get("method", "GET") if isinstance(self.entry, dict) else "POST"

    def bytes(self, address: str) -> bytes:
        """Write the request as it goes over a connection."""
        entry = self.entry
        if isinstance(entry, dict) and "file" in entry:
            return self._upload(entry, address)
        if not isinstance(entry, dict) or "query" in entry:
            text = entry["query"] if isinstance(entry, dict) else entry
            body = whole(text).replace("URL", address).encode("utf-8", "surrogatepass")
            return request("POST", "/sparql", {"Content-Type": "application/sparql-query"}, body)
        if "raw" in entry:
            return whole(entry["raw"]).replace("ASK", quote("ASK {}")).encode("latin-1")
        if "target" not in entry:
            return bytes.fromhex(entry["hex"])
        body = (
            bytes.fromhex(entry.get("hex", ""))
            or whole(entry.get("body", "")).replace("ASK", "ASK {}").encode()
        )
        if "gzip" in entry:
            body = gzip.compress(whole(entry["gzip"]).encode())
        target = whole(entry["target"]).replace("ASK", quote("ASK {}"))
        headers = {name: whole(value) for name, value in entry.get("headers", {}).items()}
        return request(self.method, target, headers, body)

    def _upload(self, entry, address) -> bytes:
        content = whole(entry["text"]).replace("URL", address).encode(entry.get("encoding", "utf-8"))
        if entry["file"].endswith(".gz"):
            content = gzip.compress(content)
        parts = [(f'name="{name}"', value.encode()) for name, value in entry["fields"].items()]
        parts.append((f'name="file"; filename="{entry["file"]}"', content))
        head = "--b\r\nContent-Disposition: form-data; {}\r\n\r\n"
        body = b"".join(head.format(name).encode() + value + b"\r\n" for name, value in parts)
        headers = {"Content-Type": "multipart/form-data; boundary=b", **entry.get("headers", {})}
        return request("POST", "/v1/loads", headers, body + b"--b--\r\n")


def whole(text) -> str:
    """Put the parts of a text together: strings, and strings with how often they come."""
    if isinstance(text, str):
        return text
    return "".join(part if isinstance(part, str) else part[0] * part[1] for part in text)


def request(method: str, target: str, headers: dict, body: bytes) -> bytes:
    """Write a request; what the caller sends wins over what belongs in every request."""
    filled = {"Host": "x", "Connection": "close", **headers}
    if body or method in {"POST", "PUT", "PATCH"}:
        filled["Content-Length"] = str(len(body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in filled.items())
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body


def corpus(file: str) -> list[Input]:
    """Read one file of the corpus."""
    found = []
    for group, entries in yaml.safe_load((CORPUS / file).read_text(encoding="utf-8")).items():
        usual = entries.pop("_expect")
        for name, entry in entries.items():
            if isinstance(entry, dict) and "file" in entry:
                entry["headers"] = {"TOKEN": ""}
                entry["fields"] = {"source": "sent", "mapping": entry["mapping"]}
            expect = entry.get("expect", usual) if isinstance(entry, dict) else usual
            found.append(Input(f"{group}: {name}", tuple(expect), entry))
    return found


_FILES = {
    "hostile_query": "queries.yaml",
    "hostile_request": "requests.yaml",
    "hostile_upload": "uploads.yaml",
}


def pytest_generate_tests(metafunc):
    """Give a test that asks for an input of the corpus each of them in turn."""
    for fixture, file in _FILES.items():
        if fixture in metafunc.fixturenames:
            listed = [pytest.param(one, id=one.name, marks=one.marks) for one in corpus(file)]
            metafunc.parametrize(fixture, listed)


@pytest.fixture(scope="session")
def whole_corpus():
    return [one for file in _FILES.values() for one in corpus(file)]
