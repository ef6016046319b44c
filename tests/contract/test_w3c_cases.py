"""Cases of the W3C's SPARQL 1.1 suites that concern a read-only service, re-created from the specifications.

Names are those of the suites `protocol`, `service-description`, `http-rdf-update`, `csv-tsv-res`, `json-res`.
The suites bring graphs of their own; here the two graphs of the small table stand for them. Cases that change
data are kept as requests that are refused and change nothing.
"""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET

import pyoxigraph as ox
import pytest

BASE = "https://w3id.org/tertius/"
ONE, TWO, NONE = f"{BASE}graph/mini", f"{BASE}graph/other", f"{BASE}graph/none"
SD = "http://www.w3.org/ns/sparql-service-description#"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
XSD = "http://www.w3.org/2001/XMLSchema#"
FORM, DIRECT, UPDATE = (
    "application/x-www-form-urlencoded",
    "application/sparql-query",
    "application/sparql-update",
)
CALLED = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
IN_ONE, IN_TWO = f'?a {CALLED} "Anker BV"', f'?g {CALLED} "Gracht NV"'
NAMED_ONE, NAMED_TWO = f"GRAPH <{ONE}> {{ {IN_ONE} }}", f"GRAPH <{TWO}> {{ {IN_TWO} }}"
SOLUTIONS = {
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
}
BOOLEANS = {"application/sparql-results+json", "application/sparql-results+xml"}
GRAPHS = {"text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"}


def address(*pairs):
    return "/sparql?" + urlencode(pairs)


def asked(name, method, path, *, body=None, kind=None, status=(200,), boolean=None, media=None):
    headers = {} if kind is None else {"Content-Type": kind}
    content = body.encode() if isinstance(body, str) else body
    return pytest.param(method, path, headers, content, set(status), boolean, media, id=name)


def default(*graphs):
    return [("default-graph-uri", graph) for graph in graphs]


def named(*graphs):
    return [("named-graph-uri", graph) for graph in graphs]


def form(*pairs):
    return urlencode(pairs)


REFUSED = range(400, 500)
BOTH = f"ASK {{ {IN_ONE} . {IN_TWO} }}"
BOTH_NAMED = f"ASK {{ {NAMED_ONE} {NAMED_TWO} FILTER NOT EXISTS {{ {IN_ONE} }} }}"
FULL = f"ASK {{ {IN_ONE} . {NAMED_TWO} FILTER NOT EXISTS {{ {IN_TWO} }} }}"
INSERT = "INSERT DATA { <a:a> <a:b> <a:c> }"

