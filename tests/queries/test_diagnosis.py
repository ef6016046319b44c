"""What a query joins is read from its text, counted within bounds, and what costs is named."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tertius.queries import Catalogue, MalformedQuery, QueryError, check_read_only
from tertius.queries import diagnosis as diagnosis_module
from tertius.queries.diagnosis import Count, Diagnosis, diagnose
from tertius.queries.query_shape import QueryShape
from tertius.queries.shape_reader import read_shape
from tertius.store import Budget, MemoryStore, QueryTimeout, StoreBusy

EX = "http://example.org/"
P = f"PREFIX e: <{EX}>\n"


def node(name: str) -> ox.NamedNode:
    return ox.NamedNode(EX + name)


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    """Two hundred things in a row with a label each, five of them special."""
    memory = MemoryStore()
    graph = node("graph")
    for at in range(200):
        memory.graph.add(ox.Quad(node(f"n{at}"), node("next"), node(f"n{at + 1}"), graph))
        memory.graph.add(ox.Quad(node(f"n{at}"), node("label"), ox.Literal(f"{at}"), graph))
        if at % 40 == 0:
            memory.graph.add(ox.Quad(node(f"n{at}"), node("kind"), node("Special"), graph))
    return memory


def asking(store: MemoryStore, asked: list[str] | None = None) -> Callable[[str, float], bytes]:
    def ask(text: str, seconds: float) -> bytes:
        if asked is not None:
            asked.append(text)
        return store.query(text, budget=Budget(seconds, 10, 65_536)).body

    return ask


def found(store: MemoryStore, text: str) -> Diagnosis:
    return diagnose(read_shape(P + text), asking(store), seconds=20)


def kinds(what: Diagnosis) -> list[str]:
    return [finding.kind for finding in what.findings]


def groups(shape: QueryShape) -> list[tuple[str, int | None, list[str]]]:
    return [
        (
            group.kind,
            group.parent.number if group.parent else None,
            [pattern.text for pattern in group.patterns],
        )
        for group in shape.groups
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "SELECT * { ?a e:p ?b ; e:q 1 , 2 . }",
            [("where", None, ["?a e:p ?b .", "?a e:q 1 .", "?a e:q 2 ."])],
        ),
        ("ASK { ?a a e:C }", [("where", None, ["?a a e:C ."])]),
        ("CONSTRUCT { ?a e:x ?b } WHERE { ?a e:p ?b }", [("where", None, ["?a e:p ?b ."])]),
        ("CONSTRUCT WHERE { ?a e:p ?b }", [("where", None, ["?a e:p ?b ."])]),
        ("DESCRIBE e:x", []),
        ("DESCRIBE ?a { ?a e:p 'x'@en-GB }", [("where", None, ["?a e:p 'x'@en-GB ."])]),
        (
            "SELECT (COUNT(*) AS ?n) FROM <urn:g> { ?a e:p '1'^^e:t , -1.5e3 , true }",
            [("where", None, ["?a e:p '1'^^e:t .", "?a e:p -1.5e3 .", "?a e:p true ."])],
        ),
        (
            "SELECT * { ?a e:p/^e:q|!(e:r|^e:s) ?b . ?b (e:t/e:u)* ?c . ?c e:v+ e:x . ?c e:w? ?d }",
            [
                (
                    "where",
                    None,
                    [
                        "?a e:p / ^ e:q | ! ( e:r | ^ e:s ) ?b .",
                        "?b ( e:t / e:u ) * ?c .",
                        "?c e:v + e:x .",
                        "?c e:w ? ?d .",
                    ],
                )
            ],
        ),
        (
            "SELECT * { [ e:p [ e:q ?a ] ] . ?b e:r ( 1 ?c ) }",
            [
                (
                    "where",
                    None,
                    [
                        "?in_brackets_2 e:q ?a .",
                        "?in_brackets_1 e:p ?in_brackets_2 .",
                        "?in_brackets_3 <http://www.w3.org/1999/02/22-rdf-syntax-ns#first> 1 .",
                        "?in_brackets_3 <http://www.w3.org/1999/02/22-rdf-syntax-ns#first> ?c .",
                        "?b e:r ?in_brackets_3 .",
                    ],
                )
            ],
        ),
        (
            (
                "SELECT * { ?a e:p ?b OPTIONAL { ?b e:q ?c MINUS { ?c e:r ?d } } "
                "FILTER(?a > 1 && NOT EXISTS { ?a e:s ?x }) }"
            ),
            [
                ("where", None, ["?a e:p ?b ."]),
                ("optional", 1, ["?b e:q ?c ."]),
                ("minus", 2, ["?c e:r ?d ."]),
                ("exists", 1, ["?a e:s ?x ."]),
            ],
        ),
        (
            (
                "SELECT * { { ?a e:p ?b } { ?b e:q ?c } UNION { ?b e:r ?c } UNION { ?b e:s ?c } "
                "GRAPH ?g { ?c e:t ?d } }"
            ),
            [
                ("where", None, ["?a e:p ?b .", "GRAPH ?g { ?c e:t ?d . }"]),
                ("union", 1, ["?b e:q ?c ."]),
                ("union", 1, ["?b e:r ?c ."]),
                ("union", 1, ["?b e:s ?c ."]),
            ],
        ),
        (
            (
                "SELECT * { { SELECT ?a (MAX(?x) AS ?m) { ?a e:p ?x } "
                "GROUP BY ?a HAVING (MAX(?x) > 1) LIMIT 3 } ?a e:q ?b }"
            ),
            [("where", None, ["?a e:q ?b ."]), ("select", 1, ["?a e:p ?x ."])],
        ),
    ],
)
def test_patterns_are_read_in_their_groups(
    text: str, expected: list[tuple[str, int | None, list[str]]]
) -> None:
    assert groups(read_shape(P + text)) == expected
    ox.Store().query(P + text)


def test_every_named_query_is_read_with_as_many_patterns_as_the_guard_counts(catalogue: Catalogue) -> None:
    for name, query in catalogue.items():
        text = query.example_text()
        shape = read_shape(text)
        steps = sum(pattern.predicate.count(" / ") for pattern in shape.patterns)
        assert len(shape.patterns) + steps == check_read_only(text).patterns, name


@given(st.text("{}()[]?a.;,*/+^!|<>:'\"@0 \nSELECTWHREFIXOPNAUGBVMIS", max_size=80))
def test_whatever_is_read_ends_in_a_shape_or_a_complaint(text: str) -> None:
    with contextlib.suppress(QueryError):
        check_read_only(text)
        assert isinstance(read_shape(text), QueryShape)


@pytest.mark.parametrize(
    "text", ["SELECT * { ?a e:p", "SELECT * { ?a }", "SELECT * {", "SELECT ?a", "SELECT ?a FROM", "x { }"]
)
def test_what_is_no_query_is_a_complaint(text: str) -> None:
    with pytest.raises(MalformedQuery):
        read_shape(P + text)


def test_patterns_are_counted_alone_and_joined(store: MemoryStore) -> None:
    what = found(store, "SELECT * { ?a e:label ?l . ?a e:kind e:Special . ?a e:next ?b }")
    assert what.matches == {1: Count(200, False), 2: Count(5, False), 3: Count(200, False)}
    assert [(step.pattern, step.rows) for step in what.steps[1]] == [
        (2, Count(5, False)),
        (1, Count(5, False)),
        (3, Count(5, False)),
    ]
    assert (what.costly, kinds(what), what.complete) == (None, [], True)


def test_patterns_without_a_common_variable_are_named(store: MemoryStore) -> None:
    what = found(store, "SELECT * { ?a e:label ?l . ?b e:kind e:Special }")
    assert kinds(what)[0] == "cartesian-product"
    assert what.costly == 1
    assert what.steps[1][1].apart
    assert what.steps[1][1].rows == Count(1000, False)


@pytest.mark.parametrize(
    "tie",
    [
        "BIND(?l AS ?m)",
        "VALUES (?l ?m) { (1 1) }",
        "{ SELECT ?l ?m { ?l e:next ?m } }",
        "{ ?l e:next ?m } UNION { ?m e:next ?l }",
    ],
)
def test_what_else_ties_two_patterns_is_seen(store: MemoryStore, tie: str) -> None:
    what = found(store, f"SELECT * {{ ?a e:label ?l . ?b e:label ?m . {tie} }}")
    assert "cartesian-product" not in kinds(what)


def test_an_optional_pattern_is_tied_to_what_is_around_it(store: MemoryStore) -> None:
    what = found(store, "SELECT * { ?a e:next ?b . ?c e:next ?b OPTIONAL { ?a e:kind ?k . ?c e:label ?l } }")
    assert "cartesian-product" not in kinds(what)


def test_a_path_that_begins_everywhere_is_named_and_not_tried(store: MemoryStore) -> None:
    asked: list[str] = []
    shape = read_shape(P + "SELECT * { ?a e:next+ ?b . ?a e:kind e:Special }")
    what = diagnose(shape, asking(store, asked), seconds=20)
    assert (kinds(what)[0], what.costly, what.matches[1]) == ("unanchored-path", 1, None)
    assert not any("next" in text for text in asked)
    fixed = found(store, "SELECT * { e:n190 e:next+ ?b }")
    assert (kinds(fixed), fixed.matches[1]) == ([], Count(10, False))


def test_what_matches_everything_or_nothing_is_named(store: MemoryStore) -> None:
    assert kinds(found(store, "SELECT * { ?s ?p ?o }")) == ["unbound-predicate"]
    nothing = found(store, "SELECT * { ?s e:lable ?o . ?s e:next ?n }")
    assert kinds(nothing) == ["matches-nothing"]
    assert nothing.findings[0].patterns == (1,)
    assert kinds(found(store, "SELECT * { ?s e:next ?o } ORDER BY ?o LIMIT 1")) == ["sorts"]


def test_many_rows_are_named_with_the_pattern_that_makes_them(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnosis_module, "_MANY", 100)
    what = found(store, "SELECT * { ?a e:kind e:Special . ?a ?p ?x . ?x ^e:next/e:label ?y . ?z e:label ?y }")
    assert what.costly is None
    wide = found(store, "SELECT * { ?a e:next ?b . ?b e:label ?l }")
    assert (wide.costly, kinds(wide)) == (1, ["many-rows"])


def test_counting_ends_at_its_cap(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis_module, "CAP", 50)
    what = found(store, "SELECT * { ?a e:label ?l . ?b e:label ?m . ?c e:label ?n }")
    assert what.matches[1] == Count(50, True)
    assert [step.rows for step in what.steps[1]] == [Count(50, True), None, None]


def test_counting_that_takes_too_long_is_given_up_and_said(store: MemoryStore) -> None:
    tried: list[float] = []

    def slow(text: str, seconds: float) -> bytes:
        tried.append(seconds)
        raise QueryTimeout(seconds)

    text = P + "SELECT * { ?a e:a ?b . ?b e:b ?c . ?c e:c ?d . ?d e:d ?f }"
    what = diagnose(read_shape(text), slow, seconds=4.0)
    # Each that does not end costs a process: after one no more are tried.
    assert len(tried) == 1
    assert max(tried) <= 2.0
    assert not what.complete
    assert "not-counted" in kinds(what)
    assert what.costly == 1


def test_a_busy_store_is_no_finding(store: MemoryStore) -> None:
    def busy(text: str, seconds: float) -> bytes:
        raise StoreBusy(1)

    with pytest.raises(StoreBusy):
        diagnose(read_shape("SELECT * { ?a ?b ?c }"), busy, seconds=4.0)
