"""Candidates: found by every road, explained, decided by identifiers."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tertius.loaders import LoadJob, load
from tertius.ontology.identity import key
from tertius.queries.judgements import Judgement, Verdict
from tertius.queries.matching import Connections, Described, Matcher, OtherLayout, Outcome, model
from tertius.store import Snapshots

IBM = key("ror", "05a28rw58")
CAMBRIDGE = key("ror", "013meh722")
PHILIPS = "549300DK4D6VHZFT7B75"
GENERALE = "O2RNE8IBXP4R0TD8PU41"


@pytest.mark.parametrize(
    ("what", "name", "outcome"),
    [
        (Described("I.B.M. Corp.", country="US"), "International Business Machines (United States)", "same"),
        (
            Described("Computing-Tabulating-Recording Co"),
            "International Business Machines (United States)",
            None,
        ),
        (Described("Univercity of Cambrige", country="GB"), "University of Cambridge", None),
        (Described("Université de Cambridge", country="GB"), "University of Cambridge", "same"),
        (Described("SOCIETE GENERALE SA", country="FR"), "Société Générale", "same"),
        (Described("Mueller Maschinenbau", country="DE"), "Müller Maschinenbau GmbH & Co. KG", None),
        (Described("Simens", country="DE"), "Siemens (Germany)", None),
        (Described("Delta Limited", country="IE"), "Delta Ltd", "same"),
    ],
)
def test_the_one_who_is_meant_comes_first(matcher, what, name, outcome):
    found = matcher.match(what)
    assert found[0].name == name
    assert outcome is None or found[0].outcome == outcome
    assert found[0].outcome is not Outcome.DIFFERENT
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert what.country is None or found[0].country == what.country


def test_a_candidate_says_why(matcher):
    found = matcher.match(Described("IBM", country="US", city="ARMONK", website="http://ibm.com/cloud"))[0]
    assert found.key == IBM
    assert found.iri.endswith(f"/id/organization/{IBM}")
    assert found.matched_name == "IBM"
    assert {"same country", "same city", "same website"} <= set(found.reasons)
    assert "the names are equal but for legal form and spelling" in found.reasons
    assert found.features["city_same"] == 1.0
    assert found.features["identifier_same"] is None


def test_an_identifier_decides_whatever_the_names(matcher):
    found = matcher.match(Described("Something Else", identifiers=(("lei", PHILIPS),)))
    assert found[0].name == "Philips Electronics Nederland B.V."
    assert found[0].outcome is Outcome.SAME
    assert found[0].reasons[0] == "same lei identifier"


def test_identifiers_that_contradict_each_other_lower_the_score(matcher):
    name = "Philips Electronics Nederland"
    free = matcher.match(Described(name, country="NL"))[0]
    against = matcher.match(Described(name, country="NL", identifiers=(("lei", GENERALE),)))
    philips = next(one for one in against if one.name.startswith("Philips"))
    assert philips.key == free.key
    assert philips.score < free.score / 10
    assert philips.outcome is not Outcome.SAME
    assert "different lei identifiers" in philips.reasons
    assert against[0].name == "Société Générale"


def test_names_that_differ_in_a_number_are_told_apart(matcher):
    found = matcher.match(Described("Research Fund 3", country="US"))
    assert found[0].name == "Research Fund III"
    second = next(one for one in found if one.name == "Research Fund II")
    assert second.outcome is not Outcome.SAME
    assert "the names differ in a number" in second.reasons


def test_another_country_counts_against_an_equal_name(matcher):
    found = matcher.match(Described("Delta", country="GB"))
    assert [one.country for one in found[:2]] == ["GB", "IE"]
    assert found[0].score > found[1].score


def test_sources_and_excluded_keys_narrow_the_choice(matcher):
    assert not matcher.match(Described("IBM", country="US"), sources=["alliances"])
    assert matcher.match(Described("IBM", country="US"), sources={"register"})[0].key == IBM
    assert IBM not in [one.key for one in matcher.match(Described("IBM"), exclude=[IBM])]
    assert len(matcher.match(Described("University"), limit=1)) <= 1


def test_an_organization_is_described_as_the_index_knows_it(matcher):
    found = matcher.described(IBM)
    assert found.name == "International Business Machines (United States)"
    assert ("ror", "05a28rw58") in found.identifiers
    assert (found.country, found.name in found.other_names) == ("US", False)
    assert "IBM" in found.other_names
    assert len(found.other_names) < 12
    assert matcher.described("aaaaaaaaaaaaaaaa") is None
    # Asked for by what is known of it, it is found.
    assert matcher.match(found)[0].key == IBM


@pytest.mark.parametrize("name", ["", "   ", "!!!", "\x00", "x" * 5000, "a " * 500, '" OR *', "株式会社"])
def test_no_name_breaks_it(matcher, name):
    assert all(one.outcome is not Outcome.SAME for one in matcher.match(Described(name)))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.sampled_from([None, "NL", "US"]))
def test_scores_are_probabilities(matcher, name, country):
    for one in matcher.match(Described(name, country=country)):
        assert 0 <= one.score <= 1
        using = model()
        expected = (
            Outcome.SAME
            if one.score >= using.same
            else Outcome.DIFFERENT
            if one.score < using.different
            else Outcome.UNDECIDED
        )
        assert one.outcome is expected


def test_threads_share_a_matcher(index):
    shared = Matcher(index)
    what = [Described("Univercity of Cambrige"), Described("IBM", country="US")] * 20
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: shared.match(one)[0].key, what))
    shared.close()
    assert found == [CAMBRIDGE, IBM] * 20


def _matcher(folder: Path, **sources: list[str]) -> Matcher:
    """Return a matcher over alliances of one source each, by source: names of organisations of no country."""
    for source, names in sources.items():
        table = folder / f"{source}.csv"
        table.write_text(
            "alliance,partner,start\n" + "".join(f"a{at // 2},{name},2019\n" for at, name in enumerate(names))
        )
        load(LoadJob(data=folder / "data", source=source, files=(table,)))
    return Matcher(Snapshots(folder / "data").current().search_path)


def test_a_source_is_chosen_before_the_closest_are(tmp_path):
    # Hundreds in one source are called more nearly so than the one of the other.
    words = ("Works", "Supply", "Group", "Board")
    many = [f"Anderson Waters {word} {at}" for at, word in enumerate(words * 100)]
    matcher = _matcher(tmp_path, many=many, few=["Anderson Water", "Borealis"])
    what = Described("Anderson Waters Works")
    assert "Anderson Water" not in [one.name for one in matcher.match(what, limit=20)]
    assert [one.name for one in matcher.match(what, sources=["few"])] == ["Anderson Water"]
    assert not matcher.match(what, sources=[])
    assert not matcher.match(what, sources=["nobody"])
    matcher.close()


def test_records_that_a_judgement_joins_belong_to_the_sources_of_each(index, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(index.parents[2], data)
    alliances = key("alliances", "Delta Ltd", "GB")
    when = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    load(LoadJob.judged(data, [Judgement(alliances, IBM, Verdict.SAME, "Ada", "person", when)]))
    joined = Matcher(Snapshots(data).current().search_path)
    for source in ("alliances", "register"):
        for name in ("Delta Ltd", "IBM"):
            assert IBM in [one.key for one in joined.match(Described(name), sources=[source])]
    joined.close()


def test_the_more_of_a_source_are_called_so_the_less_likely_is_each(tmp_path):
    names = ["Ajax Pump", "Ajaxx Pump", "Ajax Pumpe", "Ajaxs Pump", "Borealis Ltd"]
    matcher = _matcher(tmp_path, many=names, other=["Borealis"])
    what = Described("Ajax Pumps")
    together, alone = (matcher.match(what, one_each=one_each) for one_each in (True, False))
    assert together[0].score < alone[0].score
    assert sum(one.score for one in together) < 1 < sum(one.score for one in alone)
    assert together[0].features["rivals"] > 0.1 > alone[0].features["rivals"] == 0
    assert "others of the same source may be meant as well" in together[0].reasons
    # Two sources may each know the organisation that is meant.
    both = matcher.match(Described("Borealis"))
    assert [one.features["rivals"] for one in both] == [0, 0]
    matcher.close()


def test_an_acronym_that_is_short_for_another_name_of_its_bearer_says_nothing(matcher):
    found = {
        one.key: one for one in matcher.match(Described("Institute of Brewing and Malting", country="US"))
    }
    assert IBM not in found or found[IBM].features["initials"] == 0
    assert matcher.match(Described("International Bread Makers", country="US"))[0].outcome is not Outcome.SAME
    assert matcher.match(Described("IBM", country="US"))[0].key == IBM


def test_an_index_of_another_layout_is_refused_in_words(index, tmp_path):
    path = tmp_path / "search.sqlite"
    shutil.copyfile(index, path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 1")
    for use in (lambda: Matcher(path).match(Described("IBM")), lambda: Connections(path).use().__enter__()):
        with pytest.raises(OtherLayout, match=r"layout 1, and this version reads .* load any source again"):
            use()
