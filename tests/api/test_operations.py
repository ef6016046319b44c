"""Around every answer: revalidation, compression, CORS, ids, metrics, logs, IRIs that lead somewhere."""

from __future__ import annotations

import datetime as dt
import gzip
import re
import sys
import time

import pyoxigraph as ox
import pytest
from tertius.api import doctor
from tertius.api.exchange import accepts_gzip
from tertius.loaders import LoadJob, load
from tertius.store import Budget, Lane, QueryTimeout, Snapshots, process

PATHS = ["/v1/organizations", "/v1/network/brokers?window=all", "/v1/alliances?format=csv", "/ontology"]


@pytest.mark.parametrize("path", PATHS)
def test_answers_are_revalidated(mini, path):
    first = mini.get(path)
    tag = first.headers["etag"]
    again = mini.get(path, headers={"If-None-Match": f'"other", {tag}'})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == tag
    assert mini.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    assert "Accept" in first.headers["vary"]


def test_tags_tell_representations_and_defaults_apart(mini):
    plain = mini.get("/v1/network/brokers").headers["etag"]
    assert mini.get("/v1/network/brokers?limit=100").headers["etag"] == plain
    assert mini.get("/v1/network/brokers?window=5").headers["etag"] == plain
    assert mini.get("/v1/network/brokers?format=json").headers["etag"] == plain
    others = {
        mini.get(f"/v1/network/brokers?{query}").headers["etag"]
        for query in ("limit=99", "window=4", "format=csv", "partition=country")
    }
    assert len(others | {plain}) == 5


def test_compressed_answers_have_weak_tags(mini):
    plain = mini.get("/v1/organizations", headers={"Accept-Encoding": "identity"})
    packed = mini.get("/v1/organizations", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert plain.headers["etag"].startswith('"')
    assert packed.headers["etag"] == f"W/{plain.headers['etag']}"
    assert "Accept-Encoding" in packed.headers["vary"]
    assert gzip.decompress(gzip.compress(plain.content)) == plain.content


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("", False),
        ("br", False),
        ("gzip;q=x", False),
    ],
)
def test_gzip_only_for_those_who_take_it(header, taken):
    assert accepts_gzip(header) is taken


def test_head_is_get_without_the_body(mini):
    for path in PATHS:
        head, whole = mini.head(path), mini.get(path)
        assert head.status_code == 200
        assert head.content == b""
        assert head.headers["content-length"] == whole.headers["content-length"]
        assert head.headers["etag"] == whole.headers["etag"]
    assert mini.head("/v1/nothing").status_code == 404


def test_other_origins_may_read_but_not_with_credentials(mini):
    origin = {"Origin": "https://example.org"}
    response = mini.get("/v1/organizations?limit=1", headers=origin)
    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers
    exposed = response.headers["access-control-expose-headers"]
    for name in ("Link", "ETag", "Retry-After", "Query-Id", "Tertius-Snapshot", "Tertius-As-Of"):
        assert name in exposed
    preflight = mini.options(
        "/sparql",
        headers={
            **origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type, authorization",
        },
    )
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert mini.get("/v1/nothing", headers=origin).headers["access-control-allow-origin"] == "*"


def test_every_header_that_answers_carry_is_exposed(mini):
    given = "as_of=2017-06-01&window=0&max_partners=10&limit=1&format=csv"
    response = mini.get(f"/v1/network/brokers?{given}", headers={"Origin": "https://example.org"})
    exposed = {name.strip().lower() for name in response.headers["access-control-expose-headers"].split(",")}
    assert {name for name in response.headers if name.startswith("tertius-")} <= exposed


def test_a_request_keeps_its_id(mini):
    assert mini.get("/healthz", headers={"Request-Id": "abc-123"}).headers["request-id"] == "abc-123"
    made = mini.get("/healthz", headers={"Request-Id": "a b\tc" * 40}).headers["request-id"]
    assert len(made) == 32


