"""Hostile uploads, over a connection: refused or failed, nothing left or changed, and service goes on."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import signal
import socket
import time
import zipfile
from urllib.parse import quote

import pytest
from tertius.store import Snapshots

TOKENS = ",".join(f"{name}={hashlib.sha256(name.encode()).hexdigest()}" for name in ("ada", "reader"))
WRITING = {"tokens": TOKENS, "writers": "ada", "rest_workers": 1, "sparql_workers": 1}
COUNT = f"/sparql?query={quote('SELECT (COUNT(DISTINCT ?o) AS ?n) { ?o a org:Organization }')}"
ADA = {"Authorization": "Bearer ada"}
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
ENTITIES = '<!DOCTYPE worksheet [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE worksheet [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


@pytest.fixture(scope="module")
def data(mini_data, tmp_path_factory):
    place = tmp_path_factory.mktemp("uploads") / "data"
    shutil.copytree(mini_data, place)
    return place


@pytest.fixture(scope="module")
def server(start_server, data):
    return start_server(data=data, max_upload_bytes=2_000_000, load_memory=3 * 1024**3, **WRITING)


def form(name: str, content: bytes) -> bytes:
    head = b'--b\r\nContent-Disposition: form-data; name="source"\r\n\r\nsent\r\n'
    head += f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    return head + content + b"\r\n--b--\r\n"


def posted(body: bytes, *, length: int | None = None) -> bytes:
    lines = [
        "POST /v1/loads HTTP/1.1",
        "Host: x",
        "Connection: close",
        "Authorization: Bearer ada",
        "Content-Type: multipart/form-data; boundary=b",
        f"Content-Length: {len(body) if length is None else length}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def outcome(server, answer, seconds=120):
    deadline = time.monotonic() + seconds
    while True:
        found = json.loads(server.get(answer.headers["location"], **ADA).body)["data"]
        if found["state"] not in {"queued", "running"} or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def unharmed(server, data):
    ordinary = server.get(COUNT)
    assert json.loads(ordinary.body)["results"]["bindings"][0]["n"]["value"] == "7"
    assert server.process.poll() is None
    assert Snapshots(data).current_number() == 2
    assert {path.name for path in (data / "jobs").rglob("*") if path.is_file()} <= {"lock", "state.json"}
    assert not list((data / "jobs").glob("*.new"))


def test_a_hostile_upload_harms_nobody(server, data, listener, hostile_upload):
    entry = hostile_upload.entry
    if "TOKEN" in entry.get("headers", {}):
        del entry["headers"]["TOKEN"]
        entry["headers"] |= ADA
    answer = server.send(hostile_upload.bytes(listener.address), hostile_upload.method)
    assert answer.status in hostile_upload.expect, (answer.status, answer.body[:300])
    if answer.status == 202:
        found = outcome(server, answer)
        assert (found["state"], bool(found["error"])) == ("failed", True)
        if "place" in entry:
            assert found["error"].startswith(f"{entry['file']}{entry['place']}"), found["error"]
            assert found["report"]["problems"][0]["file"] == entry["file"]
    else:
        assert answer.media == "application/problem+json"
        for secret in ("Traceback", "site-packages", str(data)):
            assert secret not in answer.body.decode()
    unharmed(server, data)
    assert listener.calls == 0


def line_without_end() -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file:
        file.write(b"alliance,partner\r\n")
        for _ in range(100):
            file.write(b"a" * 1_000_000)
    return packed.getvalue()


def sheet_without_end(doctype: str = "") -> bytes:
    head = f'{doctype}<worksheet xmlns="{SHEET}">'
    rows = '<row r="1"><c r="A1" t="inlineStr"><is><t>alliance</t></is></c></row>'
    rows += '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "xl/workbook.xml": f'<workbook xmlns="{SHEET}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        f'relationships"><Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f"{head}<sheetData>{rows}</sheetData></worksheet>",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return packed.getvalue()


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("bomb.csv.gz", line_without_end),
        ("bomb.xlsx", sheet_without_end),
        ("entities.xlsx", lambda: sheet_without_end(doctype=ENTITIES)),
        ("outside.xlsx", lambda: sheet_without_end(doctype=OUTSIDE)),
    ],
)
def test_a_bomb_that_is_sent_fails_as_a_load(server, data, name, make):
    answer = server.send(posted(form(name, make())), "POST")
    assert answer.status == 202, answer.body
    found = outcome(server, answer)
    assert found["state"] == "failed"
    assert name in found["error"]
    unharmed(server, data)


@pytest.mark.long
def test_an_upload_that_never_arrives_whole_is_hung_up_on(start_server, data, mini_data, tmp_path):
    place = tmp_path / "data"
    shutil.copytree(mini_data, place)
    server = start_server(data=place, request_seconds=60, upload_seconds=1, **WRITING)
    late = server.send(posted(form("a.csv", b"alliance,partner\r\n"), length=1_000_000), "POST")
    assert late.status == 408
    unharmed(server, place)
    # Others are still limited by their own time, and a place is free again.
    assert server.send(posted(form("a.csv", b"alliance,partner\r\nx,y\r\n")), "POST").status == 202


@pytest.mark.long
def test_a_caller_who_hangs_up_leaves_nothing(server, data):
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(posted(form("a.csv", b"x" * 300_000), length=1_000_000))
    deadline = time.monotonic() + 20
    while list((data / "jobs").glob("*.new")) and time.monotonic() < deadline:
        time.sleep(0.1)
    unharmed(server, data)


@pytest.mark.long
def test_a_service_that_is_killed_takes_its_load_along_and_says_so_later(start_server, mini_data, tmp_path):
    place = tmp_path / "data"
    shutil.copytree(mini_data, place)
    first = start_server(data=place, **WRITING)
    rows = b"".join(b"a%d,Partner %d,2018\r\n" % (n, n % 5000) for n in range(400_000))
    answer = first.send(posted(form("a.csv", b"alliance,partner,start\r\n" + rows)), "POST")
    assert answer.status == 202
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = json.loads(first.get(answer.headers["location"], **ADA).body)["data"]
        if found["state"] == "running" and found["progress"]:
            break
        time.sleep(0.05)
    os.kill(first.process.pid, signal.SIGKILL)
    first.process.wait(10)
    again = start_server(data=place, **WRITING)
    told = outcome(again, answer)
    assert told["state"] == "failed"
    assert "stopped before the load was done" in told["error"]
    unharmed(again, place)
    # The folder is free for the next load.
    table = b"alliance,partner,start\r\nx,One,2018\r\nx,Two,2018\r\n"
    small = again.send(posted(form("b.csv", table)), "POST")
    assert outcome(again, small)["state"] == "done"