PROTOCOL = [
    asked("query_get", "GET", address(("query", "ASK {}")), boolean=True),
    asked("query_post_form", "POST", "/sparql", body=form(("query", "ASK {}")), kind=FORM, boolean=True),
    asked("query_post_direct", "POST", "/sparql", body="ASK {}", kind=DIRECT, boolean=True),
    asked("query_content_type_select", "GET", address(("query", "SELECT (1 AS ?n) {}")), media=SOLUTIONS),
    asked("query_content_type_ask", "GET", address(("query", "ASK {}")), media=BOOLEANS),
    asked("query_content_type_describe", "GET", address(("query", f"DESCRIBE <{ONE}>")), media=GRAPHS),
    asked(
        "query_content_type_construct",
        "GET",
        address(("query", "CONSTRUCT { <a:a> <a:b> 1 } WHERE {}")),
        media=GRAPHS,
    ),
    asked(
        "query_dataset_default_graphs_get",
        "GET",
        address(("query", BOTH), *default(ONE, TWO)),
        boolean=True,
    ),
    asked(
        "query_dataset_default_graphs_post",
        "POST",
        "/sparql",
        body=form(("query", BOTH), *default(ONE, TWO)),
        kind=FORM,
        boolean=True,
    ),
    asked(
        "query_dataset_named_graphs_get",
        "GET",
        address(("query", BOTH_NAMED), *named(ONE, TWO)),
        boolean=True,
    ),
    asked(
        "query_dataset_named_graphs_post",
        "POST",
        "/sparql",
        body=form(("query", BOTH_NAMED), *named(ONE, TWO)),
        kind=FORM,
        boolean=True,
    ),
    asked(
        "query_dataset_full",
        "POST",
        "/sparql",
        body=form(("query", FULL), *default(ONE), *named(TWO)),
        kind=FORM,
        boolean=True,
    ),
    asked(
        "query_multiple_dataset",
        "POST",
        "/sparql?" + urlencode(default(ONE)),
        body=f"ASK FROM <{TWO}> {{ {IN_ONE} FILTER NOT EXISTS {{ {IN_TWO} }} }}",
        kind=DIRECT,
        boolean=True,
    ),
    asked("bad_query_method", "PUT", address(("query", "ASK {}")), status=REFUSED),
    asked("bad_multiple_queries", "GET", address(("query", "ASK {}"), ("query", "ASK {}")), status=REFUSED),
    asked("bad_query_wrong_media_type", "POST", "/sparql", body="ASK {}", kind="text/plain", status=REFUSED),
    asked("bad_query_missing_form_type", "POST", "/sparql", body=form(("query", "ASK {}")), status=REFUSED),
    asked("bad_query_missing_direct_type", "POST", "/sparql", body="ASK {}", status=REFUSED),
    asked(
        "bad_query_non_utf8",
        "POST",
        "/sparql",
        body="ASK {}".encode("utf-16"),
        kind=f"{DIRECT}; charset=UTF-16",
        status=REFUSED,
    ),
    asked("bad_query_syntax", "GET", address(("query", "ASK { ?s ?p")), status=REFUSED),
]
NOT_TAKEN = [
    asked("update_post_form", "POST", "/sparql", body=form(("update", INSERT)), kind=FORM, status=REFUSED),
    asked("update_post_direct", "POST", "/sparql", body=INSERT, kind=UPDATE, status=REFUSED),
    *[
        asked(
            name,
            "POST",
            "/sparql",
            body=form(("update", "INSERT { <a:a> <a:b> ?o } WHERE { ?s ?p ?o }"), *pairs),
            kind=FORM,
            status=REFUSED,
        )
        for name, pairs in (
            ("update_dataset_default_graph", [("using-graph-uri", ONE)]),
            ("update_dataset_default_graphs", [("using-graph-uri", ONE), ("using-graph-uri", TWO)]),
            ("update_dataset_named_graphs", [("using-named-graph-uri", ONE)]),
            ("update_dataset_full", [("using-graph-uri", ONE), ("using-named-graph-uri", TWO)]),
        )
    ],
    asked(
        "update_base_uri", "POST", "/sparql", body="INSERT DATA { <a> <b> <c> }", kind=UPDATE, status=REFUSED
    ),
    asked("bad_update_get", "GET", address(("update", INSERT)), status=REFUSED),
    asked(
        "bad_multiple_updates",
        "POST",
        "/sparql",
        body=form(("update", INSERT), ("update", INSERT)),
        kind=FORM,
        status=REFUSED,
    ),
    asked("bad_update_wrong_media_type", "POST", "/sparql", body=INSERT, kind="text/plain", status=REFUSED),
    asked("bad_update_missing_form_type", "POST", "/sparql", body=form(("update", INSERT)), status=REFUSED),
    asked(
        "bad_update_non_utf8", "POST", "/sparql", body=INSERT.encode("utf-16"), kind=UPDATE, status=REFUSED
    ),
    asked("bad_update_syntax", "POST", "/sparql", body="INSERT DATA {", kind=UPDATE, status=REFUSED),
    asked(
        "bad_update_dataset_conflict",
        "POST",
        "/sparql",
        body=form(("update", f"WITH <{ONE}> {INSERT}"), ("using-graph-uri", TWO)),
        kind=FORM,
        status=REFUSED,
    ),
]


def size(client):
    answer = client.get(address(("query", "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }")))
    return answer.json()["results"]["bindings"][0]["n"]["value"]


@pytest.mark.parametrize(("method", "path", "headers", "content", "status", "boolean", "media"), PROTOCOL)
def test_protocol(mini, method, path, headers, content, status, boolean, media):
    answer = mini.request(method, path, headers=headers, content=content)
    assert answer.status_code in status, answer.text
    if boolean is not None:
        assert answer.json()["boolean"] is boolean
    if media is not None:
        assert answer.headers["content-type"].split(";")[0] in media


@pytest.mark.parametrize(("method", "path", "headers", "content", "status", "boolean", "media"), NOT_TAKEN)
def test_updates_of_the_protocol_are_refused_and_change_nothing(
    mini, method, path, headers, content, status, boolean, media
):
    before = size(mini)
    assert mini.request(method, path, headers=headers, content=content).status_code in status
    assert size(mini) == before