def test_the_host_header_changes_nothing(mini):
    for path in ("/v1/organizations?limit=1", "/.well-known/void", "/sparql", "/"):
        plain = mini.get(path)
        spoofed = mini.get(path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        assert spoofed.content == plain.content


def test_behind_a_proxy_every_address_has_its_prefix(make_client, mini_data):
    client = make_client(mini_data, root_path="/tertius")
    following = client.get("/v1/organizations?limit=1").json()["meta"]["next"]
    assert following.startswith("/tertius/v1/organizations?")
    # Proxies that take the prefix off and those that leave it on are both served.
    assert (
        client.get(following).json()["data"] == client.get(following.removeprefix("/tertius")).json()["data"]
    )
    moved = client.get("/v1/organizations/pic:999990002", follow_redirects=False).headers["location"]
    assert moved.startswith("/tertius/v1/organizations/")
    other = client.get(moved.replace("/tertius/v1/organizations", "/id/organization"), follow_redirects=False)
    assert other.headers["location"].startswith("/tertius/v1/organizations/")
    page = client.get("/", headers={"Accept": "text/html"}).text
    assert 'href="/tertius/static/tertius.css"' in page
    assert 'href="/tertius/docs"' in page
    assert client.get("/openapi.json").json()["servers"] == [{"url": "/tertius"}]


def test_metrics_have_templates_and_no_values_of_callers(make_client, mini_data):
    client = make_client(mini_data)
    client.get("/v1/organizations?q=sesame")
    client.get("/v1/organizations/aaaaaaaaaaaaaaaa")
    client.get("/v1/sesame")
    client.get("/sparql?query=ASK%20%7B%7D")
    client.get("/v1/queries/brokers/results")
    client.request("SESAME", "/healthz")
    text = client.get("/metrics").text
    assert 'tertius_requests_total{method="GET",route="/v1/organizations",status="200"} 1.0' in text
    assert 'tertius_requests_total{method="GET",route="/v1/organizations/{key}",status="404"} 1.0' in text
    assert 'tertius_queries_total{outcome="answered",query="sparql"} 1.0' in text
    assert 'tertius_queries_total{outcome="answered",query="brokers"} 1.0' in text
    assert 'tertius_problems_total{type="not-found"} 2.0' in text
    assert "tertius_snapshot 2.0" in text
    assert 'tertius_source_loaded_timestamp_seconds{source="mini"}' in text
    assert "sesame" not in text.lower()
    assert "aaaaaaaaaaaaaaaa" not in text


def test_two_applications_count_apart(make_client, mini_data):
    first, second = make_client(mini_data), make_client(mini_data)
    first.get("/healthz")
    assert 'route="/healthz"' in first.get("/metrics").text
    assert 'route="/healthz"' not in second.get("/metrics").text


def test_iris_lead_to_descriptions(mini):
    row = mini.get("/v1/organizations?q=brug").json()["data"][0]
    path = row["iri"].removeprefix("https://w3id.org/tertius")
    alliance = mini.get("/v1/alliances?q=alpha").json()["data"][0]
    for start, accept, expected in (
        (path, "application/json", f"/v1/organizations/{row['key']}"),
        (path, "text/html", f"/organizations/{row['key']}"),
        (path, "text/turtle", f"/v1/organizations/{row['key']}?format=turtle"),
        (
            alliance["iri"].removeprefix("https://w3id.org/tertius"),
            "text/html",
            f"/v1/alliances/{alliance['key']}",
        ),
    ):
        response = mini.get(start, headers={"Accept": accept})
        assert response.status_code == 303
        assert response.headers["location"] == expected
        assert (
            mini.get(expected, headers={"Accept": accept if accept != "text/html" else "*/*"}).status_code
            == 200
        )
    source = mini.get("/id/source/mini", headers={"Accept": "text/turtle"})
    described = mini.get(source.headers["location"], headers={"Accept": "text/turtle"})
    assert list(ox.parse(described.content, format=ox.RdfFormat.TURTLE))
    assert mini.get("/id/source/<bad>").status_code in {404, 422}


def test_the_ontology_and_the_data_set_describe_themselves(mini):
    for path, expected in (("/ontology", "ontology#Alliance"), ("/.well-known/void", "id/source/mini")):
        for media, form in (
            ("text/turtle", ox.RdfFormat.TURTLE),
            ("application/ld+json", ox.RdfFormat.JSON_LD),
        ):
            response = mini.get(path, headers={"Accept": media})
            subjects = {str(quad.subject) for quad in ox.parse(response.content, format=form)}
            assert any(expected in subject for subject in subjects)


def test_alliances_are_listed_and_shown(mini):
    rows = mini.get("/v1/alliances").json()["data"]
    assert [row["name"] for row in rows] == ["Alpha", "Beta", "Gamma", "b1"]
    assert [row["name"] for row in mini.get("/v1/alliances?q=GAM").json()["data"]] == ["Gamma"]
    assert [row["name"] for row in mini.get("/v1/alliances?active_on=2016-01-01").json()["data"]] == ["Alpha"]
    assert mini.get("/v1/alliances?active_on=1900-01-01").json()["data"] == []
    found = mini.get(f"/v1/alliances/{rows[0]['key']}").json()["data"]
    assert found["features"]["orientation"] == ["exploration"]
    assert [one["role"] for one in found["partners"]] == ["coordinator", "partner", "partner"]
    assert found["partners"][0]["organization"]["name"] == "Anker BV"
    assert (found["start"], found["end"]) == ("2015-01-01", "2018-12-31")
    assert mini.get("/v1/alliances/aaaaaaaaaaaaaaaa").status_code == 404


def test_metrics_say_how_old_each_source_is(make_client, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("alliance,partner,start\na,One,2020-01-01\na,Two,2020-01-01\n")
    for source, retrieved in (("dated", dt.date(2020, 12, 31)), ("today", None)):
        load(LoadJob(tmp_path / "data", source, (table,), retrieved=retrieved))
    client = make_client(tmp_path / "data")
    ages = dict(re.findall(r"tertius_source_age_seconds\{(.*?)\} (\S+)", client.get("/metrics").text))
    assert set(ages) == {
        'since="loaded",source="dated"',
        'since="retrieved",source="dated"',
        'since="loaded",source="today"',
        'since="retrieved",source="today"',
    }
    since = dt.datetime.now(dt.UTC) - dt.datetime(2020, 12, 31, tzinfo=dt.UTC)
    assert abs(float(ages['since="retrieved",source="dated"']) - since.total_seconds()) < 60
    assert 0 <= float(ages['since="loaded",source="today"']) < 600
    # Going back shows at once.
    Snapshots(tmp_path / "data").rollback(1)
    text = client.get("/metrics").text
    assert "tertius_snapshot 1.0" in text
    assert 'source="today"' not in text


def test_a_kind_of_worker_that_cannot_be_started_is_not_ready(make_client, mini_data, monkeypatch):
    client = make_client(mini_data)
    assert client.get("/readyz").status_code == 200
    pool = client.app.state.services.store
    monkeypatch.setattr(process, "COMMAND", (sys.executable, "-c", "raise SystemExit('no licence to run')"))
    with pytest.raises(QueryTimeout):
        pool.query(doctor._RUN_AWAY, budget=Budget(0.2, 1, 4096), lane=Lane.SPARQL)
    while pool.lanes()[Lane.SPARQL].trouble is None:
        time.sleep(0.01)
    told = client.get("/readyz")
    assert told.status_code == 503
    assert "No sparql worker can be started" in told.json()["detail"]
    assert client.get("/v1/organizations").status_code == 200
    monkeypatch.undo()
    while pool.lanes()[Lane.SPARQL].alive == 0:
        time.sleep(0.01)
    assert client.get("/readyz").status_code == 200
