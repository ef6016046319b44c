"""Putting terms where a query's text says `$name`.

Only tokens are replaced: `$name` in a string, in a comment or at the front of a longer name stays what it is,
and what takes its place is the serialisation of a term, which is one token or a literal with its datatype.
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
        terms: for every `$name` in it the terms to put there; several are separated by commas inside `IN (…)`
            and by spaces elsewhere.

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
    place = _Place()
    for token in tokens:
        if token.kind in BLANKS:
            continue
        if token.kind is Kind.PARAMETER:
            wrong = place.wrong(takes_many=token.text[1:] in lists)
            if wrong:
                yield token, wrong
        place.see(token)


class _Place:
    """Where in a query the reader is."""

    def __init__(self) -> None:
        self._clause = ""
        self._last = ""
        self._brackets: list[str] = []

    def wrong(self, *, takes_many: bool) -> str:
        """Say why no parameter belongs here; empty if one does."""
        inside = self._brackets[-1] if self._brackets else ""
        if self._clause:
            return f"stands in {self._clause}, where only variables and expressions of them belong"
        if self._last == "as":
            return "stands after AS, where a new variable belongs"
        if self._last == "values" or inside == "values-head":
            return "stands where VALUES names its variables"
        if takes_many and inside not in {"in", "values"}:
            return "takes many values and belongs in IN ($name) or VALUES ?variable { $name }"
        return ""

    def see(self, token: Token) -> None:
        word = token.text.lower()
        if token.kind is Kind.WORD:
            if word in _CLAUSES:
                self._clause = _CLAUSES[word]
            elif word in _LEAVING:
                self._clause = ""
        elif word in {"{", "}"}:
            self._clause = ""
        if word == "{":
            self._brackets.append("values" if self._last == "values-variable" else "")
        elif word == "(":
            self._brackets.append({"in": "in", "values": "values-head"}.get(self._last, ""))
        elif word in {"}", ")"} and self._brackets:
            self._brackets.pop()
        named = self._last == "values" and token.kind is Kind.VARIABLE
        self._last = "values-variable" if named else word
