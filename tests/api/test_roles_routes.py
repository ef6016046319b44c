"""Roles, cores and cut points in the answers, over the partition asked for."""

from __future__ import annotations

import csv
import io

import pytest
from tertius.api.models import Envelope, Position, Tie


@pytest.fixture(scope="module")
def keys(mini):
    return {row["name"]: row["key"] for row in mini.get("/v1/organizations").json()["data"]}


def position(client, key, query=""):
    body = client.get(f"/v1/organizations/{key}/position?window=all&{query}").json()
    return Envelope[Position].model_validate(body).data


def test_roles_follow_the_partition(mini, keys):
    # Brug (DE) has partners Anker (NL) and Cijfer (FR), who are tied, and Dam (DE).
    brug = position(mini, keys["Brug GmbH"], "partition=country")
    assert brug.roles.model_dump() == {
        "coordinator": 0,
        "consultant": 0,
        "gatekeeper": 2,
        "liaison": 0,
        "unclassified": 0,
    }
    assert brug.participation_coefficient == pytest.approx(1 - 3 / 9)
    assert (brug.core, brug.articulation) == (2, True)
    # Dam stands between Brug (DE) and Élan, whose country nobody knows.
    assert position(mini, keys["Dam AG"], "partition=country").roles.unclassified == 1
    with_communities = position(mini, keys["Brug GmbH"])
    assert sum(with_communities.roles.model_dump().values()) == 2


def test_an_unknown_partition_is_named(mini, keys):
    response = mini.get(f"/v1/organizations/{keys['Dam AG']}/position?partition=colour")
    assert (response.status_code, response.json()["parameter"]) == (422, "partition")


def test_brokers_as_csv_have_a_column_for_every_role(mini):
    text = mini.get("/v1/network/brokers?window=all&partition=country&format=csv").text
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(text))}
    assert rows["Brug GmbH"]["gatekeeper"] == "2"
    assert rows["Brug GmbH"]["articulation"] == "true"
    assert rows["Anker BV"]["core"] == "2"


def test_ties_say_how_far_round_they_save(mini, keys):
    body = mini.get(f"/v1/organizations/{keys['Brug GmbH']}/ties?window=all").json()
    rows = {row.partner.name: row for row in Envelope[list[Tie]].model_validate(body).data}
    assert (rows["Anker BV"].span, rows["Anker BV"].local_bridge) == (2, False)
    assert (rows["Dam AG"].span, rows["Dam AG"].local_bridge) == (None, True)


def test_the_graph_holds_the_roles_over_communities(mini, keys):
    response = mini.get(f"/v1/organizations/{keys['Brug GmbH']}/position?format=turtle")
    for term in ("core", "articulation", "participationCoefficient", "gatekeeperPaths", "liaisonPaths"):
        assert f"{term}" in response.text
