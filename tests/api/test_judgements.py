"""Joined records over HTTP: one organisation under one key, to which the others lead; judgements listed."""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil

import pytest
import rdflib
from starlette.testclient import TestClient
from tertius.api.app import create_app
from tertius.api.doctor import Verdict as Found
from tertius.api.doctor import examine
from tertius.loaders import LoadJob, load
from tertius.ontology.identity import key
from tertius.ontology.namespaces import TT
from tertius.queries.judgements import Judgement, Verdict

from tests.conftest import small_settings

WHEN = dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)
ELAN, DAM = key("mini", "Élan & <Fils>", ""), key("mini", "Dam AG", "DE")
FERRY, GRACHT = key("other", "Ferry Ltd", "GB"), key("other", "Gracht NV", "NL")
GIVEN = [
    Judgement(ELAN, FERRY, Verdict.SAME, "matcher 1", "machine", WHEN, 0.9, ("same PIC",)),
    Judgement(ELAN, GRACHT, Verdict.SAME, "Ada", "person", WHEN + dt.timedelta(days=1)),
    Judgement(ELAN, GRACHT, Verdict.DIFFERENT, "Ada", "person", WHEN + dt.timedelta(days=2)),
]


@pytest.fixture(scope="module")
def judged_data(mini_data, tmp_path_factory):
    data = tmp_path_factory.mktemp("judged") / "data"
    shutil.copytree(mini_data, data)
    assert load(LoadJob.judged(data, GIVEN)).published
    return data


@pytest.fixture(scope="module")
def judged(judged_data):
    with TestClient(create_app(small_settings(judged_data)), follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/alliances",
        "/ties?window=all",
        "/position",
        "/bridges",
        "/network",
        "/prospects?mode=exploration",
    ],
)
def test_the_key_of_a_joined_record_leads_to_the_one_that_stands_for_it(judged, path):
    answer = judged.get(f"/v1/organizations/{FERRY}{path}")
    assert answer.status_code == 308
    assert answer.headers["location"] == f"/v1/organizations/{ELAN}{path}"
    assert answer.headers["cache-control"] == "no-cache"
    assert judged.get(answer.headers["location"]).status_code == 200


def test_an_identifier_of_both_leads_to_one(judged, mini):
    assert mini.get("/v1/organizations/pic:999990005").status_code == 422
    answer = judged.get("/v1/organizations/pic:999990005")
    assert (answer.status_code, answer.headers["location"]) == (308, f"/v1/organizations/{ELAN}")


def test_an_organization_shows_its_records(judged):
    found = judged.get(f"/v1/organizations/{ELAN}").json()["data"]
    assert [(one["key"], one["name"], one["source"]) for one in found["records"]] == [
        (ELAN, "Élan & <Fils>", "mini"),
        (FERRY, "Ferry Ltd", "other"),
    ]
    # What the record that stands for both does not know, the other does.
    assert found["country"] == "GB"
    assert found["identifiers"] == [{"scheme": "pic", "value": "999990005"}]
    assert judged.get(f"/v1/organizations/{DAM}").json()["data"]["records"] == []


def test_alliances_and_ties_are_those_of_all_records(judged):
    rows = judged.get(f"/v1/organizations/{ELAN}/alliances").json()["data"]
    assert sorted(row["alliance"]["name"] for row in rows) == ["Gamma", "b1"]
    ties = judged.get(f"/v1/organizations/{ELAN}/ties?window=all").json()["data"]
    assert {tie["partner"]["key"] for tie in ties} == {DAM, GRACHT}
    (alliance,) = (row["alliance"]["key"] for row in rows if row["alliance"]["name"] == "b1")
    partners = judged.get(f"/v1/alliances/{alliance}").json()["data"]["partners"]
    assert {partner["organization"]["key"] for partner in partners} == {ELAN, GRACHT}


def test_searching_finds_it_by_every_name_once(judged):
    for words in ("Ferry", "Élan"):
        found = judged.get(f"/v1/organizations?q={words}").json()["data"]
        assert [one["key"] for one in found] == [ELAN]
    listed = [one["key"] for one in judged.get("/v1/organizations").json()["data"]]
    assert FERRY not in listed
    assert len(listed) == 6


def test_the_graph_says_which_record_stands_for_which(judged):
    text = judged.get(f"/v1/organizations/{ELAN}?format=turtle").text
    graph = rdflib.Graph().parse(data=text, format="turtle")
    ((record, stands),) = graph.subject_objects(rdflib.URIRef(TT + "canonicalRecord"))
    assert (str(record).endswith(FERRY), str(stands).endswith(ELAN)) == (True, True)
    rows = judged.get(f"/v1/queries/organization-records/results?organization={FERRY}").json()["data"]
    assert [(row["name"], row["canonical"]) for row in rows] == [
        ("Élan & <Fils>", True),
        ("Ferry Ltd", False),
    ]


def test_judgements_are_listed_with_what_became_of_them(judged):
    body = judged.get("/v1/judgements").json()
    assert [(one["left"], one["right"], one["verdict"], one["status"]) for one in body["data"]] == [
        (ELAN, FERRY, "same", "standing"),
        (ELAN, GRACHT, "same", "replaced"),
        (ELAN, GRACHT, "different", "standing"),
    ]
    first = body["data"][0]
    assert (first["by"], first["kind"], first["score"], first["reasons"]) == (
        "matcher 1",
        "machine",
        0.9,
        ["same PIC"],
    )
    assert first["key"] == GIVEN[0].key
    assert body["meta"]["next"] is None


@pytest.mark.parametrize(
    ("query", "count"),
    [
        (f"organization={GRACHT}", 2),
        (f"organization={FERRY}", 3),
        (f"organization={DAM}", 0),
        ("verdict=same", 2),
        ("by=Ada", 2),
        ("standing=true", 2),
        ("standing=false", 1),
        ("by=Ada&standing=true", 1),
    ],
)
def test_judgements_are_chosen(judged, query, count):
    assert len(judged.get(f"/v1/judgements?{query}").json()["data"]) == count


def test_judgements_come_in_pages_and_tables(judged):
    seen, path = [], "/v1/judgements?limit=1"
    while path:
        body = judged.get(path).json()
        seen += [one["key"] for one in body["data"]]
        path = body["meta"]["next"]
    assert seen == [one.key for one in GIVEN]
    rows = list(csv.DictReader(io.StringIO(judged.get("/v1/judgements?format=csv").text)))
    assert [row["key"] for row in rows] == seen
    assert rows[0]["reasons"] == "same PIC"
    graph = rdflib.Graph().parse(data=judged.get("/v1/judgements?format=turtle").text, format="turtle")
    assert len(set(graph.subjects(rdflib.RDF.type, rdflib.URIRef(TT + "Judgement")))) == 3


@pytest.mark.parametrize("query", ["organization=x", "verdict=maybe", "standing=perhaps", "cursor=abc"])
def test_what_cannot_be_chosen_is_refused(judged, query):
    answer = judged.get(f"/v1/judgements?{query}")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (422, "invalid-parameter")


def test_without_judgements_the_list_is_empty(mini):
    assert mini.get("/v1/judgements").json()["data"] == []


def test_the_doctor_compares_judgements(judged_data):
    found = {one.check: one for one in examine(small_settings(judged_data), audit=True)}
    assert {name: one.detail for name, one in found.items() if one.verdict is Found.BAD} == {}
    assert found["audit judgements"].detail.startswith("3 judgements join 1 records")
