"""The reconciliation service is held to the schemas of its specification, on every address."""

from __future__ import annotations

import json
import re

import pytest
from jsonschema import Draft202012Validator

from tests.contract.reconciliation_validity import BY_NAME, REGISTRY, SCHEMAS, valid

DRAFT = "/reconcile/1.0-draft"


def said(answer, status=200):
    assert answer.status_code == status, answer.text
    return answer.json()


def batch(client, queries, **headers):
    return client.post("/reconcile", data={"queries": json.dumps(queries)}, headers=headers)


def extended(client, ids, *names):
    query = {"ids": ids, "properties": [{"id": name} for name in names]}
    valid(query, "data-extension-query")
    return said(client.post("/reconcile", data={"extend": json.dumps(query)}))


@pytest.fixture(scope="module")
def anker(mini):
    (found,) = said(mini.get("/v1/organizations?q=anker"))["data"]
    return found["key"]


def test_the_schemas_are_the_ones_of_the_specification_and_can_refuse():
    for path in sorted((SCHEMAS / "0.2/examples").glob("*/*/*.json")):
        errors = list(
            Draft202012Validator(
                BY_NAME["0.2", f"{path.parents[1].name}.json"], registry=REGISTRY
            ).iter_errors(json.loads(path.read_text()))
        )
        assert bool(errors) == (path.parent.name == "invalid"), path


def test_the_manifest_says_what_there_is_and_every_address_in_it_answers(mini, anker):
    manifest = said(mini.get("/reconcile"))
    valid(manifest, "manifest")
    assert manifest["batchSize"] == 50
    assert manifest["identifierSpace"] == "https://w3id.org/tertius/id/organization/"
    for what, service in manifest["suggest"].items():
        found = said(
            mini.get(
                service["service_url"] + service["service_path"],
                params={"prefix": {"entity": "a"}.get(what, "o")},
            )
        )
        assert found["result"], what
        one = found["result"][0]["id"]
        shown = service["flyout_service_path"].replace("${id}", one)
        assert said(mini.get(service["flyout_service_url"] + shown))["id"] == one
    assert mini.get(manifest["view"]["url"].replace("{{id}}", anker)).status_code == 200
    assert mini.get(manifest["preview"]["url"].replace("{{id}}", anker)).status_code == 200
    proposing = manifest["extend"]["propose_properties"]
    assert said(mini.get(proposing["service_url"] + proposing["service_path"]))["properties"]


@pytest.mark.parametrize(
    "path",
    sorted((SCHEMAS / "0.2/examples/reconciliation-query-batch/valid").iterdir()),
    ids=lambda p: p.stem,
)
def test_the_specifications_own_batches_are_answered(mini, path):
    queries = json.loads(path.read_text())
    for query in queries.values():
        query.pop("type", None)
    answer = said(batch(mini, queries))
    valid(answer, "reconciliation-result-batch")
    assert answer.keys() == queries.keys()
    assert not any("error" in one for one in answer.values())


@pytest.mark.parametrize(
    "path",
    sorted((SCHEMAS / "0.2/examples/reconciliation-query-batch/invalid").iterdir()),
    ids=lambda p: p.stem,
)
def test_the_specifications_wrong_batches_have_an_error_for_each_query(mini, path):
    answer = said(batch(mini, json.loads(path.read_text())))
    valid(answer, "reconciliation-result-batch")
    for one in answer.values():
        assert one["result"] == []
        assert one["error"]["status"] == 422


