"""The guard refuses what must not run and nothing else."""

from __future__ import annotations

import re

import pyoxigraph
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tertius.queries import (
    FederationRefused,
    Limits,
    MalformedQuery,
    QueryTooComplex,
    QueryTooLong,
    check_read_only,
)

FINE = [
    "SELECT * { ?service ex:SERVICE 'SERVICE' # SERVICE\n. ?load <http://x/SERVICE> insert:a }",
    'SELECT * { ?s ?p "SERVICE", """ SERVICE <x> {} """ }',
    "PREFIX insert: <urn:x> SELECT * { ?s insert:p 'INSERT DATA' }",
    "PREFIX service: <urn:x> SELECT * { GRAPH service:x { service:y a service:Z } }",
    "PREFIX service: <urn:x> SELECT * FROM service:g { ?s ?p ?o }",
    "PREFIX service: <urn:x> DESCRIBE service:a service:b { ?s ?p ?o }",
    "SELECT ?delete { BIND(1 AS ?delete) FILTER(?delete < 2) }",
    "SELECT(COUNT(*) AS ?n){}",
    "BASE <http://x/> PREFIX a: <b> ASK {}",
    "select?s{?s?p?o}",
    "SELECT * { VALUES ?x { " + "-1 " * 5000 + "} }",
    "SELECT * { ?s ?p ?o FILTER(?o IN (" + ", ".join(map(str, range(5000))) + ")) }",
    "SELECT * { " + "?s ?p ?o . " * 60 + "}",
    "SELECT * { " + "{ SELECT * { " + "?s ?p ?o . " * 50 + "} } OPTIONAL { " + "?s ?p ?o . " * 50 + "} }",
]


@pytest.mark.parametrize("text", FINE)
def test_lets_queries_pass(text: str) -> None:
    assert check_read_only(text).size == len(text)


SERVICES = [
    "SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
    "SELECT * { service silent <http://127.0.0.1/> { ?s ?p ?o } }",
    "SELECT * { SeRvIcE?x{ ?s ?p ?o } }",
    "SELECT * { ?s ?p ?o.SERVICE<http://127.0.0.1/>{} }",
    "SELECT * { ?s ?p 1SERVICE<http://127.0.0.1/>{} }",
    "SELECT * { ?s ?p trueSERVICE<http://127.0.0.1/>{} }",
    "SELECT * { SERVICESILENT<http://127.0.0.1/>{} }",
    "PREFIX ex: <http://127.0.0.1/> SELECT * { SERVICEex:foo{ ?s ?p ?o } }",
    "PREFIX : <http://127.0.0.1/> SELECT * { SERVICE:foo{ ?s ?p ?o } }",
    "SELECT * { # \rSERVICE <http://127.0.0.1/> {} }",
    "SELECT * { FILTER EXISTS { SERVICE#\n<http://127.0.0.1/> {} } }",
    "SELECT * { ?s ?p ?a FILTER(?a<'x>y')SERVICE <http://127.0.0.1/> {}#'\n}",
    "SELECT * { ?s ?p ?a FILTER(?a<?b)SERVICE#>\n<http://127.0.0.1/> {} }",
    "SELECT * { ?s ?p ?a FILTER(?a<<http://x#>)SERVICE <http://127.0.0.1/> {}\n}",
    "CONSTRUCT {} WHERE { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
]


@pytest.mark.parametrize("text", SERVICES)
def test_refuses_to_call_other_services(text: str) -> None:
    with pytest.raises(FederationRefused, match=r"line \d+, column \d+: SERVICE is not available"):
        check_read_only(text)


@pytest.mark.parametrize("text", SERVICES)
def test_each_of_these_is_a_service_call_to_the_engine(text: str) -> None:
    """Otherwise the table above would show nothing."""
    local = text.replace("http://127.0.0.1/", "bad:x")
    assert parses(local)
    assert not parses(re.sub("service", "xervice", local, flags=re.IGNORECASE))