def description(client):
    answer = client.get("/sparql")
    assert answer.headers["content-type"].split(";")[0] in GRAPHS
    return {quad.triple for quad in ox.parse(answer.content, format=ox.RdfFormat.TURTLE)}


def test_service_description_returns_rdf(mini):
    assert description(mini)


def test_service_description_has_endpoint_triple(mini):
    endpoints = [triple for triple in description(mini) if triple.predicate.value == f"{SD}endpoint"]
    assert len(endpoints) == 1


def test_service_description_conforms_to_its_vocabulary(mini):
    triples = description(mini)
    types = {}
    for triple in triples:
        if triple.predicate.value == RDF_TYPE:
            types.setdefault(triple.object.value.removeprefix(SD), set()).add(triple.subject)
    (service,) = types["Service"]
    about = {
        triple.predicate.value.removeprefix(SD): triple for triple in triples if triple.subject == service
    }
    assert {"endpoint", "supportedLanguage", "resultFormat", "defaultDataset"} <= about.keys()
    assert about["supportedLanguage"].object.value == f"{SD}SPARQL11Query"
    assert f"{SD}SPARQL11Update" not in {
        triple.object.value for triple in triples if hasattr(triple.object, "value")
    }
    dataset = about["defaultDataset"].object
    assert dataset in types["Dataset"]
    for place in types["NamedGraph"]:
        names = [t.object for t in triples if t.subject == place and t.predicate.value == f"{SD}name"]
        assert len(names) == 1
        assert ox.Triple(dataset, ox.NamedNode(f"{SD}namedGraph"), place) in triples


def store(graph):
    return f"/rdf-graph-store?graph={quote(graph, safe='')}"


GRAPH_STORE = [
    ("get_of_put__initial_state", "GET", store(ONE), 200),
    ("get_of_put__graph_already_in_store", "GET", store(TWO), 200),
    ("get_of_put__default_graph", "GET", "/rdf-graph-store?default", 200),
    ("get_of_delete__existing_graph", "GET", store(NONE), 404),
    ("head_on_an_existing_graph", "HEAD", store(ONE), 200),
    ("head_on_a_nonexisting_graph", "HEAD", store(NONE), 404),
    ("put__initial_state", "PUT", store(NONE), 405),
    ("put__graph_already_in_store", "PUT", store(ONE), 405),
    ("put__default_graph", "PUT", "/rdf-graph-store?default", 405),
    ("put__mismatched_payload", "PUT", store(ONE), 405),
    ("delete__existing_graph", "DELETE", store(ONE), 405),
    ("delete__nonexistent_graph", "DELETE", store(NONE), 405),
    ("post__existing_graph", "POST", store(ONE), 405),
    ("post__multipart_formdata", "POST", store(ONE), 405),
    ("post__create__new_graph", "POST", "/rdf-graph-store", 405),
    ("post__empty_graph__existing_graph", "POST", store(ONE), 405),
]


@pytest.mark.parametrize(("name", "method", "path", "status"), GRAPH_STORE, ids=[c[0] for c in GRAPH_STORE])
def test_graph_store(mini, name, method, path, status):
    before = size(mini)
    content = None if method in {"GET", "HEAD"} else b"<a:a> <a:b> <a:c> ."
    answer = mini.request(method, path, content=content, headers={"Accept": "text/turtle"})
    assert answer.status_code == status, answer.text
    if status == 200:
        assert answer.headers["content-type"].split(";")[0] == "text/turtle"
        assert bool(answer.content) == (method == "GET")
    assert size(mini) == before


TERMS = f"""
SELECT ?n ?v {{ VALUES (?n ?v) {{
  (1 <http://example.org/a>) (2 "plain") (3 "lang"@en) (4 "a,b") (5 'q"q') (6 "two\\nlines") (7 "tab\\there")
  (8 12) (9 1.50) (10 1.0e6) (11 true) (12 "2020-12-31"^^<{XSD}date>) (13 "x"^^<http://example.org/t>)
  (14 UNDEF) (15 "") (16 "東京 \\U0001F91D")
}} }} ORDER BY ?n"""
ROWS = [
    ("uri", "http://example.org/a", None, None, "<http://example.org/a>"),
    ("literal", "plain", None, None, '"plain"'),
    ("literal", "lang", "en", None, '"lang"@en'),
    ("literal", "a,b", None, None, '"a,b"'),
    ("literal", 'q"q', None, None, '"q\\"q"'),
    ("literal", "two\nlines", None, None, '"two\\nlines"'),
    ("literal", "tab\there", None, None, '"tab\\there"'),
    ("literal", "12", None, "integer", "12"),
    ("literal", "1.50", None, "decimal", "1.50"),
    ("literal", "1.0e6", None, "double", "1.0e6"),
    ("literal", "true", None, "boolean", "true"),
    ("literal", "2020-12-31", None, "date", f'"2020-12-31"^^<{XSD}date>'),
    ("literal", "x", None, "http://example.org/t", '"x"^^<http://example.org/t>'),
    None,
    ("literal", "", None, None, '""'),
    ("literal", "東京 \N{HANDSHAKE}", None, None, '"東京 \N{HANDSHAKE}"'),
]


