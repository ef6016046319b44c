"""Routes that look ahead: what they answer, how they page, and what they refuse."""

from __future__ import annotations

import csv
import io

import pytest

ALL = {"window": "all"}


def keys_of(client, *names):
    found = {
        row["name"]: row["key"]
        for row in client.get("/v1/organizations", params={"limit": 1000}).json()["data"]
    }
    return [found[name] for name in names]


def ask(client, key, what, **parameters):
    response = client.get(f"/v1/organizations/{key}/{what}", params={**ALL, **parameters})
    assert response.status_code == 200, response.text
    return response.json()


def test_exploration_names_what_it_follows_and_what_it_tried(mini):
    (anker,) = keys_of(mini, "Anker BV")
    answer = ask(mini, anker, "prospects", partition="country")
    meta = answer["meta"]
    assert (meta["mode"], meta["propositions"], meta["strong_min"]) == ("exploration", [3], 2)
    assert (meta["tie_weight"], meta["partition"], meta["window"]) == (0.5, "country", "all")
    assert {row["organization"]["country"] for row in answer["data"]} <= {"DE", "GB", "FR"}
    assert all(row["other_circle"] is True for row in answer["data"])
    assert all(row["constraint_after"] < row["constraint_before"] for row in answer["data"])
    # Nobody says where Élan & <Fils> is.
    assert meta["left_out"] == 1


def test_exploitation_lists_whom_strong_ties_lead_to(mini):
    (anker,) = keys_of(mini, "Anker BV")
    answer = ask(mini, anker, "prospects", mode="exploitation", strong_min=1, partition="community")
    assert answer["meta"]["propositions"] == [1, 2]
    for row in answer["data"]:
        assert row["other_circle"] is False
        first = row["introductions"][0]
        assert first[0]["source"]["key"] == anker
        assert first[-1]["target"] == row["organization"]
        assert all(step["shared_alliances"] == len(step["tie"]["alliances"]) for step in first)
    assert ask(mini, anker, "prospects", mode="exploitation")["data"] == []


def test_pages_join_into_the_whole_list(demo):
    key = demo.get("/v1/network/brokers", params={"limit": 1}).json()["data"][0]["organization"]["key"]
    for mode in ("exploration", "exploitation"):
        whole = ask(demo, key, "prospects", mode=mode, limit=1000, introductions=0)["data"]
        rows, path = [], f"/v1/organizations/{key}/prospects?window=all&mode={mode}&limit=97&introductions=0"
        while path and len(rows) < len(whole):
            answer = demo.get(path).json()
            rows += answer["data"]
            path = answer["meta"]["next"]
        assert rows[: len(whole)] == whole
        assert len({row["organization"]["key"] for row in rows}) == len(rows)


def test_filters(demo):
    key = demo.get("/v1/network/brokers", params={"limit": 1}).json()["data"][0]["organization"]["key"]

    def found(**parameters):
        rows = ask(demo, key, "prospects", introductions=0, **parameters)["data"]
        return [row["organization"] for row in rows]

    assert {row["country"] for row in found(country="nl")} == {"NL"}
    assert {row["country"] for row in found(circle="country-FR", partition="community")} == {"FR"}
    assert all(
        any(one["scheme"] == "pic" for one in row["identifiers"]) for row in found(has_identifier="pic")
    )
    assert found(has_identifier="lei") == []
    assert found(size="gigantic") == []
    first = found()[0]["key"]
    assert first not in {row["key"] for row in found(competitor=first)}


def test_a_type_and_a_community_are_circles_too(mini):
    ferry, anker = keys_of(mini, "Ferry Ltd", "Anker BV")
    rows = ask(mini, ferry, "prospects", circle="type-PRC")["data"]
    assert {row["organization"]["name"] for row in rows} == {"Anker BV", "Brug GmbH"}
    community = mini.get(f"/v1/organizations/{anker}/position", params=ALL).json()["data"]["community"]
    rows = ask(mini, ferry, "prospects", circle=f"community-{community}")["data"]
    assert anker in {row["organization"]["key"] for row in rows}


def test_csv_names_who_introduces(demo):
    key = demo.get("/v1/network/brokers", params={"limit": 1}).json()["data"][0]["organization"]["key"]
    parameters = {"mode": "exploitation", "limit": 5, "introductions": 1}
    rows = ask(demo, key, "prospects", **parameters)["data"]
    text = demo.get(f"/v1/organizations/{key}/prospects", params={**ALL, **parameters, "format": "csv"}).text
    table = list(csv.DictReader(io.StringIO(text)))
    assert [row["key"] for row in table] == [row["organization"]["key"] for row in rows]
    assert table[0]["introduced_by"].split() == [
        step["target"]["key"] for step in rows[0]["introductions"][0][:-1]
    ]


