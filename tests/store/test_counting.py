"""Rows are counted exactly in every format, whatever the values look like."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tertius.store.counting import CapExceeded
from tertius.store.evaluation import Question, evaluate, has_dataset_clause

PIECES = st.sampled_from(
    ['"', "\\", "{", "}", ",", "},{", '},{"', "{}", "[", "]", ":", "\n", "\r\n", "\t", "<result>", "é", "a"]
)
VALUE = st.one_of(st.none(), st.lists(PIECES, max_size=12).map("".join))
FORMATS = ["json", "xml", "csv", "tsv"]


def rows_counted(rows: list[tuple[str | None, str | None]], format_: str, cap: int = 10**6) -> int:
    def term(value: str | None) -> str:
        return "UNDEF" if value is None else str(ox.Literal(value))

    data = " ".join(f"({term(a)} {term(b)})" for a, b in rows)
    question = Question(
        f"SELECT ?a ?b {{ VALUES (?a ?b) {{ {data} }} }}", format_, "turtle", (), (), cap, 10**8
    )
    return evaluate(ox.Store(), question).rows


@pytest.mark.parametrize("format_", FORMATS)
@given(rows=st.lists(st.tuples(VALUE, VALUE), max_size=20))
@settings(max_examples=60, deadline=None)
def test_rows_are_counted_exactly(format_: str, rows: list[tuple[str | None, str | None]]) -> None:
    assert rows_counted(rows, format_) == len(rows)


@pytest.mark.parametrize("format_", FORMATS)
def test_the_cap_holds_across_many_chunks(format_: str) -> None:
    rows: list[tuple[str | None, str | None]] = [('},{"', '"},{"x'), (None, "\r\n},{,"), (None, None)] * 3000
    assert rows_counted(rows, format_, cap=9000) == 9000
    with pytest.raises(CapExceeded):
        rows_counted(rows, format_, cap=8999)


@pytest.mark.parametrize("format_", FORMATS)
def test_large_answers_stop_long_before_their_end(format_: str) -> None:
    data = " ".join(f"({i})" for i in range(1000))
    text = f"SELECT * {{ VALUES (?a) {{ {data} }} VALUES (?b) {{ {data} }} VALUES (?c) {{ {data} }} }}"
    with pytest.raises(CapExceeded) as caught:
        # A thousand million rows: this ends only if writing is what stops it.
        evaluate(ox.Store(), Question(text, format_, "turtle", (), (), 5000, 10**8))
    assert caught.value.kind == "rows"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * FROM <x:a> {}", True),
        ("select*from<x:a>{}", True),
        ("SELECT *\nFROM NAMED<x:a>{}", True),
        ("SELECT (EXISTS { ?s ?p '}' } AS ?x) FROM <x:a> {}", True),
        ("CONSTRUCT { ?s ?p '''FROM''' } FROM <x:a> WHERE { ?s ?p ?o }", True),
        ("PREFIX e: <x:> SELECT * FROM e:a {}", True),
        ("# it's a comment\nSELECT * FROM <x:a> {}", True),
        ("SELECT * { ?s ?p 'from' }", False),
        ('SELECT * { ?s ?p "a \\" FROM b" }', False),
        ("SELECT * { ?s ?p '''a 'FROM' b''' }", False),
        ("SELECT ?from { ?from ?p $FROM }", False),
        ("SELECT * { ?s e:from ?o ; from:e 1 ; :from 2 ; _:from 3 }", False),
        ("SELECT * { ?s e:a-from ?o ; e:a.from ?p ; e:%20from ?q ; e:a\\,from ?r }", False),
        ("SELECT * { ?s <x:FROM> 'x'@from } # FROM <x:a>", False),
        ("SELECT * { FILTER(?a<?from && ?b>1) }", False),
        ("SELECT * { ?s ?p ?o }", False),
    ],
)
def test_from_is_told_from_what_looks_like_it(text: str, expected: bool) -> None:
    assert has_dataset_clause(text) is expected
