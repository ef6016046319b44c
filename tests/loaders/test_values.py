"""Dates, identifiers, countries and notations, right and wrong."""

from __future__ import annotations

import contextlib
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tertius.loaders.circles import notation
from tertius.loaders.countries import names, parse_country
from tertius.loaders.values import (
    FIRST_YEAR,
    LAST_YEAR,
    ValueProblem,
    clean,
    parse_date,
    parse_identifier,
    parse_notation,
)

DAYS = st.dates(dt.date(FIRST_YEAR, 1, 1), dt.date(LAST_YEAR, 12, 31))


@pytest.mark.parametrize(
    ("text", "start", "end", "given"),
    [
        ("2019", "2019-01-01", "2019-12-31", "2019"),
        ("2019-02", "2019-02-01", "2019-02-28", "2019-02"),
        ("2020-02", "2020-02-01", "2020-02-29", "2020-02"),
        ("2019-12", "2019-12-01", "2019-12-31", "2019-12"),
        ("2019-2-3", "2019-02-03", "2019-02-03", "2019-02-03"),
        ("2019-02-03T10:11:12Z", "2019-02-03", "2019-02-03", "2019-02-03"),
        ("2019-02-03 10:11:12.5+01:00", "2019-02-03", "2019-02-03", "2019-02-03"),
    ],
)
def test_dates_stand_for_the_edges_of_what_was_written(text, start, end, given):
    assert str(parse_date(text, end=False).day) == start
    assert str(parse_date(text, end=True).day) == end
    assert parse_date(text, end=False).text == given


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2019-02-30", "no such day"),
        ("2019-13", "no such day"),
        ("2019-00-01", "no such day"),
        ("0001-01-01", "between 1800 and 2199"),
        ("9999-12-31", "leave the cell empty"),
        ("43800", "spreadsheet's day number"),
        ("31/12/2019", "cannot be told apart"),
        ("01.02.2019", "cannot be told apart"),
        ("soon", "YYYY-MM-DD, YYYY-MM or YYYY"),
        ("٢٠١٩", "YYYY-MM-DD"),
        ("2019-01-01 x", "YYYY-MM-DD"),
    ],
)
def test_what_is_no_date_is_said_with_what_to_write(text, says):
    with pytest.raises(ValueProblem, match=says) as caught:
        parse_date(text, end=False)
    assert caught.value.code == "bad-date"


@given(DAYS, st.booleans())
def test_every_day_reads_back(day, end):
    assert parse_date(day.isoformat(), end=end).day == day


@given(DAYS)
def test_a_month_or_year_begins_before_it_ends(day):
    for text in (f"{day:%Y}", f"{day:%Y-%m}"):
        first, last = parse_date(text, end=False), parse_date(text, end=True)
        assert first.day <= day <= last.day
        assert (last.day + dt.timedelta(days=1)).day == first.day.day == 1
        assert first.text == last.text == text


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_a_problem(text):
    with contextlib.suppress(ValueProblem):
        assert parse_date(text, end=False).text[:4] == text[:4]


@pytest.mark.parametrize(
    ("scheme", "text", "value"),
    [
        ("pic", "999981634", "999981634"),
        ("pic", "999 981 634", "999981634"),
        ("lei", "529900t8bm49aursdo55", "529900T8BM49AURSDO55"),
        ("ror", "https://ror.org/01swzsf04", "01swzsf04"),
        ("wikidata", "http://www.wikidata.org/entity/Q42/", "Q42"),
        ("eu-vat", "nl811383696b01", "NL811383696B01"),
    ],
)
def test_identifiers_are_brought_into_their_scheme_s_form(scheme, text, value):
    assert parse_identifier(scheme, text) == value


@pytest.mark.parametrize(
    ("scheme", "text"),
    [("pic", "99998163"), ("pic", "x"), ("lei", "ABC"), ("eu-vat", "not applicable"), ("nl-kvk", "1234567")],
)
def test_identifiers_of_another_form_are_problems(scheme, text):
    with pytest.raises(ValueProblem, match=f"not a {scheme} identifier"):
        parse_identifier(scheme, text)


@pytest.mark.parametrize(
    ("text", "code"),
    [("DE", "DE"), ("de", "DE"), ("EL", "GR"), ("uk", "GB"), ("NA", "NA"), ("XK", "XK"), ("YU", "YU")],
)
def test_countries_become_iso_codes(text, code):
    assert parse_country(text) == code


@pytest.mark.parametrize(
    ("text", "says"), [("Germany", "write DE"), ("DEU", "two letters"), ("ZZ", "two letters")]
)
def test_what_is_no_country_code_is_said(text, says):
    with pytest.raises(ValueProblem, match=says):
        parse_country(text)


def test_the_list_of_countries_is_whole():
    codes = names()
    assert len(codes) == 249 + 7
    assert all(len(code) == 2 and code.isupper() and name.strip() == name for code, name in codes.items())
    assert len(set(codes.values())) == len(codes)


def test_notations_forgive_case_and_spacing_and_suggest():
    assert parse_notation("alliance-form", "Joint Venture") == "joint-venture"
    with pytest.raises(
        ValueProblem, match=r"exploitation, exploration, ambidextrous \(did you mean 'exploration'"
    ):
        parse_notation("orientation", "explorations")


def test_names_that_look_equal_are_equal():
    assert clean(" Ac\u0301me\r\nLtd\n") == clean("A\u0107me Ltd") == "A\u0107me Ltd"
    assert clean("two  spaces") == "two  spaces"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("HES", "HES"),
        ("A.1", "A.1"),
        ("Wind energy", "wind-energy"),
        ("wind  ENERGY", "wind-energy"),
        ("", ""),
    ],
)
def test_circles_have_notations_that_fit_an_address(text, code):
    assert notation("sector", text) == code


@given(st.text(min_size=1, max_size=60))
def test_any_circle_s_notation_fits_an_address(text):
    assert all(c.isascii() and (c.isalnum() or c in "-._") for c in notation("type", text))


def test_texts_that_no_address_can_hold_keep_apart():
    assert len({notation("sector", text) for text in ("R&D", "R/D", "Énergie", "x" * 50)}) == 4
