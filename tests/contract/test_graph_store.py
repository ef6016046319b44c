"""The SPARQL 1.1 Graph Store HTTP Protocol, reading only."""

from __future__ import annotations

from urllib.parse import quote

import pyoxigraph as ox
import pytest

BASE = "https://w3id.org/tertius/"
MINI, OTHER = f"{BASE}graph/mini", f"{BASE}graph/other"
FORMS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
}


def named(iri):
    return f"/rdf-graph-store?graph={quote(iri, safe='')}"


def triples(response):
    assert response.status_code == 200, response.text
    form = FORMS[response.headers["content-type"].split(";")[0]]
    return {quad.triple for quad in ox.parse(response.content, format=form)}


def count(client, pattern):
    answer = client.get(f"/sparql?query={quote(f'SELECT (COUNT(*) AS ?n) {{ {pattern} }}')}")
    return int(answer.json()["results"]["bindings"][0]["n"]["value"])


def test_a_named_graph_is_whole_and_nothing_else(mini):
    found = triples(mini.get(named(MINI)))
    assert len(found) == count(mini, f"GRAPH <{MINI}> {{ ?s ?p ?o }}") > 0
    names = {triple.object.value for triple in found if triple.predicate.value.endswith("prefLabel")}
    assert "Anker BV" in names
    assert "Gracht NV" not in names


def test_the_default_graph_is_the_union_that_queries_see(mini):
    whole = triples(mini.get("/rdf-graph-store?default"))
    assert whole == triples(mini.get("/rdf-graph-store?default="))
    assert triples(mini.get(named(MINI))) | triples(mini.get(named(OTHER))) < whole
    assert len(whole) == count(mini, "{ SELECT DISTINCT ?s ?p ?o { ?s ?p ?o } }")


def test_a_graph_has_an_address_of_its_own(mini):
    assert triples(mini.get("/graph/other")) == triples(mini.get(named(OTHER)))


@pytest.mark.parametrize("path", [named(OTHER), "/graph/other", "/rdf-graph-store?default"])
@pytest.mark.parametrize("media", FORMS)
def test_every_serialisation_holds_the_same(mini, path, media):
    response = mini.get(path, headers={"Accept": media})
    assert response.headers["content-type"].split(";")[0] == media
    assert response.headers["tertius-snapshot"] == "2"
    assert triples(response) == triples(mini.get(path))


def test_format_and_compression_and_tags_work_as_elsewhere(mini):
    assert mini.get(named(OTHER) + "&format=ntriples").headers["content-type"] == "application/n-triples"
    packed = mini.get(named(OTHER), headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    plain = mini.get(named(OTHER), headers={"Accept-Encoding": "identity"})
    again = mini.get(
        named(OTHER), headers={"If-None-Match": plain.headers["etag"], "Accept-Encoding": "identity"}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert mini.get(named(MINI)).headers["etag"] != mini.get(named(OTHER)).headers["etag"]


@pytest.mark.parametrize("path", [named(OTHER), "/graph/other", "/rdf-graph-store?default"])
def test_head_is_get_without_the_graph(mini, path):
    whole, head = mini.get(path), mini.head(path)
    assert (head.status_code, head.content) == (200, b"")
    for header in ("content-type", "content-length", "etag", "tertius-snapshot"):
        assert head.headers[header] == whole.headers[header]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    "path", [named(OTHER), "/graph/other", "/rdf-graph-store?default", "/rdf-graph-store"]
)
def test_nothing_can_be_written(mini, method, path):
    before = triples(mini.get(named(OTHER)))
    response = mini.request(
        method, path, content=b"<a:a> <a:b> <a:c> .", headers={"Content-Type": "text/turtle"}
    )
    assert response.status_code == 405
    assert response.json()["type"].endswith("/method-not-allowed")
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"
    assert triples(mini.get(named(OTHER))) == before


@pytest.mark.parametrize(
    ("path", "status", "slug"),
    [
        ("/rdf-graph-store", 400, "bad-request"),
        (f"/rdf-graph-store?default&graph={MINI}", 400, "bad-request"),
        ("/rdf-graph-store?default=yes", 422, "invalid-parameter"),
        ("/rdf-graph-store?graph=", 422, "invalid-parameter"),
        ("/rdf-graph-store?graph=mini", 422, "invalid-parameter"),
        ("/rdf-graph-store?graph=http://a%20b/", 422, "invalid-parameter"),
        ("/rdf-graph-store?graph=http://a/%3E%20%7D", 422, "invalid-parameter"),
        ("/rdf-graph-store?grpah=http://a/", 422, "invalid-parameter"),
        ("/rdf-graph-store?graph=http://example.org/none", 404, "not-found"),
        ("/rdf-graph-store?graph=file:///etc/passwd", 404, "not-found"),
        ("/graph/none", 404, "not-found"),
        ("/graph/Not%20A%20Name", 422, "invalid-parameter"),
        ("/graph/mini/more", 404, "not-found"),
    ],
)
def test_what_is_no_graph_is_told_so(mini, path, status, slug):
    response = mini.get(path)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"].endswith(f"/{slug}")


def test_every_graph_of_the_service_description_can_be_had(mini):
    sd = "http://www.w3.org/ns/sparql-service-description#"
    description = triples(mini.get("/sparql", headers={"Accept": "text/turtle"}))
    names = {triple.object.value for triple in description if triple.predicate.value == f"{sd}name"}
    assert {MINI, OTHER} < names
    for name in names:
        triples(mini.get(named(name)))


def test_a_graph_that_is_too_large_is_refused_whole(make_client, mini_data):
    for limits, unit in (({"sparql_bytes": 2000}, "bytes"), ({"sparql_rows": 10}, "rows")):
        response = make_client(mini_data, **limits).get("/rdf-graph-store?default")
        assert response.status_code == 422
        assert response.json()["unit"] == unit
