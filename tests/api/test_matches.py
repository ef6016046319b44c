"""Who else an organisation may be: found, explained, and held against what has been judged."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from starlette.testclient import TestClient
from tertius.api.app import create_app
from tertius.loaders import LoadJob, load
from tertius.ontology.identity import key
from tertius.queries.judgements import Judgement, Verdict
from tertius.queries.matching import Described, Matcher
from tertius.store import Snapshots

from tests.conftest import small_settings

ONE = """\
alliance,partner,country,start,id:pic
a1,Nordwind Turbinen GmbH,DE,2015-01-01,999991001
a1,Nordwind Turbinen,DE,2015-01-01,
a1,Nordwind Turbinen AG,DE,2015-01-01,
a1,Zephyr Consulting Ltd,GB,2015-01-01,
"""
TWO = """\
alliance,partner,country,start,id:pic
b1,NORDWIND TURBINEN G.M.B.H.,DE,2018-01-01,999991001
b1,Nordwind Turbinen Holding,DE,2018-01-01,
b1,Kwaliteit Advies BV,NL,2018-01-01,
"""
WHEN = dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)
NORDWIND, PLAIN, SHARES, ZEPHYR = (
    key("one", name, country)
    for name, country in (
        ("Nordwind Turbinen GmbH", "DE"),
        ("Nordwind Turbinen", "DE"),
        ("Nordwind Turbinen AG", "DE"),
        ("Zephyr Consulting Ltd", "GB"),
    )
)
CAPITALS, HOLDING = (
    key("two", "NORDWIND TURBINEN G.M.B.H.", "DE"),
    key("two", "Nordwind Turbinen Holding", "DE"),
)
GIVEN = [
    Judgement(NORDWIND, CAPITALS, Verdict.SAME, "matcher 1", "machine", WHEN, 0.99, ("same PIC",)),
    # Of a record that another one stands for; it holds for the organisation.
    Judgement(CAPITALS, SHARES, Verdict.DIFFERENT, "Ada", "person", WHEN),
    Judgement(NORDWIND, HOLDING, Verdict.UNDECIDED, "matcher 1", "machine", WHEN, 0.7),
    Judgement(CAPITALS, HOLDING, Verdict.UNDECIDED, "Ada", "person", WHEN, None, ("ask them",)),
    # Taken back, so that it keeps nobody out.
    Judgement(PLAIN, HOLDING, Verdict.DIFFERENT, "Ada", "person", WHEN),
    Judgement(PLAIN, HOLDING, Verdict.UNDECIDED, "Ada", "person", WHEN + dt.timedelta(days=1)),
]


@pytest.fixture(scope="module")
def plain_data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("matches")
    for source, text in (("one", ONE), ("two", TWO)):
        table = folder / f"{source}.csv"
        table.write_text(text, encoding="utf-8")
        assert load(LoadJob(data=folder / "data", source=source, files=(table,))).published
    return folder / "data"


@pytest.fixture(scope="module")
def client(plain_data):
    """Answers from the first snapshot before `judged` is asked for, and from the last one then."""
    with TestClient(create_app(small_settings(plain_data)), follow_redirects=False) as found:
        yield found


@pytest.fixture(scope="module")
def unjudged(client):
    return {
        one: client.get(f"/v1/organizations/{one}/matches?limit=10")
        for one in (NORDWIND, PLAIN, CAPITALS, ZEPHYR)
    }


@pytest.fixture(scope="module")
def judged(client, unjudged, plain_data):
    assert load(LoadJob.judged(plain_data, GIVEN)).published
    return client


def by_key(answer):
    assert answer.status_code == 200, answer.text
    return {row["organization"]["key"]: row for row in answer.json()["data"]}


def test_candidates_come_with_score_reasons_and_outcome(unjudged):
    body = unjudged[NORDWIND].json()
    first = body["data"][0]
    assert first["organization"]["key"] == CAPITALS
    assert (first["outcome"], first["matched_name"], first["judgement"]) == (
        "same",
        "NORDWIND TURBINEN G.M.B.H.",
        None,
    )
    assert first["score"] >= 0.999
    assert first["features"]["identifier_same"] == 1
    assert "pic" in " ".join(first["reasons"]).lower()
    scores = [row["score"] for row in body["data"]]
    assert scores == sorted(scores, reverse=True)
    assert (body["meta"]["next"], body["meta"]["window"]) == (None, None)


def test_nobody_is_a_candidate_for_itself(unjudged):
    for one, answer in unjudged.items():
        assert one not in by_key(answer)
    assert by_key(unjudged[ZEPHYR]) == {}


def test_scores_are_those_of_the_matcher(unjudged, plain_data):
    matcher = Matcher(Snapshots(plain_data).get(2).search_path)
    asked = Described("Nordwind Turbinen GmbH", country="DE", identifiers=(("pic", "999991001"),))
    assert matcher.described(NORDWIND) == asked
    expected = {
        one.key: one.score
        for source in ("one", "two")
        for one in matcher.match(asked, sources=[source], exclude=[NORDWIND], one_each=source == "two")
    }
    matcher.close()
    assert {one: row["score"] for one, row in by_key(unjudged[NORDWIND]).items()} == expected


def test_repetitions_within_a_source_do_not_exclude_each_other(unjudged, plain_data):
    matcher = Matcher(Snapshots(plain_data).get(2).search_path)
    asked = matcher.described(PLAIN)
    shared = {one.key: one for one in matcher.match(asked, sources=["one"], exclude=[PLAIN])}
    matcher.close()
    found = by_key(unjudged[PLAIN])
    assert found[NORDWIND]["score"] > shared[NORDWIND].score
    assert (found[NORDWIND]["features"]["rivals"], shared[NORDWIND].features["rivals"] > 0) == (0, True)


def test_who_is_joined_or_judged_different_is_no_candidate(unjudged, judged):
    assert {CAPITALS, SHARES, HOLDING, PLAIN} <= by_key(unjudged[NORDWIND]).keys()
    found = by_key(judged.get(f"/v1/organizations/{NORDWIND}/matches?limit=10"))
    assert {PLAIN, HOLDING} <= found.keys()
    assert found.keys().isdisjoint({NORDWIND, CAPITALS, SHARES})
    # The other way round as well, under the record that stands for both.
    assert by_key(judged.get(f"/v1/organizations/{SHARES}/matches")).keys().isdisjoint({NORDWIND, CAPITALS})


def test_a_judgement_on_the_pair_is_shown_the_strongest_first(judged):
    found = by_key(judged.get(f"/v1/organizations/{NORDWIND}/matches?limit=10"))
    said = found[HOLDING]["judgement"]
    assert {said["left"], said["right"]} == {CAPITALS, HOLDING}
    assert (said["by"], said["kind"], said["verdict"]) == ("Ada", "person", "undecided")
    assert (said["status"], said["reasons"], said["key"]) == ("standing", ["ask them"], GIVEN[3].key)
    assert found[PLAIN]["judgement"] is None


def test_a_judgement_that_was_taken_back_keeps_nobody_out(judged):
    found = by_key(judged.get(f"/v1/organizations/{PLAIN}/matches?limit=10"))
    assert found[HOLDING]["judgement"]["verdict"] == "undecided"
    assert found[NORDWIND]["organization"]["identifiers"] == [{"scheme": "pic", "value": "999991001"}]


def test_other_addresses_lead_here_and_answers_are_kept(judged):
    for given in (CAPITALS, "pic:999991001"):
        moved = judged.get(f"/v1/organizations/{given}/matches?limit=3")
        assert (moved.status_code, moved.headers["location"]) == (
            308,
            f"/v1/organizations/{NORDWIND}/matches?limit=3",
        )
    answer = judged.get(f"/v1/organizations/{NORDWIND}/matches?limit=1")
    assert len(answer.json()["data"]) == 1
    again = judged.get(answer.request.url, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_as_a_table(judged):
    text = judged.get(f"/v1/organizations/{NORDWIND}/matches?limit=10&format=csv").text
    rows = {row["key"]: row for row in csv.DictReader(io.StringIO(text))}
    assert (rows[HOLDING]["verdict"], rows[HOLDING]["by"], rows[HOLDING]["status"]) == (
        "undecided",
        "Ada",
        "standing",
    )
    assert (rows[PLAIN]["country"], rows[PLAIN]["verdict"]) == ("DE", "")
    assert float(rows[PLAIN]["score"]) > 0


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("aaaaaaaaaaaaaaaa/matches", 404, "not-found"),
        (f"{NORDWIND}/matches?limit=0", 422, "invalid-parameter"),
        (f"{NORDWIND}/matches?limit=11", 422, "invalid-parameter"),
        (f"{NORDWIND}/matches?sources=one", 422, "invalid-parameter"),
        (f"{NORDWIND}/matches?format=turtle", 406, "not-acceptable"),
    ],
)
def test_what_is_asked_wrongly(client, path, status, kind):
    answer = client.get(f"/v1/organizations/{path}")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (status, kind)
