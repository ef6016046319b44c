"""The way out goes to listed services at addresses that were checked, and comes back whole and in time."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import itertools
import os
import socket
import ssl
import threading
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from tertius.store import outbound as client_module
from tertius.store.outbound import Outbound, OutboundRequest, retry_after
from tertius.store.outbound_addresses import is_allowed, system_resolver
from tertius.store.outbound_cache import Cache, Provenance
from tertius.store.outbound_errors import (
    ServiceBusy,
    ServiceNotConfigured,
    ServiceTimeout,
    ServiceUnavailable,
)
from tertius.store.outbound_services import parse_services

from tests.servers import free_port
from tests.store.outside import TLS, Names, Outside, answer

ASK = OutboundRequest("here", "/things")


def client(url: str, *, flags: str = " private rate=6000", **options: Any) -> Outbound:
    return Outbound(parse_services(f"here={url}{flags}"), **{"seconds": 5.0, **options})


def refused(one: Outbound, request: OutboundRequest = ASK) -> ServiceUnavailable:
    with pytest.raises(ServiceUnavailable) as caught:
        one.fetch(request).close()
    assert str(caught.value).startswith("the service ")
    return caught.value


def test_an_answer_comes_with_where_it_comes_from() -> None:
    with Outside(answer(b'{"a": 1}')) as outside:
        request = OutboundRequest("here", "/things", query=(("name", "a&b=ü"),), headers={"Accept": "x/y"})
        with client(outside.url).fetch(request) as found:
            assert found.read() == b'{"a": 1}'
    assert found.provenance.url == f"{outside.url}/things?name=a%26b%3D%C3%BC"
    assert found.provenance.digest == hashlib.sha256(b'{"a": 1}').hexdigest()
    assert (found.provenance.service, found.provenance.status, found.provenance.size) == ("here", 200, 8)
    assert found.provenance.retrieved.tzinfo is dt.UTC
    assert not found.provenance.cached
    head = outside.requests[0].splitlines()
    assert head[0] == "GET /things?name=a%26b%3D%C3%BC HTTP/1.1"
    assert "Accept: x/y" in head
    assert f"Host: 127.0.0.1:{outside.port}" in head


def test_a_service_that_is_not_listed_is_not_asked() -> None:
    with pytest.raises(ServiceNotConfigured, match=r"wikidata.*TERTIUS_SERVICES"):
        client("http://127.0.0.1:1").fetch(OutboundRequest("wikidata"))


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "127.9.9.9",
        "10.1.2.3",
        "172.31.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
    ],
)
def test_addresses_of_this_machine_and_its_network_are_for_private_services(text: str) -> None:
    assert not is_allowed(text, private=False)
    assert is_allowed(text, private=True)


@pytest.mark.parametrize(
    "text",
    [
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "0.0.0.0",
        "::",
        "255.255.255.255",
        "224.0.0.1",
        "ff02::1",
        "240.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "2001:db8::1",
        "2001::1",
        "localhost",
        "",
    ],
)
def test_addresses_that_nobody_may_name(text: str) -> None:
    assert not is_allowed(text, private=False)
    assert not is_allowed(text, private=True)


@pytest.mark.parametrize("text", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_may_be_spoken_to(text: str) -> None:
    assert is_allowed(text, private=False)


def test_a_name_that_leads_here_is_refused_unless_the_service_is_private() -> None:
    with Outside(answer()) as outside:
        url = f"http://service.example:{outside.port}"
        names = Names(service_example=[["127.0.0.1"]])
        assert refused(client(url, flags="", resolver=names)).reason == "address"
        assert outside.requests == []
        client(url, resolver=names).fetch(ASK).close()
    assert "Host: service.example:" in outside.requests[0]


def test_one_bad_address_among_good_ones_is_enough() -> None:
    names = Names(service_example=[["1.1.1.1", "::ffff:169.254.169.254"]])
    assert refused(client("http://service.example", resolver=names)).reason == "address"


def test_a_name_that_changes_its_answer_is_asked_once_for_each_connection() -> None:
    """DNS rebinding: what is connected to is what was checked, never what the name says next."""
    with Outside(answer()) as outside, Outside(answer()) as inside:
        names = Names(service_example=[["127.0.0.1"], ["169.254.169.254"]])
        one = client(f"http://service.example:{outside.port}", resolver=names)
        one.fetch(ASK).close()
        assert names.asked == ["service.example"]
        assert len(outside.requests) == 1
        assert refused(one, OutboundRequest("here", "/others")).reason == "address"
        assert names.asked == ["service.example"] * 2
        assert len(outside.requests) == 1
        assert inside.requests == []


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.01", "\uff11.0.0.1", "a%31"],
)
def test_hosts_that_can_be_read_in_two_ways_are_refused(host: str) -> None:
    with pytest.raises(ValueError, match="the service here: must"):
        parse_services(f"here=http://{host}/ private")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("here", "not written name=URL"),
        ("here=", "not written name=URL"),
        ("Here=http://x.example", "no name of a service"),
        ("here=ftp://x.example", "must be the http or https address"),
        ("here=http://user:secret@x.example", "must hold no user"),
        ("here=http://x.example/#part", "must hold no user"),
        ("here=http://x.example open", "neither private nor rate"),
        ("here=http://x.example rate=0", "at least one request"),
        ("here=http://x.example,here=http://y.example", "named twice"),
    ],
)
def test_a_list_of_services_that_is_none_says_where(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        parse_services(text)
    assert "secret" not in str(caught.value)


def test_a_list_of_services_is_read() -> None:
    found = parse_services(
        "gleif=https://api.example/v1/, own=http://localhost:7878/query private rate=6, "
        "x=http://[::1]:80 private"
    )
    assert found["gleif"].url == "https://api.example/v1"
    assert (found["gleif"].private, found["gleif"].rate) == (False, 60)
    assert (found["own"].private, found["own"].rate) == (True, 6)
    assert found["x"].origin == ("http", "::1", 80)
    assert parse_services(" ") == {}


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:%d/",
        "http://[::1]:%d/",
        "http://[::ffff:127.0.0.1]:%d/",
        "http://169.254.169.254/latest/meta-data/",
        "http://2130706433:%d/",
        "http://0177.0.0.1:%d/",
        "//localhost:%d/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:%d/",
        "http://",
        "http://x@127.0.0.1:%d/",
    ],
)
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_out_of_the_list_is_not_followed(target: str, status: str) -> None:
    with Outside(answer(b'{"secret": 1}')) as inside:
        where = target % inside.port if "%d" in target else target
        with Outside(answer(b"", status=status, more=f"Location: {where}\r\n")) as outside:
            found = refused(client(outside.url))
            assert found.reason == "redirect"
            assert "127.0.0.1" not in str(found)
        assert inside.requests == []


def test_a_redirect_to_a_listed_service_has_its_addresses_checked_and_takes_no_credentials_along() -> None:
    with Outside(answer(b'{"b": 2}')) as second:
        moved = answer(b"", status="302 Found", more=f"Location: http://second.example:{second.port}/x#y\r\n")
        with Outside(moved) as first:
            names = Names(second_example=[["127.0.0.1"]])
            request = OutboundRequest("here", "/things", secret="Basic c2VjcmV0")
            for flag, reason in (("", "address"), (" private", None)):
                services = parse_services(
                    f"here={first.url} private, second=http://second.example:{second.port}{flag}"
                )
                one = Outbound(services, resolver=names, seconds=5)
                if reason:
                    assert refused(one, request).reason == reason
                    assert second.requests == []
                else:
                    with one.fetch(request) as found:
                        assert found.read() == b'{"b": 2}'
                    assert found.provenance.url == f"http://second.example:{second.port}/x"
        assert "c2VjcmV0" in first.requests[0]
        assert "c2VjcmV0" not in second.requests[0]


def test_a_circle_of_redirects_ends() -> None:
    with Outside(answer(b"", status="302 Found", more="Location: /again\r\n")) as outside:
        assert refused(client(outside.url)).reason == "redirect"
        assert len(outside.requests) == 4


def test_a_question_by_post_keeps_its_body_through_a_redirect_or_is_not_redirected() -> None:
    request = OutboundRequest("here", body=b"question", headers={"Content-Type": "text/plain"})
    for status, followed in (("303 See Other", False), ("307 Temporary Redirect", True)):
        moved = answer(b"", status=status, more="Location: /again\r\n")
        with Outside(moved, answer()) as outside:
            if followed:
                client(outside.url).fetch(request).close()
                assert outside.requests[1].endswith("question")
            else:
                assert refused(client(outside.url), request).reason == "redirect"


def tls_client(outside: Outside, host: str, trusted: str, **options: Any) -> Outbound:
    context = ssl.create_default_context(cafile=str(TLS / trusted))
    names = Names(**{host.replace(".", "_"): [["127.0.0.1"]]})
    return client(f"https://{host}:{outside.port}", tls=context, resolver=names, **options)


def test_the_certificate_is_that_of_the_name_though_the_connection_goes_to_an_address() -> None:
    with Outside(answer(b"[1]"), certificate="service.pem") as outside:
        with tls_client(outside, "service.example", "service.pem").fetch(ASK) as found:
            assert found.read() == b"[1]"
        assert f"Host: service.example:{outside.port}" in outside.requests[0]


@pytest.mark.parametrize(
    ("host", "shown", "trusted"),
    [
        ("service.example", "other.pem", "other.pem"),
        ("service.example", "service.pem", "other.pem"),
        ("127.0.0.1", "service.pem", "service.pem"),
    ],
)
def test_a_service_that_cannot_prove_its_name_is_not_spoken_to(host: str, shown: str, trusted: str) -> None:
    with Outside(answer(), certificate=shown) as outside:
        assert refused(tls_client(outside, host, trusted)).reason == "untrusted"
        assert outside.requests == []


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


def drip(data: bytes, first: bytes = b"") -> Any:
    """Say one byte at a time for as long as anybody listens."""

    def speak(connection: socket.socket) -> None:
        connection.sendall(first)
        for byte in itertools.cycle(data):
            connection.sendall(bytes([byte]))
            time.sleep(0.02)

    return speak


@pytest.mark.parametrize(
    "speak",
    [
        drip(b"x", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"),
        drip(b"x", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"),
        drip(b"X-A: b\r\n", b"HTTP/1.1 200 OK\r\n"),
        drip(b"x", b"HTTP/1.1 200 OK\r\nX-Long: "),
        drip(b"HTTP/1.1 100 Continue\r\n\r\n"),
        drip(
            b"1\r\nx\r\n",
            CHUNKED,
        ),
        lambda connection: time.sleep(1.5),
    ],
    ids=["body", "body without length", "headers", "one header", "continue", "chunks", "nothing"],
)
def test_one_byte_at_a_time_ends_at_the_limit_for_all_of_it(speak: Any) -> None:
    with Outside(speak) as outside:
        began = time.monotonic()
        found = refused(client(outside.url, seconds=0.6))
        assert isinstance(found, ServiceTimeout)
        assert found.limit == 0.6
        # The limit is of the whole and not of each piece, of which there were dozens.
        assert time.monotonic() - began < 2.5


def test_a_silent_handshake_ends_at_the_limit() -> None:
    with Outside(lambda connection: time.sleep(2)) as outside:
        names = Names(service_example=[["127.0.0.1"]])
        one = client(f"https://service.example:{outside.port}", seconds=0.5, resolver=names)
        assert isinstance(refused(one), ServiceTimeout)


def test_a_lookup_that_never_ends_is_left_behind() -> None:
    done = threading.Event()

    def slow(host: str, port: int) -> Any:
        done.wait(10)
        return []

    try:
        found = refused(client("http://service.example", seconds=0.3, resolver=slow))
        assert isinstance(found, ServiceTimeout)
    finally:
        done.set()


def chunked(body: bytes, more: str = "") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n{more}\r\n"
    return head.encode() + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


BOMB = gzip.compress(b"0" * 50_000_000)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (answer(b"x" * 2000), "too-large"),
        (chunked(b"x" * 2000), "too-large"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b"x" * 2000, "too-large"),
        (answer(gzip.compress(b"0" * 2000), more="Content-Encoding: gzip\r\n"), "too-large"),
        (chunked(gzip.compress(gzip.compress(b"0" * 10**6))[:-4], "Content-Encoding: gzip\r\n"), "too-large"),
        (answer(gzip.compress(b"{}")[:-4], more="Content-Encoding: gzip\r\n"), "answer"),
        (answer(gzip.compress(b"{}") + b"more", more="Content-Encoding: gzip\r\n"), "answer"),
        (answer(b"{}", more="Content-Encoding: gzip\r\n"), "answer"),
        (answer(zlib.compress(b"{}"), more="Content-Encoding: deflate\r\n"), "answer"),
        (answer(b"{}", more="Content-Encoding: gzip, gzip\r\n"), "answer"),
        (answer(b"<html>", media="text/html"), "answer"),
        (answer(b"{}", media=""), "answer"),
        (answer(b"{}")[:-1], "answer"),
        (chunked(b"{}")[:-5], "answer"),
        (b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 200 + b"\r\n", "answer"),
        (b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 100_000 + b"\r\n\r\n", "answer"),
        (b"SSH-2.0-server\r\n\r\n", "answer"),
        (answer(b"{}", status="500 Oops"), "status"),
        (answer(b"{}", status="404 Not Found"), "status"),
        (answer(b"{}", status="401 Unauthorized"), "status"),
        (answer(b"{}", status="204 No Content"), "status"),
    ],
)
def test_an_answer_that_is_no_whole_answer_of_its_size_is_refused(said: bytes, reason: str) -> None:
    with Outside(said) as outside:
        assert refused(client(outside.url, most=1000)).reason == reason
        assert len(outside.requests) == 1


def test_a_bomb_is_not_unpacked() -> None:
    with Outside(answer(BOMB, more="Content-Encoding: gzip\r\n")) as outside:
        assert len(BOMB) < 2**20
        assert refused(client(outside.url, most=2**20)).reason == "too-large"


def test_a_packed_answer_is_unpacked() -> None:
    body = os.urandom(100_000)
    with (
        Outside(chunked(gzip.compress(body), "Content-Encoding: gzip\r\n")) as outside,
        client(outside.url).fetch(ASK) as found,
    ):
        assert found.read() == body
    assert "Accept-Encoding: gzip" in outside.requests[0]


def test_a_missing_thing_is_an_answer_where_that_is_expected() -> None:
    request = OutboundRequest("here", missing=True)
    with (
        Outside(answer(b'{"errors": []}', status="404 Not Found")) as outside,
        client(outside.url).fetch(request) as found,
    ):
        assert (found.provenance.status, found.read()) == (404, b"")


def hang_up(connection: socket.socket) -> None:
    connection.close()


def test_what_changes_nothing_is_asked_again_when_the_connection_breaks() -> None:
    post = {"body": b"x", "headers": {"Content-Type": "text/plain"}}
    for request, times in (
        (ASK, 3),
        (OutboundRequest("here", idempotent=True, **post), 3),  # type: ignore[arg-type]
        (OutboundRequest("here", **post), 1),  # type: ignore[arg-type]
    ):
        with Outside(hang_up) as outside:
            assert refused(client(outside.url), request).reason == "unreachable"
            assert len(outside.requests) == times
    with Outside(hang_up, answer(b"[]")) as outside, client(outside.url).fetch(ASK) as found:
        assert found.read() == b"[]"


def test_nobody_there() -> None:
    found = refused(client(f"http://127.0.0.1:{free_port()}"))
    assert found.reason == "unreachable"
    assert "machine online" in str(found)
    assert refused(client("http://nowhere.invalid", resolver=_unknown)).reason == "unreachable"


def _unknown(host: str, port: int) -> Any:
    raise socket.gaierror(-2, "Name or service not known")


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_a_service_that_wants_to_be_left_alone_is_asked_when_it_says(
    status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(client_module.time, "sleep", slept.append)
    busy = answer(b"", status=status, more="Retry-After: 2\r\n")
    with Outside(busy, answer(b"[]")) as outside, client(outside.url).fetch(ASK) as found:
        assert found.read() == b"[]"
    assert 2 <= max(slept) <= 3
    slept.clear()
    later = answer(b"", status=status, more="Retry-After: 600\r\n")
    with Outside(later) as outside:
        found_busy = refused(client(outside.url))
        assert isinstance(found_busy, ServiceBusy)
        assert found_busy.retry_after == 600
        assert len(outside.requests) == 1
    assert max(slept) == 0


def test_retry_after_is_read_in_both_its_forms() -> None:
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=90)
    assert retry_after("120") == 120
    assert retry_after("9" * 30) == 3600
    assert 80 < retry_after(soon.strftime("%a, %d %b %Y %H:%M:%S GMT")) <= 90
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    for text in ("", "soon", "-1", "1e9", "²"):
        assert retry_after(text) == 1


def test_a_service_is_not_asked_more_often_than_it_may_be() -> None:
    with Outside(answer()) as outside:
        one = client(outside.url, flags=" private rate=10", seconds=2.0)
        for number in range(5):
            one.fetch(OutboundRequest("here", f"/{number}")).close()
        found = refused(one)
        assert isinstance(found, ServiceBusy)
        assert 2 < (found.retry_after or 0) <= 6
        assert len(outside.requests) == 5


def test_proxies_of_the_environment_are_not_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    with Outside(answer()) as proxy, Outside(answer()) as outside:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        client(outside.url).fetch(ASK).close()
        assert (len(proxy.requests), len(outside.requests)) == (0, 1)


def test_what_was_asked_a_while_ago_is_taken_from_disk(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    with Outside(answer(b"[1]"), answer(b"[2]"), answer(b"[3]")) as outside:
        one = client(outside.url, cache=folder)
        with one.fetch(ASK) as first, one.fetch(ASK) as second:
            assert (first.read(), second.read()) == (b"[1]", b"[1]")
        assert second.provenance.cached
        assert second.provenance.retrieved == first.provenance.retrieved
        with one.fetch(OutboundRequest("here", "/things", body=b"x")) as other:
            assert other.read() == b"[2]"
        with one.fetch(ASK, fresh=True) as again, client(outside.url, cache=folder).fetch(ASK) as kept:
            assert (again.read(), kept.read()) == (b"[3]", b"[3]")
        with client(outside.url, cache=folder, cache_seconds=0.0).fetch(ASK) as old:
            assert old.read() == b"[3]"
        assert len(outside.requests) == 4
    assert folder.stat().st_mode & 0o077 == 0


def test_failures_are_not_kept_and_damaged_answers_not_used(tmp_path: Path) -> None:
    with Outside(answer(status="500 Oops"), answer(b"[1]"), answer(b"[2]")) as outside:
        one = client(outside.url, cache=tmp_path)
        assert refused(one).reason == "status"
        one.fetch(ASK).close()
        (kept,) = tmp_path.iterdir()
        kept.write_bytes(b"no JSON\n[1]")
        with one.fetch(ASK) as found:
            assert found.read() == b"[2]"


def test_a_folder_that_cannot_be_written_costs_the_cache_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "cache"
    with Outside(answer(b"[1]")) as outside, client(outside.url, cache=folder).fetch(ASK) as found:
        assert found.read() == b"[1]"


def test_the_oldest_answers_go_when_there_is_too_much(tmp_path: Path) -> None:
    cache = Cache(tmp_path, seconds=1000, most=4000)
    for number in range(6):
        where = Provenance("here", "http://x", dt.datetime.now(dt.UTC), "", 200, "", 1000)
        with cache.room() as room:
            room.write(b"x" * 1000)
            cache.keep(Cache.key(str(number)), where, room).close()
        path = tmp_path / Cache.key(str(number))
        os.utime(path, (time.time() - 100 + number,) * 2)
    (tmp_path / "somebody's file").write_text("stays")
    assert cache.sweep() == 3
    assert [cache.get(Cache.key(str(number))) is None for number in range(3)] == [True] * 3
    for number in range(3, 6):
        kept = cache.get(Cache.key(str(number)))
        assert kept is not None
        kept.close()
    assert (tmp_path / "somebody's file").exists()


def test_the_system_knows_where_this_machine_is() -> None:
    found = system_resolver("localhost", 80)
    assert any(address[0] in {"127.0.0.1", "::1"} for _, address in found)
    assert all(address[1] == 80 for _, address in found)
