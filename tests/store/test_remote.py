"""What a remote store makes of services that break, stall, lie, or want something else."""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import pyoxigraph as ox
import pytest
from tertius.store import (
    AnswerBroken,
    Budget,
    Dataset,
    Lane,
    QueryCancelled,
    QueryFailed,
    QuerySyntaxError,
    QueryTimeout,
    RefusedQuery,
    RemoteService,
    RemoteStore,
    ResultFormat,
    ResultTooLarge,
    Snapshots,
    StoreBusy,
    StoreError,
    StoreUnavailable,
    push,
    solutions,
)
from tertius.store import remote as remote_module
from tertius.store.remote_graphs import NOWHERE
from tertius.store.remote_push import update
from tertius.store.remote_text import prepare

from tests.servers import free_port, oxigraph_server, virtuoso_server
from tests.store.conftest import BUDGET, EX, contract_quads, generation, publish

JSON = b"application/sparql-results+json"
ROWS = b'{"head":{"vars":["a"]},"results":{"bindings":[{"a":{"type":"literal","value":"1"}}]}}'
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n" % JSON
TRIPLE = b"<http://x/s> <http://x/p> <http://x/o> .\n"
SELECT = "SELECT ?a {}"
CONSTRUCT = "CONSTRUCT WHERE { ?s ?p ?o }"

Speak = Callable[[socket.socket], None]


class Service:
    """A service that answers each request with whatever a test has it say."""

    def __init__(self, speak: Speak) -> None:
        self.requests: list[tuple[str, str]] = []
        self.heard = threading.Event()
        self._speak = speak
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/sparql"
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
            head, _, body = self._more(connection, b"", lambda data: b"\r\n\r\n" in data).partition(
                b"\r\n\r\n"
            )
            length = int((re.search(rb"content-length: (\d+)", head.lower()) or [b"", b"0"])[1])
            body = self._more(connection, body, lambda data: len(data) >= length)
            self.requests.append((head.decode(), body.decode()))
            self.heard.set()
            self._speak(connection)

    def _more(self, connection: socket.socket, data: bytes, enough: Callable[[bytes], bool]) -> bytes:
        while not enough(data):
            chunk = connection.recv(65536)
            if not chunk:
                raise OSError("the client went away")
            data += chunk
        return data

    def fields(self, number: int = -1) -> dict[str, list[str]]:
        return parse_qs(self.requests[number][1])

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def serve() -> Iterator[Callable[..., Service]]:
    services: list[Service] = []

    def make(*parts: bytes | Speak) -> Service:
        def speak(connection: socket.socket) -> None:
            for part in parts:
                if isinstance(part, bytes):
                    connection.sendall(part)
                else:
                    part(connection)

        services.append(Service(speak))
        return services[-1]

    yield make
    for service in services:
        service.close()


def http(
    body: bytes, *, status: bytes = b"200 OK", kind: bytes = JSON, more: bytes = b"", length: int = 0
) -> bytes:
    size = len(body) + length
    return b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n%s" % (
        status,
        kind,
        size,
        more,
        body,
    )


def ask(url: str, text: str = SELECT, *, seconds: float = 20, listed: bool = False, **options: Any) -> Any:
    service = RemoteService(url, **options)
    with RemoteStore(service, listed=listed) as store:
        return store.query(text, budget=Budget(seconds, 1000, 100_000))


def until_gone(connection: socket.socket) -> None:
    """Keep the line open and say nothing."""
    connection.recv(1)


def dripping(connection: socket.socket) -> None:
    """Send a little now and then, so that no single wait is long."""
    stopped = threading.Event()
    while not stopped.wait(0.02):
        connection.sendall(b" ")


