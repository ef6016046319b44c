"""Identifiers: one form for each value, and the result of every rule, on values published by the issuers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tertius.ontology import concepts
from tertius.ontology.identifiers import CHECK, SCHEME, Check, identify

VALID = [
    ("lei", "529900T8BM49AURSDO55"),  # an issuer of LEIs, known from the published list
    ("lei", "INR2EJN1ERAN0W5ZP974"),
    ("ror", "03yrm5c26"),
    ("ror", "01swzsf04"),
    ("isin", "US0378331005"),
    ("isni", "000000012146438X"),
    ("eu-vat", "DE136695976"),
    ("eu-vat", "NL004495445B01"),
]
UNCHECKED = [
    ("pic", "999981634"),
    ("gb-coh", "SC123456"),
    ("gb-coh", "IP17234R"),
    ("nl-kvk", "27124700"),
    ("cik", "320193"),
    ("grid", "grid.5292.c"),
    ("wikidata", "Q42"),
    ("fundref", "501100000780"),
    ("eu-vat", "CHE123456788"),
]


@pytest.mark.parametrize(("scheme", "value"), VALID)
def test_right_check_digits_are_valid_and_a_changed_one_is_not(scheme, value):
    assert identify(scheme, value).check is Check.VALID
    assert identify(scheme, value).value == value
    at = max(index for index, character in enumerate(value[:9]) if character.isdigit())
    wrong = value[:at] + str((int(value[at]) + 1) % 10) + value[at + 1 :]
    assert identify(scheme, wrong).check is Check.WRONG_CHECK_DIGIT
    assert identify(scheme, wrong).well_formed


@pytest.mark.parametrize(("scheme", "value"), UNCHECKED)
def test_without_check_digits_nothing_is_called_valid(scheme, value):
    found = identify(scheme, value)
    assert (found.value, found.check) == (value, Check.UNCHECKED)


@pytest.mark.parametrize(
    ("scheme", "text", "value"),
    [
        ("lei", " inr2 ejn1 eran 0w5z p974", "INR2EJN1ERAN0W5ZP974"),
        ("ror", "https://ror.org/03YRM5C26/", "03yrm5c26"),
        ("gb-coh", "1234567", "01234567"),
        ("gb-coh", "sc1234", "SC001234"),
        ("cik", "CIK0000320193", "320193"),
        ("isni", "0000 0001 2146 438x", "000000012146438X"),
        ("eu-vat", "gr 094259216", "EL094259216"),
        ("eu-vat", "DE 136.695.976", "DE136695976"),
        ("wikidata", "http://www.wikidata.org/entity/q42", "Q42"),
        ("grid", "GRID.5292.C", "grid.5292.c"),
    ],
)
def test_ways_to_write_one_value_become_one(scheme, text, value):
    assert identify(scheme, text).value == value


@pytest.mark.parametrize("scheme", [*concepts(SCHEME)])
@pytest.mark.parametrize(
    "text",
    ["", " ", "?", "x" * 300, "\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19", "1\x00", "Q", "."],
)
def test_what_has_no_form_is_malformed_and_kept(scheme, text):
    found = identify(scheme, text)
    assert (found.value, found.check) == ("".join(text.split()), Check.MALFORMED)
    assert not found.well_formed


def test_a_number_that_a_country_does_not_give_out_is_malformed_but_has_the_pattern():
    found = identify("eu-vat", "DE13669597")
    assert found.check is Check.MALFORMED
    assert found.well_formed


@given(st.sampled_from([*concepts(SCHEME)]), st.text(max_size=40))
def test_normalising_twice_changes_nothing(scheme, text):
    once = identify(scheme, text)
    assert identify(scheme, once.value) == once


def test_results_are_the_concepts_of_the_ontology():
    assert {check.value for check in Check} == set(concepts(CHECK))


def test_an_unknown_scheme_is_an_error():
    with pytest.raises(KeyError):
        identify("duns", "1")