@pytest.mark.parametrize("how", ["get", "post"])
def test_candidates_are_explained_and_sorted(mini, anker, how):
    queries = {
        "a": {"query": "Anker B.V.", "properties": [{"pid": "country", "v": "Netherlands"}]},
        "b": {"query": "Brug"},
    }
    answer = (
        mini.get("/reconcile", params={"queries": json.dumps(queries)})
        if how == "get"
        else batch(mini, queries)
    )
    found = said(answer)
    valid(found, "reconciliation-result-batch")
    best = found["a"]["result"][0]
    assert best["id"] == anker
    assert best["name"] == "Anker BV"
    assert best["description"].startswith("NL")
    assert {"id": "organization", "name": "Organization"} in best["type"]
    for one in found.values():
        scores = [candidate["score"] for candidate in one["result"]]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 100 for score in scores)
        for candidate in one["result"]:
            assert candidate["features"], candidate
            assert candidate["reasons"], candidate
            assert len({feature["id"] for feature in candidate["features"]}) == len(candidate["features"])


def test_one_query_alone(mini, anker):
    for text in ("Anker BV", json.dumps({"query": "Anker BV"})):
        answer = said(mini.get("/reconcile", params={"query": text}))
        assert answer["result"][0]["id"] == anker
        assert answer == said(mini.post("/reconcile", data={"query": text}))


def test_an_exact_name_an_id_and_an_identifier_find_their_organisation(mini, anker):
    queries = {
        "name": {"query": "Anker BV"},
        "id": {"query": anker},
        "identifier": {"query": "pic:999990001"},
        "number": {"properties": [{"pid": "pic", "v": 999990001}]},
        "fraction": {"properties": [{"pid": "pic", "v": 999990001.0}]},
        "list": {"properties": [{"pid": "pic", "v": ["no such", {"id": "999990001"}]}]},
    }
    answer = said(batch(mini, queries))
    assert {name: one["result"][0]["id"] for name, one in answer.items()} == dict.fromkeys(queries, anker)
    assert answer["id"]["result"][0]["score"] == 100
    assert answer["id"]["result"][0]["match"] is True


def test_types_restrict_and_unknown_ones_are_refused(mini, anker):
    answer = said(
        batch(
            mini,
            {
                "kind": {"query": "Anker BV", "type": "type-PRC"},
                "others": {"query": "Anker BV", "type": ["type-HES"]},
                "source": {"query": "Ferry Ltd", "type": "source-other", "type_strict": "any"},
                "elsewhere": {"query": "Ferry Ltd", "type": "source-mini"},
                "all": {"query": "Anker BV", "type": ["organization", "type-HES"]},
                "unknown": {"query": "Anker BV", "type": "Q5"},
            },
        )
    )
    assert answer["kind"]["result"][0]["id"] == anker
    assert anker not in [one["id"] for one in answer["others"]["result"]]
    assert answer["source"]["result"][0]["name"] == "Ferry Ltd"
    assert "Ferry Ltd" not in [one["name"] for one in answer["elsewhere"]["result"]]
    assert answer["all"]["result"][0]["id"] == anker
    assert answer["unknown"]["error"]["parameter"] == "type"


def test_limits_and_notes(mini):
    answer = said(
        batch(
            mini,
            {
                "one": {"query": "Anker BV", "limit": 1},
                "none": {"query": "Anker BV", "limit": 0},
                "odd": {
                    "query": "Anker BV",
                    "properties": [{"pid": "colour", "v": "red"}, {"pid": "country", "v": "Ruritania"}],
                },
                "empty": {"query": "   "},
                "long": {"query": "x" * 1001},
            },
        )
    )
    assert len(answer["one"]["result"]) == 1
    assert answer["none"]["error"]["parameter"] == "limit"
    assert [note.split(":")[0] for note in answer["odd"]["notes"]] == ["colour", "country"]
    assert answer["odd"]["result"]
    assert answer["empty"]["error"]["parameter"] == "query"
    assert answer["long"]["error"]["parameter"] == "query"


