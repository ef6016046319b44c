"""What every store promises, whatever it is made of."""

from __future__ import annotations

import csv
import io
import json
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.compare import isomorphic
from tertius.store import (
    Answer,
    Budget,
    Dataset,
    Lane,
    QueryFailed,
    QuerySyntaxError,
    RefusedQuery,
    RemoteStore,
    ResultFormat,
    ResultTooLarge,
    SnapshotGone,
    Store,
    solutions,
)

from tests.store.conftest import BUDGET, EX, TERMS, node

XML = {"s": "http://www.w3.org/2005/sparql-results#"}
SOLUTIONS = [format_ for format_ in ResultFormat if not format_.is_graph]
GRAPHS = [format_ for format_ in ResultFormat if format_.is_graph]
VALUES = f"SELECT ?name ?value WHERE {{ ?name <{EX}value> ?value }}"
NUMBERS = f"SELECT ?n WHERE {{ ?s <{EX}number> ?n }}"
SIDES = f"SELECT ?v WHERE {{ ?s <{EX}side> ?v }}"


def ask(store: Store, text: str, **options: object) -> Answer:
    options.setdefault("budget", BUDGET)
    return store.query(text, **options)  # type: ignore[arg-type]


def values(answer: Answer, name: str) -> set[str]:
    found = (solution[name] for solution in solutions(answer))
    return {term.value for term in found if isinstance(term, ox.Literal | ox.NamedNode)}


def test_is_a_store(store: Store) -> None:
    assert isinstance(store, Store)


def test_select_keeps_every_kind_of_term(store: Store) -> None:
    answer = ask(store, VALUES)
    assert answer.form == "select"
    assert answer.rows == len(TERMS)
    assert {(row["name"], row["value"]) for row in solutions(answer)} == {
        (node(name), term) for name, term in TERMS.items()
    }


def test_unbound_variables_are_none(store: Store) -> None:
    (row,) = solutions(ask(store, "SELECT ?a ?b { VALUES (?a ?b) { (1 UNDEF) } }"))
    assert row["b"] is None
    assert row["a"] == ox.Literal(1)


@pytest.mark.parametrize(("text", "expected"), [("ASK {}", True), ("ASK { FILTER(false) }", False)])
def test_ask(store: Store, text: str, expected: bool) -> None:
    in_json = ask(store, text)
    assert json.loads(in_json.body)["boolean"] is expected
    assert (in_json.form, in_json.rows, in_json.media_type) == ("ask", 1, "application/sparql-results+json")
    in_xml = ask(store, text, solutions=ResultFormat.XML)
    assert ElementTree.fromstring(in_xml.body).findtext("s:boolean", namespaces=XML) == str(expected).lower()


@pytest.mark.parametrize("format_", [ResultFormat.CSV, ResultFormat.TSV])
def test_a_boolean_has_no_table(store: Store, format_: ResultFormat) -> None:
    with pytest.raises(RefusedQuery, match="boolean"):
        ask(store, "ASK {}", solutions=format_)


def test_json_is_what_it_says(store: Store) -> None:
    answer = ask(store, VALUES, solutions=ResultFormat.JSON)
    bindings = {row["name"]["value"]: row["value"] for row in json.loads(answer.body)["results"]["bindings"]}
    assert bindings[EX + "quotes"] == {"type": "literal", "value": TERMS["quotes"].value}
    assert bindings[EX + "dutch"]["xml:lang"] == TERMS["dutch"].language
    assert bindings[EX + "integer"]["value"] == "42"
    assert bindings[EX + "iri"]["type"] == "uri"


def test_xml_is_what_it_says(store: Store) -> None:
    answer = ask(store, VALUES, solutions=ResultFormat.XML)
    assert answer.rows == len(TERMS)
    found = {}
    for result in ElementTree.fromstring(answer.body).iterfind(".//s:result", XML):
        name, value = (binding[0] for binding in result)
        found[name.text] = value.text or ""
    assert found == {EX + name: term.value for name, term in TERMS.items()}


