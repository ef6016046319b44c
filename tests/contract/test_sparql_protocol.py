"""The query operation of the SPARQL 1.1 Protocol, case by case; every answer is what its media type says."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET

import pyoxigraph as ox
import pytest

BASE = "https://w3id.org/tertius/"
MINI, OTHER = f"{BASE}graph/mini", f"{BASE}graph/other"
NAMED = "?o a <http://www.w3.org/ns/org#Organization> ; <http://www.w3.org/2004/02/skos/core#prefLabel> ?name"
SELECT = f"SELECT ?name WHERE {{ {NAMED} }} ORDER BY ?name"
COUNT = "SELECT (COUNT(DISTINCT ?o) AS ?n) WHERE { ?o a <http://www.w3.org/ns/org#Organization> }"
ASK = "ASK { ?s ?p ?o }"
CONSTRUCT = f"CONSTRUCT {{ ?o <http://example.org/called> ?name }} WHERE {{ {NAMED} }}"
DESCRIBE = f"DESCRIBE <{BASE}id/source/mini>"
FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"


def get(client, query, *, accept=None, **parameters):
    address = urlencode({"query": query, **parameters}, doseq=True)
    return client.get(f"/sparql?{address}", headers={"Accept": accept} if accept else {})


def post(client, body, kind, *, address=""):
    return client.post(f"/sparql{address}", content=body, headers={"Content-Type": kind})


def number(response):
    assert response.status_code == 200, response.text
    return int(response.json()["results"]["bindings"][0]["n"]["value"])


def problem(response, status, slug):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"].endswith(f"/problem/{slug}")
    return response.json()


def test_query_by_get(mini):
    assert number(get(mini, COUNT)) == 7


def test_query_by_form(mini):
    assert number(post(mini, urlencode({"query": COUNT}), FORM)) == 7


def test_query_by_direct_post(mini):
    assert number(post(mini, COUNT, DIRECT)) == 7
    assert number(post(mini, COUNT, f"{DIRECT}; charset=UTF-8")) == 7


@pytest.mark.parametrize("text", ["100%25 sure", "a+b", "é ü 東京 🤝", 'q"uo\\te', "x&y=z;#", "%zz"])
def test_text_arrives_unchanged_by_every_way(mini, text):
    literal = str(ox.Literal(text))
    query = f"SELECT ({literal} AS ?n) {{}}"
    ways = (
        get(mini, query),
        post(mini, urlencode({"query": query}), FORM),
        post(mini, query.encode(), DIRECT),
    )
    for response in ways:
        assert response.json()["results"]["bindings"][0]["n"]["value"] == text


@pytest.mark.parametrize(
    ("graphs", "expected"),
    [
        ({}, 7),
        ({"default-graph-uri": [MINI]}, 5),
        ({"default-graph-uri": [OTHER]}, 2),
        ({"default-graph-uri": [MINI, OTHER]}, 7),
        ({"default-graph-uri": ["http://example.org/nothing"]}, 0),
        ({"named-graph-uri": [MINI]}, 0),
    ],
)
def test_the_protocol_says_which_graphs_are_seen(mini, graphs, expected):
    assert number(get(mini, COUNT, **graphs)) == expected
    assert number(post(mini, urlencode({"query": COUNT, **graphs}, doseq=True), FORM)) == expected
    address = f"?{urlencode(graphs, doseq=True)}" if graphs else ""
    assert number(post(mini, COUNT, DIRECT, address=address)) == expected


def test_named_graphs_are_reached_by_graph(mini):
    query = COUNT.replace("WHERE {", "WHERE { GRAPH ?g {") + "}"
    assert number(get(mini, query)) == 7
    assert number(get(mini, query, **{"named-graph-uri": OTHER})) == 2
    assert number(get(mini, query, **{"default-graph-uri": MINI, "named-graph-uri": OTHER})) == 2


def test_the_protocol_overrides_from(mini):
    query = COUNT.replace("WHERE", f"FROM <{MINI}> WHERE")
    assert number(get(mini, query)) == 5
    assert number(get(mini, query, **{"default-graph-uri": OTHER})) == 2


def test_solutions_are_what_their_media_type_says(mini):
    found = {}
    response = get(mini, SELECT, accept="application/sparql-results+json")
    assert response.headers["content-type"] == "application/sparql-results+json"
    found["json"] = [row["name"]["value"] for row in json.loads(response.content)["results"]["bindings"]]
    response = get(mini, SELECT, accept="application/sparql-results+xml")
    assert response.headers["content-type"] == "application/sparql-results+xml"
    space = "{http://www.w3.org/2005/sparql-results#}"
    found["xml"] = [node.text for node in ET.fromstring(response.content).iter(f"{space}literal")]
    response = get(mini, SELECT, accept="text/csv")
    assert response.headers["content-type"].startswith("text/csv")
    found["csv"] = [row["name"] for row in csv.DictReader(io.StringIO(response.content.decode(), newline=""))]
    response = get(mini, SELECT, accept="text/tab-separated-values")
    assert response.headers["content-type"].startswith("text/tab-separated-values")
    found["tsv"] = [json.loads(line) for line in response.content.decode().splitlines()[1:]]
    assert found["json"] == found["xml"] == found["csv"] == found["tsv"]
    # Answers of the protocol are exact: a formula stays what it is.
    assert "=Cijfer SA" in found["csv"]


@pytest.mark.parametrize("query", [CONSTRUCT, DESCRIBE])
def test_graphs_are_what_their_media_type_says(mini, query):
    forms = {
        "text/turtle": ox.RdfFormat.TURTLE,
        "application/n-triples": ox.RdfFormat.N_TRIPLES,
        "application/rdf+xml": ox.RdfFormat.RDF_XML,
        "application/ld+json": ox.RdfFormat.JSON_LD,
    }
    graphs = []
    for media, form in forms.items():
        response = get(mini, query, accept=media)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"].split(";")[0] == media
        graphs.append({quad.triple for quad in ox.parse(response.content, format=form)})
    assert graphs[0]
    assert all(graph == graphs[0] for graph in graphs)


@pytest.mark.parametrize("media", ["application/sparql-results+json", "application/sparql-results+xml"])
def test_a_boolean_is_json_or_xml(mini, media):
    response = get(mini, ASK, accept=media)
    assert response.headers["content-type"] == media
    assert b"true" in response.content


@pytest.mark.parametrize(
    ("query", "accept", "expected"),
    [
        (SELECT, None, "application/sparql-results+json"),
        (SELECT, "*/*", "application/sparql-results+json"),
        (SELECT, "application/*", "application/sparql-results+json"),
        (SELECT, "application/json", "application/sparql-results+json"),
        (SELECT, "application/xml", "application/sparql-results+xml"),
        (SELECT, "text/*", "text/csv"),
        (SELECT, "application/sparql-results+json;q=0, */*;q=0.1", "application/sparql-results+xml"),
        (SELECT, "application/sparql-results+xml;q=0.9, text/csv;q=0.8", "application/sparql-results+xml"),
        (SELECT, "text/turtle, application/sparql-results+xml;q=0.1", "application/sparql-results+xml"),
        (CONSTRUCT, None, "text/turtle"),
        (CONSTRUCT, "text/turtle;q=0.2, application/n-triples", "application/n-triples"),
        (CONSTRUCT, "text/*", "text/turtle"),
        (DESCRIBE, "application/rdf+xml, */*;q=0.1", "application/rdf+xml"),
    ],
)
def test_accept_is_honoured(mini, query, accept, expected):
    response = get(mini, query, accept=accept)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].split(";")[0] == expected


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        (SELECT, "text/turtle"),
        (SELECT, "image/png"),
        (SELECT, "application/sparql-results+json;charset=utf-16"),
        (ASK, "text/csv"),
        (ASK, "text/tab-separated-values"),
        (CONSTRUCT, "application/sparql-results+json"),
        (CONSTRUCT, "text/csv"),
        (DESCRIBE, "text/html"),
    ],
)
def test_what_an_answer_cannot_be_is_refused_before_any_work(mini, query, accept):
    costly = query.replace("{", "{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ", 1) if query is SELECT else query
    found = problem(get(mini, costly, accept=accept), 406, "not-acceptable")
    assert found["acceptable"]


def test_format_overrides_accept_by_name_and_by_media_type(mini):
    assert (
        get(mini, SELECT, accept="text/turtle", format="csv").headers["content-type"].startswith("text/csv")
    )
    by_type = get(mini, SELECT, format="application/sparql-results+xml")
    assert by_type.headers["content-type"] == "application/sparql-results+xml"
    assert get(mini, CONSTRUCT, format="xml").headers["content-type"] == "application/rdf+xml"
    problem(get(mini, SELECT, format="turtle"), 406, "not-acceptable")


@pytest.mark.parametrize(
    "query",
    [
        "",
        " ",
        "SELECT",
        "SELECT * WHERE { ?s ?p }",
        "SELECT * { ?s ?p ?o",
        "hello",
        "SELECT * { ?s nope:x ?o }",
    ],
)
def test_what_is_no_query_is_malformed(mini, query):
    problem(get(mini, query), 400, "malformed-query")
    problem(post(mini, urlencode({"query": query}), FORM), 400, "malformed-query")
    problem(post(mini, query, DIRECT), 400, "malformed-query")


@pytest.mark.parametrize(
    "update",
    [
        "INSERT DATA { <a:a> <a:b> <a:c> }",
        "DELETE WHERE { ?s ?p ?o }",
        "DROP ALL",
        "CLEAR DEFAULT",
        "LOAD <http://127.0.0.1:1/>",
        "PREFIX a: <a:> INSERT DATA { a:a a:b a:c }",
        "WITH <a:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "CREATE GRAPH <a:g>",
    ],
)
def test_updates_are_refused_by_every_way(mini, update):
    for response in (
        get(mini, update),
        mini.get(f"/sparql?update={quote(update)}"),
        post(mini, urlencode({"query": update}), FORM),
        post(mini, urlencode({"update": update}), FORM),
        post(mini, update, DIRECT),
        post(mini, update, "application/sparql-update"),
    ):
        problem(response, 400, "malformed-query")
    assert number(get(mini, COUNT)) == 7


def test_known_prefixes_need_no_typing_and_own_ones_win(mini):
    assert number(get(mini, "SELECT (COUNT(DISTINCT ?o) AS ?n) { ?o a org:Organization }")) == 7
    own = "PREFIX org: <http://example.org/> SELECT (COUNT(*) AS ?n) { ?o a org:Organization }"
    assert number(get(mini, own)) == 0
    assert number(get(mini, "# org:x\nSELECT (COUNT(*) AS ?n) { ?o a 'org:Organization' }")) == 0
    found = problem(
        get(mini, "SELECT *\n{ ?o a org:Organization ; skos:prefLabel nope:x }"), 400, "malformed-query"
    )
    assert "nope" in found["detail"] or "2" in found["detail"]


def test_a_query_and_an_update_together_are_refused(mini):
    problem(post(mini, urlencode({"query": COUNT, "update": "DROP ALL"}), FORM), 400, "malformed-query")


def test_a_query_in_address_and_body_is_refused(mini):
    problem(
        post(mini, urlencode({"query": COUNT}), FORM, address=f"?query={quote(COUNT)}"), 400, "bad-request"
    )
    problem(post(mini, COUNT, DIRECT, address=f"?query={quote(COUNT)}"), 400, "bad-request")


def test_two_queries_are_refused(mini):
    problem(mini.get(f"/sparql?query={quote(ASK)}&query={quote(ASK)}"), 400, "bad-request")
    problem(post(mini, urlencode([("query", ASK), ("query", ASK)]), FORM), 400, "bad-request")


def test_a_missing_query_is_refused_by_post(mini):
    problem(post(mini, "", FORM), 400, "bad-request")
    problem(post(mini, "nothing=here", FORM), 400, "bad-request")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/json", "multipart/form-data; boundary=x", "", "x"]
)
def test_other_bodies_are_refused(mini, kind):
    problem(post(mini, COUNT, kind), 415, "unsupported-media-type")


def test_other_charsets_are_refused(mini):
    problem(post(mini, COUNT, f"{DIRECT}; charset=utf-16"), 415, "unsupported-media-type")


@pytest.mark.parametrize("body", [b"SELECT * { ?s ?p '\xff' }", b"\x80\x81"])
def test_bytes_that_are_no_text_are_refused(mini, body):
    problem(post(mini, body, DIRECT), 400, "bad-request")
    problem(post(mini, b"query=" + quote(body).encode(), FORM), 400, "bad-request")


@pytest.mark.parametrize("wrong", ["not an iri", "relative/path", "http://a b/", "<http://a/>", ""])
@pytest.mark.parametrize("parameter", ["default-graph-uri", "named-graph-uri"])
def test_graph_names_must_be_iris(mini, wrong, parameter):
    found = problem(get(mini, COUNT, **{parameter: wrong}), 422, "invalid-parameter")
    assert found["parameter"] == parameter


def test_without_a_query_the_service_describes_itself(mini):
    sd = "http://www.w3.org/ns/sparql-service-description#"
    graphs = []
    for media, form in (("text/turtle", ox.RdfFormat.TURTLE), ("application/rdf+xml", ox.RdfFormat.RDF_XML)):
        response = mini.get("/sparql", headers={"Accept": media})
        assert response.headers["content-type"].startswith(media)
        graphs.append({quad.triple for quad in ox.parse(response.content, format=form)})
    assert graphs[0] == graphs[1]
    assert any(t.predicate.value == f"{sd}feature" for t in graphs[0])
    named = {t.object.value for t in graphs[0] if t.predicate.value == f"{sd}name"}
    assert {MINI, OTHER, f"{BASE}graph/ontology", f"{BASE}graph/measures"} <= named


def test_browsers_get_a_form(mini):
    response = mini.get("/sparql", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert response.headers["content-type"].startswith("text/html")
    assert '<textarea id="query" name="query"' in response.text


def test_head_and_options(mini):
    whole = get(mini, ASK)
    head = mini.head(f"/sparql?query={quote(ASK)}")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == whole.headers["content-length"]
    options = mini.options("/sparql")
    assert options.status_code == 204
    assert {"GET", "POST", "HEAD", "OPTIONS"} == set(options.headers["allow"].split(", "))


def test_answers_can_be_revalidated_unless_they_change_by_themselves(mini):
    first = get(mini, SELECT)
    again = mini.get(f"/sparql?query={quote(SELECT)}", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    for changing in ("SELECT (RAND() AS ?n) {}", "SELECT (NOW() AS ?n) {}", "SELECT (struuid() AS ?n) {}"):
        response = get(mini, changing)
        assert "etag" not in response.headers
        assert response.headers["cache-control"] == "no-store"


def test_every_answer_names_its_query_and_snapshot(mini):
    responses = [get(mini, ASK) for _ in range(2)]
    assert responses[0].headers["query-id"] != responses[1].headers["query-id"]
    assert responses[0].headers["tertius-snapshot"] == "2"


def test_two_graph_lists_never_mix_up(mini):
    tags = {
        get(mini, COUNT, **graphs).headers["etag"]
        for graphs in (
            {},
            {"default-graph-uri": [MINI]},
            {"named-graph-uri": [MINI]},
            {"default-graph-uri": [MINI, OTHER]},
        )
    }
    assert len(tags) == 4