def test_a_plain_answer_is_taken(serve: Callable[..., Service]) -> None:
    service = serve(http(ROWS))
    answer = ask(service.url)
    assert (answer.rows, answer.snapshot, answer.form) == (1, None, "select")
    head, _ = service.requests[0]
    assert head.startswith("POST /sparql HTTP/1.1")
    assert service.fields()["query"] == [SELECT]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SELECT, http(ROWS[:-4])),
        (SELECT, http(ROWS[:-1])),
        (SELECT, http(ROWS, length=1)),
        (SELECT, http(ROWS + b"The query was stopped")),
        (SELECT, http(b"<html>", kind=b"text/html")),
        (SELECT, http(ROWS, kind=b"text/plain")),
        (SELECT, http(b"")),
        (SELECT, http(b"{}")),
        (SELECT, http(b'{"head":{},"boolean":true}')),
        (SELECT, http(ROWS.replace(b"literal", b"uri"))),
        (SELECT, http(ROWS.replace(b'"1"', b'"\xff"'))),
        (SELECT, http(ROWS, more=b"Content-Encoding: gzip\r\n")),
        (SELECT, http(ROWS, more=b"X-SQL-State: S1TAT\r\n")),
        (SELECT, b"%s%x\r\n%s\r\n" % (CHUNKED, len(ROWS), ROWS)),
        (SELECT, http(ROWS[:-5] + b" " * 7_000_000 + ROWS[-5:])),
        ("ASK {}", http(b'{"head":{}}')),
        ("ASK {}", http(b"[]")),
        ("ASK {}", http(b'{"head":{},"boolean":"true"}')),
        ("ASK {}", http(b'{"head":{"vars":["__ASK_RETVAL"]},"results":{}}')),
        (CONSTRUCT, http(TRIPLE[:-3], kind=b"application/n-triples")),
        (CONSTRUCT, http(TRIPLE, kind=b"application/n-triples", length=9)),
        (CONSTRUCT, http(TRIPLE + b"The query was stopped", kind=b"application/n-triples")),
        (CONSTRUCT, http(TRIPLE, kind=b"text/html")),
        (CONSTRUCT, b"HTTP/1.1 200 OK\r\nContent-Type: application/n-triples\r\n\r\n" + TRIPLE),
    ],
    ids=range(24),
)  # fmt: skip
def test_an_answer_that_is_not_whole_is_no_answer(
    serve: Callable[..., Service], text: str, said: bytes
) -> None:
    with pytest.raises(AnswerBroken, match="nothing of it is used") as caught:
        ask(serve(said).url, text)
    assert caught.value.detail
    assert "stopped" not in str(caught.value)


def test_rows_that_stop_at_the_service_s_own_limit_are_not_all_of_them(serve: Callable[..., Service]) -> None:
    with pytest.raises(ResultTooLarge) as caught:
        ask(serve(http(ROWS, more=b"X-SPARQL-MaxRows: 1\r\n")).url)
    assert (caught.value.kind, caught.value.cap) == ("rows", 1)
    assert ask(serve(http(ROWS, more=b"X-SPARQL-MaxRows: 2\r\n")).url).rows == 1


@pytest.mark.parametrize(
    ("status", "said", "error"),
    [
        (b"400 Bad Request", b"error at 1:3: secret", QuerySyntaxError),
        (
            b"400 Bad Request",
            b"Virtuoso 37000 Error SP030: SPARQL compiler, line 1: secret",
            QuerySyntaxError,
        ),
        (b"400 Bad Request", b"Virtuoso 42000 Error SQ074: secret", QueryFailed),
        (b"500 Failed", b"Virtuoso S1T00 Error SR171: Transaction timed out secret", QueryTimeout),
        (b"500 Failed", b"secret", QueryFailed),
        (b"401 Unauthorized", b"secret", StoreUnavailable),
        (b"403 Forbidden", b"secret", StoreUnavailable),
        (b"404 Not Found", b"secret", StoreUnavailable),
        (b"413 Too Large", b"secret", RefusedQuery),
        (b"408 Timeout", b"secret", QueryTimeout),
        (b"429 Slow Down", b"secret", StoreBusy),
        (b"502 Bad Gateway", b"secret", StoreUnavailable),
        (b"503 Unavailable", b"secret", StoreBusy),
        (b"504 Timeout", b"secret", QueryTimeout),
    ],
)
def test_a_refusal_says_what_the_caller_may_do(
    serve: Callable[..., Service], status: bytes, said: bytes, error: type[StoreError]
) -> None:
    service = serve(http(said, status=status, kind=b"text/plain"))
    with pytest.raises(error) as caught:
        ask(service.url)
    assert type(caught.value) is error
    assert "secret" not in str(caught.value)
    assert len(service.requests) == 1