def test_csv_is_what_it_says(store: Store) -> None:
    answer = ask(store, VALUES, solutions=ResultFormat.CSV)
    assert answer.media_type == "text/csv; charset=utf-8"
    header, *rows = csv.reader(io.StringIO(answer.body.decode(), newline=""))
    assert header == ["name", "value"]
    assert dict(rows) == {EX + name: term.value for name, term in TERMS.items()}
    assert answer.rows == len(TERMS)


def test_tsv_is_what_it_says(store: Store) -> None:
    answer = ask(store, VALUES, solutions=ResultFormat.TSV)
    parsed = ox.parse_query_results(answer.body, format=ox.QueryResultsFormat.TSV)
    assert isinstance(parsed, ox.QuerySolutions)
    assert {(row["name"], row["value"]) for row in parsed} == {
        (node(name), term) for name, term in TERMS.items()
    }
    assert answer.rows == len(TERMS)


def test_describe_tells_what_is_known(store: Store, request: pytest.FixtureRequest) -> None:
    # Virtuoso describes nothing in the union of its graphs; it does where the graphs are named.
    alone = request.node.callspec.params["store"] == "virtuoso"
    assert ask(store, f"DESCRIBE <{EX}plain>").rows == (0 if alone else 1)


@pytest.mark.parametrize("format_", GRAPHS)
@pytest.mark.parametrize(
    "text",
    [
        f"CONSTRUCT {{ ?s <{EX}value> ?v . ?s a <{EX}Thing> }} WHERE {{ ?s <{EX}value> ?v }}",
        f"DESCRIBE <{EX}lines> <{EX}dutch> <{EX}unicode>",
    ],
)
def test_graph_formats_hold_the_same_triples(store: Store, text: str, format_: ResultFormat) -> None:
    reference = rdflib.Graph().parse(data=ask(store, text, graph=ResultFormat.NTRIPLES).body, format="nt")
    answer = ask(store, text, graph=format_)
    assert (answer.form, answer.media_type, answer.rows) == ("graph", format_.media_type, len(reference))
    parser = {"turtle": "turtle", "ntriples": "nt", "rdfxml": "xml", "jsonld": "json-ld", "nquads": "nquads"}[
        format_
    ]
    dataset = rdflib.Dataset(default_union=True).parse(data=answer.body, format=parser)
    parsed = rdflib.Graph()
    for triple in dataset.triples((None, None, None)):
        parsed.add(triple)
    assert isomorphic(parsed, reference)


def test_prefixes_are_known_without_declaring_them(store: Store) -> None:
    answer = store.query('SELECT ?s WHERE { ?s ex:value "1.5"^^xsd:decimal }', budget=BUDGET)
    assert [row["s"] for row in solutions(answer)] == [node("decimal")]


def test_a_declaration_of_the_query_comes_before_a_known_prefix(store: Store) -> None:
    text = "PREFIX ex: <http://elsewhere.example/> SELECT ?s WHERE { ?s ex:value ?value }"
    assert solutions(store.query(text, budget=BUDGET)) == []


def test_turtle_has_prefixes(store: Store) -> None:
    body = ask(store, f"CONSTRUCT WHERE {{ <{EX}plain> ?p ?o }}").body.decode()
    assert "@prefix ex: <http://example.org/> ." in body
    assert 'ex:plain ex:value "plain"' in body


def test_rdf_xml_refuses_a_property_it_cannot_name(store: Store) -> None:
    text = f"CONSTRUCT {{ <{EX}s> <{EX}1> 1 }} WHERE {{}}"
    with pytest.raises(RefusedQuery, match=f"{EX}1"):
        ask(store, text, graph=ResultFormat.RDFXML)
    assert ask(store, text, graph=ResultFormat.TURTLE).rows == 1


@pytest.mark.parametrize("character", ["\\u0001", "\\uFFFE"])
def test_xml_refuses_characters_it_cannot_hold(store: Store, character: str) -> None:
    with pytest.raises(RefusedQuery, match="control characters"):
        ask(store, f"SELECT ('{character}' AS ?c) {{}}", solutions=ResultFormat.XML)
    with pytest.raises(RefusedQuery, match="control characters"):
        ask(store, f"CONSTRUCT {{ <{EX}s> <{EX}p> '{character}' }} WHERE {{}}", graph=ResultFormat.RDFXML)
    assert ask(store, f"SELECT ('{character}' AS ?c) {{}}").rows == 1


