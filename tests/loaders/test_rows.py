"""Rows: what is wrong is named with row, column and value; what is decided is said."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from tertius.loaders.mapping import load_mapping
from tertius.loaders.problems import EXAMPLES, LISTED
from tertius.loaders.reading import read

HEADER = "alliance,partner,country,start,end,from,to,role,form,governance,id:pic,sector\n"


def reading(path: Path | list[Path], mapping: Path | None = None, observed: dt.date | None = None):
    paths = path if isinstance(path, list) else [path]
    return read(paths, "s", load_mapping(mapping)[0], observed)


@pytest.mark.parametrize(
    ("rows", "code", "row", "column", "says"),
    [
        (",Ajax,,,,,,,,,,", "missing-value", 2, "alliance", "name its alliance"),
        ("a,,,,,,,,,,,", "missing-value", 2, "partner", "name a partner"),
        ("a,Ajax,,2019-02-30,,,,,,,,", "bad-date", 2, "start", "'2019-02-30': there is no such day"),
        ("a,Ajax,,,,,31/12/2019,,,,,", "bad-date", 2, "to", "YYYY-MM-DD"),
        (
            "a,Ajax,,2020,2019,,,,,,,",
            "end-before-start",
            2,
            "end",
            "ends on 2019-12-31 but starts on 2020-01-01",
        ),
        ("a,Ajax,,,,2020-02,2020-01,,,,,", "end-before-start", 2, "to", "ends on 2020-01-31"),
        ("a,Ajax,,2020,,,,,,,,\na,Bo,,,2019,,,,,,,", "end-before-start", 3, "end", "(row 2)"),
        ("a,Ajax,Germany,,,,,,,,,", "bad-country", 2, "country", "write DE"),
        ("a,Ajax,,,,,,participant,,,,", "unknown-concept", 2, "role", "not one of coordinator, partner"),
        (
            "a,Ajax,,,,,,,,contract,,",
            "unknown-concept",
            2,
            "governance",
            "formal-contractual, equity, relational",
        ),
        ("a,Ajax,,,,,,,,relational|x,,", "unknown-concept", 2, "governance", "not one of"),
        ("a,Ajax,,,,,,,,,12345,", "bad-identifier", 2, "id:pic", "not a pic identifier"),
        ("a,Ajax,,,,,ongoing,,,,,", "ongoing-undated", 2, "to", "on which the table was fetched"),
        (
            "a,Ajax,,2019,,,,,,,,\na,Bo,,2018,,,,,,,,",
            "contradiction",
            3,
            "start",
            "2018 here, but 2019 in row 2",
        ),
        (
            "a,Ajax,,,,,,,licensing,,,\na,Bo,,,,,,,cartel,,,",
            "contradiction",
            3,
            "form",
            "'licensing' in row 2",
        ),
        (
            "a,Ajax,,,,,,,,equity,,\na,Bo,,,,,,,,relational,,",
            "contradiction",
            3,
            "governance",
            "all its rows",
        ),
        ("a,Ajax", "ragged-row", 2, None, "2 cells where the header has 12"),
        ("a,Ajax,,,,,,,,,,,more", "ragged-row", 2, None, "13 cells"),
        ("a,A\u202ejax,,,,,,,,,,", "invisible-character", 2, "partner", "U+202E"),
        ("a,A\x01jax,,,,,,,,,,", "invisible-character", 2, "partner", "U+0001"),
    ],
)
def test_a_wrong_row_is_named(write, rows, code, row, column, says):
    good = "good,One,,,,,,,,,,\n"
    found = reading(write(HEADER + rows + "\n" + good))
    assert [(p.code, p.row, p.column) for p in found.problems] == [(code, row, column)]
    problem = found.problems.listed[0]
    assert says in problem.message
    assert problem.file == "table.csv"
    assert (found.rows, found.right) == (rows.count("\n") + 2, rows.count("\n") + 1)


def test_every_wrong_cell_of_a_row_is_named_at_once(write):
    found = reading(write(HEADER + "a,Ajax,ZZ,,,x,y,boss,,,1,\n"))
    assert [problem.column for problem in found.problems] == ["country", "id:pic", "role", "from", "to"]
    assert (found.rows, found.right) == (1, 0)


def test_the_first_problems_are_listed_and_the_rest_counted(write):
    found = reading(write(HEADER + "a,Ajax,ZZ,,,,,,,,,\n" * (LISTED + 20)))
    assert len(found.problems.listed) == LISTED
    assert found.problems.counts == {"bad-country": LISTED + 20}


@pytest.mark.parametrize(
    ("header", "code", "says"),
    [
        ("alliance,partnr", "missing-column", "'partner' (did you mean 'partnr'?) not found; the header has"),
        ("x,y", "missing-column", "columns 'alliance', 'partner' not found; the header has 'x', 'y'"),
        ("alliance,partner,Partner ", "duplicate-column", "two columns are called 'Partner'"),
    ],
)
def test_a_wrong_header_is_named(write, header, code, says):
    found = reading(write(f"{header}\na,b,c\n"))
    assert [problem.code for problem in found.problems] == [code]
    assert says in found.problems.listed[0].message


def test_a_table_without_rows_is_a_problem(write):
    assert [problem.code for problem in reading(write(HEADER)).problems] == ["no-rows"]


def test_headers_forgive_case_and_spacing(write):
    found = reading(write("ALLIANCE , Partner,Alliance Name,ID : PIC\na,Ajax,Alpha,999981634\n"))
    assert not found.problems
    assert found.facts.alliances["a"].name == "Alpha"
    assert found.facts.organizations[0].identifiers == [("pic", "999981634")]


def test_unknown_columns_are_reported_with_what_was_perhaps_meant(write):
    found = reading(write("alliance,partner,contry,,xyz\na,Ajax,NL,1,2\n"))
    assert [(note.column, note.message) for note in found.notes if note.code == "unused-column"] == [
        ("contry", "the column is not used (did you mean 'country'?)"),
        ("xyz", "the column is not used"),
        (None, "columns without a name are not used: 4"),
    ]


def test_repeated_rows_count_once_and_are_said(write):
    row = "a,Ajax,NL,2019,2020,,,,,,,\n"
    found = reading(write(HEADER + row + "a,Bo,,2019,2020,,,,,,,\n" + row * 7))
    assert not found.problems
    assert (found.rows, found.right, len(found.facts)) == (9, 9, 2)
    notes = [note for note in found.notes if note.code == "repeated-row"]
    assert [note.row for note in notes] == [4, 5, 6, 7, 8]
    assert all("repeats row 2" in note.message for note in notes)
    assert len(notes) == EXAMPLES
    assert found.notes.counts["repeated-row"] == 7


def test_other_roles_and_periods_are_other_participations(write):
    rows = ["a,Ajax,,,,2019,2020,,,,,", "a,Ajax,,,,2021,2022,,,,,", "a,Ajax,,,,2019,2020,coordinator,,,,"]
    assert len(reading(write(HEADER + "\n".join(rows) + "\n")).facts) == 3


def test_what_rows_say_of_an_organisation_may_differ_and_the_first_stays(write):
    rows = "a,Ajax,NL,,,,,,,,,Wind\nb,Ajax,NL,,,,,,,,,Solar\nc,Ajax,NL,,,,,,,,,\n"
    found = reading(write(HEADER + rows))
    assert not found.problems
    assert [entry.circles for entry in found.facts.organizations] == [{"country": "NL", "sector": "Wind"}]
    assert [(n.row, n.column) for n in found.notes if n.code == "organization-differs"] == [(3, "sector")]


def test_forms_that_are_not_known_are_kept_and_said(write):
    found = reading(write(HEADER + "a,Ajax,,,,,,,RIA,,,\nb,Ajax,,,,,,,Joint Venture,,,\n"))
    assert not found.problems
    first, second = found.facts.alliances.values()
    assert first.texts["form"] == "RIA"
    assert "form" not in first.concepts
    assert second.concepts["form"] == ("joint-venture",)
    assert any("RIA (1)" in note.message for note in found.notes)


def test_names_with_and_without_country_are_two_and_that_is_said(write):
    found = reading(write(HEADER + "a,Ajax,NL,,,,,,,,,\na,Ajax,,,,,,,,,,\n"))
    assert len(found.facts.organizations) == 2
    assert found.notes.counts["half-located"] == 1


def test_alliances_with_one_partner_are_kept_and_counted(write):
    found = reading(write(HEADER + "a,Ajax,,,,,,,,,,\nb,Ajax,,,,,,,,,,\nb,Bo,,,,,,,,,,\n"))
    assert found.single == 1
    assert found.notes.counts["single-partner"] == 1


def test_dates_outside_the_alliance_s_are_said(write):
    rows = "a,Ajax,,2019,2020,2018,,,,,,\na,Bo,,2019,2020,,2021,,,,,\na,Cy,,2019,2020,2019,2020,,,,,\n"
    found = reading(write(HEADER + rows))
    assert found.notes.counts["outside-alliance"] == 2
    assert not found.problems


def test_ongoing_participations_take_the_day_of_retrieval(write):
    observed = dt.date(2024, 3, 1)
    found = reading(write(HEADER + "a,Ajax,,,,2019,Ongoing,,,,,\na,Bo,,,,2019,,,,,,\n"), observed=observed)
    assert not found.problems
    assert [entry.observed for entry in found.facts.participations()] == [observed, None]
    columns = found.facts.columns()
    assert columns.ongoing.tolist() == [True, False]
    assert columns.observed == observed


def test_columns_for_the_network_say_what_the_rows_say(write):
    rows = "a,Ajax,NL,2019,2020,,,coordinator,,,,\na,Bo,DE,2019,2020,2019-06,2019-08,,,,,\nb,Bo,DE,,,,,,,,,\n"
    columns = reading(write(HEADER + rows)).facts.columns()
    assert columns.organization.tolist() == [0, 1, 1]
    assert columns.alliance.tolist() == [0, 0, 1]
    assert [columns.roles[role] for role in columns.role] == ["coordinator", "partner", "partner"]
    assert columns.circles["country"] == ("NL", "DE")
    day = dt.date(1970, 1, 1).toordinal()
    missing = columns.start[0]
    assert [d if d == missing else dt.date.fromordinal(d + day) for d in columns.start.tolist()] == [
        missing,
        dt.date(2019, 6, 1),
        missing,
    ]
    assert dt.date.fromordinal(int(columns.alliance_end[0]) + day) == dt.date(2020, 12, 31)


def test_a_mistyped_identifier_is_kept_and_noted(write):
    found = reading(write("alliance,partner,id:lei,id:eu-vat\na,Ajax,INR2EJN1ERAN0W5ZP975,DE13669597\n"))
    assert not found.problems
    assert found.facts.organizations[0].identifiers == [
        ("lei", "INR2EJN1ERAN0W5ZP975"),
        ("eu-vat", "DE13669597"),
    ]
    doubts = [note for note in found.notes if note.code == "identifier-doubtful"]
    assert [(note.row, note.column) for note in doubts] == [(2, "id:lei"), (2, "id:eu-vat")]
    assert "check digits" in doubts[0].message
