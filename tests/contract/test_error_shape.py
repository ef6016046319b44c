"""Every address fails in one way: an RFC 9457 document whose status, type and words agree."""

from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient
from tertius.api import problem_kinds as kinds
from tertius.api.app import create_app
from tertius.api.problems import TABLE, kind_of
from tertius.api.settings import Settings
from tertius.queries import errors as asked
from tertius.queries.network import errors as network
from tertius.store import errors as stored

DOCUMENT = create_app(Settings()).openapi()
PATHS = sorted(path for path, methods in DOCUMENT["paths"].items() if "get" in methods)
EXAMPLES = {"key": "aaaaaaaaaaaaaaaa", "name": "brokers", "kind": "organization"}
# Their parameters are those of other people's protocols, whose clients send more than we know of.
RECONCILIATION = {path for path in PATHS if path.startswith("/reconcile")}
OPEN = {"/healthz", "/readyz", "/metrics", "/sparql", "/sparql/explain", *RECONCILIATION}
WITHOUT_DATA = {"/healthz", "/metrics"}
# What a reconciliation service can do does not depend on its data.
WITHOUT_DATA |= {path for path in RECONCILIATION if not path.endswith(("}", "/preview"))}
# Whoever has no token is told so before anything else.
WRITERS_ONLY = {"/v1/loads", "/v1/loads/{load_id}"}


def filled(path: str) -> str:
    """Fill the parameters of a path in, ours or with their own examples."""
    for parameter in DOCUMENT["paths"][path]["get"].get("parameters", []):
        if parameter["in"] == "path":
            name = parameter["name"]
            shown = parameter.get("examples") or parameter["schema"].get("examples")
            path = path.replace(f"{{{name}}}", EXAMPLES.get(name) or str(shown[0]))
    return path


def needed(path: str) -> dict[str, str]:
    """Examples of the query parameters that a path cannot do without."""
    return {
        parameter["name"]: parameter["schema"]["examples"][0]
        for parameter in DOCUMENT["paths"][path]["get"].get("parameters", [])
        if parameter["in"] == "query" and parameter["required"]
    }


def check(response, *statuses: int) -> dict:
    assert response.status_code in statuses, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found = json.loads(response.content)
    assert {"type", "title", "status", "detail", "instance", "request_id"} <= found.keys()
    assert found["status"] == response.status_code
    assert found["request_id"] == response.headers["request-id"]
    assert (found["type"], found["status"], found["title"]) in {
        (k.type, k.status, k.title) for k in kinds.KINDS
    }
    assert "Traceback" not in response.text
    assert "/site-packages" not in response.text
    return found


@pytest.mark.parametrize("path", PATHS)
def test_other_methods_are_refused_with_those_that_are_taken(mini, path):
    response = mini.patch(filled(path))
    check(response, 405)
    assert "GET" in response.headers["allow"]
    assert mini.options(filled(path)).headers["allow"] == response.headers["allow"]


@pytest.mark.parametrize("path", [path for path in PATHS if path not in {"/healthz", "/readyz", "/metrics"}])
def test_what_is_not_offered_is_refused_with_what_is(mini, path):
    response = mini.get(filled(path), params=needed(path), headers={"Accept": "image/png"})
    found = check(response, 406, 404)
    if response.status_code == 406:
        assert found["acceptable"]
    if response.status_code == 406 and path not in RECONCILIATION:
        assert (
            check(mini.get(filled(path), params={**needed(path), "format": "docx"}), 406)["parameter"]
            == "format"
        )


@pytest.mark.parametrize("path", [path for path in PATHS if path not in OPEN])
def test_unknown_parameters_are_named(mini, path):
    found = check(mini.get(filled(path), params={**needed(path), "windw": "0"}), 422)
    assert found["parameter"] == "windw"
    assert found["errors"][0]["in"] == "query"


@pytest.mark.parametrize("path", [path for path in PATHS if path not in OPEN])
def test_every_declared_parameter_refuses_nonsense_by_name(mini, path):
    declared = {
        parameter["name"]: parameter["schema"]
        for parameter in DOCUMENT["paths"][path]["get"]["parameters"]
        if parameter["in"] == "query"
    }
    for name in declared:
        response = mini.get(filled(path), params={**needed(path), name: "\x01" * 3000})
        if name == "format":
            check(response, 422, 406)
        else:
            assert check(response, 422, 404)["status"] in {422, 404}
            if response.status_code == 422:
                assert response.json()["parameter"] == name