@pytest.mark.parametrize("format_", SOLUTIONS)
def test_no_solutions_and_solutions_that_bind_nothing_are_counted(
    store: Store, format_: ResultFormat
) -> None:
    assert ask(store, "SELECT * { FILTER(false) }", solutions=format_).rows == 0
    assert ask(store, "SELECT ?x { VALUES ?y { 1 2 3 } }", solutions=format_).rows == 3
    assert ask(store, "SELECT ?x { VALUES ?x { UNDEF '{},{}' UNDEF } }", solutions=format_).rows == 3


def test_the_default_graph_is_the_union(store: Store) -> None:
    assert values(ask(store, SIDES), "v") == {"left", "right"}


def test_from_alone_leaves_graph_nothing_to_reach(store: Store, is_virtuoso: bool) -> None:
    text = f"SELECT ?v FROM <{EX}left> WHERE {{ GRAPH ?g {{ ?s <{EX}side> ?v }} }}"
    # Virtuoso lets GRAPH reach every graph unless FROM NAMED names some.
    assert ask(store, text).rows == (2 if is_virtuoso else 0)


def test_from_narrows_the_default_graph(store: Store) -> None:
    text = f"SELECT ?v FROM <{EX}left> WHERE {{ ?s <{EX}side> ?v }}"
    assert values(ask(store, text), "v") == {"left"}
    named = f"SELECT ?v FROM NAMED <{EX}right> WHERE {{ GRAPH ?g {{ ?s <{EX}side> ?v }} }}"
    assert values(ask(store, named), "v") == {"right"}
    assert ask(store, f"SELECT ?v FROM NAMED <{EX}right> WHERE {{ ?s <{EX}side> ?v }}").rows == 0


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT ?v WHERE {{ ?s <{EX}side> ?v FILTER(?v != 'FROM <x:y>') }}",
        f"SELECT ?v WHERE {{ ?from <{EX}side> ?v }} # FROM <http://example.org/left>",
        f"PREFIX from: <{EX}> SELECT ?v WHERE {{ ?s from:side ?v FILTER(?v != '''FROM\n<x:y>'''@from) }}",
        f"SELECT ?v WHERE {{ ?s <{EX}side> ?v OPTIONAL {{ ?s <http://example.org/FROM> ?from }} }}",
    ],
)
def test_the_word_from_elsewhere_narrows_nothing(store: Store, text: str) -> None:
    assert values(ask(store, text), "v") == {"left", "right"}


def test_a_dataset_overrides_the_query(store: Store) -> None:
    left = Dataset(default_graphs=(EX + "left",))
    assert values(ask(store, SIDES, dataset=left), "v") == {"left"}
    text = f"SELECT ?v FROM <{EX}right> WHERE {{ ?s <{EX}side> ?v }}"
    assert values(ask(store, text, dataset=left), "v") == {"left"}
    named = f"SELECT ?v WHERE {{ GRAPH ?g {{ ?s <{EX}side> ?v }} }}"
    assert ask(store, named, dataset=left).rows == 0
    right = Dataset(named_graphs=(EX + "right",))
    assert values(ask(store, named, dataset=right), "v") == {"right"}
    assert ask(store, SIDES, dataset=right).rows == 0


@pytest.mark.parametrize("iri", ["", "relative", "http://a b/", "http://a/>", "x:y\n"])
def test_graph_names_are_iris(iri: str) -> None:
    with pytest.raises(ValueError, match="absolute IRI"):
        Dataset(default_graphs=(iri,))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SELECT",
        "SELECT * {",
        "INSERT DATA { <x:a> <x:b> 1 }",
        "LOAD <http://example.org/>",
        "\ud800",
        "SELECT *\x00{}",
    ],
)
def test_what_is_no_query_is_a_syntax_error(store: Store, text: str) -> None:
    with pytest.raises(QuerySyntaxError):
        ask(store, text)


