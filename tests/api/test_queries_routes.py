"""Named queries over HTTP: the catalogue, one query, its answer page by page."""

from __future__ import annotations

import csv
import io

import pytest
from tertius.api.models import Envelope
from tertius.api.query_models import QueryDetail, QuerySummary
from tertius.ontology.identity import key


@pytest.fixture(scope="module")
def brug(mini):
    return mini.get("/v1/organizations?q=brug").json()["data"][0]["key"]


def test_the_catalogue_is_listed(mini):
    found = Envelope[list[QuerySummary]].model_validate(mini.get("/v1/queries").json()).data
    assert len(found) >= 12
    assert "bridging-partners" in {query.name for query in found}
    tagged = mini.get("/v1/queries?tag=network").json()["data"]
    assert 0 < len(tagged) < len(found)
    assert all("network" in query["tags"] for query in tagged)


def test_every_query_is_described_and_has_results(mini):
    for brief in mini.get("/v1/queries").json()["data"]:
        body = mini.get(f"/v1/queries/{brief['name']}").json()
        found = Envelope[QueryDetail].model_validate(body).data
        assert "SELECT" in found.text
        arguments = {one.name: one.example for one in found.parameters}
        response = mini.get(found.results, params={**arguments, "limit": 5})
        # Nothing outside may be asked from here.
        allowed = {503} if found.service else {200, 404}
        assert response.status_code in allowed, response.text
        for row in response.json().get("data", []):
            assert list(row) == [column.name for column in found.columns]


def test_a_query_is_answered_page_by_page(mini, brug):
    whole = mini.get(f"/v1/queries/partners-of-organization/results?organization={brug}").json()
    assert whole["meta"]["next"] is None
    collected = []
    path = f"/v1/queries/partners-of-organization/results?organization={brug}&limit=1"
    while path is not None:
        body = mini.get(path).json()
        collected += body["data"]
        path = body["meta"]["next"]
    assert collected == whole["data"]
    assert len(collected) >= 3


def test_csv_has_the_same_rows(mini, brug):
    path = f"/v1/queries/partners-of-organization/results?organization={brug}"
    rows = list(csv.reader(io.StringIO(mini.get(f"{path}&format=csv").text)))
    assert rows[0] == list(mini.get(path).json()["data"][0])
    assert len(rows) - 1 == len(mini.get(path).json()["data"])


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("", "organization"),
        ("organization=<x>", "organization"),
        ("organization=KEY&nope=1", "nope"),
        ("organization=KEY&organization=KEY", "organization"),
        ("organization=KEY&limit=0", "limit"),
        ("organization=KEY&cursor=abc", "cursor"),
    ],
)
def test_what_a_query_cannot_use_is_named(mini, brug, query, parameter):
    response = mini.get(f"/v1/queries/partners-of-organization/results?{query.replace('KEY', brug)}")
    assert response.status_code == 422, response.text
    assert response.json()["parameter"] == parameter


@pytest.mark.parametrize(
    "value",
    ['x" } UNION { ?s ?p ?o } #', "> . ?s ?p ?o . <", "'''", "\\", "x\n} ; DROP ALL #", "$organization"],
)
def test_values_stay_values(mini, value):
    response = mini.get(
        "/v1/queries/organizations-by-identifier/results", params={"scheme": "pic", "value": value}
    )
    assert response.status_code in {200, 422}, response.text
    if response.status_code == 200:
        assert response.json()["data"] == []


def test_an_unknown_query_is_not_found_and_a_near_one_offered(mini):
    for tail in ("", "/results"):
        response = mini.get(f"/v1/queries/bridging-partner{tail}")
        assert response.status_code == 404
        assert "bridging-partners" in response.json()["detail"]


def test_a_named_query_agrees_with_the_kernel(mini, brug):
    rows = mini.get(f"/v1/queries/bridging-partners/results?organization={brug}&window=all").json()["data"]
    bridges = mini.get(f"/v1/organizations/{brug}/bridges?window=all").json()["data"]
    by_partner = {row["partner"].rpartition("/")[2]: row["exclusive_reach"] for row in rows}
    assert by_partner == {row["partner"]["key"]: row["exclusive_reach"] for row in bridges}
    assert key("x") not in by_partner
