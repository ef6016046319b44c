"""What the pages on SPARQL and on threats say is so: queries run, limits are the settings', tests exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from tertius.api.settings import Settings
from tertius.queries import DEFAULT_LIMITS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/sparql.md").read_text(encoding="utf-8")
THREATS = (ROOT / "docs/threat-model.md").read_text(encoding="utf-8")
BRANCHES, OPERATORS = DEFAULT_LIMITS.branches, DEFAULT_LIMITS.operators
QUERIES = re.findall(r"^```sparql\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
COVERED = re.findall(r"^\| .* \| .* \| `(tests/[\w/]+\.py)::(\w+)` \|$", THREATS, re.MULTILINE)


def asked(client, query):
    response = client.get(f"/sparql?query={quote(query)}")
    assert response.status_code == 200, response.text
    return [
        {name: one["value"] for name, one in row.items()} for row in response.json()["results"]["bindings"]
    ]


def test_there_are_five_queries():
    assert len(QUERIES) == 5


@pytest.mark.parametrize("number", range(5))
def test_a_query_of_the_page_is_answered(demo, number):
    rows = asked(demo, QUERIES[number])
    selected = re.search(r"^SELECT (.*?)\s*(?:WHERE|$)", QUERIES[number], re.MULTILINE)[1]
    named = set(re.findall(r"\?(\w+)", re.sub(r"\(.*? AS (\?\w+)\)", r"\1", selected)))
    assert rows
    assert named == set().union(*rows), "every column holds something"


def test_the_queries_agree_with_the_rest_of_the_service(demo):
    ties = demo.get("/v1/network/summary").json()["data"]["ties"]
    cases = demo.get("/v1/cases").json()["data"]
    assert {row["ties"] for row in asked(demo, QUERIES[2])} == {str(ties)}
    assert {row["cases"] for row in asked(demo, QUERIES[4])} == {str(len(cases))}
    brokers = demo.get("/v1/network/brokers?limit=200").json()["data"]
    first = next(row for row in brokers if row["degree"] >= 50)
    assert asked(demo, QUERIES[3])[0]["name"] == first["organization"]["name"]


def test_the_limits_of_the_page_are_those_of_the_settings():
    by_default = Settings()
    for said in (
        f"{by_default.max_query_bytes // 1024} KiB | the same | 413",
        f"| {by_default.max_query_depth}, {by_default.max_query_patterns}, {BRANCHES}, {OPERATORS} |",
        f"| time | {by_default.sparql_seconds:g} s | {by_default.token_sparql_seconds:g} s |",
        f"| memory | {by_default.worker_memory // 2**30} GiB",
        f"| rows or triples | {by_default.sparql_rows:,} | {by_default.token_sparql_rows:,} |",
        f"| bytes | {by_default.sparql_bytes // 2**20} MiB | {by_default.token_sparql_bytes // 2**20} MiB |",
        f"| queries under way per client | {by_default.client_queries} | {by_default.token_queries} |",
        f"in any minute | {by_default.client_seconds:g} s | {by_default.token_client_seconds:g} s |",
        f"| {by_default.queue_seconds:g} s of waiting |",
        f"up to {by_default.max_url_bytes // 1024} KiB of it",
    ):
        assert said in PAGE, said


def test_every_threat_has_a_test_that_exists():
    table = [
        line for line in THREATS.splitlines() if line.startswith("| ") and not line.startswith("| threat")
    ]
    assert len(table) == len(COVERED) >= 30
    for file, name in COVERED:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert name in found, f"{file}::{name}"
        assert name.startswith("test_")
