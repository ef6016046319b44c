"""Names in their normal form, and what two of them have in common."""

from __future__ import annotations

from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tertius.queries.matching import model, normalise
from tertius.queries.matching.features import fact_features, name_features
from tertius.queries.matching.names import words_of
from tertius.queries.matching.schema import host

NAMES = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            [
                "Siemens",
                "AG",
                "GmbH",
                "&",
                "Co.",
                "KG",
                "of",
                "Université",
                "株式会社",
                "(Germany)",
                "II",
                "B.V.",
                "IBM",
                "3M",
            ]
        ),
        max_size=6,
    ).map(" ".join),
)


@pytest.mark.parametrize(
    ("name", "core", "forms"),
    [
        ("International Business Machines Corporation", "international business machines", {"inc"}),
        ("I.B.M. B.V.", "ibm", {"bv"}),
        ("Siemens Aktiengesellschaft", "siemens", {"ag"}),
        ("Müller Maschinenbau GmbH & Co. KG", "muller maschinenbau", {"kg"}),
        ("Koninklijke Philips N.V.", "koninklijke philips", {"nv"}),
        ("Stichting Deltares", "deltares", {"stichting"}),
        ("PJSC Gazprom", "gazprom", {"pao"}),
        ("\u041e\u041e\u041e «Ромашка»", "romashka", {"ooo"}),
        ("株式会社日立製作所", None, {"kk"}),
        ("TOA-TONE Boring Co., Ltd. (Japan)", "toa tone boring", {"ltd"}),
        ("COSTCO WHOLESALE CORP /NEW", "costco wholesale", {"inc"}),
        ("Sotheby's", "sothebys", set()),
        ("Fund III LP", "fund 3", {"lp"}),
        ("Universität Zürich", "university zurich", set()),
        ("University of Zurich", "university of zurich", set()),
        ("Limited", "limited", set()),
        # Forms that LEI records state, as names spell them.
        ("BNP Paribas Leasing Solutions S.à r.l.", "bnp paribas leasing solutions", {"sarl"}),
        ("Všeobecná úverová banka, a.s.", None, {"as"}),
        ("ČEZ, akciová společnost", "cez", {"as"}),
        ("ARISTEIA CAPITAL, L.L.C.", "aristeia capital", {"llc"}),
        ("NOKIA INDIA SALES PRIVATE LIMITED", "nokia indian sales", {"ltd"}),
        ("SWEDEIT ITALIAN AKTIEBOLAG", "swedeit italian", {"ab"}),
        ("Lietuvos energija, AB", "lietuvos energija", {"ab"}),
        ("PUMA SE", "puma", {"se"}),
        ("!!!", "", set()),
    ],
)
def test_the_normal_form_of_a_name(name, core, forms):
    found = normalise(name)
    assert core is None or found.text == core
    assert found.forms == forms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("AT&T Inc.", "AT and T"),
        ("SunPower Corporation", "Sun Power"),
        ("J.P. Morgan", "JP Morgan"),
        ("L'Oréal S.A.", "L\u2019OREAL"),
        ("Deutsche Bank AG", "DEUTSCHE BANK Aktiengesellschaft"),
        ("Royal Holdings", "Royal Holding"),
    ],
)
def test_spellings_of_one_name_are_equal(one, other):
    assert normalise(one).compact == normalise(other).compact


def test_no_spelling_of_a_legal_form_stands_for_two_of_them():
    seen: dict[tuple[int, str], str] = {}
    for line in files("tertius.queries.matching").joinpath("forms.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            form, *places = line.split("\t")
            for at, spellings in enumerate(places):
                for spelling in filter(None, spellings.split("|")):
                    assert seen.setdefault((at, spelling), form) == form, spelling


def test_initials_are_those_of_the_words_as_written():
    assert "ibm" in normalise("International Business Machines Corp.").initials
    assert "cnrs" in normalise("Centre national de la recherche scientifique").initials
    assert normalise("Siemens AG").initials == frozenset()


@settings(max_examples=60, deadline=None)
@given(NAMES)
def test_any_text_has_a_normal_form_of_small_ascii_words(name):
    found = normalise(name)
    assert all(
        word.isascii() and word.isalnum() and word == word.lower() for word in found.words + found.core
    )
    assert bool(found.core) == bool(found.words)
    assert words_of(" ".join(found.words)) == found.words or any(len(word) == 1 for word in found.words)


@settings(max_examples=60, deadline=None)
@given(NAMES, NAMES)
def test_features_and_score_are_symmetric_and_bounded(one, other):
    left, right = normalise(one), normalise(other)
    features = name_features(left, right, model().weight)
    assert features == pytest.approx(name_features(right, left, model().weight))
    assert all(0 <= value <= 1 for value in features.values())
    assert 0 <= model().score(features) <= 1


@settings(max_examples=60, deadline=None)
@given(NAMES.filter(lambda name: bool(normalise(name).core)))
def test_identical_names_in_one_country_are_the_same(name):
    found = normalise(name)
    features = {
        **name_features(found, found, model().weight),
        **fact_features({"country": "NL"}, {"country": "NL"}),
    }
    assert model().score(features) >= model().same


@pytest.mark.parametrize("feature", ["country", "city", "website"])
def test_a_fact_that_agrees_raises_and_one_that_differs_lowers(feature):
    names = name_features(normalise("Delta Pumps"), normalise("Delta Pump"), model().weight)
    unknown = model().score({**names, **fact_features({feature: "x"}, {feature: None})})
    same = model().score({**names, **fact_features({feature: "x"}, {feature: "x"})})
    other = model().score({**names, **fact_features({feature: "x"}, {feature: "y"})})
    assert other < unknown < same


def test_every_reason_counts_the_way_it_says():
    for name, value in model().coefficients.items():
        lowers = name in {"unmatched", "numbers"} or name.endswith("_other")
        assert value <= 0 if lowers else value >= 0
    assert 0 < model().different < model().same < 1


@pytest.mark.parametrize(
    ("website", "expected"),
    [
        ("https://www.ibm.com/de-de?x=1", "ibm.com"),
        ("IBM.com", "ibm.com"),
        ("http://[::1", None),
        ("nowhere", None),
        ("", None),
        (None, None),
    ],
)
def test_the_host_of_a_website(website, expected):
    assert host(website) == expected