def test_a_busy_service_says_when_to_come_back(serve: Callable[..., Service]) -> None:
    with pytest.raises(StoreBusy) as caught:
        ask(serve(http(b"", status=b"503 Busy", more=b"Retry-After: 7\r\n")).url)
    assert caught.value.retry_after == 7


def test_places_in_the_first_line_leave_out_what_was_put_before_it(serve: Callable[..., Service]) -> None:
    head = len("PREFIX ex: <http://example.org/> ")
    service = serve(http(b"Lexical error at line 1, column %d." % (head + 10), status=b"400 Bad"))
    store = RemoteStore(RemoteService(service.url), prefixes={"ex": EX}, listed=False)
    with store, pytest.raises(QuerySyntaxError, match="error at 1:10:"):
        store.query("SELECT * { ex:a ?b }", budget=BUDGET)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(serve: Callable[..., Service], status: int) -> None:
    target = serve(http(ROWS))
    moved = serve(http(b"", status=b"%d Moved" % status, more=b"Location: %s\r\n" % target.url.encode()))
    with pytest.raises(StoreUnavailable, match="redirects"):
        ask(moved.url, user="ann", password="hush")
    assert target.requests == []


@pytest.mark.parametrize(
    "parts",
    [
        (b"", until_gone),
        (b"", dripping),
        (
            b"HTTP/1.1 200 OK\r\n",
            lambda connection: [connection.sendall(b"A: b\r\n"), until_gone(connection)],
        ),
        (http(ROWS, length=10**6), until_gone),
        (http(ROWS, length=10**6), dripping),
        (http(TRIPLE, kind=b"application/n-triples", length=10**6), until_gone),
    ],
)
def test_a_service_that_stalls_is_left_in_time(serve: Callable[..., Service], parts: Any) -> None:
    text = CONSTRUCT if b"n-triples" in parts[0] else SELECT
    with pytest.raises(QueryTimeout) as caught:
        ask(serve(*parts).url, text, seconds=0.3)
    assert caught.value.limit == 0.3


def test_a_query_that_was_sent_is_not_sent_again(serve: Callable[..., Service]) -> None:
    service = serve()
    with pytest.raises(StoreUnavailable, match="broke"):
        ask(service.url)
    assert len(service.requests) == 1


def test_nobody_there() -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        ask(f"http://127.0.0.1:{free_port()}/")


