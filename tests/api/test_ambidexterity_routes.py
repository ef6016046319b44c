"""Exploration and exploitation over HTTP."""

from __future__ import annotations

import pytest


def key_of(client, name):
    return client.get("/v1/organizations", params={"q": name}).json()["data"][0]["key"]


def test_recorded_orientations_are_read_from_the_graph(mini):
    key = key_of(mini, "Brug")
    data = mini.get(f"/v1/organizations/{key}/ambidexterity").json()["data"]
    assert data["organization"]["key"] == key
    years = {row["year"]: row for row in data["years"]}
    assert list(years) == [2015, 2016, 2017]
    explored, exploited = years[2015]["domains"], years[2017]["domains"]
    assert (explored["function"]["exploration"], explored["function"]["inferred"]) == (1.0, 0)
    assert (exploited["function"]["exploration"], exploited["structure"]["exploration"]) == (0.0, 1.0)
    assert explored["attribute"]["exploration"] is None
    assert exploited["attribute"]["exploration"] == pytest.approx(1.0)
    assert years[2017]["across"]["function_structure"] == 1.0
    assert years[2016]["units"] == 0
    assert years[2016]["domains"]["structure"]["balance"] is None


def test_the_portfolio_follows_the_window(mini):
    key = key_of(mini, "Brug")
    everything, day = (
        mini.get(f"/v1/organizations/{key}/ambidexterity", params={"window": window}).json()["data"]
        for window in ("all", 0)
    )
    assert everything["portfolio"]["partners"] == 3
    assert everything["portfolio"]["partners"] == everything["portfolio"]["compared"]
    assert 0 < everything["portfolio"]["concentration"] <= 1
    assert day["years"] == everything["years"]


def test_interdependence_says_which_rule_made_each_coding(mini):
    key = key_of(mini, "Brug")
    found = mini.get(f"/v1/organizations/{key}/ambidexterity", params={"window": "all"}).json()["data"]
    told = found["portfolio"]["interdependence"]
    assert told["pairs"] == 3
    rules = {rule["rule"]: rule for rule in told["rules"]}
    assert set(rules) == {"strong-tie", "opposing-functions"}
    assert all(rule["sources"] and rule["statement"] for rule in rules.values())
    # Brug explored with two partners in Noord and exploits with Dam.
    assert told["hindering"] == 2
    assert {pair["other"]["name"] for pair in told["named"] if pair["effect"] == "hindering"} == {"Dam AG"}
    for pair in told["named"]:
        assert pair["effect"] == rules[pair["rule"]]["effect"]
    assert told["uncoded"] + told["hindering"] + told["facilitating"] - told["both"] == told["pairs"]


def test_every_organization_of_the_demonstration_can_be_asked(demo):
    for row in demo.get("/v1/network/brokers", params={"limit": 3}).json()["data"]:
        key = row["organization"]["key"]
        response = demo.get(f"/v1/organizations/{key}/ambidexterity")
        assert response.status_code == 200, response.text
        data = response.json()["data"]
        assert sum(year["units"] for year in data["years"]) > 0
        assert data["portfolio"]["overlaps"]
        assert data["portfolio"]["redundant"] == pytest.approx(1 - row["efficiency"])
