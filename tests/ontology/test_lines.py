"""Lines say what the engine would have written itself."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse, serialize
from tertius.ontology.lines import date, iri, literal, pieces, quads
from tertius.ontology.namespaces import XSD

GRAPH = NamedNode("https://example.org/graph/g")
SUBJECT, PREDICATE = NamedNode("https://example.org/s"), NamedNode("https://example.org/p")


def line(value: str) -> str:
    return f"{SUBJECT} {PREDICATE} {value} .\n"


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_is_written_as_the_engine_writes_it(text: str) -> None:
    written = line(literal(text))
    triple = Triple(SUBJECT, PREDICATE, Literal(text))
    assert written.encode() == serialize([triple], format=RdfFormat.N_TRIPLES)
    assert list(quads([written], GRAPH)) == [Quad(SUBJECT, PREDICATE, Literal(text), GRAPH)]


def test_every_character_that_could_break_a_line_comes_back_from_the_bulk_loader() -> None:
    every = "".join(map(chr, [*range(0x100), 0x2028, 0x2029, 0xFEFF, 0xFFFD, 0xFFFE, 0xFFFF, 0x10FFFF]))
    store = Store()
    store.bulk_load(line(literal(every)).encode(), RdfFormat.N_TRIPLES, lenient=True)
    assert [quad.object.value for quad in store] == [every]


@given(st.dates())
def test_a_day_is_written_with_its_datatype(day: dt.date) -> None:
    assert date(day) == str(Literal(day.isoformat(), datatype=NamedNode(XSD + "date")))


@pytest.mark.parametrize(
    "bad", ["no scheme", "https://example.org/<", 'https://example.org/"', "https://a b"]
)
def test_what_is_no_iri_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="IRI"):
        iri(bad)


def test_an_iri_stands_in_brackets() -> None:
    assert iri("https://example.org/é") == "<https://example.org/é>"


@pytest.mark.parametrize("count", [0, 1, 3999, 4000, 4001, 9000])
def test_pieces_keep_every_line_and_its_order(count: int) -> None:
    lines = [line(literal(str(number))) for number in range(count)]
    found = list(pieces(iter(lines)))
    assert b"".join(found) == "".join(lines).encode()
    assert all(piece.endswith(b"\n") for piece in found)
    assert len(found) == -(-count // 4000)
    assert sum(1 for _ in parse(b"".join(found), RdfFormat.N_TRIPLES)) == count