def test_a_service_that_speaks_no_tls() -> None:
    def answer() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(StoreUnavailable, match="TLS"):
            ask(f"https://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()


def test_a_connection_that_does_not_come_about_is_tried_again(
    serve: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = serve(http(ROWS))
    working = service.url
    attempts = []
    send = remote_module.Request.send

    def failing(self: Any, line: Any, seconds: float) -> Any:
        attempts.append(self.endpoint)
        self.endpoint = working if len(attempts) == 3 else self.endpoint
        return send(self, line, seconds)

    monkeypatch.setattr(remote_module.Request, "send", failing)
    assert ask(f"http://127.0.0.1:{free_port()}/").rows == 1
    assert len(attempts) == 3


def test_the_password_goes_to_the_service_and_nowhere_else(
    serve: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(http(ROWS))
    monkeypatch.setenv("http_proxy", proxy.url)
    service = serve(http(ROWS))
    ask(service.url, user="ann", password="hush:é")
    token = base64.b64encode("ann:hush:é".encode()).decode()
    assert f"Authorization: Basic {token}" in service.requests[0][0]
    assert proxy.requests == []
    assert "hush" not in repr(RemoteService(service.url, None, "ann", "hush"))


@pytest.mark.parametrize(
    ("parameter", "name", "least"),
    [("timeout:ms", "timeout", 20_000), ("queryTimeout:s", "queryTimeout", 20)],
)
def test_the_service_is_given_a_little_longer_than_its_caller(
    serve: Callable[..., Service], parameter: str, name: str, least: int
) -> None:
    service = serve(http(ROWS))
    ask(service.url, timeout_parameter=parameter, seconds=20)
    assert int(service.fields()[name][0]) > least


def test_only_virtuoso_is_given_a_time_limit_unasked(serve: Callable[..., Service]) -> None:
    for server, sent in ((b"Virtuoso/07.20", True), (b"Other", False)):
        service = serve(http(ROWS, more=b"Server: %s\r\n" % server))
        with RemoteStore(RemoteService(service.url), listed=False) as store:
            store.query(SELECT, budget=BUDGET)
            store.query(SELECT, budget=BUDGET)
        assert "timeout" not in service.fields(0)
        assert ("timeout" in service.fields(1)) is sent


def test_a_service_s_blank_nodes_are_blank_nodes(serve: Callable[..., Service]) -> None:
    cell = (
        b'"a":{"type":"bnode","value":"nodeID://b1"},"b":{"type":"literal","value":"\\"bnode\\", nodeID://"}'
    )
    body = b'{"head":{"vars":["a","b"]},"results":{"bindings":[%s]}}' % b",".join([b"{%s}" % cell] * 900)
    answer = ask(serve(http(body, more=b"Server: Virtuoso\r\n")).url)
    assert answer.rows == 900
    assert answer.body.count(b'"type":"bnode","value":"b1"') == 900
    assert answer.body.count(b'\\"bnode\\", nodeID://') == 900


def test_cancelling_ends_a_query(serve: Callable[..., Service]) -> None:
    service = serve(until_gone)
    with RemoteStore(RemoteService(service.url), listed=False) as store:
        caught: list[BaseException] = []

        def run() -> None:
            try:
                store.query(SELECT, budget=BUDGET, query_id="one")
            except StoreError as error:
                caught.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        assert service.heard.wait(20)
        assert store.running() == ("one",)
        assert store.cancel("one")
        thread.join()
        assert isinstance(caught[0], QueryCancelled)
        assert not store.cancel("one")


def test_one_lane_is_full_while_the_other_answers(serve: Callable[..., Service]) -> None:
    gate = threading.Event()

    def first_waits(connection: socket.socket) -> None:
        if len(service.requests) == 1:
            gate.wait(60)
        connection.sendall(http(ROWS))

    service = serve(first_waits)
    store = RemoteStore(RemoteService(service.url), listed=False, rest_queries=1, queue_seconds=0.05)
    with store:
        thread = threading.Thread(target=store.query, args=[SELECT], kwargs={"budget": BUDGET})
        thread.start()
        assert service.heard.wait(20)
        with pytest.raises(StoreBusy):
            store.query(SELECT, budget=BUDGET)
        assert store.query(SELECT, budget=BUDGET, lane=Lane.SPARQL).rows == 1
        gate.set()
        thread.join()
        assert store.query(SELECT, budget=BUDGET).rows == 1


def test_closing_ends_what_runs_and_what_comes(serve: Callable[..., Service]) -> None:
    service = serve(until_gone)
    store = RemoteStore(RemoteService(service.url), listed=False)
    caught: list[BaseException] = []

    def run() -> None:
        try:
            store.query(SELECT, budget=BUDGET)
        except StoreError as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert service.heard.wait(20)
    store.close()
    store.close()
    thread.join()
    assert isinstance(caught[0], StoreUnavailable)
    with pytest.raises(StoreUnavailable, match="closed"):
        store.query(SELECT, budget=BUDGET)


def test_datasets_are_sent_and_never_left_to_the_service(serve: Callable[..., Service]) -> None:
    service = serve(http(ROWS))
    with RemoteStore(RemoteService(service.url), listed=False) as store:
        store.query("SELECT ?a FROM <urn:b> {}", dataset=Dataset(default_graphs=("urn:a",)), budget=BUDGET)
    fields = service.fields()
    assert fields["default-graph-uri"] == ["urn:a"]
    assert fields["named-graph-uri"] == [NOWHERE]
    assert "urn:b" not in fields["query"][0]
    assert "union-default-graph" not in fields


@pytest.mark.parametrize(
    "text",
    [
        "SELECT (bif:http_get('http://127.0.0.1/') AS ?x) {}",
        "SELECT (<bif:http_get>('http://127.0.0.1/') AS ?x) {}",
        "PREFIX x: <bif:> SELECT (x:http_get('http://127.0.0.1/') AS ?x) {}",
        "SELECT (<\\u0062if:http_get>('http://127.0.0.1/') AS ?x) {}",
        "SELECT (<\\U00000053QL:best> AS ?x) {}",
        "BASE <bif:> SELECT (<http_get>('http://127.0.0.1/') AS ?x) {}",
    ],
)
def test_functions_of_one_vendor_are_never_called(text: str) -> None:
    with pytest.raises(RefusedQuery, match="vendor"):
        prepare(text, {})


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("define input:grab-all 'yes' SELECT * {}", "1:1"),
        ("SELECT * {}\n; INSERT DATA { <urn:a> <urn:b> 1 }", "2:3"),
        ("# SELECT\nCLEAR ALL", "2:1"),
        ("PREFIX select: <urn:a> ", "1:24"),
        ("{ SELECT * {} }", "1:1"),
        ("SELECT *\0{}", "1:9"),
    ],
)
def test_what_is_no_query_is_not_sent(text: str, place: str) -> None:
    with pytest.raises(QuerySyntaxError, match=f"error at {place}:"):
        prepare(text, {})


def test_a_query_is_read_as_far_as_needed() -> None:
    known = {"a": "urn:1", "b": "urn:b#", "c": "urn:c"}
    text = """BASE <urn:x> PREFIX a: <urn:ask> # ask
        SELECT * FROM <urn:g> FROM NAMED a:b { a:x b:y 'c:z' }"""
    prepared = prepare(text, known)
    assert prepared.form == "select"
    assert prepared.text.startswith("PREFIX b: <urn:b#> BASE")
    assert prepared.shift == len("PREFIX b: <urn:b#> ")
    assert len(prepared.without_dataset) == len(prepared.text)
    assert "FROM" not in prepared.without_dataset
    assert prepare("describe <urn:delete>", {}).is_graph
    assert not prepare("SELECT ?insert { ?insert a 'DROP ALL' }", {}).has_dataset


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"query_url": "ftp://x/"}, "http or https"),
        ({"query_url": "http:///x"}, "http or https"),
        ({"query_url": "http://x:y/"}, "http or https"),
        ({"query_url": "http://x/ y"}, "http or https"),
        ({"query_url": "http://ann:hush@x/"}, "no user"),
        ({"query_url": "http://x/", "update_url": "x"}, "http or https"),
        ({"query_url": "http://x/", "timeout_parameter": "timeout"}, "timeout"),
    ],
)
def test_addresses_are_checked(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        RemoteService(**options)
    assert "hush" not in str(caught.value)


def test_the_union_asks_for_new_graphs_now_and_then(serve: Callable[..., Service]) -> None:
    listing = b'{"head":{"vars":["g"]},"results":{"bindings":[%s]}}'
    names = [b"urn:b", b"urn:tertius:staged:1", b"http://www.openlinksw.com/schemas/virtrdf#", b"urn:a"]
    cells = b",".join(b'{"g":{"type":"uri","value":"%s"}}' % name for name in names)

    def answer(connection: socket.socket) -> None:
        listed = "GRAPH" in service.fields()["query"][0]
        connection.sendall(http(listing % cells if listed else ROWS))

    service = serve(answer)
    with RemoteStore(RemoteService(service.url)) as store:
        store.query(SELECT, budget=BUDGET)
        store.query(SELECT, budget=BUDGET)
    assert len(service.requests) == 3
    assert service.fields()["default-graph-uri"] == service.fields()["named-graph-uri"] == ["urn:a", "urn:b"]
    with RemoteStore(RemoteService(service.url), list_seconds=0) as store:
        store.query(SELECT, budget=BUDGET)
        store.query(SELECT, budget=BUDGET)
    assert len(service.requests) == 7


SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?a != ?d && ?c != ?i) }"