UPDATES = [
    "INSERT DATA { <a> <b> <c> }",
    "delete where { ?s ?p ?o }",
    "PREFIX a: <b> LOAD <http://127.0.0.1/>",
    "CLEAR ALL",
    "DROP GRAPH <g>",
    "CREATE GRAPH <g>",
    "ADD <a> TO <b>",
    "MOVE <a> TO <b>",
    "COPY <a> TO <b>",
    "# hello\nWITH <g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
]


@pytest.mark.parametrize("text", UPDATES)
def test_calls_an_update_an_update(text: str) -> None:
    with pytest.raises(MalformedQuery, match="is an update"):
        check_read_only(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no query here"),
        (" # only a comment", "no query here"),
        ("PREFIX a: <b>", "no query here"),
        ("SELECT * { ?s ?p 'open }", "line 1, column 18: a string that is not closed"),
        ("SELECT *\n{ ?s ?p \u00a0 }", "line 2, column 9: the character '\\\\xa0'"),
        ("SELECT * { ?s ?p (?a <?b)#>) }", "write a space after <"),
    ],
)
def test_names_what_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(MalformedQuery, match=message):
        check_read_only(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("SELECT * " + "{" * 101, "levels of brackets"),
        ("SELECT * { FILTER(" + "(" * 101, "levels of brackets"),
        ("SELECT * { ?s ?p " + "[ ?p " * 101, "levels of brackets"),
        ("SELECT * { " + "?s ?p ?o . " * 61, "triple patterns joined"),
        ("SELECT * { " + "{ ?s ?p ?o } " * 61, "triple patterns joined"),
        ("SELECT * { ?s ?p ?o" + " ; ?p ?o" * 60, "triple patterns joined"),
        ("SELECT * { ?s ?p ?o" + ", ?o" * 60, "triple patterns joined"),
        ("SELECT * { ?s <p>" + "/<p>" * 60 + " ?o }", "triple patterns joined"),
        ("SELECT * { ?s ?p (" + "1 " * 31 + ") }", "triple patterns joined"),
        ("SELECT * { " + "OPTIONAL { ?s ?p ?o . ?s ?p ?o . ?s ?p ?o } " * 101, "triple patterns"),
        ("SELECT * { " + "OPTIONAL { ?s ?p ?o } " * 151, "UNION, OPTIONAL"),
        ("SELECT * { {}" + "UNION{}" * 151, "UNION, OPTIONAL"),
        ("SELECT * { " + "{SELECT * {}}" * 151, "UNION, OPTIONAL"),
        ("SELECT * { FILTER(" + "!" * 2001, "operators"),
        ("SELECT * { FILTER(1" + "||1" * 2001, "operators"),
        ("SELECT * { FILTER(1" + "+1" * 2001, "operators"),
        ("SELECT * { FILTER(?x" + "-1" * 2001, "operators"),
        ("SELECT * { ?s <p>" + "|<p>" * 2001, "operators"),
    ],
)
def test_limits_name_themselves_and_the_place(text: str, what: str) -> None:
    with pytest.raises(QueryTooComplex, match=rf"line 1, column \d+: more than \d+ {what}") as caught:
        check_read_only(text)
    assert caught.value.what.startswith(what)


def test_limits_lie_below_what_overflows_the_engine() -> None:
    """The longest permitted chains are parsed; a stack overflow would end this process."""
    for chain in ("||1", "+1", "&&1", "=1"):
        text = "SELECT * { FILTER(1" + chain * (1 if chain == "=1" else 1990) + ") }"
        check_read_only(text)
        assert parses(text)
    assert parses("SELECT * { FILTER(" + "!" * 1990 + "true) }")
    assert parses("SELECT * " + "{" * 100 + "}" * 100)


def test_size_counts_bytes_and_comes_first() -> None:
    with pytest.raises(QueryTooLong) as caught:
        check_read_only("é" * 32769)
    assert (caught.value.size, caught.value.limit) == (65538, 65536)
    assert check_read_only("SELECT*{}#" + "é" * 32763).size == 65536


def test_limits_can_be_set() -> None:
    with pytest.raises(QueryTooComplex):
        check_read_only("SELECT * { ?s ?p ?o . ?s ?p ?o }", Limits(joined=1))


