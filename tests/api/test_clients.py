"""Who asks, and what a token opens."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

import pytest
from starlette.requests import Request
from tertius.api.clients import client, parse_tokens
from tertius.api.errors import Unauthorized
from tertius.api.settings import Settings

TOKEN = "correct-horse-battery-staple-27"
DIGEST = hashlib.sha256(TOKEN.encode()).hexdigest()
TOKENS = parse_tokens(f"lab={DIGEST}, other={'0' * 64}")
ALL = f"/sparql?query={quote('SELECT * { ?s ?p ?o }')}"


def asked(host, authorization=None):
    headers = [] if authorization is None else [(b"authorization", authorization.encode("latin-1"))]
    return Request({"type": "http", "headers": headers, "client": host and (host, 1)})


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
        (None, "local"),
    ],
)
def test_an_address_is_what_a_network_was_given(host, name):
    found = client(asked(host), TOKENS)
    assert (found.name, found.trusted) == (name, False)


@pytest.mark.parametrize("shown", [f"Bearer {TOKEN}", f"bearer   {TOKEN} "])
def test_a_token_is_known_by_its_digest(shown):
    found = client(asked("192.0.2.7", shown), TOKENS)
    assert (found.name, found.trusted) == ("token lab", True)


@pytest.mark.parametrize("shown", ["Bearer", "Bearer x", f"Bearer {DIGEST}", f"Bearer {TOKEN}x", "Bearer é"])
def test_an_unknown_token_is_refused(shown):
    for tokens in (TOKENS, {}):
        with pytest.raises(Unauthorized):
            client(asked("192.0.2.7", shown), tokens)


@pytest.mark.parametrize("shown", ["Basic YTpi", "", "Digest x"])
def test_other_schemes_belong_to_somebody_else(shown):
    assert not client(asked("192.0.2.7", shown), TOKENS).trusted


@pytest.mark.parametrize("setting", [TOKEN, "lab=", f"lab={DIGEST[:-1]}", f"a b={DIGEST}", f"=({DIGEST})"])
def test_a_setting_that_is_no_list_of_digests_is_refused_without_repeating_it(setting):
    with pytest.raises(ValueError) as caught:
        Settings(tokens=setting)
    reason = caught.value.errors()[0]["msg"]
    assert "entry 1" in reason
    assert setting not in reason
    with pytest.raises(ValueError, match="entry 2 repeats"):
        parse_tokens(f"lab={DIGEST},lab={'0' * 64}")


def test_over_http_a_token_opens_larger_limits(make_client, mini_data):
    service = make_client(mini_data, tokens=f"lab={DIGEST}", sparql_rows=5)
    assert service.get(ALL).status_code == 422
    assert service.get(ALL, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    for path in (ALL, "/rdf-graph-store?default", "/graph/mini", "/v1/running"):
        wrong = service.get(path, headers={"Authorization": "Bearer wrong"})
        assert wrong.status_code == 401
        assert wrong.json()["type"].endswith("/unauthorized")
        assert wrong.headers["www-authenticate"].startswith("Bearer")
        assert "wrong" not in wrong.text


def test_over_http_processing_time_runs_out_and_only_for_the_one_who_used_it(make_client, mini_data):
    service = make_client(
        mini_data, tokens=f"lab={DIGEST}", client_seconds=0.2, sparql_seconds=0.5, token_sparql_seconds=0.5
    )
    away = f"/sparql?query={quote('SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }')}"
    assert service.get(away).status_code == 504
    refused = service.get(ALL)
    assert refused.status_code == 429
    assert refused.json()["unit"] == "seconds"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert service.get("/rdf-graph-store?default").status_code == 429
    assert service.get(ALL, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert service.get("/v1/organizations").status_code == 200