def test_oxigraph_is_left_when_the_time_is_up(oxigraph_service: RemoteService) -> None:
    with RemoteStore(oxigraph_service) as store:
        with pytest.raises(QueryTimeout):
            store.query(SLOW, budget=Budget(0.5, 10, 10_000))
        assert store.query("ASK {}", budget=BUDGET).rows == 1


def test_oxigraph_without_anything_in_it_has_an_empty_union() -> None:
    with oxigraph_server() as service, RemoteStore(service) as store:
        assert store.query("SELECT * { ?s ?p ?o }", budget=BUDGET).rows == 0


@pytest.mark.long
def test_virtuoso_keeps_its_limits_and_is_never_believed_when_it_cuts() -> None:
    with virtuoso_server(contract_quads(), rows=100) as service, RemoteStore(service) as store:
        numbers = f"SELECT ?n {{ ?s <{EX}number> ?n }}"
        with pytest.raises(ResultTooLarge, match="more than 100 rows"):
            store.query(numbers, budget=BUDGET)
        assert store.query(numbers + " LIMIT 99", budget=BUDGET).rows == 99
        with pytest.raises(QueryTimeout):
            store.query(SLOW, budget=Budget(0.5, 10, 10_000))
        hasty = f"{service.query_url}?timeout=1000"
        with RemoteStore(RemoteService(hasty), listed=False) as impatient, pytest.raises(AnswerBroken):
            impatient.query(SLOW, budget=BUDGET)
        assert store.query("ASK {}", solutions=ResultFormat.XML, budget=BUDGET).rows == 1