def answer_of(client, query, media):
    answer = client.get(address(("query", query)), headers={"Accept": media})
    assert answer.headers["content-type"].split(";")[0] == media
    return answer.content


def of_type(name):
    return name if name is None or ":" in name else XSD + name


def same(kind, lexical, datatype, row):
    """Compare a value; a number may come back in another lexical form of the same value."""
    assert kind == row[0]
    assert datatype == of_type(row[3])
    if row[3] in {"decimal", "double"}:
        assert float(lexical) == float(row[1])
    else:
        assert lexical == row[1]


def test_json_res_jsonres01_and_jsonres02(mini):
    found = json.loads(answer_of(mini, TERMS, "application/sparql-results+json"))
    assert found["head"]["vars"] == ["n", "v"]
    for row, binding in zip(ROWS, found["results"]["bindings"], strict=True):
        if row is None:
            assert "v" not in binding
            continue
        value = binding["v"]
        same(value["type"], value["value"], value.get("datatype"), row)
        assert value.get("xml:lang") == row[2]


@pytest.mark.parametrize(("query", "truth"), [("ASK {}", True), ("ASK { FILTER(false) }", False)])
def test_json_res_jsonres03_and_jsonres04(mini, query, truth):
    assert json.loads(answer_of(mini, query, "application/sparql-results+json"))["boolean"] is truth
    text = ET.fromstring(answer_of(mini, query, "application/sparql-results+xml"))
    assert text.findtext("{*}boolean") == str(truth).lower()


def test_xml_results(mini):
    found = ET.fromstring(answer_of(mini, TERMS, "application/sparql-results+xml"))
    assert [one.get("name") for one in found.iterfind("{*}head/{*}variable")] == ["n", "v"]
    for row, result in zip(ROWS, found.iterfind("{*}results/{*}result"), strict=True):
        bound = {one.get("name"): one[0] for one in result}
        if row is None:
            assert "v" not in bound
            continue
        value = bound["v"]
        same(value.tag.partition("}")[2], value.text or "", value.get("datatype"), row)
        assert value.get("{http://www.w3.org/XML/1998/namespace}lang") == row[2]


def test_csv_tsv_res_csv01_to_csv03(mini):
    text = answer_of(mini, TERMS, "text/csv").decode()
    assert text.startswith("n,v\r\n")
    rows = list(csv.reader(io.StringIO(text, newline="")))[1:]
    for row, (_, value) in zip(ROWS, rows, strict=True):
        if row is None:
            assert value == ""
        elif row[3] in {"decimal", "double"}:
            assert float(value) == float(row[1])
        else:
            assert value == row[1]


def test_csv_tsv_res_tsv01_to_tsv03(mini):
    lines = answer_of(mini, TERMS, "text/tab-separated-values").decode().split("\n")
    assert lines[0] == "?n\t?v"
    for row, line in zip(ROWS, lines[1:], strict=False):
        value = line.split("\t")[1]
        if row is None:
            assert value == ""
        elif row[3] in {"decimal", "double"}:
            # The shorthand of Turtle and the full form are both right.
            assert float(value.lstrip('"').partition('"')[0]) == float(row[4])
        else:
            assert value == row[4]
    assert len(lines) == len(ROWS) + 2


def test_blank_nodes_of_solutions_keep_their_identity(mini):
    query = "SELECT ?a ?b { BIND(BNODE('x') AS ?a) BIND(BNODE('x') AS ?b) }"
    (row,) = json.loads(answer_of(mini, query, "application/sparql-results+json"))["results"]["bindings"]
    assert row["a"] == row["b"]
    assert row["a"]["type"] == "bnode"
    (line,) = answer_of(mini, query, "text/tab-separated-values").decode().splitlines()[1:]
    first, second = line.split("\t")
    assert first == second
    assert first.startswith("_:")