@pytest.mark.parametrize("path", [path for path in PATHS if path not in WITHOUT_DATA | WRITERS_ONLY])
def test_without_a_snapshot_every_question_is_told_so(tmp_path_factory, path, empty):
    response = empty.get(filled(path), params=needed(path))
    if path == "/v1/queries/{name}":
        response = empty.get("/v1/queries/brokers")
    found = check(response, 503)
    assert found["type"].endswith("/unavailable")
    assert int(response.headers["retry-after"]) > 0


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    settings = Settings(data=tmp_path_factory.mktemp("empty"), rest_workers=1, sparql_workers=1)
    with TestClient(create_app(settings)) as client:
        yield client


def test_an_empty_service_is_alive_and_says_what_to_do(empty):
    assert empty.get("/healthz").json()["status"] == "ok"
    page = empty.get("/", headers={"Accept": "text/html"})
    assert page.status_code == 503
    assert "tertius demo" in page.text


def test_addresses_that_are_not_there(mini):
    for path in (
        "/nothing",
        "/v1",
        "/v1/organizations/",
        "/v2/organizations",
        "/sparql/",
        "/%2e%2e/etc/passwd",
    ):
        check(mini.get(path), 404)
        check(mini.post(path, content=b"x"), 404)
    check(mini.get("/static/../app.py"), 404)
    check(mini.get("/static/nothing.css"), 404)


def test_requests_that_are_too_large(mini):
    found = check(mini.get("/v1/organizations?q=" + "x" * 20_000), 414)
    assert found["limit"] == 16_384
    body = b"SELECT * { ?s ?p ?o } #" + b"x" * 2_000_000
    found = check(
        mini.post("/sparql", content=body, headers={"Content-Type": "application/sparql-query"}), 413
    )
    assert found["limit"] == 1_048_576


def test_a_body_that_does_not_say_its_size_is_counted(mini):
    def endless():
        for _ in range(64):
            yield b"x" * 65_536

    response = mini.post("/sparql", content=endless(), headers={"Content-Type": "application/sparql-query"})
    check(response, 413)


def test_what_nobody_foresaw_gives_nothing_away(make_client, mini_data):
    client = make_client(mini_data)
    services = client.app.state.services
    directory = services.view().directory
    directory._connections._path = mini_data / "secret-name-of-a-file"
    directory.close()
    response = client.get("/v1/organizations", headers={"Origin": "https://example.org"})
    found = check(response, 500)
    assert "secret" not in response.text
    assert found["type"].endswith("/internal-error")
    assert response.headers["access-control-allow-origin"] == "*"


def test_every_exception_that_rooms_raise_on_purpose_has_a_kind():
    meant_for_commands = {
        "StoreError", "QueryError", "NetworkError", "CatalogueError", "ColumnsError", "NetworkFormatError",
        "LockHeld", "DiskFull", "SnapshotDamaged", "EngineUnavailableError", "ParticipationsError",
    }  # fmt: skip
    for module in (stored, asked, network):
        for name, value in vars(module).items():
            if (
                isinstance(value, type)
                and issubclass(value, Exception)
                and value.__module__ == module.__name__
            ):
                known = any(ancestor in TABLE for ancestor in value.__mro__)
                assert known or name in meant_for_commands, name


def test_the_nearest_ancestor_decides():
    assert kind_of(network.ClientLimitError("x", 1.0)) is kinds.TOO_MANY
    assert kind_of(network.LaneBusyError("x", 1.0)) is kinds.BUSY
    assert kind_of(asked.FederationRefused(1, 1)) is kinds.FEDERATION_REFUSED
    assert kind_of(ValueError("x")) is kinds.INTERNAL


def test_types_and_titles_are_distinct():
    assert len({kind.type for kind in kinds.KINDS}) == len(kinds.KINDS)
    assert all(kind.meaning and kind.title for kind in kinds.KINDS)
