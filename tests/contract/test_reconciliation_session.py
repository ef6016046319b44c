"""A session that OpenRefine held, replayed over connections to a real server on the demonstration."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import yaml

from tests.contract.reconciliation_validity import valid
from tests.servers import free_port

SESSION = yaml.safe_load(Path(__file__).with_name("reconciliation_session.yaml").read_text(encoding="utf-8"))
ROWS = {row["organisation"]: row for row in SESSION["rows"]}
TERTIUS = str(Path(sys.executable).parent / "tertius")
REPLIES = {
    "/reconcile/suggest/entity": "suggest-entities-response",
    "/reconcile/suggest/property": "suggest-properties-response",
    "/reconcile/suggest/type": "suggest-types-response",
    "/reconcile/properties": "data-extension-property-proposal",
}


@dataclass(frozen=True)
class Exchange:
    """A recorded request, and what is answered to it now."""

    recorded: dict[str, Any]
    status: int
    headers: Message
    text: str

    @property
    def path(self) -> str:
        return urlsplit(self.recorded["target"]).path

    @property
    def parameters(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.recorded["target"]).query))

    @property
    def answer(self) -> Any:
        return json.loads(self.text)

    def asked(self, what: str) -> Any:
        """What was sent in a form, or nothing."""
        sent = parse_qs(self.recorded.get("body", ""))
        return json.loads(sent[what][0]) if what in sent else None


def fetch(address, body=None, headers=None):
    request = urllib.request.Request(address, body, headers or {})
    with urllib.request.urlopen(request, timeout=60) as response:
        content = response.read()
        if response.headers["Content-Encoding"] == "gzip":
            content = gzip.decompress(content)
        return response.status, response.headers, content.decode()


@pytest.fixture(scope="module")
def base(demo_data):
    port = free_port()
    process = subprocess.Popen(
        [TERTIUS, "serve", "--data", str(demo_data), "--port", str(port)],
        env={**os.environ, "TERTIUS_SPARQL_WORKERS": "1", "TERTIUS_REST_WORKERS": "1"},
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert process.poll() is None, "the server did not start"
            try:
                fetch(f"{address}/readyz")
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def exchanges(base):
    """The session, sent again as it was recorded and in its order."""
    return [
        Exchange(
            one, *fetch(base + one["target"], one["body"].encode() if "body" in one else None, one["headers"])
        )
        for one in SESSION["requests"]
    ]


@pytest.fixture(scope="module")
def candidates(exchanges):
    """What the batches that reconcile the column say about each of its texts."""
    found = {}
    for one in exchanges:
        for name, query in (one.asked("queries") or {}).items():
            if "type" in query:
                found[query["query"]] = one.answer[name]["result"]
    return found


def extensions(exchanges):
    return [one for one in exchanges if one.asked("extend")]


def test_the_recording_holds_what_openrefine_and_its_pages_ask():
    from_server = [
        one for one in SESSION["requests"] if one["headers"]["User-Agent"].startswith("OpenRefine/")
    ]
    from_pages = [one for one in SESSION["requests"] if "Mozilla" in one["headers"]["User-Agent"]]
    assert len(from_server) + len(from_pages) == len(SESSION["requests"])
    sent = [parse_qs(one["body"], strict_parsing=True) for one in from_server]
    assert {name for one in sent for name in one} == {"queries", "extend"}
    assert [len(json.loads(one["queries"][0])) for one in sent if "queries" in one] == [10, 10, 2]
    asked = {urlsplit(one["target"]).path for one in from_pages}
    assert {"/reconcile", "/reconcile/preview", *REPLIES} <= asked
    assert {f"/reconcile/flyout/{what}" for what in ("entity", "property", "type")} <= asked
    version = SESSION["openrefine"]["version"]
    assert {one["headers"]["User-Agent"] for one in from_server} == {f"OpenRefine/{version}"}


def test_every_request_is_answered_as_it_was_when_recorded(exchanges):
    for one in exchanges:
        assert one.status == one.recorded["status"], one.recorded["step"]
        assert one.headers.get_content_type() == one.recorded["media_type"], one.recorded["step"]
        if "Origin" in one.recorded["headers"]:
            assert one.headers["Access-Control-Allow-Origin"] == "*", one.recorded["step"]


def test_what_is_sent_and_what_is_answered_hold_to_the_specification(exchanges):
    checked = set()
    for one in exchanges:
        if one.asked("queries"):
            valid(one.asked("queries"), "reconciliation-query-batch")
            name = "reconciliation-result-batch"
            assert one.answer.keys() == one.asked("queries").keys()
        elif one.asked("extend"):
            valid(one.asked("extend"), "data-extension-query")
            name = "data-extension-response"
        elif one.path == "/reconcile":
            name = "manifest"
        elif one.path in REPLIES:
            name = REPLIES[one.path]
        else:
            continue
        valid(one.answer, name)
        checked.add(name)
    assert len(checked) == 7


def test_each_text_becomes_the_organisation_that_is_meant_or_none(candidates):
    assert candidates.keys() == ROWS.keys()
    for text, row in ROWS.items():
        found = candidates[text]
        if not row["means"]:
            assert not any(one["match"] for one in found), text
        elif row.get("by_hand"):
            assert row["means"] in [one["name"] for one in found], text
            assert not any(one["match"] for one in found), text
        else:
            assert (found[0]["name"], found[0]["match"]) == (row["means"], True), text
            assert not any(one["match"] for one in found[1:]), text


def test_the_preview_may_be_framed_and_leads_to_the_page_of_its_organisation(exchanges):
    preview = next(one for one in exchanges if one.path == "/reconcile/preview")
    name = next(iter(ROWS.values()))["means"]
    assert name in preview.text
    assert "X-Frame-Options" not in preview.headers
    assert "frame-ancestors *" in preview.headers["Content-Security-Policy"]
    page = next(one for one in exchanges if one.path == f"/organizations/{preview.parameters['id']}")
    assert name in page.text


def test_what_was_taken_from_suggestions_is_still_suggested(exchanges):
    suggested, taken = [], []
    for one in exchanges:
        if one.path.startswith("/reconcile/suggest/"):
            suggested = one.answer["result"]
        elif one.path.startswith("/reconcile/flyout/"):
            (meant,) = [other for other in suggested if other["id"] == one.parameters["id"]]
            assert one.answer["id"] == meant["id"]
            assert meant["name"] in one.answer["html"]
            taken.append(meant["name"])
    (by_hand,) = [row["means"] for row in ROWS.values() if row.get("by_hand")]
    assert taken == ["Organization", "Country", by_hand, "Constraint"]


def test_new_columns_hold_what_the_rest_of_the_service_says(exchanges, candidates, base):
    matched = {row["means"] for row in ROWS.values() if row["means"]}
    keys = {one["id"] for found in candidates.values() for one in found if one["name"] in matched}
    filled: dict[str, dict[str, Any]] = {}
    for one in extensions(exchanges):
        assert one.answer["rows"].keys() == set(one.asked("extend")["ids"]) <= keys
        filled |= one.answer["rows"]
    assert filled.keys() == keys
    for key, row in filled.items():

        def said(rest: str = "", key: str = key) -> Any:
            return json.loads(fetch(f"{base}/v1/organizations/{key}{rest}")[2])["data"]

        country = said()["country"]
        assert row["country"] == ([{"str": country}] if country else [])
        assert row["constraint"] == [{"float": said("/position")["constraint"]}]
        alliances = [one["alliance"]["name"] for one in said("/alliances?limit=2")]
        assert alliances
        assert row["alliances"] == [{"str": name} for name in alliances]


def test_without_a_limit_all_alliances_are_given(exchanges):
    unlimited, limited = (
        next(one for one in extensions(exchanges) if wanted in one.asked("extend")["properties"])
        for wanted in ({"id": "alliances"}, {"id": "alliances", "settings": {"limit": "2"}})
    )
    assert unlimited.asked("extend")["ids"] == limited.asked("extend")["ids"]
    longer = 0
    for key, row in unlimited.answer["rows"].items():
        assert row["alliances"][:2] == limited.answer["rows"][key]["alliances"]
        longer += len(row["alliances"]) > 2
    assert longer


def test_openrefine_had_in_its_table_what_it_was_answered(exchanges, candidates):
    rows = {key: row for one in extensions(exchanges) for key, row in one.answer["rows"].items()}
    by_name = {one["name"]: rows.get(one["id"]) for found in candidates.values() for one in found}
    tables: list[list[dict[str, str]]] = []
    for line in SESSION["project"]:
        if line["organisation"]:
            tables.append([])
        tables[-1].append(line)
    assert len(tables) == len(ROWS)
    for (text, row), lines in zip(ROWS.items(), tables, strict=True):
        assert lines[0]["organisation"] == (row["means"] or text)
        assert lines[0]["country"] == row["country"]
        values = by_name[row["means"]] if row["means"] else {"country": [], "alliances": [], "constraint": []}
        for column in ("Country", "Alliances", "Constraint"):
            said = [str(next(iter(value.values()))) for value in values[column.lower()]]
            assert [line[column] for line in lines if line[column]] == said, (text, column)