def test_a_batch_larger_than_announced_is_refused(mini, make_client, mini_data):
    size = said(mini.get("/reconcile"))["batchSize"]
    queries = {f"q{n}": {"query": "Anker BV", "limit": 1} for n in range(size)}
    assert len(said(batch(mini, queries))) == size
    problem = said(batch(mini, {**queries, "more": {"query": "x"}}), 413)
    assert problem["limit"] == size
    small = make_client(mini_data, reconcile_queries=2)
    assert said(small.get("/reconcile"))["batchSize"] == 2
    assert batch(small, {name: {"query": "x"} for name in "abc"}).status_code == 413


def test_a_batch_that_takes_too_long_is_not_answered_in_part(make_client, mini_data):
    hasty = make_client(mini_data, reconcile_seconds=1e-9)
    problem = said(batch(hasty, {"a": {"query": "Anker BV"}, "b": {"query": "Brug"}}), 504)
    assert problem["type"].endswith("/timeout")


def test_processing_time_is_charged(make_client, mini_data):
    poor = make_client(mini_data, client_seconds=1e-6)
    assert batch(poor, {"a": {"query": "Anker BV"}}).status_code == 200
    refused = batch(poor, {"a": {"query": "Anker BV"}})
    assert said(refused, 429)["unit"] == "seconds"
    assert int(refused.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"queries": "["}, 400),
        ({"queries": "[]"}, 400),
        ({"queries": "5"}, 400),
        ({"queries": '{"a": {"query": "\\ud800"}}'}, 400),
        ({"queries": '{"a": {"query": "x", "limit": NaN}}'}, 400),
        ({"queries": "{}", "extend": "{}"}, 400),
        ({"other": "x"}, 400),
        ({"extend": "[]"}, 422),
        ({"extend": '{"ids": [], "properties": [{"id": "shoe size"}]}'}, 422),
        ({"extend": '{"ids": 5, "properties": []}'}, 422),
    ],
)
def test_what_is_no_query_is_refused(mini, data, status):
    said(mini.post("/reconcile", data=data), status)
    assert "Anker" not in mini.post("/reconcile", data=data).text


def test_other_bodies_are_refused(mini):
    assert mini.post("/reconcile", json={"queries": {}}).status_code == 415
    assert mini.post("/reconcile", content=b"").status_code == 415
    assert mini.get("/reconcile", headers={"Accept": "text/turtle"}).status_code == 406


def test_other_origins_may_ask_everything(mini, anker):
    origin = {"Origin": "https://refine.example"}
    answers = [
        mini.get("/reconcile", headers=origin),
        batch(mini, {"a": {"query": "Anker"}}, **origin),
        mini.get("/reconcile/suggest/entity?prefix=a", headers=origin),
        mini.get(f"/reconcile/preview?id={anker}", headers=origin),
        mini.get(DRAFT, headers=origin),
    ]
    assert [one.headers["access-control-allow-origin"] for one in answers] == ["*"] * 5


def test_jsonp_is_not_offered(mini):
    answer = mini.get("/reconcile", params={"callback": "alert"})
    assert answer.headers["content-type"] == "application/json"
    assert "alert" not in answer.text


def test_suggestions_continue_where_the_cursor_says(mini, anker):
    every = said(mini.get("/reconcile/suggest/property?prefix=&limit=100"))["result"]
    valid({"result": every}, "suggest-properties-response")
    pages = [
        said(mini.get(f"/reconcile/suggest/property?prefix=&cursor={at}"))["result"]
        for at in range(0, 50, 10)
    ]
    assert [one for page in pages for one in page] == every
    entities = said(mini.get("/reconcile/suggest/entity?prefix=ank&type=organization&type_strict=any&_=1"))
    valid(entities, "suggest-entities-response")
    assert [one["id"] for one in entities["result"]] == [anker]
    assert (
        said(mini.get("/reconcile/suggest/entity", params={"prefix": anker}))["result"] == entities["result"]
    )
    assert said(mini.get("/reconcile/suggest/entity?prefix=PIC:999990001"))["result"] == entities["result"]
    assert said(mini.get("/reconcile/suggest/entity?prefix=ank&cursor=1"))["result"] == []
    types = said(mini.get("/reconcile/suggest/type?prefix=organ"))
    valid(types, "suggest-types-response")
    assert types["result"][0]["id"] == "organization"
    assert mini.get("/reconcile/suggest/colour?prefix=a").status_code == 404
    assert mini.get("/reconcile/suggest/entity?prefix=a&cursor=-1").status_code == 422
    assert mini.get("/reconcile/suggest/entity?prefix=a&cursor=1000000000").status_code == 422