def test_introductions_lead_from_one_to_the_other(mini):
    anker, dam, brug, ferry = keys_of(mini, "Anker BV", "Dam AG", "Brug GmbH", "Ferry Ltd")
    answer = ask(mini, anker, "introductions", to=dam, strong_min=1)
    way, longer = answer["data"]
    assert [step["target"]["key"] for step in way["steps"]] == [brug, dam]
    assert (len(longer["steps"]), longer["product"] < way["product"]) == (3, True)
    assert way["product"] == pytest.approx(way["steps"][0]["p"] * way["steps"][1]["p"])
    assert ask(mini, anker, "introductions", to=dam, strong_min=1, competitor=brug)["data"] == []
    tied = ask(mini, anker, "introductions", to=brug)
    assert (tied["data"], "partners already" in tied["meta"]["note"]) == ([], True)
    assert ask(mini, anker, "introductions", to=ferry)["meta"]["note"] is None


@pytest.mark.parametrize(
    ("what", "parameters", "named"),
    [
        ("prospects", {"mode": "luck"}, "mode"),
        ("prospects", {"strong_min": 0}, "strong_min"),
        ("prospects", {"introductions": 11}, "introductions"),
        ("prospects", {"competitor": "aaaaaaaaaaaaaaaa"}, "competitor"),
        ("prospects", {"competitor": "x"}, "competitor"),
        ("prospects", {"country": "NL", "circle": "country-DE"}, "country"),
        ("prospects", {"circle": "planet-x"}, "circle"),
        ("prospects", {"cursor": "x"}, "cursor"),
        ("introductions", {}, "to"),
        ("introductions", {"to": "aaaaaaaaaaaaaaaa"}, "to"),
        ("introductions", {"to": "short"}, "to"),
        ("introductions", {"to": "self"}, "to"),
    ],
)
def test_what_cannot_be_searched_is_refused_by_name(mini, what, parameters, named):
    (anker,) = keys_of(mini, "Anker BV")
    parameters = {name: anker if value == "self" else value for name, value in parameters.items()}
    response = mini.get(f"/v1/organizations/{anker}/{what}", params=parameters)
    assert (response.status_code, response.json()["parameter"]) == (422, named), response.text


def suppose(client, key, change, **parameters):
    return client.post(f"/v1/organizations/{key}/what-if", params={**ALL, **parameters}, json=change)


def test_a_supposed_alliance_changes_positions_and_nothing_stored(mini):
    anker, dam, brug = keys_of(mini, "Anker BV", "Dam AG", "Brug GmbH")
    before = mini.get(f"/v1/organizations/{anker}/position", params=ALL).json()["data"]
    response = suppose(mini, anker, {"add": [{"alliance": [dam]}, {"organization": brug, "weight": 0.5}]})
    assert response.status_code == 200, response.text
    data = response.json()["data"]
    assert data["before"] == before
    assert (data["after"]["degree"], data["after"]["strength"]) == (3, pytest.approx(2.5))
    assert data["after"]["percentiles"] is None
    assert 1 <= len(data["others"]) <= 3
    assert all(one["before"]["organization"] == one["after"]["organization"] for one in data["others"])
    assert data["affected"] >= len(data["others"])
    assert mini.get(f"/v1/organizations/{anker}/position", params=ALL).json()["data"] == before


def test_a_supposed_end_takes_the_ties_of_a_whole_alliance(mini):
    (dam,) = keys_of(mini, "Dam AG")
    alliances = mini.get("/v1/alliances").json()["data"]
    gamma = next(row["key"] for row in alliances if row["name"] == "Gamma")
    data = suppose(mini, dam, {"end": [{"alliance": gamma}]}).json()["data"]
    assert data["after"]["degree"] == data["before"]["degree"] - 1
    meta = suppose(mini, dam, {}, weight="binary").json()["meta"]
    assert (meta["weight"], meta["window"]) == ("binary", "all")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"add": [{"organization": "aaaaaaaaaaaaaaaa"}]}, "add"),
        ({"end": [{"alliance": "aaaaaaaaaaaaaaaa"}]}, "end"),
        ({"add": [{"organization": "x"}]}, "add.0"),
        ({"add": [{"alliance": []}]}, "add.0"),
        ({"add": [{"organization": "aaaaaaaaaaaaaaaa", "weight": 0}]}, "add.0"),
        ({"remove": []}, "remove"),
        ({"add": [{}] * 21}, "add"),
        ([], "body"),
    ],
)
def test_a_change_that_cannot_be_supposed_is_refused_by_name(mini, change, named):
    (anker,) = keys_of(mini, "Anker BV")
    response = suppose(mini, anker, change)
    assert response.status_code == 422, response.text
    assert response.json()["parameter"].startswith(named)
    assert response.json()["errors"][0]["in"] == "body"
