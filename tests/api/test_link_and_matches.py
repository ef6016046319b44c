"""The command `link` and the answer to `/matches` say the same of the same record."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from starlette.testclient import TestClient
from tertius.api.app import create_app
from tertius.api.cli import main
from tertius.loaders import LoadJob, load
from tertius.ontology.identity import key
from tertius.queries.judgements import Judgement, Verdict

from tests.conftest import small_settings

LEI = "5493001KJTIIGC8Y1R12"
SOURCES = {
    "ours": f"""\
alliance,partner,start,country,id:lei
a,Zephyr Turbines GmbH,2019-01-01,DE,
a,Borealis Windmills Oy,2019-01-01,FI,
b,Glasswing Optics Ltd,2019-01-01,GB,
b,Meridian Foundry Inc,2019-01-01,US,{LEI}
c,Anchorage Shipping Company,2019-01-01,NL,
c,Anchorage Shipping,2019-01-01,NL,
d,Acme,2019-01-01,,
d,Nobody Knows This One,2019-01-01,,
""",
    "theirs": f"""\
alliance,partner,start,country,id:lei
x,ZEPHYR TURBINES GMBH,2019-01-01,DE,
x,BOREALIS WINDMILLS OY,2019-01-01,SE,
x,Glasswing Optics GmbH,2019-01-01,GB,
y,Meridian Foundry Inc,2019-01-01,US,{LEI}
y,Meridian Foundry Incorporated,2019-01-01,US,{LEI}
y,Anchorage Shipping Company,2019-01-01,NL,
y,ACME,2019-01-01,,
""",
    "third": """\
