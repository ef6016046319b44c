"""Positions over time, and what changed since a day or a snapshot."""

from __future__ import annotations

import csv
import io

import pytest
from tertius.api.models import Envelope
from tertius.api.time_models import Changes, PositionAt


@pytest.fixture(scope="module")
def keys(mini):
    return {row["name"]: row["key"] for row in mini.get("/v1/organizations").json()["data"]}


def changes(client, query):
    response = client.get(f"/v1/changes?{query}")
    assert response.status_code == 200, response.text
    return Envelope[Changes].model_validate(response.json())


def test_a_series_has_the_position_of_every_day(mini, keys):
    path = f"/v1/organizations/{keys['Brug GmbH']}/position"
    response = mini.get(f"{path}/history?from=2015-06-01&to=2019-06-01&window=0&partition=country")
    body = Envelope[list[PositionAt]].model_validate(response.json())
    assert [str(row.as_of) for row in body.data] == [f"{year}-06-01" for year in range(2015, 2020)]
    assert [row.degree for row in body.data] == [2, 2, 3, 3, 1]
    assert [row.reach for row in body.data] == [2, 2, 3, 4, 2]
    assert body.meta.partition == "country"
    for row in body.data:
        one = mini.get(f"{path}?as_of={row.as_of}&window=0&partition=country").json()["data"]
        assert {name: one[name] for name in ("constraint", "roles", "core", "standing")} == {
            name: row.model_dump(mode="json")[name] for name in ("constraint", "roles", "core", "standing")
        }


def test_the_defaults_are_ten_years_up_to_the_as_of_day(mini, keys):
    rows = mini.get(f"/v1/organizations/{keys['Dam AG']}/position/history").json()["data"]
    assert len(rows) == 11
    assert (rows[0]["as_of"], rows[-1]["as_of"]) == ("2008-06-01", "2018-06-01")
    assert (rows[0]["standing"], rows[0]["degree"], rows[0]["reach"]) == ("inactive", 0, 0)


def test_a_series_as_csv_is_one_table(mini, keys):
    response = mini.get(f"/v1/organizations/{keys['Dam AG']}/position/history?from=2016-06-01&format=csv")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert [row["as_of"] for row in rows] == ["2016-06-01", "2017-06-01", "2018-06-01"]
    assert rows[-1]["reach"] == "4"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("from=2020-01-01&to=2019-01-01", "from"),
        ("from=yesterday", "from"),
        ("to=2019", "to"),
        ("step=0", "step"),
        ("step=1", "step"),
        ("step=year", "step"),
        ("first=2019-01-01", "first"),
    ],
)
def test_a_series_out_of_bounds_names_its_parameter(mini, keys, query, parameter):
    response = mini.get(f"/v1/organizations/{keys['Dam AG']}/position/history?{query}")
    assert response.status_code == 422, response.text
    assert response.json()["parameter"] == parameter


def test_a_series_of_nobody_is_not_found(mini):
    assert mini.get(f"/v1/organizations/{'a' * 16}/position/history").status_code == 404


def test_a_day_is_compared_with_the_as_of_day(mini):
    body = changes(mini, "since=2016-01-01&as_of=2018-06-01&window=0")
    assert (body.data.before.snapshot, body.data.after.snapshot) == (2, 2)
    assert (str(body.data.before.as_of), str(body.data.after.as_of)) == ("2016-01-01", "2018-06-01")
    formed = [row for row in body.data.changes if row.kind == "tie_formed"]
    assert body.data.counts.ties_formed == len(formed) == 3
    names = [{row.organization.name, row.partner.name} for row in formed]
    assert {"Brug GmbH", "Dam AG"} in names
    assert body.data.counts.organizations_entered == 4
    only = changes(mini, "since=2016-01-01&as_of=2018-06-01&window=0&kind=tie_ended").data
    assert only.changes == []
    assert only.counts == body.data.counts


def test_an_earlier_snapshot_is_compared_as_it_stood(mini):
    body = changes(mini, "since=1&window=all")
    assert (body.data.before.snapshot, body.data.after.snapshot) == (1, 2)
    (formed,) = [row for row in body.data.changes if row.kind == "tie_formed"]
    assert {formed.organization.name, formed.partner.name} == {"Ferry Ltd", "Gracht NV"}
    assert formed.weight == 1.0


def test_pages_of_changes_go_on(mini):
    path, found = "/v1/changes?since=2016-01-01&window=0&limit=2", []
    while path is not None:
        body = mini.get(path).json()
        found += body["data"]["changes"]
        path = body["meta"]["next"]
    assert found == mini.get("/v1/changes?since=2016-01-01&window=0").json()["data"]["changes"]
    table = mini.get("/v1/changes?since=2016-01-01&window=0&format=csv").text
    assert len(list(csv.reader(io.StringIO(table)))) == len(found) + 1


def test_pages_share_one_comparison_and_other_questions_do_not(make_client, mini_data):
    service = make_client(mini_data)
    kept = service.app.state.services.differences

    def asked(query):
        return len(kept), changes(service, query).data, len(kept)

    path, rows = "since=2016-01-01&window=0", []
    before, first, after = asked(f"{path}&limit=1")
    assert (before, after) == (0, 1)
    for only in ("&limit=2", "&kind=tie_formed", "&kind=tie_ended", "&window=0&limit=1000", ""):
        before, found, after = asked(path + only)
        assert (before, after) == (1, 1)
        assert found.counts == first.counts
        rows = found.changes
    assert rows[:1] == first.changes
    others = ("&least=50", "&order=degree", "&weight=count", "&as_of=2017-06-01")
    for other in (path + one for one in others):
        before, _, after = asked(other)
        assert after == before + 1
    before, _, after = asked("since=2015-01-01&window=0")
    assert after == before + 1
    before, _, after = asked("since=1&window=0")
    assert after == before + 1


@pytest.mark.parametrize(
    ("query", "status", "parameter"),
    [
        ("", 422, "since"),
        ("since=2018-06-01", 422, "since"),
        ("since=2", 422, "since"),
        ("since=-1", 422, "since"),
        ("since=lately", 422, "since"),
        ("since=2018-13-01", 422, "since"),
        ("since=2016-01-01&kind=tie", 422, "kind"),
        ("since=2016-01-01&least=0", 422, "least"),
        ("since=0", 410, None),
    ],
)
def test_a_comparison_that_cannot_be_made_says_why(mini, query, status, parameter):
    response = mini.get(f"/v1/changes?{query}")
    assert response.status_code == status, response.text
    assert response.json().get("parameter") == parameter


def test_demo_brokers_rise_and_fall_by_ten_points_or_more(demo):
    found = changes(demo, "since=2018-01-01&limit=1000").data
    assert found.counts.brokers_risen > 0
    for row in found.changes:
        if row.kind in {"broker_risen", "broker_fallen"}:
            move = row.standing_after - row.standing_before
            assert move >= 9.98 if row.kind == "broker_risen" else move <= -9.98
