"""Putting terms where a query's text says `$name`.

Only tokens are replaced: `$name` in a string, in a comment or at the front of a longer name stays what it is, and what
takes its place is the serialisation of a term, which is one token or a literal with its datatype.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tertius.queries.params import Term
from tertius.queries.tokens import BLANKS, Kind, Token

_CLAUSES: Final = {
    "select": "SELECT",
    "group": "GROUP BY",
    "order": "ORDER BY",
    "limit": "LIMIT",
    "offset": "OFFSET",
}
_LEAVING: Final = frozenset({"where", "from", "having", "values"})


def bind(tokens: Sequence[Token], terms: Mapping[str, Sequence[Term]]) -> str:
    """Return the text of a query with its parameters replaced.

    Args:
        tokens: the query, as `tokenise` gives it.
        terms: for every `$name` in it the terms to put there; several are separated by commas inside `IN (…)` and by spaces
            elsewhere.

    Raises:
        KeyError: a `$name` has no terms; checked queries have them all.
    """
    pieces: list[str] = []
    for token, commas in _in_lists(tokens):
        if token.kind is Kind.PARAMETER:
            # The spaces keep `<` before an IRI and a name after it apart.
            pieces.append(f" {(', ' if commas else ' ').join(str(term) for term in terms[token.text[1:]])} ")
        else:
            pieces.append(token.text)
    return "".join(pieces)


def _in_lists(tokens: Sequence[Token]) -> Iterator[tuple[Token, bool]]:
    """Say of every token whether it stands directly inside the brackets of `IN (…)`."""
    stack: list[bool] = []
    last = ""
    for token in tokens:
        yield token, bool(stack and stack[-1])
        if token.kind in BLANKS:
            continue
        if token.text in {"(", "{", "["}:
            stack.append(token.text == "(" and last == "in")
        elif token.text in {")", "}", "]"} and stack:
            stack.pop()
        last = token.text.lower()


def misplaced(tokens: Sequence[Token], lists: frozenset[str] = frozenset()) -> Iterator[tuple[Token, str]]:
    """Find parameters where a term would change what the query means, or could not stand at all.

    Args:
        tokens: the query.
        lists: names of the parameters that take many values.

    Yields:
        The token, and what is wrong with its place.
    """
    clause = ""
    last = ""
    stack: list[str] = []
    for token in tokens:
        if token.kind in BLANKS:
            continue
        word = token.text.lower()
        if token.kind is Kind.WORD:
            if word in _CLAUSES:
                clause = _CLAUSES[word]
            elif word in _LEAVING:
                clause = ""
        elif word == "{":
            stack.append("values" if clause == "" and last == "values-variable" else "")
            clause = ""
        elif word == "}":
            clause = ""
        if token.kind is Kind.PARAMETER:
            wrong = _wrong_place(clause, last)
            if wrong:
                yield token, wrong
            elif token.text[1:] in lists and not (stack and stack[-1] in {"in", "values"}):
                yield token, "takes many values and belongs in IN ($name) or VALUES ?variable { $name }"
        elif word == "(":
            stack.append("in" if last == "in" else "values-head" if last == "values" else "")
        if word in {"}", ")"} and stack:
            stack.pop()
        if last == "values" and token.kind is Kind.VARIABLE:
            last = "values-variable"
        else:
            last = word


def _wrong_place(clause: str, last: str) -> str:
    if clause:
        return f"stands in {clause}, where only variables and expressions of them belong"
    if last == "as":
        return "stands after AS, where a new variable belongs"
    if last == "values" or last == "(values":
        return "stands where VALUES names its variables"
    return ""