def test_a_syntax_error_says_where(store: Store, is_virtuoso: bool) -> None:
    # Virtuoso names the line alone, and at the end of a text one too many; no service's words are repeated.
    with pytest.raises(QuerySyntaxError, match="line 2:" if is_virtuoso else r"2:\d+"):
        ask(store, "SELECT *\nWHERE { ?s ?p }")
    with pytest.raises(QuerySyntaxError) as caught:
        ask(store, "SELECT * {")
    place = "error in line 2: " if is_virtuoso else "error at 1:11: "
    said = "the SPARQL service cannot parse" if isinstance(store, RemoteStore) else "expected"
    assert str(caught.value).startswith(place + said)
    assert "u{" not in str(caught.value)


@pytest.mark.parametrize("format_", SOLUTIONS)
def test_the_row_cap_is_exact(store: Store, format_: ResultFormat) -> None:
    assert ask(store, NUMBERS, solutions=format_, budget=Budget(20, 250, 10**7)).rows == 250
    with pytest.raises(ResultTooLarge) as caught:
        ask(store, NUMBERS, solutions=format_, budget=Budget(20, 249, 10**7))
    assert (caught.value.kind, caught.value.cap) == ("rows", 249)


@pytest.mark.parametrize("format_", GRAPHS)
def test_the_triple_cap_is_exact(store: Store, format_: ResultFormat) -> None:
    text = f"CONSTRUCT WHERE {{ ?s <{EX}number> ?n }}"
    assert ask(store, text, graph=format_, budget=Budget(20, 250, 10**7)).rows == 250
    with pytest.raises(ResultTooLarge, match="249 rows"):
        ask(store, text, graph=format_, budget=Budget(20, 249, 10**7))


@pytest.mark.parametrize("format_", list(ResultFormat))
def test_the_byte_cap_is_exact(store: Store, format_: ResultFormat) -> None:
    text = NUMBERS if not format_.is_graph else f"CONSTRUCT WHERE {{ ?s <{EX}number> ?n }}"
    options = {"graph": format_} if format_.is_graph else {"solutions": format_}
    size = len(ask(store, text, **options).body)
    assert len(ask(store, text, budget=Budget(20, 1000, size), **options).body) == size
    with pytest.raises(ResultTooLarge, match=f"{size - 1} bytes"):
        ask(store, text, budget=Budget(20, 1000, size - 1), **options)


def test_formats_of_the_wrong_kind_are_refused(store: Store) -> None:
    with pytest.raises(RefusedQuery, match="turtle"):
        ask(store, "ASK {}", solutions=ResultFormat.TURTLE)
    with pytest.raises(RefusedQuery, match="csv"):
        ask(store, "ASK {}", graph=ResultFormat.CSV)


def test_a_snapshot_that_is_not_there_is_gone(store: Store) -> None:
    with pytest.raises(SnapshotGone) as caught:
        ask(store, "ASK {}", snapshot=4711)
    assert caught.value.number == 4711


def test_what_cannot_be_evaluated_fails_without_foreign_words(store: Store) -> None:
    with pytest.raises(QueryFailed) as caught:
        # Port 1 is refused by the engine's own client before anything is sent.
        ask(store, "SELECT * { SERVICE <http://127.0.0.1:1/secret> { ?s ?p ?o } }")
    assert "secret" not in str(caught.value)
    assert caught.value.detail


@pytest.mark.parametrize("lane", list(Lane))
def test_lanes_answer_alike(store: Store, lane: Lane) -> None:
    answer = ask(store, NUMBERS, lane=lane)
    assert answer.rows == 250
    assert answer.seconds > 0


@pytest.mark.parametrize("budget", [(0, 1, 1), (-1, 1, 1), (float("nan"), 1, 1), (1, -1, 1), (1, 1, 0)])
def test_budgets_make_sense(budget: tuple[float, int, int]) -> None:
    with pytest.raises(ValueError, match="budget"):
        Budget(*budget)


def test_only_solutions_in_json_are_read_back(store: Store) -> None:
    with pytest.raises(ValueError, match="csv"):
        solutions(ask(store, VALUES, solutions=ResultFormat.CSV))
    with pytest.raises(ValueError, match="ask"):
        solutions(ask(store, "ASK {}"))
