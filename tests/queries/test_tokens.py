"""The reader sees what is written, loses nothing, and takes time in proportion to the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tertius.queries.tokens import BLANKS, join, place, tokenise


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind.name, token.text) for token in tokenise(text) if token.kind not in BLANKS]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("?a $b_1", [("VARIABLE", "?a"), ("PARAMETER", "$b_1")]),
        ("<http://x/#y>", [("IRI", "<http://x/#y>")]),
        (r"<\u0041>", [("IRI", r"<\u0041>")]),
        ('"a\\"b"', [("STRING", '"a\\"b"')]),
        ("'a\"b'", [("STRING", "'a\"b'")]),
        ('"""a"b\n""c"""', [("STRING", '"""a"b\n""c"""')]),
        ("'''a'b\n''c'''", [("STRING", "'''a'b\n''c'''")]),
        ("''", [("STRING", "''")]),
        ('""""""', [("STRING", '""""""')]),
        ("'a'@en-GB", [("STRING", "'a'"), ("LANGUAGE", "@en-GB")]),
        ("'a'^^xsd:int", [("STRING", "'a'"), ("PUNCTUATION", "^^"), ("NAME", "xsd:int")]),
        ("ex:a.b. :", [("NAME", "ex:a.b"), ("PUNCTUATION", "."), ("NAME", ":")]),
        (r"ex:it\'s%20x", [("NAME", r"ex:it\'s%20x")]),
        ("ex.y:a-b", [("NAME", "ex.y:a-b")]),
        ("_:b1 [] ()", [("BLANK", "_:b1"), *(("PUNCTUATION", sign) for sign in "[]()")]),
        ("1 -1.5 .5 1e3 +2.0E-3", [("NUMBER", number) for number in ("1", "-1.5", ".5", "1e3", "+2.0E-3")]),
        ("1+1", [("NUMBER", "1"), ("NUMBER", "+1")]),
        ("true.FILTER", [("WORD", "true"), ("PUNCTUATION", "."), ("WORD", "FILTER")]),
        ("a # b\nc", [("WORD", "a"), ("WORD", "c")]),
        ("a # b\rc", [("WORD", "a"), ("WORD", "c")]),
        ("?x<=?y", [("VARIABLE", "?x"), ("PUNCTUATION", "<="), ("VARIABLE", "?y")]),
        ("?s<p>?o", [("VARIABLE", "?s"), ("IRI", "<p>"), ("VARIABLE", "?o")]),
        ("'abc", [("ERROR", "'abc")]),
        ("'''abc\n'", [("ERROR", "'''abc\n'")]),
        ("\u00a0", [("ERROR", "\u00a0")]),
        ("Ünïcode ?é ex:ø", [("WORD", "Ünïcode"), ("VARIABLE", "?é"), ("NAME", "ex:ø")]),
    ],
)
def test_reads(text: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(text) == expected


@pytest.mark.parametrize(
    ("text", "sign", "rest"),
    [
        ("FILTER(?a<'x>y')", "<", "'x>y'"),
        ("FILTER(?a<?b&&?c>?d)", "<", "?b"),
        ("FILTER((?a)<?b#>)", "<", "?b"),
        ("BIND(?a<<http://x#y> AS ?z)", "<", "<http://x#y>"),
        ("FILTER(?a<=<http://x#y>)", "<=", "<http://x#y>"),
        ("FILTER(STR(?a)<?b)", "<", "?b"),
    ],
)
def test_less_than_in_an_expression_is_not_the_start_of_an_iri(text: str, sign: str, rest: str) -> None:
    texts = [text for _, text in kinds(text)]
    assert texts[texts.index(sign) + 1] == rest


@pytest.mark.parametrize(
    "text",
    [
        "VALUES (?a ?b) { (<urn:a> <urn:b#'c>) (?x <urn:d#e>) }",
        "{ ?s <urn:p#q> ?o ; <urn:p#r> ?t }",
        "{ FILTER(EXISTS { ?s <urn:p#q> ?o }) }",
        "{ (?a <urn:b#c>) ?p ?o }",
        "{ ?s ?p (?a <http://x#c>) }",
    ],
)
def test_an_iri_after_a_term_stays_an_iri(text: str) -> None:
    assert not [text for kind, text in kinds(text) if kind == "AMBIGUOUS"]
    assert [text for kind, text in kinds(text) if kind == "IRI"]


def test_what_could_be_either_is_called_ambiguous() -> None:
    assert ("AMBIGUOUS", "<?b)#>") in kinds("{ ?s ?p (?a <?b)#>) }")
    assert ("AMBIGUOUS", "<<") in kinds("{ ?s ?p (?a << ?b ?c ?d >>) }")


@given(st.text())
def test_nothing_is_lost(text: str) -> None:
    tokens = tokenise(text)
    assert join(tokens) == text
    assert [token.start for token in tokens] == [len(join(tokens[:index])) for index in range(len(tokens))]


FRAGMENTS = [
    "'",
    '"',
    "'''",
    '"""',
    "\\",
    "\n",
    "#",
    "<",
    ">",
    "(",
    ")",
    "{",
    "}",
    "a",
    ":",
    ".",
    "-",
    "?",
    "$",
    " ",
    "%4",
]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join))
def test_nothing_is_lost_of_what_delimits(text: str) -> None:
    assert join(tokenise(text)) == text


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "piece",
    [
        "'''x",
        "'''",
        "''' '' ",
        '"',
        "<",
        "<a",
        "\\",
        "a.",
        "a",
        "a-",
        "a....",
        "a:.\\",
        "_:.",
        "%41",
        "1.",
        "1e",
        "#\n",
        "(",
        "a-1.",
    ],
)
def test_hostile_repetition_is_read_at_once(piece: str) -> None:
    """A quadratic reader would need many minutes for one of these."""
    text = piece * (2**18 // len(piece))
    assert join(tokenise(text)) == text


def test_place_counts_from_one() -> None:
    assert place("a\nbc", 3) == (2, 2)
    assert place("a", 0) == (1, 1)