alliance,partner,start,country
z,Zephyr-Turbines GmbH,2019-01-01,DE
z,Zephyr Turbines  GmbH.,2019-01-01,DE
""",
}
WHEN = dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)
ZEPHYR, BOREALIS, GLASSWING, MERIDIAN, ACME = (
    key("ours", name, country)
    for name, country in (
        ("Zephyr Turbines GmbH", "DE"),
        ("Borealis Windmills Oy", "FI"),
        ("Glasswing Optics Ltd", "GB"),
        ("Meridian Foundry Inc", "US"),
        ("Acme", ""),
    )
)
THEIR_ZEPHYR = key("theirs", "ZEPHYR TURBINES GMBH", "DE")
THEIR_MERIDIAN, THEIR_SECOND = (
    key("theirs", f"Meridian Foundry {form}", "US") for form in ("Inc", "Incorporated")
)
JOINED = Judgement(
    THEIR_ZEPHYR, key("third", "Zephyr-Turbines GmbH", "DE"), Verdict.SAME, "Ada", "person", WHEN
)
APART = Judgement(MERIDIAN, THEIR_SECOND, Verdict.DIFFERENT, "Ada", "person", WHEN)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("both")
    for source, text in SOURCES.items():
        table = folder / f"{source}.csv"
        table.write_text(text, encoding="utf-8")
        assert load(LoadJob(data=folder / "data", source=source, files=(table,))).published
    assert load(LoadJob.judged(folder / "data", [JOINED])).published
    return folder / "data"


def linked(data, output):
    """Return what the command says of each record of ours: candidate, outcome and reasons."""
    targets = [word for source in SOURCES for word in ("--to", source)]
    words = ["link", "ours", *targets, "--candidates", "20", "--dry-run", "--quiet"]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--output", str(output), "--data", str(data)])
    assert not ended.value.code
    found = {}
    with output.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            said = found.setdefault(row["left"], {})
            if row["right"] and row["verdict"] != "different":
                assert row["right"] not in said, "each candidate stands there once"
                said[row["right"]] = (row["outcome"], row["reasons"])
    return found


def answered(client, record, limit=10):
    """Return what the API says of one record, what is different left out."""
    answer = client.get(f"/v1/organizations/{record}/matches?limit={limit}")
    assert answer.status_code == 200, answer.text
    return {
        row["organization"]["key"]: (row["outcome"], "; ".join(row["reasons"]))
        for row in answer.json()["data"]
        if row["outcome"] != "different"
    }


@pytest.fixture(scope="module")
def said(data, tmp_path_factory):
    return linked(data, tmp_path_factory.mktemp("table") / "pairs.csv")


@pytest.fixture(scope="module")
def client(data):
    with TestClient(create_app(small_settings(data)), base_url="http://testserver") as client:
        yield client


def test_both_say_the_same_of_every_record(client, said):
    # A pair of two records of ours stands once in the table, and in the answers about either.
    assert len(said) == 8
    once = {}
    for record, found in said.items():
        expected = answered(client, record)
        once.update({other: one for other, one in expected.items() if other in said})
        assert found == {other: one for other, one in expected.items() if other in found or other not in said}
    assert {other for found in said.values() for other in found if other in said} <= once.keys()


def pages(client, path):
    """Return the rows of all pages of a list."""
    rows = []
    while path:
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        rows += answer.json()["data"]
        path = answer.json()["meta"]["next"]
    return rows


def test_the_pages_of_a_source_are_the_command_s_table(data, client, said, tmp_path):
    targets = "&".join(f"to={source}" for source in SOURCES)
    rows = pages(client, f"/v1/sources/ours/matches?{targets}&candidates=20&limit=3")
    found = {}
    for row in rows:
        here = found.setdefault(row["left"]["key"], {})
        if row["right"] is None:
            assert (row["outcome"], row["score"], row["target"], row["reasons"]) == (None, None, None, [])
        elif not (row["judged"] and row["judged"]["verdict"] == "different"):
            here[row["right"]["key"]] = (row["outcome"], "; ".join(row["reasons"]))
    assert found.keys() == said.keys()
    for record, pairs in said.items():
        # Within the source a pair stands under both records here, and once in the command's table.
        assert pairs.items() <= found[record].items()
        assert found[record].keys() - pairs.keys() <= said.keys()
    by_default = pages(client, "/v1/sources/ours/matches")
    assert {row["target"] for row in by_default if row["right"]} == {"theirs", "third"}


def test_as_csv_it_has_the_columns_that_the_command_writes(data, client, tmp_path):
    output = tmp_path / "pairs.csv"
    words = ["link", "ours", "--to", "theirs", "--dry-run", "--quiet", "--output", str(output)]
    with pytest.raises(SystemExit):
        main([*words, "--data", str(data)])
    with output.open(encoding="utf-8-sig", newline="") as file:
        written = list(csv.DictReader(file))
    answer = client.get("/v1/sources/ours/matches?to=theirs&format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert sorted(rows, key=repr) == sorted(written, key=repr)


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/v1/sources/nobody/matches", 404, "There is no source nobody"),
        ("/v1/sources/ours/matches?to=nobody", 422, "there is no source nobody"),
        ("/v1/sources/ours/matches?limit=201", 422, "200"),
        ("/v1/sources/ours/matches?candidates=0", 422, "1"),
        ("/v1/sources/NO/matches", 422, "pattern"),
    ],
)
def test_what_cannot_be_compared_is_refused(client, path, status, said):
    answer = client.get(path)
    assert answer.status_code == status
    assert said in answer.text


@pytest.mark.parametrize(
    ("record", "other", "outcome", "why"),
    [
        (BOREALIS, key("theirs", "BOREALIS WINDMILLS OY", "SE"), "undecided", "the countries differ"),
        (GLASSWING, key("theirs", "Glasswing Optics GmbH", "GB"), "undecided", "the legal forms differ"),
        (MERIDIAN, THEIR_MERIDIAN, "undecided", "another candidate is as likely"),
        (MERIDIAN, THEIR_SECOND, "undecided", "another candidate is as likely"),
        (ACME, key("theirs", "ACME", ""), "undecided", "many may be called ACME"),
    ],
)
def test_what_keeps_a_machine_from_judging_is_told(client, said, record, other, outcome, why):
    for found in (answered(client, record), said[record]):
        assert found[other][0] == outcome
        assert found[other][1].endswith(f"left to a person: {why}")


def test_what_is_said_of_one_does_not_hang_on_how_many_are_asked_for(client):
    every = answered(client, MERIDIAN)
    assert answered(client, MERIDIAN, limit=1).items() <= every.items()


def test_of_one_that_two_sources_have_the_less_certain_counts(client, said):
    # Theirs has one of the name; of the third source's two, nobody can tell which it is.
    (found,) = (one for other, one in said[ZEPHYR].items() if other == THEIR_ZEPHYR)
    assert found[0] == "undecided"
    assert answered(client, ZEPHYR)[THEIR_ZEPHYR] == found


def test_who_is_judged_different_is_no_rival_any_more(data, client, tmp_path, said):
    assert said[MERIDIAN][THEIR_MERIDIAN][0] == "undecided"
    assert load(LoadJob.judged(data, [APART])).published
    after = linked(data, tmp_path / "again.csv")[MERIDIAN]
    assert {other: one[0] for other, one in after.items()} == {THEIR_MERIDIAN: "same"}
    assert answered(client, MERIDIAN) == after
