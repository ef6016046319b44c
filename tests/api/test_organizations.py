"""Organisations: found, shown, followed from their identifiers, in every representation offered."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json

import pyoxigraph as ox
import pytest
from tertius.api.models import Bridge, EgoNetwork, Envelope, Membership, OrganizationDetail, Position, Tie
from tertius.loaders import LoadJob, load
from tertius.ontology.identity import key

BRUG = key("pic", "999990002")
TT = "https://w3id.org/tertius/ontology#"


@pytest.fixture(scope="module")
def keys(mini):
    rows = mini.get("/v1/organizations").json()["data"]
    return {row["name"]: row["key"] for row in rows}


def names(response):
    assert response.status_code == 200, response.text
    return [row["name"] for row in response.json()["data"]]


def test_all_organizations_are_listed_by_name(mini):
    found = names(mini.get("/v1/organizations"))
    assert found == [
        "=Cijfer SA",
        "Anker BV",
        "Brug GmbH",
        "Dam AG",
        "Ferry Ltd",
        "Gracht NV",
        "Élan & <Fils>",
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=brug", ["Brug GmbH"]),
        ("q=BRU", ["Brug GmbH"]),
        ("q=elan", ["Élan & <Fils>"]),
        ("q=gm br", ["Brug GmbH"]),
        ("q=999990004", ["Dam AG"]),
        ("q=nobody", []),
        ("q=%22%27)(*:-", []),
        ("q=a* OR b*", []),
        ("country=de", ["Brug GmbH", "Dam AG"]),
        ("country=DE&q=dam", ["Dam AG"]),
        ("circle=country-NL", ["Anker BV", "Gracht NV"]),
        ("circle=type-HES", ["=Cijfer SA"]),
        ("circle=type-NONE", []),
        ("identifier=pic:999990001", ["Anker BV"]),
        ("identifier=pic:999990005", ["Ferry Ltd", "Élan & <Fils>"]),
        ("identifier=lei:999990001", []),
    ],
)
def test_organizations_are_found(mini, query, expected):
    assert names(mini.get(f"/v1/organizations?{query}")) == expected


@pytest.mark.parametrize("query", ["", "q=b", "country=DE"])
def test_pages_together_are_the_whole_list(mini, query):
    whole = names(mini.get(f"/v1/organizations?{query}"))
    path = f"/v1/organizations?{query}&limit=1"
    collected = []
    while path is not None:
        response = mini.get(path)
        collected += names(response)
        path = response.json()["meta"]["next"]
        assert response.headers.get("link") == (f'<{path}>; rel="next"' if path else None)
    assert collected == whole


def test_a_cursor_of_another_list_is_refused(mini):
    following = mini.get("/v1/organizations?limit=1").json()["meta"]["next"]
    response = mini.get(following.replace("limit=1", "country=DE"))
    assert response.status_code == 422
    assert response.json()["parameter"] == "cursor"


def test_one_organization_has_its_documented_shape(mini, keys):
    body = mini.get(f"/v1/organizations/{keys['Brug GmbH']}").json()
    found = Envelope[OrganizationDetail].model_validate(body).data
    assert found.name == "Brug GmbH"
    assert found.country == "DE"
    assert found.circles.type == "PRC"
    assert [(one.scheme, one.value) for one in found.identifiers] == [("pic", "999990002")]
    assert found.iri.endswith(f"/id/organization/{found.key}")
    assert body["meta"]["snapshot"] == 2
    assert body["meta"]["next"] is None


@pytest.mark.parametrize("tail", ["", "/bridges", "/position?window=all", "/alliances?limit=1"])
def test_an_identifier_leads_to_the_canonical_address(mini, keys, tail):
    response = mini.get(f"/v1/organizations/pic:999990002{tail}")
    assert response.status_code == 308
    assert response.headers["location"] == f"/v1/organizations/{keys['Brug GmbH']}{tail}"
    assert response.headers["cache-control"] == "no-cache"
    assert mini.get(response.headers["location"]).status_code == 200


def test_an_identifier_of_two_organizations_is_not_guessed(mini, keys):
    response = mini.get("/v1/organizations/pic:999990005")
    assert response.status_code == 422
    assert response.json()["parameter"] == "key"
    assert keys["Ferry Ltd"] in response.json()["detail"]


@pytest.mark.parametrize("given", ["pic:1", "aaaaaaaaaaaaaaaa", "x", "lei:", "%00", "-", "a b", "é"])
@pytest.mark.parametrize("tail", ["", "/ties", "/position", "/bridges", "/network", "/alliances"])
def test_nothing_is_found_under_other_keys(mini, given, tail):
    response = mini.get(f"/v1/organizations/{given}{tail}")
    assert response.status_code == 404
    assert response.json()["type"].endswith("/problem/not-found")


def test_facts_come_as_rdf_that_says_what_json_says(mini, keys):
    path = f"/v1/organizations/{keys['Brug GmbH']}"
    iri = mini.get(path).json()["data"]["iri"]
    formats = {
        "text/turtle": ox.RdfFormat.TURTLE,
        "application/n-triples": ox.RdfFormat.N_TRIPLES,
        "application/ld+json": ox.RdfFormat.JSON_LD,
    }
    graphs = []
    for media, form in formats.items():
        response = mini.get(path, headers={"Accept": media})
        assert response.headers["content-type"].startswith(media)
        assert response.headers["tertius-snapshot"] == "2"
        graphs.append({quad.triple for quad in ox.parse(response.content, format=form)})
    assert graphs[0] == graphs[1] == graphs[2]
    label = ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
    assert ox.Triple(ox.NamedNode(iri), label, ox.Literal("Brug GmbH")) in graphs[0]
    notation = ox.NamedNode("http://www.w3.org/2004/02/skos/core#notation")
    assert any(triple.predicate == notation and triple.object.value == "999990002" for triple in graphs[0])


def test_alliances_are_listed_from_the_earliest(mini, keys):
    rows = mini.get(f"/v1/organizations/{keys['Brug GmbH']}/alliances").json()
    found = Envelope[list[Membership]].model_validate(rows).data
    assert [(one.alliance.name, one.role, str(one.start), str(one.end)) for one in found] == [
        ("Alpha", "partner", "2015-01-01", "2018-12-31"),
        ("Beta", "partner", "2017-01-01", "2019-12-31"),
    ]


def test_ties_carry_their_evidence(mini, keys):
    body = mini.get(f"/v1/organizations/{keys['Brug GmbH']}/ties?window=all&weight=count").json()
    found = {tie.partner.name: tie for tie in Envelope[list[Tie]].model_validate(body).data}
    assert set(found) == {"Anker BV", "=Cijfer SA", "Dam AG"}
    assert found["Dam AG"].local_bridge
    assert not found["Anker BV"].local_bridge
    assert [one.name for one in found["Dam AG"].tie.alliances] == ["Beta"]
    assert str(found["Dam AG"].tie.first) == "2017-01-01"
    assert found["Dam AG"].tie.weight == 1
    assert body["meta"]["weight"] == "count"
    assert body["meta"]["window"] == "all"


def test_bridges_come_with_what_each_alone_reaches(mini, keys):
    body = mini.get(f"/v1/organizations/{keys['Brug GmbH']}/bridges?window=all&weight=binary").json()
    found = Envelope[list[Bridge]].model_validate(body).data
    assert {one.partner.name: one.exclusive_reach for one in found} == {
        "Dam AG": 1,
        "=Cijfer SA": 0,
        "Anker BV": 0,
    }
    assert found[0].partner.name == "Dam AG"


@pytest.mark.parametrize(
    ("partition", "expected"),
    [("country", {"Dam AG": False, "Anker BV": True, "=Cijfer SA": True}), ("type", {"Dam AG": None})],
)
def test_the_partition_decides_what_is_another_circle(mini, keys, partition, expected):
    path = f"/v1/organizations/{keys['Brug GmbH']}/bridges?window=all&partition={partition}"
    found = {row["partner"]["name"]: row["other_circle"] for row in mini.get(path).json()["data"]}
    assert {name: found[name] for name in expected} == expected


def test_a_position_without_ties_has_no_values(mini, keys):
    body = mini.get(f"/v1/organizations/{keys['Gracht NV']}/position?window=0&as_of=2016-01-01").json()
    found = Envelope[Position].model_validate(body).data
    assert found.degree == 0
    assert found.constraint is None
    assert found.effective_size is None
    assert found.standing == "inactive"


def test_the_ego_network_holds_all_ties_among_its_nodes(mini, keys):
    body = mini.get(f"/v1/organizations/{keys['Brug GmbH']}/network?window=all").json()
    found = Envelope[EgoNetwork].model_validate(body).data
    by_key = {node.organization.key: node.organization.name for node in found.nodes}
    assert found.organization.name == "Brug GmbH"
    assert set(by_key.values()) == {"Brug GmbH", "Anker BV", "=Cijfer SA", "Dam AG"}
    ties = {frozenset((by_key[tie.source], by_key[tie.target])) for tie in found.ties}
    assert frozenset(("Anker BV", "=Cijfer SA")) in ties
    assert len(ties) == 4


def test_csv_disarms_formulas_and_keeps_provenance_in_headers(mini, keys):
    response = mini.get(f"/v1/organizations/{keys['Brug GmbH']}/bridges?window=all&format=csv")
    assert response.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert {row["name"] for row in rows} == {"Dam AG", "'=Cijfer SA", "Anker BV"}
    assert response.headers["tertius-window"] == "all"
    assert response.headers["tertius-weight"] == "newman"
    assert response.headers["tertius-snapshot"] == "2"
    json_rows = mini.get(f"/v1/organizations/{keys['Brug GmbH']}/bridges?window=all").json()["data"]
    assert [float(row["dyadic_constraint"]) for row in rows] == [
        row["dyadic_constraint"] for row in json_rows
    ]


def test_excluded_organizations_are_gone_and_unknown_ones_refused(mini, keys):
    path = f"/v1/organizations/{keys['Brug GmbH']}/ties?window=all"
    found = mini.get(f"{path}&exclude={keys['Dam AG']}").json()
    assert {row["partner"]["name"] for row in found["data"]} == {"Anker BV", "=Cijfer SA"}
    assert found["meta"]["exclude"] == [keys["Dam AG"]]
    for wrong in ("aaaaaaaaaaaaaaaa", "nonsense"):
        response = mini.get(f"{path}&exclude={wrong}")
        assert response.status_code == 422
        assert response.json()["parameter"] == "exclude"


def test_a_default_position_comes_from_the_graph_as_turtle(mini, keys):
    path = f"/v1/organizations/{keys['Brug GmbH']}/position"
    response = mini.get(path, headers={"Accept": "text/turtle"})
    triples = [quad.triple for quad in ox.parse(response.content, format=ox.RdfFormat.TURTLE)]
    constraint = [float(t.object.value) for t in triples if t.predicate.value == f"{TT}constraint"]
    assert constraint == [pytest.approx(mini.get(path).json()["data"]["constraint"], abs=1e-12)]
    refused = mini.get(f"{path}?window=all", headers={"Accept": "text/turtle"})
    assert refused.status_code == 406
    assert json.loads(refused.text)["acceptable"] == ["application/json", "text/csv"]


def test_what_was_seen_to_go_on_says_when_it_was_last_seen(make_client, tmp_path):
    table = tmp_path / "ongoing.csv"
    table.write_text(
        "alliance,partner,from,to\n"
        "a,One,2019-01-01,ongoing\n"
        "a,Two,2019-01-01,2020-06-30\n"
        "a,Three,2019-01-01,\n"
    )
    data = tmp_path / "data"
    job = LoadJob(data=data, source="seen", files=(table,), retrieved=dt.date(2024, 3, 1))
    assert load(job).published
    client = make_client(data)
    found = {}
    for row in client.get("/v1/organizations").json()["data"]:
        path = f"/v1/organizations/{row['key']}/alliances"
        (membership,) = client.get(path).json()["data"]
        found[row["name"]] = (membership["end"], membership["last_observed"])
        (line,) = csv.DictReader(io.StringIO(client.get(f"{path}?format=csv").text))
        assert line["last_observed"] == (membership["last_observed"] or "")
        of_alliance = client.get(f"/v1/alliances/{membership['alliance']['key']}").json()["data"]["partners"]
    assert found == {"One": (None, "2024-03-01"), "Two": ("2020-06-30", None), "Three": (None, None)}
    assert {one["organization"]["name"]: (one["end"], one["last_observed"]) for one in of_alliance} == found
