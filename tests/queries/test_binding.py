"""Binding changes the parameters' tokens and no others, whatever the values hold."""

from __future__ import annotations

import pyoxigraph
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad
from tertius.queries.binding import bind, misplaced
from tertius.queries.guard import check_read_only
from tertius.queries.tokens import BLANKS, Kind, tokenise

TEMPLATE = """# $name in a comment
SELECT ?x (COUNT(?y) AS ?n) WHERE {
  ?x <urn:p> $name ; <urn:$name> "$name" .
  { SELECT ?x WHERE { ?x ?p ?y FILTER(?y != $name && ?name != '''$name''' && ?x<$name) } }
  FILTER NOT EXISTS { $name2 ?q $name }
} GROUP BY ?x HAVING(COUNT(?y) > $name2)"""

HOSTILE = [
    'x" } UNION { ?s ?p ?o } #',
    "name 1\n} ; DROP ALL",
    "'''",
    '"""',
    "\\",
    '\\"',
    "\\u0022",
    "$name",
    "> } #",
    "\x00",
    "\r\n\t\b\f",
    "\u2028\ufeff\u202e",
    "}" * 1000,
]


def significant(text: str) -> list[str]:
    return [token.text for token in tokenise(text) if token.kind not in BLANKS]


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
@example(HOSTILE[0], HOSTILE[1])
@example(HOSTILE[4], HOSTILE[5])
def test_only_parameters_change(first: str, second: str) -> None:
    terms = {"name": [Literal(first)], "name2": [Literal(second)]}
    bound = significant(bind(tokenise(TEMPLATE), terms))
    texts = {"$name": str(terms["name"][0]), "$name2": str(terms["name2"][0])}
    assert bound == [texts.get(token, token) for token in significant(TEMPLATE)]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_are_data(value: str) -> None:
    store = pyoxigraph.Store()
    store.add(Quad(NamedNode("urn:a"), NamedNode("urn:p"), Literal(value)))
    store.add(Quad(NamedNode("urn:b"), NamedNode("urn:p"), Literal("other")))
    text = bind(tokenise("SELECT ?s { ?s <urn:p> ?v FILTER(?v = $v) }"), {"v": [Literal(value)]})
    check_read_only(text)
    found = store.query(text)
    assert isinstance(found, pyoxigraph.QuerySolutions)
    assert [row["s"] for row in found] == [NamedNode("urn:a")]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_string_stays_one_value(value: str) -> None:
    text = bind(tokenise("SELECT ?v { VALUES ?v { $v } FILTER(?v IN ($v, 'x')) }"), {"v": [Literal(value)]})
    found = pyoxigraph.Store().query(text)
    assert isinstance(found, pyoxigraph.QuerySolutions)
    assert [row["v"] for row in found] == [Literal(value)]


def test_many_values_are_separated_as_their_place_asks() -> None:
    text = "SELECT ?v { VALUES ?v { $v } FILTER(?v IN ($v) && ?v NOT IN (1, $v)) }"
    bound = bind(tokenise(text), {"v": [Literal("a"), Literal("b")]})
    assert significant(bound) == significant(
        'SELECT ?v { VALUES ?v { "a" "b" } FILTER(?v IN ("a", "b") && ?v NOT IN (1, "a", "b")) }'
    )


def test_a_value_does_not_grow_together_with_its_neighbours() -> None:
    bound = bind(tokenise("SELECT*{?s ?p ?o FILTER(?o<$v)}"), {"v": [NamedNode("urn:a")]})
    assert [token.kind for token in tokenise(bound)].count(Kind.IRI) == 1
    assert "<<" not in bound


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT $a { ?s ?p ?o }", "SELECT"),
        ("SELECT ($a AS ?b) { ?s ?p ?o }", "SELECT"),
        ("SELECT ?s { { SELECT DISTINCT $a { ?s ?p ?o } } }", "SELECT"),
        ("SELECT ?s { ?s ?p ?o } GROUP BY $a", "GROUP BY"),
        ("SELECT ?s { ?s ?p ?o } ORDER BY DESC($a)", "ORDER BY"),
        ("SELECT ?s { ?s ?p ?o } LIMIT $a", "LIMIT"),
        ("SELECT ?s { ?s ?p ?o } OFFSET $a", "OFFSET"),
        ("SELECT ?s { BIND(1 AS $a) }", "after AS"),
        ("SELECT ?s { VALUES $a { 1 } }", "VALUES"),
        ("SELECT ?s { VALUES (?s $a) { (1 2) } }", "VALUES"),
        ("SELECT ?s { FILTER(?s = $many) }", "takes many values"),
        ("SELECT ?s { VALUES (?s ?t) { (1 $many) } }", "takes many values"),
    ],
)
def test_says_where_no_parameter_belongs(text: str, message: str) -> None:
    found = list(misplaced(tokenise(text), frozenset({"many"})))
    assert len(found) == 1
    assert message in found[0][1]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?s { ?s $a ?o . $a ?p $a FILTER(?s > $a) OPTIONAL { GRAPH $a { ?s ?p ?o } } }",
        "SELECT ?s { ?s ?p ?o } GROUP BY ?s HAVING(COUNT(?o) > $a)",
        "SELECT ?s WHERE { { SELECT ?s (COUNT(*) AS ?n) WHERE { ?s ?p $a } GROUP BY ?s } ?s ?p $a }",
        "SELECT ?s { VALUES ?s { $many } FILTER(?s IN ($many)) }",
        "SELECT ?s { ?s ?p ?o } ORDER BY ?s VALUES ?s { $a }",
    ],
)
def test_lets_parameters_stand_where_terms_stand(text: str) -> None:
    assert not list(misplaced(tokenise(text), frozenset({"many"})))
