"""Named queries joined with a service outside: a real SPARQL server that holds data in Wikidata's shape."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox
import pytest
from tertius.ontology.identity import individual
from tertius.ontology.namespaces import ADMS, SKOS, TT, concept
from tertius.queries import Catalogue, CatalogueError, Context, Page, load_catalogue, run
from tertius.queries import outside as outside_module
from tertius.queries.named_queries import read_query
from tertius.store import (
    MemoryStore,
    Outbound,
    RemoteService,
    ResultTooLarge,
    ServiceNotConfigured,
    ServiceTimeout,
    ServiceUnavailable,
    parse_services,
)

from tests.servers import free_port, oxigraph_server
from tests.store.outside import Outside, answer

WDT = "http://www.wikidata.org/prop/direct/"
ITEM = "http://www.wikidata.org/entity/"
LABEL = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
SAP, ODD, BARE = "529900D6BF99LW9R2E68", 'QUOTE"} UNION { ?item ?p ?lei } #\\', "984500983AD71E4FBC41"


def item(number: int) -> ox.NamedNode:
    return ox.NamedNode(f"{ITEM}Q{number}")


def label(number: int, text: str, language: str) -> ox.Quad:
    return ox.Quad(item(number), LABEL, ox.Literal(text, language=language), ox.DefaultGraph())


def fact(number: int, prop: str, value: ox.NamedNode | ox.Literal) -> ox.Quad:
    return ox.Quad(item(number), ox.NamedNode(WDT + prop), value, ox.DefaultGraph())


def wikidata() -> list[ox.Quad]:
    quads = [
        fact(552581, "P1278", ox.Literal(SAP)),
        label(552581, "SAP", "en"),
        label(552581, "SAP SE", "de"),
        fact(552581, "P159", item(20729)),
        label(20729, "Walldorf", "en"),
        fact(552581, "P17", item(183)),
        fact(183, "P297", ox.Literal("DE")),
        fact(552581, "P856", ox.NamedNode("https://www.sap.com/")),
        fact(7, "P1278", ox.Literal(BARE)),
        fact(8, "P6782", ox.Literal("02e2c7k09")),
        label(8, "Delft University of Technology", "en"),
        fact(8, "P749", item(9)),
        label(9, "Universities of the Netherlands", "en"),
    ]
    # The Graph Store Protocol fills named graphs; the server's default graph is asked as their union.
    return [ox.Quad(*quad.triple, ox.NamedNode("http://www.wikidata.org/")) for quad in quads]


def organization(key: str) -> ox.NamedNode:
    return ox.NamedNode(individual("organization", key))


def ours() -> MemoryStore:
    store = MemoryStore()

    def say(subject: str, *pairs: tuple[str, ox.NamedNode | ox.Literal]) -> None:
        graph = ox.NamedNode("http://example.org/graph")
        for prop, value in pairs:
            store.graph.add(ox.Quad(ox.NamedNode(subject), ox.NamedNode(prop), value, graph))

    for key, name, scheme, value in (
        ("sap", "SAP SE", "lei", SAP),
        ("bare", "Nobody's", "lei", BARE),
        ("odd", "Odd One", "lei", ODD),
        ("delft", "TU Delft", "ror", "02e2c7k09"),
        ("other", "Other", "ror", "000000000"),
    ):
        number = individual("identifier", key)
        say(
            organization(key).value,
            (SKOS + "prefLabel", ox.Literal(name)),
            (ADMS + "identifier", ox.NamedNode(number)),
        )
        say(
            number,
            (TT + "scheme", ox.NamedNode(concept("identifier-scheme", scheme))),
            (SKOS + "notation", ox.Literal(value)),
        )
    for key in ("sap", "delft", "other"):
        say(
            individual("participation", key),
            (TT + "organization", organization(key)),
            (TT + "alliance", ox.NamedNode(individual("alliance", "a"))),
        )
    return store


@pytest.fixture(scope="module")
def service() -> Iterator[RemoteService]:
    with oxigraph_server(wikidata()) as found:
        yield found


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    return ours()


def way_out(url: str, **options: Any) -> Outbound:
    # A server that answers from named graphs is asked for their union by its address.
    return Outbound(parse_services(f"wikidata={url} private rate=6000"), **options)


def union(service: RemoteService) -> str:
    return f"{service.query_url}?union-default-graph=true"


def ask(
    store: MemoryStore, outbound: Outbound | None, name: str = "wikidata-by-lei", **arguments: Any
) -> Page:
    arguments = arguments or {"organization": ["sap", "bare", "odd", "delft"]}
    return run(load_catalogue(), store, name, arguments, context=Context(), outbound=outbound)


def test_rows_are_joined_and_marked(store: MemoryStore, service: RemoteService) -> None:
    page = ask(store, way_out(union(service)))
    by_name = {row["name"]: row for row in page.rows}
    assert len(by_name) == len(page.rows) == 3
    (where,) = page.outside
    assert by_name["SAP SE"] == {
        "organization": organization("sap").value,
        "name": "SAP SE",
        "lei": SAP,
        "item": f"{ITEM}Q552581",
        "label": "SAP",
        "headquarters": "Walldorf",
        "country": "DE",
        "website": "https://www.sap.com/",
        "outside_service": "wikidata",
        "outside_retrieved": where.retrieved.isoformat(timespec="seconds"),
    }
    assert by_name["Nobody's"]["item"] == f"{ITEM}Q7"
    assert by_name["Nobody's"]["label"] is None
    # What is no part of a query's text stays a value, whatever it holds.
    assert by_name["Odd One"]["item"] is by_name["Odd One"]["outside_service"] is None
    assert list(page.rows[0]) == list(page.columns)


def test_a_parameter_reaches_the_service(store: MemoryStore, service: RemoteService) -> None:
    page = ask(store, way_out(union(service)), organization=["sap"], language="de")
    assert [row["label"] for row in page.rows] == ["SAP SE"]


def test_partners_are_joined_by_ror(store: MemoryStore, service: RemoteService) -> None:
    page = ask(store, way_out(union(service)), "partners-in-wikidata", organization="sap")
    assert [(row["name"], row["label"], row["parent_label"]) for row in page.rows] == [
        ("TU Delft", "Delft University of Technology", "Universities of the Netherlands"),
        ("Other", None, None),
    ]


def test_many_values_go_in_batches(
    store: MemoryStore, service: RemoteService, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ask(store, way_out(union(service)))
    monkeypatch.setattr(outside_module, "BATCH", 1)
    parts = ask(store, way_out(union(service)))
    assert len(parts.outside) == 3
    marks = {"outside_retrieved"}
    assert [{k: v for k, v in row.items() if k not in marks} for row in parts.rows] == [
        {k: v for k, v in row.items() if k not in marks} for row in whole.rows
    ]


def test_pages_are_those_of_our_own_rows(store: MemoryStore, service: RemoteService) -> None:
    outbound, arguments = way_out(union(service)), {"organization": ["sap", "bare", "odd"]}
    first = run(load_catalogue(), store, "wikidata-by-lei", arguments, limit=2, outbound=outbound)
    second = run(
        load_catalogue(), store, "wikidata-by-lei", arguments, limit=2, outbound=outbound, cursor=first.next
    )
    assert [len(first.rows), len(second.rows), second.next] == [2, 1, None]


def test_nobody_is_asked_about_nothing(store: MemoryStore) -> None:
    page = ask(store, way_out(f"http://127.0.0.1:{free_port()}"), organization=["delft"])
    assert (page.rows, page.outside) == ([], ())


def test_a_service_that_is_not_configured_is_named_before_any_work(store: MemoryStore) -> None:
    for outbound in (None, Outbound({})):
        with pytest.raises(ServiceNotConfigured, match="wikidata"):
            ask(store, outbound)


def test_a_service_that_is_not_there_gives_no_rows_at_all(store: MemoryStore) -> None:
    with pytest.raises(ServiceUnavailable, match="wikidata cannot be reached"):
        ask(store, way_out(f"http://127.0.0.1:{free_port()}"))


TABLE: dict[str, Any] = {"head": {"vars": ["lei", "item"]}, "results": {"bindings": []}}


def bound(**terms: Any) -> bytes:
    row = {"lei": {"type": "literal", "value": SAP}, **terms}
    return json.dumps({**TABLE, "results": {"bindings": [row]}}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"null",
        b'{"results": {"bindings": 7}}',
        b'{"results": {"bindings": [7]}}',
        b'{"results": {"bindings": [{}]}}',
        b'{"results": {"bindings": [{"lei": {"type": "literal"}}]}}',
        b'{"results": {"bindings": [{"lei": {"value": "x"}, "item": 1}]}}',
        bound(item={"type": "literal", "value": "https://x"}),
        bound(item={"type": "uri", "value": "no IRI"}),
        bound(label={"type": "literal", "value": ["x"]}),
        bound(label={"type": "literal", "value": "x" * 20_000}),
        b"[" * 100_000,
        b"no JSON",
        b"\xff",
    ],
)
def test_what_is_no_table_is_refused(store: MemoryStore, body: bytes) -> None:
    with Outside(answer(body, media="application/sparql-results+json")) as outside:
        with pytest.raises(ServiceUnavailable) as caught:
            ask(store, way_out(outside.url))
        assert caught.value.reason == "answer"


def test_rows_without_end_are_refused(store: MemoryStore) -> None:
    row = {"lei": {"type": "literal", "value": SAP}}
    body = json.dumps({**TABLE, "results": {"bindings": [row] * 5001}}).encode()
    said_by = answer(body, media="application/sparql-results+json")
    with Outside(said_by) as outside, pytest.raises(ResultTooLarge):
        ask(store, way_out(outside.url))
    assert "LIMIT+5001" in outside.requests[0]


def test_a_service_that_is_silent_ends_in_time(store: MemoryStore) -> None:
    def silent(connection: socket.socket) -> None:
        connection.recv(1)

    with Outside(silent) as outside, pytest.raises(ServiceTimeout):
        ask(store, way_out(outside.url, seconds=0.3))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("join: lei", "join: lie", "service: lie is no returned column"),
        ("VALUES ?lei { $lei }", "", "the service would be asked about nothing"),
        ("LANG(?label) = $language", "LANG(?label) = $langue", "$langue is neither a parameter nor"),
        ("SELECT DISTINCT ?lei ?item", "SELECT DISTINCT ?item ?lei", "it selects"),
        ("?item wdt:P1278 ?lei .", "SERVICE <http://x> { ?item wdt:P1278 ?lei }", "SERVICE is not available"),
        ("?website }\n#+     }", "?website }\n#+     } LIMIT 5", "LIMIT is added when the service is asked"),
        ("item: {type", "organization: {type", "the column organization is there already"),
        ("VALUES ?lei { $lei }", "FILTER(?lei = $lei)", "takes many values"),
    ],
)
def test_a_wrong_question_is_found_when_the_catalogue_is_loaded(old: str, new: str, said: str) -> None:
    from importlib import resources

    file = resources.files("tertius.queries") / "catalogue" / "services" / "wikidata-by-lei.rq"
    text = file.read_text("utf-8")
    assert old in text
    with pytest.raises(CatalogueError) as caught:
        read_query(text.replace(old, new, 1), "services", "wikidata-by-lei")
    assert said in str(caught.value)


def test_what_is_asked_of_whom_is_part_of_the_description(catalogue: Catalogue) -> None:
    from tertius.queries import describe

    told = describe(catalogue["wikidata-by-lei"])
    assert told["service"]["name"] == "wikidata"  # type: ignore[index,call-overload]
    assert [column["name"] for column in told["columns"]][-2:] == ["outside_service", "outside_retrieved"]  # type: ignore[index,union-attr,call-overload]
