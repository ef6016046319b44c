"""The OpenAPI document is valid, complete, and true of what the routes answer."""

from __future__ import annotations

import re

import pytest
from openapi_spec_validator import validate
from tertius.api.app import create_app
from tertius.api.settings import Settings

DOCUMENT = create_app(Settings()).openapi()
OPERATIONS = [
    (path, method, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
DESIGNED = {
    "/v1/organizations",
    "/v1/organizations/{key}",
    "/v1/organizations/{key}/alliances",
    "/v1/organizations/{key}/ties",
    "/v1/organizations/{key}/position",
    "/v1/organizations/{key}/position/history",
    "/v1/organizations/{key}/bridges",
    "/v1/organizations/{key}/network",
    "/v1/organizations/{key}/prospects",
    "/v1/organizations/{key}/introductions",
    "/v1/organizations/{key}/matches",
    "/v1/sources/{source}/matches",
    "/v1/organizations/{key}/what-if",
    "/v1/organizations/{key}/ambidexterity",
    "/v1/alliances",
    "/v1/alliances/{key}",
    "/v1/network/brokers",
    "/v1/network/brokers-between",
    "/v1/network/communities",
    "/v1/changes",
    "/v1/network/summary",
    "/v1/network/holes",
    "/v1/network/export",
    "/v1/queries",
    "/v1/queries/{name}",
    "/v1/queries/{name}/results",
    "/sparql",
    "/reconcile",
    "/reconcile/suggest/{what}",
    "/reconcile/flyout/{what}",
    "/reconcile/preview",
    "/reconcile/properties",
    "/reconcile/1.0-draft",
    "/reconcile/1.0-draft/match",
    "/reconcile/1.0-draft/extend",
    "/reconcile/1.0-draft/extend/propose",
    "/reconcile/1.0-draft/suggest/{what}",
    "/reconcile/1.0-draft/preview",
    "/id/{kind}/{name}",
    "/ontology",
    "/.well-known/void",
    "/healthz",
    "/readyz",
    "/metrics",
}


def test_the_document_is_valid():
    validate(DOCUMENT)


def test_every_designed_route_is_there():
    assert set(DOCUMENT["paths"]) >= DESIGNED


def test_operation_ids_are_set_by_hand_and_differ():
    ids = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+[A-Z][A-Za-z]+", name) for name in ids), ids


@pytest.mark.parametrize(
    ("path", "method", "operation"), OPERATIONS, ids=[f"{m} {p}" for p, m, _ in OPERATIONS]
)
def test_an_operation_says_everything(path, method, operation):
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    for parameter in operation.get("parameters", []):
        assert parameter.get("description") or parameter["in"] == "path", parameter["name"]
        assert parameter["schema"], parameter["name"]
    problems = {int(status) for status in operation["responses"] if int(status) >= 400}
    assert {406, 414, 500, 503} <= problems
    if any(parameter["in"] == "query" for parameter in operation.get("parameters", [])):
        assert 422 in problems
    if "{" in path:
        assert 404 in problems
    for status, response in operation["responses"].items():
        assert response["description"]
        if int(status) >= 400:
            content = response["content"]["application/problem+json"]
            assert content["schema"]["$ref"] == "#/components/schemas/ProblemDocument"
            assert content["example"]["status"] == int(status)


def test_parameters_that_need_one_have_an_example():
    for _, _, operation in OPERATIONS:
        for parameter in operation.get("parameters", []):
            if parameter["name"] in {"limit", "window", "weight", "as_of", "country", "key", "name"}:
                schema = parameter["schema"]
                shown = parameter.get("examples") or schema.get("examples") or schema.get("anyOf")
                assert shown or "default" in schema, parameter


def test_no_answer_of_the_framework_is_left():
    text = str(DOCUMENT)
    assert "HTTPValidationError" not in text
    assert "Successful Response" not in text


def test_the_document_is_served(mini):
    assert mini.get("/openapi.json").json()["info"]["title"] == "Tertius"
