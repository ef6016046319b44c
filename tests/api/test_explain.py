"""`/sparql/explain` and `tertius sparql --explain`: counted, bounded, refused as `/sparql` refuses."""

from __future__ import annotations

from time import sleep

import pytest
from tertius.api.cli import main
from tertius.api.diagnosis_models import Explanation
from tertius.api.models import Envelope
from tertius.store import Lane

PARTNERS = "SELECT ?name { ?p tt:organization ?o ; tt:alliance ?a . ?o skos:prefLabel ?name }"
# Alternatives of long walks that end nowhere: counting them, even alone, never ends.
WALK = "/".join(["!<x:p>", "^!<x:p>"] * 8) + "/<x:none>"
ENDLESS = f"SELECT * {{ ?a ({WALK}|{WALK}) ?b . ?c ({WALK}|<x:q>) ?d . ?o skos:prefLabel ?e }}"
APART = "SELECT * {\n  ?o skos:prefLabel ?name .\n  ?a tt:start ?start\n}"


def test_patterns_and_joins_are_counted(mini):
    found = mini.get("/sparql/explain", params={"query": PARTNERS})
    assert found.status_code == 200, found.text
    body = Envelope[Explanation].model_validate(found.json())
    assert [pattern.text for pattern in body.data.patterns] == [
        "?p tt:organization ?o .",
        "?p tt:alliance ?a .",
        "?o skos:prefLabel ?name .",
    ]
    assert all(pattern.matches.number > 0 for pattern in body.data.patterns)
    assert body.data.complete
    assert body.data.costly is None
    assert [len(group.steps) for group in body.data.groups] == [3]
    assert body.meta.snapshot is not None
    assert found.headers["Cache-Control"] == "no-store"
    assert found.headers["Query-Id"]


@pytest.mark.parametrize("how", ["form", "direct"])
def test_the_costly_pattern_is_named_with_advice(mini, how):
    if how == "form":
        found = mini.post("/sparql/explain", data={"query": APART})
    else:
        headers = {"Content-Type": "application/sparql-query"}
        found = mini.post("/sparql/explain", content=APART, headers=headers)
    told = found.json()["data"]
    assert told["costly"] is not None
    first = told["findings"][0]
    assert first["kind"] == "cartesian-product"
    assert first["advice"]
    assert {pattern["line"] for pattern in told["patterns"]} == {2, 3}


@pytest.mark.parametrize(
    ("query", "status", "kind"),
    [
        ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", 403, "federation-refused"),
        ("INSERT DATA { <x:a> <x:b> <x:c> }", 400, "malformed-query"),
        ("SELECT * { ?a ?b", 400, "malformed-query"),
        ("SELECT * { ?a <x:p> ?b . FILTER(?a ?b) } }", 200, None),
        ("SELECT * { ?s undeclared:p ?o }", 400, "malformed-query"),
        ("SELECT * { << ?a ?b ?c >> ?p ?o }", 400, "malformed-query"),
        ("SELECT * " + "{" * 150 + "}" * 150, 400, "malformed-query"),
        ("SELECT * { " + "?s ?p ?o ." * 80 + " }", 400, "malformed-query"),
    ],
)
def test_what_the_service_refuses_is_refused_here(mini, query, status, kind):
    found = mini.get("/sparql/explain", params={"query": query})
    assert found.status_code == status, found.text
    if kind is not None:
        assert found.json()["type"].endswith(f"/{kind}")


def test_a_diagnosis_counts_against_the_client(mini_data, make_client):
    client = make_client(mini_data, client_seconds=0.01)
    statuses = [client.get("/sparql/explain", params={"query": PARTNERS}).status_code for _ in range(4)]
    assert statuses[0] == 200
    assert 429 in statuses


def test_what_never_ends_costs_one_process_and_the_next_query_is_answered(make_client, mini_data):
    client = make_client(mini_data, sparql_workers=2, sparql_seconds=0.4)
    pool = client.app.state.services.store
    for time in (1, 2):
        found = client.get("/sparql/explain", params={"query": ENDLESS})
        assert found.status_code == 200, found.text
        assert not found.json()["data"]["complete"]
        assert (pool.counters.kills, pool.counters.busy) == (time, 0)
        assert pool.running() == ()
        answer = client.get("/sparql", params={"query": "ASK {}"})
        assert answer.status_code == 200, answer.text
        while pool.lanes()[Lane.SPARQL].idle < 2:
            sleep(0.01)


def test_a_diagnosis_keeps_nobody_among_the_long_ones_waiting(make_client, mini_data):
    """Its client is known for a long query afterwards, and yet answered at once: the diagnosis has ended."""
    client = make_client(mini_data, sparql_workers=2, slice_seconds=0.01, queue_seconds=0)
    found = client.get("/sparql/explain", params={"query": ENDLESS})
    assert found.status_code == 200, found.text
    for _ in range(5):
        answer = client.get("/sparql", params={"query": "ASK {}"})
        assert answer.status_code == 200, answer.text


def test_graphs_of_the_request_are_those_that_are_counted(mini):
    here = mini.get("/sparql/explain", params={"query": PARTNERS}).json()["data"]["patterns"][0]
    nowhere = mini.get("/sparql/explain", params={"query": PARTNERS, "default-graph-uri": "x:none"}).json()
    assert here["matches"]["number"] > 0
    assert nowhere["data"]["patterns"][0]["matches"]["number"] == 0


def test_an_unknown_parameter_is_named(mini):
    found = mini.get("/sparql/explain", params={"query": PARTNERS, "windw": "0"})
    assert (found.status_code, found.json()["parameter"]) == (422, "windw")


def test_the_command_says_it_in_lines(mini_data, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["sparql", "--explain", APART, "--data", str(mini_data)])
    out = capsys.readouterr().out
    assert ended.value.code in {0, None}
    assert "group 1: where" in out
    assert "cartesian-product: " in out
    assert ", paired" in out