@pytest.mark.parametrize(
    ("text", "patterns"),
    [
        ("SELECT ?a ?b ?c { ?s ?p ?o }", 1),
        ("SELECT ?a (COUNT(?b) AS ?c) ?d { ?s ?p ?o } GROUP BY ?a ?b ?c HAVING(?a > 1) ORDER BY ?a ?b ?c", 1),
        ("SELECT * WHERE { ?s a ex:B ; ex:p 1, 'x'^^xsd:string . FILTER(?x + 1 > 2) FILTER ex:f(?x) }", 3),
        ("SELECT * { ?s ex:a/ex:b/^ex:c|ex:d ?o . OPTIONAL { ?s ^ex:q ?o } }", 4),
        ("SELECT * { ?s (ex:a|ex:b)+ ?o . GRAPH ?g { ?s !(ex:a|^ex:b) ?o } }", 2),
        ("SELECT * { VALUES (?x ?y) { (1 2) (3 4) } VALUES ?z { 1 2 3 } ?x ?y ?z }", 1),
        ("SELECT * { [ a ex:A ; ex:b [ ex:c ?d ] ] }", 3),
        ("SELECT * { ?s ?p (1 2) }", 5),
        ("CONSTRUCT { ?a ?b ?c . ?d ?e ?f } WHERE { ?s ?p ?o }", 1),
        ("CONSTRUCT WHERE { ?s ?p ?o, ?q }", 2),
        ("SELECT * { ?s ?p ?o BIND(1 AS ?x) ?s ?q 'o'@en { SELECT ?s ?t ?u { ?s ?p true } } }", 3),
        ("SELECT * { << ?a ?b ?c >> ?p ?o }", 2),
        ("SELECT * { ?s a/^ex:b*/(ex:d) ?o }", 3),
        ("SELECT * { ?s ?p ?o {| ?q ?r |} }", 2),
    ],
)
def test_counts_patterns_as_a_planner_would(text: str, patterns: int) -> None:
    assert check_read_only(text).patterns == patterns


def parses(text: str) -> bool:
    """Whether the engine takes the text for a query; errors of evaluation do not count."""
    try:
        pyoxigraph.Store().query(text)
    except SyntaxError:
        return False
    except (OSError, RuntimeError):
        return True
    return True


PIECES = [
    *(
        "FILTER(?a",
        "(",
        ")",
        "<",
        "<<",
        ">",
        "'",
        "''",
        "'''",
        '"',
        "#",
        "\n",
        " ",
        ".",
        ";",
        ",",
        "{",
        "}",
        "?b",
        "?a",
        "1",
    ),
    *(
        "&&",
        "||",
        "=",
        "!",
        "true",
        "ex:p",
        "<urn:p>",
        "<bad:x#y>",
        "SERVICE",
        "SERVICE <bad:x> {}",
        "service",
        "UNION",
        "\\",
    ),
    *(
        "SERVICEex:p{}",
        "VALUES (?x ?y) {(",
        ")}",
        "BIND(",
        " AS ?z)",
        "?s ?p ?a",
        "?s <p> ?o .",
        "EXISTS {",
        "IN (",
        "@en",
        "^^",
    ),
]


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
@example("FILTER(?a<'x>y')SERVICE <bad:x> {}#'\n")
@example("VALUES (?x ?y) {(?a<?b#>)}SERVICE <bad:x> {}")
def test_what_passes_calls_no_service(middle: str) -> None:
    """If the engine would parse it only because of the keyword, the guard must have refused it."""
    text = f"PREFIX ex: <bad:> SELECT * {{ ?s ?p ?a {middle} }}"
    try:
        check_read_only(text)
    except (FederationRefused, MalformedQuery, QueryTooComplex):
        return
    if parses(text):
        assert parses(re.sub("service", "xervice", text, flags=re.IGNORECASE))


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=60))
def test_any_text_gets_an_answer_or_one_of_our_errors(text: str) -> None:
    try:
        check_read_only(text)
    except (FederationRefused, MalformedQuery, QueryTooComplex):
        return