def test_previews_are_escaped_and_only_they_may_be_framed(mini):
    (found,) = said(mini.get("/v1/organizations?q=elan"))["data"]
    page = mini.get(f"/reconcile/preview?id={found['key']}")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Élan &amp; &lt;Fils&gt;" in page.text
    assert "<script" not in page.text
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors *" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in mini.get("/").headers["content-security-policy"]
    flyout = said(mini.get(f"/reconcile/flyout/entity?id={found['key']}"))
    assert "&lt;Fils&gt;" in flyout["html"]
    for address in ("preview?id=", "flyout/entity?id=", "flyout/type?id=", "flyout/property?id="):
        assert mini.get(f"/reconcile/{address}%3Cscript%3E").status_code == 404


def test_proposals(mini):
    answer = said(mini.get("/reconcile/properties?type=organization&limit=3"))
    valid(answer, "data-extension-property-proposal")
    assert (answer["type"], answer["limit"], len(answer["properties"])) == ("organization", 3, 3)
    every = said(mini.get("/reconcile/properties?type=organization"))["properties"]
    assert {"lei", "ror", "pic", "country", "alliances", "constraint", "effective_size"} <= {
        one["id"] for one in every
    }


def test_tables_are_extended(mini, anker):
    names = [one["id"] for one in said(mini.get("/reconcile/properties"))["properties"]]
    answer = extended(mini, [anker, "aaaaaaaaaaaaaaaa"], *names)
    valid(answer, "data-extension-response")
    assert [one["id"] for one in answer["meta"]] == names
    row = answer["rows"][anker]
    assert row["country"] == [{"str": "NL"}]
    assert row["pic"] == [{"str": "999990001"}]
    assert row["alliances"] == [{"str": "Alpha"}]
    assert {one["name"] for one in row["partners"]} == {"Brug GmbH", "=Cijfer SA"}
    position = said(mini.get(f"/v1/organizations/{anker}/position"))["data"]
    assert row["degree"] == [{"int": position["degree"]}]
    assert row["constraint"] == [{"float": position["constraint"]}]
    assert set(answer["rows"]["aaaaaaaaaaaaaaaa"]) == set(names)
    assert not any(answer["rows"]["aaaaaaaaaaaaaaaa"].values())


def test_a_setting_limits_the_values(mini, anker):
    query = {"ids": [anker], "properties": [{"id": "partners", "settings": {"limit": "1", "content": "id"}}]}
    answer = said(mini.get("/reconcile", params={"extend": json.dumps(query)}))
    assert len(answer["rows"][anker]["partners"]) == 1


# The draft of version 1.0


def test_the_drafts_manifest(mini):
    manifest = said(mini.get(DRAFT))
    valid(manifest, "manifest", "1.0-draft")
    assert manifest["standardizedScore"] is True
    assert re.search(r"\{id\}$", manifest["view"]["url"])


def match(client, *queries, status=200):
    body = {"queries": list(queries)}
    return said(client.post(f"{DRAFT}/match", json=body), status)


def condition(kind, value, **more):
    return {"matchType": kind, "propertyValue": value, **more}