@pytest.mark.long
def test_virtuoso_writes_for_nobody_without_the_password() -> None:
    with virtuoso_server() as service:
        for wrong in (
            RemoteService(service.query_url, service.update_url),
            RemoteService(service.query_url, service.update_url, "dba", "wrong", "digest"),
        ):
            with pytest.raises(StoreUnavailable, match="refuses the user and password"):
                update(wrong, "INSERT DATA { GRAPH <urn:g> { <urn:a> <urn:b> 1 } }")


def test_no_reader_of_oxigraph_sees_half_a_publication(snapshots: Snapshots) -> None:
    text = f"SELECT DISTINCT ?n {{ ?s <{EX}generation> ?n }}"
    published = threading.Event()
    seen: set[tuple[str, ...]] = set()

    def read() -> None:
        with RemoteStore(service) as store:
            while True:
                last = published.is_set()
                found = solutions(store.query(text, budget=BUDGET))
                seen.add(tuple(row["n"].value for row in found if isinstance(row["n"], ox.Literal)))
                if last:
                    return

    with oxigraph_server() as service:
        push(publish(snapshots, generation(1)).store_path, service, prefix=EX)
        new = publish(snapshots, generation(2, size=2000))
        reader = threading.Thread(target=read)
        reader.start()
        try:
            push(new.store_path, service, prefix=EX)
        finally:
            published.set()
            reader.join()
    assert ("2",) in seen
    assert seen <= {("1",), ("2",)}
