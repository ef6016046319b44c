"""Every operation of the OpenAPI document, asked with values made from its own schemas, over a real server.

Operations are taken from the document, so that a new route is tried without a word here.
"""

from __future__ import annotations

import json
import threading

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tertius.api.app import create_app
from tertius.api.settings import Settings

from tests.contract.test_smoke import get, server

DOCUMENT = create_app(Settings()).openapi()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
OPERATIONS = [(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods]


@pytest.fixture(scope="module")
def address(mini_data):
    settings = {"TERTIUS_SPARQL_SECONDS": "5", "TERTIUS_CLIENT_SECONDS": "6000"}
    with server(mini_data, **settings) as (base, process):
        # A pipe that nobody empties would stop the server after some hundred lines of its log.
        emptied = threading.Thread(target=process.stderr.read)
        emptied.start()
        yield base
        process.kill()
        emptied.join()


@pytest.fixture(scope="module")
def keys(address):
    """Keys that are there: made-up ones never get past "not found"."""
    return {
        kind: [row["key"] for row in json.loads(get(f"{address}/v1/{kind}"))["data"]]
        for kind in ("organizations", "alliances")
    }


def try_out(address, keys, method, path, examples):
    """Ask an operation and hold each answer to what the document says of it."""
    known = next((keys[kind] for kind in keys if path.startswith(f"/v1/{kind}/{{key}}")), None)

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(SCHEMA[path][method].as_strategy(), st.sampled_from(known) if known else st.none())
    def asked(case, key):
        if key is not None:
            case.path_parameters["key"] = key
        case.call_and_validate(base_url=address, checks=CHECKS, timeout=60)

    asked()


def test_every_operation_is_in_the_schema():
    assert len(OPERATIONS) >= 60
    assert {operation.ok().label for operation in SCHEMA.get_all_operations()} == {
        f"{method} {path}" for method, path in OPERATIONS
    }


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[" ".join(one) for one in OPERATIONS])
def test_an_operation_answers_as_it_says(address, keys, method, path):
    try_out(address, keys, method, path, 2)


@pytest.mark.long
@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[" ".join(one) for one in OPERATIONS])
def test_an_operation_answers_many_as_it_says(address, keys, method, path):
    try_out(address, keys, method, path, 25)
