"""Registers asked over the network: local services that speak the recorded formats, and none at all."""

from __future__ import annotations

import json
import shutil
import socket
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyoxigraph as ox
import pytest
from tertius.api.cli import main
from tertius.loaders import Enrichment, LoadError, LoadJob, LoadReport, load
from tertius.loaders.registers.wikidata import ASKED, question
from tertius.ontology.identity import graph, key
from tertius.ontology.namespaces import PREFIXES
from tertius.queries.binding import bind
from tertius.queries.tokens import tokenise
from tertius.store import (
    Outbound,
    ServiceBusy,
    ServiceNotConfigured,
    ServiceUnavailable,
    Snapshots,
    parse_services,
)

from tests.loaders.registers.conftest import DATA, iri
from tests.servers import free_port, oxigraph_server
from tests.store.outside import Outside, answer

RECORDS = json.loads((DATA / "gleif-api-records.json").read_text())["data"]
PARENT = (DATA / "gleif-api-relationship.json").read_bytes()
PROFILE = (DATA / "companies-house-profile.json").read_bytes()
LEIS = [record["attributes"]["lei"] for record in RECORDS]
CHILD = "549300YX4S1LLSMK2627"
WDT, ITEM = "http://www.wikidata.org/prop/direct/", "http://www.wikidata.org/entity/"
JSON_API = "application/vnd.api+json"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sources: one whose partners bear LEIs, a ROR and company numbers, and one whose bear none."""
    folder = tmp_path_factory.mktemp("live")
    rows = [("a", "Anchor Ltd", "", "", "01234567"), ("a", "Gone Ltd", "", "", "07654321")]
    rows += [("a", f"Bearer {at}", lei, "", "") for at, lei in enumerate(LEIS)]
    rows.append(("a", "Delft", "", "02e2c7k09", ""))
    table = folder / "mine.csv"
    header = "alliance,partner,start,id:lei,id:ror,id:gb-coh\n"
    lines = (f"{alliance},{name},2019-01-01,{','.join(numbers)}\n" for alliance, name, *numbers in rows)
    table.write_text(header + "".join(lines))
    load(LoadJob(data=folder / "data", source="mine", files=(table,)))
    table.write_text("alliance,partner,start\nb,Bare,2019-01-01\nb,Bare Too,2019-01-01\n")
    load(LoadJob(data=folder / "data", source="bare", files=(table,)))
    return folder / "data"


@pytest.fixture
def data(loaded: Path, tmp_path: Path) -> Path:
    """A copy of them that a test may change."""
    return Path(shutil.copytree(loaded, tmp_path / "data"))


def way_out(name: str, url: str, **options: Any) -> Outbound:
    return Outbound(parse_services(f"{name}={url} private rate=60000"), **options)


def enrich(data: Path, register: str, outbound: Outbound, **options: Any) -> LoadReport:
    told: list[tuple[int, int]] = []
    wanted = Enrichment(data, register, **options)
    with wanted.fetched(outbound, lambda done, total: told.append((done, total))) as job:
        assert all(path.exists() for path in job.files)
        report = load(job)
    assert not any(path.exists() for path in job.files)
    assert told[-1][0] == told[-1][1]
    return report


def rows(data: Path, source: str, pattern: str) -> set[tuple[str | None, ...]]:
    snapshot = Snapshots(data).current()
    assert snapshot is not None
    names, _, where = pattern.removesuffix("}").partition("{")
    prefixes = "".join(f"PREFIX {name}: <{namespace}>\n" for name, namespace in PREFIXES.items())
    store = ox.Store.read_only(str(snapshot.store_path))
    found = store.query(f"{prefixes}SELECT {names} {{ GRAPH <{graph(source)}> {{ {where} }} }}")
    return {tuple(term.value if term else None for term in row) for row in found}


def routed(outside: list[Outside], route: Callable[[str, dict[str, list[str]]], bytes]) -> Any:
    """Answer by path and parameters, as an API does."""

    def speak(connection: socket.socket) -> None:
        target = urlsplit(outside[0].requests[-1].split(" ")[1])
        connection.sendall(route(target.path, parse_qs(target.query)))

    return speak


def gleif(path: str, query: dict[str, list[str]]) -> bytes:
    if path == "/lei-records":
        wanted = query["filter[lei]"][0].split(",")
        assert len(wanted) <= 100
        found = [record for record in RECORDS if record["attributes"]["lei"] in wanted]
        page, size = int(query["page[number]"][0]), 4
        said = {
            "meta": {"pagination": {"currentPage": page, "lastPage": -(-len(found) // size)}},
            "data": found[(page - 1) * size : page * size],
        }
        return answer(json.dumps(said).encode(), media=JSON_API)
    if path == f"/lei-records/{CHILD}/direct-parent-relationship":
        return answer(PARENT, media=JSON_API)
    return answer(b'{"errors":[{"status":"404"}]}', status="404 Not Found", media=JSON_API)


def test_gleif_is_asked_page_by_page_and_becomes_a_source(data: Path) -> None:
    here: list[Outside] = []
    with Outside(routed(here, gleif)) as outside:
        here.append(outside)
        report = enrich(data, "gleif", way_out("gleif", outside.url), of="mine", parents=True)
    assert report.published
    assert report.source == "gleif-mine"
    assert (report.counts["organizations"], report.counts["relations"]) == (len(RECORDS), 1)
    assert rows(data, "gleif-mine", "?o { ?o a org:Organization }") == {
        (iri(key("lei", lei)),) for lei in LEIS
    }
    files = rows(
        data, "gleif-mine", "?url ?sum { ?f a tt:SourceFile ; dcterms:source ?url ; tt:checksum ?sum }"
    )
    assert len(files) == 3
    assert all(url is not None and url.startswith(f"{outside.url}/lei-records") for url, _ in files)
    (licence,) = rows(data, "gleif-mine", "?licence { ?s a tt:Source ; dcterms:license ?licence }")
    assert licence == ("https://creativecommons.org/publicdomain/zero/1.0/",)
    assert all(JSON_API in request for request in outside.requests)
    # Two pages of four, then both parents of each.
    assert len(outside.requests) == 2 + 2 * len(LEIS)


def test_what_was_said_before_is_not_asked_about(data: Path) -> None:
    here: list[Outside] = []
    with Outside(routed(here, gleif)) as outside:
        here.append(outside)
        outbound = way_out("gleif", outside.url)
        assert enrich(data, "gleif", outbound).source == "gleif-live"
        asked = outside.requests[0]
        assert enrich(data, "gleif", outbound).unchanged
        assert outside.requests[-2].split()[1] == asked.split()[1]


def companies_house(path: str, _: dict[str, list[str]]) -> bytes:
    if path == "/company/01234567":
        return answer(PROFILE)
    return answer(b"{}", status="404 Not Found")


def test_companies_house_is_asked_with_its_key(data: Path) -> None:
    here: list[Outside] = []
    with Outside(routed(here, companies_house)) as outside:
        here.append(outside)
        outbound = way_out("companies-house", outside.url)
        report = enrich(data, "companies-house", outbound, of="mine", key="the key")
    assert report.published
    assert report.counts["organizations"] == 1
    secret = b64encode(b"the key:").decode()
    assert all(f"Authorization: Basic {secret}" in request for request in outside.requests)
    company = iri(key("gb-coh", "01234567"))
    found = rows(
        data,
        "companies-house-mine",
        "?o ?name ?city ?status ?founded ?old ?until { "
        "?o skos:prefLabel ?name ; tt:city ?city ; tt:foundedOn ?founded ; "
        "tt:registerStatus ?status ; tt:nameRecord ?r . ?r skos:prefLabel ?old ; tt:validTo ?until }",
    )
    status = "https://w3id.org/tertius/concept/register-status-closing"
    assert found == {
        (company, "ANCHOR AND BRIDGE LIMITED", "Dover", status, "1999-02-03", "ANCHOR LIMITED", "2010-05-06")
    }
    sectors = rows(data, "companies-house-mine", f"?code {{ <{company}> tt:sector/skos:notation ?code }}")
    assert sectors == {("SIC62012",)}


def test_half_a_character_in_an_answer_is_left_out(data: Path) -> None:
    profile = PROFILE.replace(b"ANCHOR AND BRIDGE LIMITED", b"ANCHOR\\ud800 LIMITED")
    assert profile != PROFILE

    def odd(path: str, _: dict[str, list[str]]) -> bytes:
        return answer(profile) if path == "/company/01234567" else answer(b"{}", status="404 Not Found")

    here: list[Outside] = []
    with Outside(routed(here, odd)) as outside:
        here.append(outside)
        report = enrich(data, "companies-house", way_out("companies-house", outside.url), of="mine")
    assert report.counts["organizations"] == 1
    name = rows(data, "companies-house-mine", "?n { ?o a org:Organization ; skos:prefLabel ?n }")
    assert name == {("ANCHOR LIMITED",)}


def wikidata() -> list[ox.Quad]:
    def fact(number: int, term: str, value: ox.NamedNode | ox.Literal) -> ox.Quad:
        where = ox.NamedNode("http://www.wikidata.org/")
        return ox.Quad(ox.NamedNode(f"{ITEM}Q{number}"), ox.NamedNode(term), value, where)

    def text(number: int, term: str, value: str, spoken: str) -> ox.Quad:
        return fact(number, term, ox.Literal(value, language=spoken))

    label = "http://www.w3.org/2000/01/rdf-schema#label"
    alias = PREFIXES["skos"] + "altLabel"
    year = ox.Literal("1842-01-01T00:00:00Z", datatype=ox.NamedNode(PREFIXES["xsd"] + "dateTime"))
    return [
        fact(10, f"{WDT}P6782", ox.Literal("02e2c7k09")),
        text(10, label, "Delft University of Technology", "en"),
        text(10, label, "Technische Universiteit Delft", "nl"),
        text(10, label, "デルフト工科大学", "ja"),
        text(10, alias, "TU Delft", "en"),
        fact(10, f"{WDT}P159", ox.NamedNode(f"{ITEM}Q690")),
        text(690, label, "Delft", "en"),
        fact(10, f"{WDT}P17", ox.NamedNode(f"{ITEM}Q55")),
        fact(55, f"{WDT}P297", ox.Literal("NL")),
        fact(10, f"{WDT}P856", ox.NamedNode("https://www.tudelft.nl/")),
        fact(10, f"{WDT}P571", year),
        fact(10, f"{WDT}P2427", ox.Literal("grid.5292.c")),
        fact(11, f"{WDT}P1278", ox.Literal(LEIS[0])),
        text(11, label, "Zweiter", "de"),
        fact(9, f"{WDT}P1278", ox.Literal(LEIS[0])),
        text(9, label, "First", "en"),
        fact(12, f"{WDT}P1278", ox.Literal(LEIS[1])),
        text(12, label, "名前", "ja"),
    ]


def test_wikidata_is_asked_by_every_identifier_and_becomes_a_source(data: Path) -> None:
    with oxigraph_server(wikidata()) as service:
        outbound = way_out("wikidata", f"{service.query_url}?union-default-graph=true")
        report = enrich(data, "wikidata", outbound, of="mine")
    assert report.published
    assert (report.counts["organizations"], report.counts["left_out"]) == (2, 1)
    delft = iri(key("ror", "02e2c7k09"))
    found = rows(
        data,
        "wikidata-mine",
        f"?name ?city ?site ?day ?given ?land {{ "
        f"<{delft}> skos:prefLabel ?name ; tt:city ?city ; tt:website ?site ; "
        "tt:foundedOn ?day ; tt:dateAsGiven ?given ; tt:country/skos:notation ?land }",
    )
    assert found == {
        (
            "Delft University of Technology",
            "Delft",
            "https://www.tudelft.nl/",
            "1842-01-01",
            "foundedOn=1842",
            "NL",
        )
    }
    names = rows(
        data,
        "wikidata-mine",
        f"?name ?kind {{ <{delft}> tt:nameRecord ?r . ?r skos:prefLabel ?name ; tt:nameKind ?kind }}",
    )
    assert {(name, str(kind).rpartition("-")[2]) for name, kind in names} == {
        ("Technische Universiteit Delft", "translated"),
        ("TU Delft", "alternative"),
    }
    numbers = rows(data, "wikidata-mine", f"?value {{ <{delft}> adms:identifier/skos:notation ?value }}")
    assert numbers == {("02e2c7k09",), ("Q10",), ("grid.5292.c",)}
    # Of two items that bear one LEI the lower number stands.
    first = rows(data, "wikidata-mine", f"?name {{ <{iri(key('lei', LEIS[0]))}> skos:prefLabel ?name }}")
    assert first == {("First",)}


@pytest.mark.parametrize("scheme", ASKED)
def test_what_wikidata_is_asked_is_sparql(scheme: str) -> None:
    text = bind(tokenise(question(scheme)), {"values": [ox.Literal('x" } DROP ALL #')]})
    found = ox.Store().query(text)
    assert isinstance(found, ox.QuerySolutions)
    assert [variable.value for variable in found.variables] == [
        scheme.replace("-", "_"),
        "item",
        "what",
        "said",
    ]


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b'{"head":{"vars":["pic"]},"results":{"bindings":[]}}', b"\xff", b"{"]
)
def test_a_file_that_is_no_answer_of_wikidata_is_refused(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "answer.json"
    path.write_bytes(body)
    with pytest.raises(LoadError, match=r"answer\.json"):
        load(LoadJob(data=tmp_path / "data", source="x", files=(path,), mapping="wikidata"))


def test_a_service_that_is_not_configured_is_not_asked(data: Path) -> None:
    with pytest.raises(ServiceNotConfigured, match="gleif"):
        enrich(data, "gleif", Outbound({}))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (None, "unreachable"),
        (answer(b"[]", media=JSON_API), "answer"),
        (answer(b'{"data": {}}', media=JSON_API), "answer"),
        (answer(b"no JSON", media=JSON_API), "answer"),
        (answer(b"<html>", media="text/html"), "answer"),
        (answer(b"", status="401 Unauthorized"), "status"),
    ],
)
def test_a_register_that_gives_no_answer_changes_nothing(data: Path, said: bytes | None, reason: str) -> None:
    before = Snapshots(data).current_number()
    with Outside(said or answer()) as outside:
        url = outside.url if said else f"http://127.0.0.1:{free_port()}"
        with pytest.raises(ServiceUnavailable, match="the service gleif") as caught:
            enrich(data, "gleif", way_out("gleif", url))
    assert caught.value.reason == reason
    assert Snapshots(data).current_number() == before


def test_a_register_that_fails_half_way_changes_nothing_and_is_not_asked_everything_again(
    data: Path, tmp_path: Path
) -> None:
    fails = [True]

    def shaky(path: str, query: dict[str, list[str]]) -> bytes:
        if fails[0] and query.get("page[number]") == ["2"]:
            return answer(b"", status="429 Too Many Requests", more="Retry-After: 600\r\n")
        return gleif(path, query)

    before = Snapshots(data).current_number()
    here: list[Outside] = []
    with Outside(routed(here, shaky)) as outside:
        here.append(outside)
        outbound = way_out("gleif", outside.url, cache=tmp_path / "cache")
        with pytest.raises(ServiceBusy):
            enrich(data, "gleif", outbound)
        assert Snapshots(data).current_number() == before
        fails[0] = False
        assert enrich(data, "gleif", outbound).counts["organizations"] == len(RECORDS)
        assert len(outside.requests) == 3


@pytest.mark.parametrize(
    ("register", "of", "said"),
    [("gleif", "bare", "no organisation of bare has"), ("gleif", "none", "there is no source 'none'")],
)
def test_nothing_to_ask_about_is_said(data: Path, register: str, of: str, said: str) -> None:
    with pytest.raises(LoadError, match=said):
        enrich(data, register, way_out(register, "http://127.0.0.1:9"), of=of)


def test_knowing_nothing_is_said(data: Path) -> None:
    said = answer(b'{"data": []}', media=JSON_API)
    with Outside(said) as outside, pytest.raises(LoadError, match="gleif knows none of the 6 identifiers"):
        enrich(data, "gleif", way_out("gleif", outside.url))


def command(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out, told.err


def test_the_command_enriches_and_says_what_it_did(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here: list[Outside] = []
    with Outside(routed(here, gleif)) as outside:
        here.append(outside)
        monkeypatch.setenv("TERTIUS_SERVICES", f"gleif={outside.url} private rate=6000")
        status, out, err = command(capsys, "enrich", "mine", "--from", "gleif", "--data", str(data), "--json")
        assert (status, err) == (0, "")
        assert json.loads(out)["source"] == "gleif-mine"
        status, out, _ = command(
            capsys, "enrich", "--all", "--from", "gleif", "--data", str(data), "--as", "leis"
        )
        assert status == 0
        assert out.startswith("leis: snapshot")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["mine", "--from", "gleif"], 1, "the service gleif cannot be reached; is this machine online?"),
        (["mine", "--from", "wikidata"], 2, "the service wikidata is not among those"),
        (["bare", "--from", "gleif"], 2, "no organisation of bare has an identifier"),
        (["--from", "gleif"], 2, "name one source, or give --all"),
        (["mine", "--all", "--from", "gleif"], 2, "name one source, or give --all"),
        (["mine", "--from", "kvk"], 2, "kvk cannot be asked"),
        (["mine", "--from", "wikidata", "--parents"], 2, "--parents is for --from gleif"),
    ],
)
def test_the_command_says_what_is_in_the_way(
    words: list[str],
    status: int,
    said: str,
    data: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERTIUS_SERVICES", f"gleif=http://127.0.0.1:{free_port()} private")
    ended, _, err = command(capsys, "enrich", *words, "--data", str(data))
    assert ended == status
    assert said in err