def test_the_drafts_queries_are_answered_in_order(mini, anker):
    queries = [
        {"conditions": [condition("name", "Anker B.V.")], "limit": 2, "lang": "nl"},
        {"conditions": [condition("id", anker)]},
        {"conditions": [condition("property", "999990001", propertyId="pic")]},
        {"conditions": [condition("name", "Anker BV")], "type": "source-other"},
        {"conditions": []},
    ]
    for query in queries[:4]:
        valid({"queries": [query]}, "reconciliation-query-batch", "1.0-draft")
    answer = match(mini, *queries)
    valid(answer, "reconciliation-result-batch", "1.0-draft")
    found = [[one["id"] for one in result["candidates"]] for result in answer["results"]]
    assert [ids[:1] for ids in found[:3]] == [[anker]] * 3
    assert anker not in found[3]
    assert answer["results"][4]["error"]["status"] == 422


def test_the_drafts_conditions_can_be_required(mini, anker):
    name = condition("name", "Anker BV")

    def ids(*conditions):
        (result,) = match(mini, {"conditions": [name, *conditions]})["results"]
        assert "error" not in result, result
        return [one["id"] for one in result["candidates"]]

    def country(*codes, **more):
        return condition("property", list(codes), propertyId="country", required=True, **more)

    assert anker in ids(country("Netherlands"))
    assert anker not in ids(country("DE"))
    assert anker in ids(country("DE", "NL"))
    assert anker not in ids(country("DE", "NL", matchQuantifier="all"))
    assert anker not in ids(country("NL", matchQuantifier="none"))
    assert anker in ids(country("DE", matchQuantifier="none"))
    assert anker not in ids(condition("id", anker, required=True, matchQuantifier="none"))
    for wrong in (
        condition("property", "x", propertyId="website", required=True),
        condition("property", "x"),
        condition("name", "x", matchQualifier="skos:exactMatch"),
    ):
        (result,) = match(mini, {"conditions": [name, wrong]})["results"]
        assert result["error"]["status"] == 422


def test_the_drafts_other_addresses(mini, anker):
    query = {"ids": [anker], "properties": [{"id": "country"}, {"id": "degree"}]}
    valid(query, "data-extension-query", "1.0-draft")
    answer = said(mini.post(f"{DRAFT}/extend", json=query))
    valid(answer, "data-extension-response", "1.0-draft")
    (row,) = answer["rows"]
    assert row["id"] == anker
    assert row["properties"][0] == {"id": "country", "values": [{"str": "NL"}]}
    proposed = said(mini.get(f"{DRAFT}/extend/propose?type=organization&limit=2"))
    valid(proposed, "data-extension-property-proposal", "1.0-draft")
    for what, name in (("entity", "entities"), ("property", "properties"), ("type", "types")):
        found = said(mini.get(f"{DRAFT}/suggest/{what}?prefix={'a' if what == 'entity' else 'o'}"))
        valid(found, f"suggest-{name}-response", "1.0-draft")
        assert found["result"]
    assert "frame-ancestors *" in mini.get(f"{DRAFT}/preview?id={anker}").headers["content-security-policy"]


def test_what_is_no_draft_query_is_refused(mini):
    assert mini.post(f"{DRAFT}/match", json=[]).status_code == 400
    assert mini.post(f"{DRAFT}/match", json={"queries": {}}).status_code == 400
    assert mini.post(f"{DRAFT}/match", data={"queries": "[]"}).status_code == 415
    match(mini, *[{"conditions": [condition("name", "x")]}] * 51, status=413)


# Where the service says it is


def test_addresses_come_from_the_settings_never_from_a_header(make_client, mini_data):
    client = make_client(mini_data, public_url="https://graph.example/tertius")
    for headers in ({}, {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}):
        manifest = said(client.get("/reconcile", headers=headers))
        assert manifest["preview"]["url"] == "https://graph.example/tertius/reconcile/preview?id={{id}}"
    plain = make_client(mini_data, root_path="/graph")
    manifest = plain.get("/graph/reconcile", headers={"Host": "evil.example"}).text
    assert "evil.example" not in manifest
    assert '"service_url": "http://testserver:80/graph"' in manifest
