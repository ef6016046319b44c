"""What a caller's query may be, judged on its tokens before any worker sees it.

Three things are decided here: that the text is a query and no update, that it calls no other service, and
that it is not so long, deep or wide that parsing or planning it would cost more than evaluating it should.
Nothing here replaces the limits of the workers, which hold whatever this module overlooks; it exists to
answer at once and to say why.

Oxigraph's grammar does not ask for a word boundary after a keyword: `SERVICESILENT`, `trueSERVICE` and
`SERVICEex:endpoint {` all call a service. Hence any bare word that contains the keyword is taken for it, and
so is a prefixed name whose prefix contains it where a group follows as it does after SERVICE.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tertius.queries.errors import FederationRefused, MalformedQuery, QueryTooComplex, QueryTooLong
from tertius.queries.patterns import PatternCounter
from tertius.queries.tokens import BLANKS, OPERANDS, Kind, Token, place, tokenise


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a query may be.

    The defaults lie far below what was measured to hurt: planning 100 triple patterns that are joined
    together takes seconds and 200 nearly a minute; 2,200 nested groups, 2,600 OPTIONALs, 6,500 UNIONs or
    fewer than 10,000 chained operators overflow the stack.

    Attributes:
        size: bytes of UTF-8.
        depth: brackets open at the same time.
        joined: triple patterns joined together; those of sub-selects and of the groups of OPTIONAL, UNION,
            MINUS and EXISTS are planned apart and count apart. Steps of property paths count; CONSTRUCT
            templates and VALUES do not.
        patterns: triple patterns in all.
        branches: UNION, OPTIONAL, MINUS, EXISTS, GRAPH and sub-selects together.
        operators: operators of expressions and paths together.
    """

    size: int = 64 * 1024
    depth: int = 100
    joined: int = 60
    patterns: int = 300
    branches: int = 150
    operators: int = 2000


DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Shape:
    """What was counted in a query that passed: the same quantities as in `Limits`."""

    size: int
    depth: int
    joined: int
    patterns: int
    branches: int
    operators: int


UPDATE_VERBS: Final = frozenset(
    {"insert", "delete", "load", "clear", "drop", "create", "add", "move", "copy", "with"}
)
_BRANCHES: Final = frozenset({"union", "optional", "minus", "exists", "graph"})
_OPERATORS: Final = frozenset(
    {"||", "&&", "=", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "!", "|", "^"}
)
_OPENING: Final = frozenset({"{", "(", "[", "<<", "<<(", "{|"})
_CLOSING: Final = frozenset({"}", ")", "]", ">>", ")>>", "|}"})
_NAMING: Final = frozenset({"graph", "from", "named"})


def check_read_only(text: str, limits: Limits = DEFAULT_LIMITS) -> Shape:
    """Refuse what is not a query for this service to evaluate.

    Args:
        text: the query as the caller sent it.
        limits: how large it may be.

    Returns:
        What was counted.

    Raises:
        QueryTooLong: more than `limits.size` bytes; nothing else was looked at.
        MalformedQuery: an update, an empty text, or text that cannot be read one way only.
        FederationRefused: it calls another service.
        QueryTooComplex: it passes one of the other limits.
    """
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    if size > limits.size:
        raise QueryTooLong(size, limits.size)
    tokens = [token for token in tokenise(text) if token.kind not in BLANKS]
    _check_readable(text, tokens)
    _check_verb(text, tokens)
    _check_federation(text, tokens)
    return _measure(text, tokens, size, limits)


def _check_readable(text: str, tokens: list[Token]) -> None:
    for token in tokens:
        if token.kind is Kind.ERROR:
            line, column = place(text, token.start)
            what = (
                "a string that is not closed" if token.text[0] in "\"'" else f"the character {token.text!r}"
            )
            raise MalformedQuery(f"{what} cannot be read as SPARQL", line, column)
        if token.kind is Kind.AMBIGUOUS:
            line, column = place(text, token.start)
            raise MalformedQuery("this may be an IRI or a comparison; write a space after <", line, column)


def _check_verb(text: str, tokens: list[Token]) -> None:
    """Look at the first word after the prologue."""
    index = 0
    while index < len(tokens) and tokens[index].kind is Kind.WORD:
        word = tokens[index].text.lower()
        if word == "prefix":
            index += 3
        elif word in {"base", "version"}:
            index += 2
        else:
            break
    if index >= len(tokens):
        raise MalformedQuery("there is no query here; write SELECT, ASK, CONSTRUCT or DESCRIBE")
    verb = tokens[index]
    if verb.kind is Kind.WORD and verb.text.lower() in UPDATE_VERBS:
        line, column = place(text, verb.start)
        raise MalformedQuery(
            f"{verb.text.upper()} is an update and this endpoint only answers queries; "
            "data changes by loading a source",
            line,
            column,
        )


def _check_federation(text: str, tokens: list[Token]) -> None:
    for index, token in enumerate(tokens):
        if token.kind is Kind.WORD:
            found = "service" in token.text.lower()
        elif token.kind is Kind.NAME:
            prefix = token.text.partition(":")[0].lower()
            found = "service" in prefix and _calls(tokens, index)
        else:
            found = False
        if found:
            raise FederationRefused(*place(text, token.start))


def _calls(tokens: list[Token], index: int) -> bool:
    """Whether a name is followed by a group without anything before it that names graphs or resources."""
    if index + 1 >= len(tokens) or tokens[index + 1].text != "{":
        return False
    before = index - 1
    while before >= 0 and tokens[before].kind in {Kind.IRI, Kind.NAME, Kind.VARIABLE, Kind.PARAMETER}:
        before -= 1
    word = tokens[before].text.lower() if before >= 0 else ""
    if word == "describe":
        return False
    return not (before == index - 1 and word in _NAMING)


def _measure(text: str, tokens: list[Token], size: int, limits: Limits) -> Shape:
    deepest = branches = operators = 0
    counter = PatternCounter()
    before: Token | None = None
    opened: list[str] = []
    for token in tokens:
        counter.see(token)
        if token.text in _OPENING:
            opened.append(token.text)
            deepest = max(deepest, len(opened))
        elif token.text in _CLOSING and opened:
            opened.pop()
        elif token.kind is Kind.WORD:
            word = token.text.lower()
            branches += word in _BRANCHES or (word == "select" and before is not None and before.text == "{")
        operators += _is_operator(token, before, opened[-1] if opened else "")
        for what, count, limit, advice in (
            ("levels of brackets", deepest, limits.depth, "flatten the query"),
            ("triple patterns joined together", counter.joined, limits.joined, "ask in several steps"),
            ("triple patterns", counter.count, limits.patterns, "ask in several steps"),
            (
                "UNION, OPTIONAL, MINUS, EXISTS, GRAPH and sub-selects",
                branches,
                limits.branches,
                "use VALUES",
            ),
            ("operators", operators, limits.operators, "use IN or VALUES instead of long chains"),
        ):
            if count > limit:
                raise QueryTooComplex(what, limit, *place(text, token.start), advice)
        before = token
    return Shape(size, deepest, counter.joined, counter.count, branches, operators)


def _is_operator(token: Token, before: Token | None, bracket: str) -> bool:
    if token.kind is Kind.PUNCTUATION:
        return token.text in _OPERATORS
    # 1+1 is the number 1 and the number +1, as in the grammar of SPARQL.
    signed = token.kind is Kind.NUMBER and token.text[0] in "+-"
    return (
        signed and bracket == "(" and before is not None and (before.kind in OPERANDS or before.text == ")")
    )
