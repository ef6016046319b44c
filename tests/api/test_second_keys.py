"""Keys of joined records beside the one in the path: the same answers as under the organisation's own key."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tertius.api.app import create_app
from tertius.loaders import LoadJob, load
from tertius.ontology.identity import key
from tertius.queries.judgements import Judgement, Verdict

from tests.conftest import small_settings

REGISTERS = Path(__file__).parents[1] / "loaders" / "registers" / "data"
WHEN = dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)
ANKER, BRUG, DAM = key("mini", "Anker BV", "NL"), key("mini", "Brug GmbH", "DE"), key("mini", "Dam AG", "DE")
ELAN, FERRY = key("mini", "Élan & <Fils>", ""), key("other", "Ferry Ltd", "GB")
COMPANY = key("gb-coh", "08209948")
LEI = key("lei", "001GPB6A9XPE8XJICC14")
WINDOW = "window=all"
STANDING = {FERRY: ELAN, COMPANY: ELAN, DAM: LEI}
"""Records of a table and of a register that a table's record stands for, and one that a register's does."""


@pytest.fixture(scope="module")
def joined(mini_data, tmp_path_factory):
    data = tmp_path_factory.mktemp("second-keys") / "data"
    shutil.copytree(mini_data, data)
    for source, file in (("companies-house", "companies-house.csv"), ("gleif", "gleif-level-1.xml")):
        assert load(LoadJob(data=data, source=source, files=(REGISTERS / file,), mapping=source)).published
    assert load(LoadJob.evidence(data)).published
    given = [Judgement(one, other, Verdict.SAME, "Ada", "person", WHEN) for one, other in STANDING.items()]
    assert load(LoadJob.judged(data, given)).published
    with TestClient(create_app(small_settings(data)), follow_redirects=False) as client:
        yield client


def asked(client, path, **body):
    answer = client.post(path, json=body) if body else client.get(path)
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()


@pytest.mark.parametrize(("record", "stands"), STANDING.items(), ids=["table", "register", "replaced-table"])
@pytest.mark.parametrize(
    "path",
    [
        "/v1/organizations/{other}/introductions?to={key}&strong_min=1&" + WINDOW,
        "/v1/organizations/{other}/introductions?to={third}&competitor={key}&strong_min=1&" + WINDOW,
        "/v1/organizations/{other}/prospects?competitor={key}&" + WINDOW,
        "/v1/network/brokers-between?from={other}&to={key}&" + WINDOW,
        "/v1/network/brokers-between?from={key}&to=country-NL&" + WINDOW,
        "/v1/network/brokers?exclude={key}&" + WINDOW,
        "/v1/organizations/{other}/position/history?exclude={key}&to=2018-06-01&from=2018-06-01&" + WINDOW,
    ],
)
def test_a_joined_record_s_key_means_its_organization(joined, record, stands, path):
    third = DAM if stands == ELAN else ELAN
    under = {
        one: asked(joined, path.format(other=ANKER, third=third, key=one))["data"] for one in (record, stands)
    }
    assert under[record] == under[stands]


@pytest.mark.parametrize(("record", "stands"), STANDING.items(), ids=["table", "register", "replaced-table"])
def test_a_proposition_is_tested_on_the_organization(joined, record, stands):
    path = "/v1/propositions/6/test?scope=organization:"
    under = {one: asked(joined, path + one)["data"] for one in (record, stands)}
    assert under[record] == under[stands]
    assert under[record]["scope"] == f"organization:{stands}"


def test_it_is_reached_left_out_and_named_by_its_own_key(joined):
    path = f"/v1/organizations/{ANKER}/introductions?strong_min=1&{WINDOW}&to="
    ends = [one["steps"][-1]["target"]["key"] for one in asked(joined, f"{path}{COMPANY}")["data"]]
    assert set(ends) == {ELAN}
    listed = f"/v1/network/brokers?{WINDOW}"
    here = {row["organization"]["key"] for row in asked(joined, listed)["data"]}
    left = {row["organization"]["key"] for row in asked(joined, f"{listed}&exclude={COMPANY}")["data"]}
    assert here - left == {ELAN}
    proposed = f"/v1/organizations/{BRUG}/prospects?{WINDOW}"
    assert ELAN in {row["organization"]["key"] for row in asked(joined, proposed)["data"]}
    refused = asked(joined, f"{proposed}&competitor={COMPANY}")["data"]
    assert ELAN not in {row["organization"]["key"] for row in refused}


@pytest.mark.parametrize(("record", "stands"), STANDING.items(), ids=["table", "register", "replaced-table"])
def test_a_supposed_change_may_name_a_joined_record(joined, record, stands):
    path = f"/v1/organizations/{ANKER}/what-if?{WINDOW}"
    changes = [
        {"add": [{"organization": "{}"}]},
        {"add": [{"alliance": ["{}", BRUG]}]},
        {"add": [{"organization": "{}"}], "end": [{"organization": BRUG}]},
    ]
    for change in changes:
        found = [
            asked(joined, path, **filled(change, one))["data"]["after"]["degree"] for one in (record, stands)
        ]
        assert found[0] == found[1]
    tied = f"/v1/organizations/{BRUG}/what-if?{WINDOW}"
    ended = asked(joined, tied, end=[{"organization": DAM}])["data"]
    assert ended["before"]["degree"] - ended["after"]["degree"] == 1


def filled(change, one):
    return {
        name: [
            {
                field: [part.format(one) for part in value] if isinstance(value, list) else value.format(one)
                for field, value in entry.items()
            }
            for entry in entries
        ]
        for name, entries in change.items()
    }


@pytest.mark.parametrize("pair", [(ELAN, COMPANY), (COMPANY, FERRY), (LEI, DAM)])
def test_two_keys_of_one_organization_are_no_two_sides(joined, pair):
    one, other = pair
    answer = joined.get(f"/v1/network/brokers-between?from={one}&to={other}&{WINDOW}")
    assert (answer.status_code, answer.json()["parameter"]) == (422, "to")
    stands = STANDING.get(one, one)
    answer = joined.get(f"/v1/organizations/{stands}/introductions?to={other}&{WINDOW}")
    assert (answer.status_code, answer.json()["parameter"]) == (422, "to")


def test_a_key_that_nothing_has_is_still_refused(joined):
    nobody = "a" * 16
    for path, status in (
        (f"/v1/organizations/{ANKER}/introductions?to={nobody}", 422),
        (f"/v1/organizations/{ANKER}/prospects?competitor={nobody}", 422),
        (f"/v1/network/brokers?exclude={nobody}", 422),
        (f"/v1/network/brokers-between?from={nobody}&to=country-NL", 404),
    ):
        assert joined.get(path).status_code == status, path
    change = {"add": [{"organization": nobody}]}
    assert joined.post(f"/v1/organizations/{ANKER}/what-if", json=change).status_code == 422
