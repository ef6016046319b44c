"""Brokers between two sides, and what each bridging partner would take along."""

from __future__ import annotations

import csv
import io

import pytest
from tertius.api.models import Bridge, BrokerBetween, Envelope


@pytest.fixture(scope="module")
def keys(mini):
    return {row["name"]: row["key"] for row in mini.get("/v1/organizations").json()["data"]}


def between(client, one, other):
    response = client.get(f"/v1/network/brokers-between?window=all&from={one}&to={other}")
    assert response.status_code == 200, response.text
    return Envelope[list[BrokerBetween]].model_validate(response.json()).data


def test_organizations_and_circles_can_stand_on_either_side(mini, keys):
    (one,) = between(mini, keys["Anker BV"], keys["Dam AG"])
    assert (one.organization.name, one.open_pairs, one.side) == ("Brug GmbH", 1, None)
    (one,) = between(mini, "country-NL", "country-DE")
    assert (one.organization.name, one.from_partners, one.to_partners, one.side) == ("Brug GmbH", 1, 1, "to")
    (one,) = between(mini, "type-HES", keys["Dam AG"])
    assert one.organization.name == "Brug GmbH"
    assert between(mini, keys["Anker BV"], keys["Brug GmbH"]) == []
    community = mini.get(f"/v1/organizations/{keys['Dam AG']}/position?window=all").json()["data"][
        "community"
    ]
    assert between(mini, keys["Anker BV"], f"community-{community}")[0].organization.name == "Brug GmbH"


def test_brokers_between_as_csv(mini):
    text = mini.get("/v1/network/brokers-between?window=all&from=country-NL&to=country-DE&format=csv").text
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["name"], row["open_pairs"], row["side"]) == ("Brug GmbH", "1", "to")


@pytest.mark.parametrize(
    ("query", "status", "parameter"),
    [
        ("to=country-NL", 422, "from"),
        ("from=country-NL", 422, "to"),
        ("from=planet-NL&to=country-NL", 422, "from"),
        ("from=country-XX&to=country-NL", 422, "from"),
        ("from=country-NL&to=community-99", 422, "to"),
        (f"from={'a' * 16}&to=country-NL", 404, None),
    ],
)
def test_a_side_that_is_not_there_is_named(mini, query, status, parameter):
    response = mini.get(f"/v1/network/brokers-between?{query}")
    assert response.status_code == status, response.text
    assert response.json().get("parameter") == parameter


def test_pages_of_brokers_between_go_on(demo):
    path = "/v1/network/brokers-between?from=country-DE&to=country-FR&limit=100"
    first = demo.get(path).json()
    rows = Envelope[list[BrokerBetween]].model_validate(first).data
    rows += Envelope[list[BrokerBetween]].model_validate(demo.get(first["meta"]["next"]).json()).data
    assert [row.open_pairs for row in rows] == sorted((row.open_pairs for row in rows), reverse=True)
    assert len({row.organization.key for row in rows}) == len(rows) > 100
    assert all(row.open_pairs <= row.from_partners * row.to_partners for row in rows)


def test_bridging_partners_say_what_would_be_lost(mini, keys):
    path = f"/v1/organizations/{keys['Anker BV']}/bridges?window=all"
    rows = Envelope[list[Bridge]].model_validate(mini.get(path).json()).data
    best = rows[0]
    assert best.partner.name == "Brug GmbH"
    # Reach: Brug, Cijfer, Dam; without Brug only Cijfer is left.
    assert best.without.model_dump(include={"reach", "reach_lost"}) == {"reach": 1, "reach_lost": 2}
    assert best.without.constraint == pytest.approx(1.0)
    now = mini.get(f"/v1/organizations/{keys['Anker BV']}/position?window=all").json()["data"]["constraint"]
    assert best.without.constraint_change == pytest.approx(1.0 - now)
    assert sum(best.roles.model_dump().values()) == 2
    left = mini.get(f"{path}&exclude={keys['Brug GmbH']}").json()["data"]
    assert [row["partner"]["name"] for row in left] == ["=Cijfer SA"]


def test_bridges_without_a_partner_equal_leaving_it_out_of_small_weights(demo):
    (broker,) = demo.get("/v1/network/brokers?limit=1&weight=binary").json()["data"]
    key = broker["organization"]["key"]
    rows = demo.get(f"/v1/organizations/{key}/bridges?weight=binary&limit=3").json()["data"]
    for row in rows:
        excluded = f"weight=binary&exclude={row['partner']['key']}"
        left = demo.get(f"/v1/organizations/{key}/position?{excluded}").json()["data"]
        assert row["without"]["constraint"] == pytest.approx(left["constraint"], abs=1e-12)
