"""SPARQL as a list of tokens: enough to see what a text says, without parsing it.

The reader must agree with the evaluator about where strings, comments and IRIs begin and end, because the
guard and the binder trust it. One place of the grammar makes that hard: `<` may open an IRI or compare two
values, and where the specification takes the longest token (`?a<?b&&?c>?d` holds the IRI `<?b&&?c>`),
Oxigraph's grammar takes whatever fits. In `FILTER(?a<'x>y')` the two readings disagree about which characters
are a string. So the reader keeps track of brackets: after an operand, directly inside the round brackets of
an expression, an IRI cannot follow and `<` compares; inside other round brackets a text that could be read
both ways becomes an `AMBIGUOUS` token, which the guard refuses.

Reading takes time proportional to the text, whatever the text: no alternative of the expression can fail
after consuming what another attempt would consume again, and a string that is never closed is one token up to
where it stops.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final, NamedTuple


class Kind(Enum):
    """Kinds of token."""

    SPACE = auto()
    COMMENT = auto()
    IRI = auto()
    STRING = auto()
    VARIABLE = auto()
    PARAMETER = auto()
    NAME = auto()
    BLANK = auto()
    LANGUAGE = auto()
    NUMBER = auto()
    WORD = auto()
    PUNCTUATION = auto()
    AMBIGUOUS = auto()
    ERROR = auto()


class Token(NamedTuple):
    """A piece of the text: `text` begins at character `start` (from 0)."""

    kind: Kind
    text: str
    start: int


_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_CHARS = _BASE + r"_0-9\u00b7\u0300-\u036f\u203f-\u2040\-"
_ESCAPED = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
# A dot belongs to a name only when the name goes on after it.
_DOTS = rf"\.++(?=[{_CHARS}:%\\])"
_PREFIX = rf"[{_BASE}](?:[{_CHARS}]|\.++(?=[{_CHARS}]))*+"
_LOCAL = rf"(?:[{_BASE}_0-9:]|{_ESCAPED})(?:[{_CHARS}:]|{_ESCAPED}|{_DOTS})*+"
_VARIABLE = rf"[{_BASE}_0-9][{_BASE}_0-9\u00b7\u0300-\u036f\u203f-\u2040]*+"

_TOKEN: Final = re.compile(
    rf"""
      (?P<SPACE>[ \t\r\n]++)
    | (?P<COMMENT>\#[^\r\n]*+)
    | (?P<IRI><(?:[^\x00-\x20<>"{{}}|^`\\]|\\u[0-9A-Fa-f]{{4}}|\\U[0-9A-Fa-f]{{8}})*+>)
    | (?P<STRING>
          \"\"\"(?:[^"\\]|\\[\s\S]|\"{{1,2}}(?!\"))*+\"\"\"
        | '''(?:[^'\\]|\\[\s\S]|'{{1,2}}(?!'))*+'''
        | (?!\"\"\")\"(?:[^"\\\r\n]|\\[^\r\n])*+\"
        | (?!''')'(?:[^'\\\r\n]|\\[^\r\n])*+')
    | (?P<UNCLOSED>\"\"\"[\s\S]*+|'''[\s\S]*+|["'][^\r\n]*+)
    | (?P<BLANK>_:[{_BASE}_0-9](?:[{_CHARS}]|\.++(?=[{_CHARS}]))*+)
    | (?P<RUN>{_PREFIX})(?P<LOCAL>:(?:{_LOCAL})?+)?+
    | (?P<NAME>:(?:{_LOCAL})?+)
    | (?P<VARIABLE>\?{_VARIABLE})
    | (?P<PARAMETER>\${_VARIABLE})
    | (?P<LANGUAGE>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+(?:--[A-Za-z]++)?+)
    | (?P<NUMBER>[+-]?+(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][+-]?+[0-9]++)?+)
    | (?P<PUNCTUATION><<\(|\)>>|<<|>>|\{{\||\|\}}|\^\^|&&|\|\||!=|<=|>=|[{{}}()\[\].,;*/+\-!=<>|^?~])
    | (?P<ERROR>[\s\S])
    """,
    re.VERBOSE,
)
_WORD: Final = re.compile(rf"[{_BASE}][{_BASE}0-9_]*+")
_KINDS: Final = {kind.name: kind for kind in Kind} | {"UNCLOSED": Kind.ERROR, "LOCAL": Kind.NAME}

OPERANDS: Final = frozenset(
    {Kind.IRI, Kind.STRING, Kind.VARIABLE, Kind.PARAMETER, Kind.NAME, Kind.BLANK, Kind.LANGUAGE, Kind.NUMBER}
)
"""Kinds of token that end a value."""

BLANKS: Final = frozenset({Kind.SPACE, Kind.COMMENT})
"""Kinds of token that mean nothing."""

_COMPARING: Final = frozenset({"!", "&&", "||", "=", "!=", ">", ">=", "<", "<="})
_CLEAR_IRI: Final = re.compile(r"<(?:[A-Za-z][A-Za-z0-9+.-]*://|[A-Za-z][A-Za-z0-9_:./%~-]{0,255}>)")


class Frame(Enum):
    """What an opening bracket surrounds, as far as the tokens before it tell."""

    PATTERN = auto()
    EXPRESSION = auto()
    LIST = auto()
    UNKNOWN = auto()


class _Brackets:
    """The open brackets at a place of the text, and the last token that meant something."""

    def __init__(self) -> None:
        self.stack: list[Frame] = []
        self.closed = Frame.UNKNOWN
        self.last: Token | None = None

    def after_operand(self) -> bool:
        last = self.last
        if last is None:
            return False
        return (
            last.kind in OPERANDS
            or last.text in {")", "]", ")>>", ">>"}
            or last.text.lower() in {"true", "false"}
        )

    def round(self) -> Frame:
        """Say what a round bracket opened here surrounds."""
        last = self.last
        if last is None or last.text in {"{", "}", ".", ";"}:
            return Frame.LIST
        if self.stack and self.stack[-1] in {Frame.EXPRESSION, Frame.LIST}:
            return self.stack[-1]
        if last.text == ")":
            return self.closed
        if (last.kind is Kind.WORD and last.text != "a") or last.text in _COMPARING:
            return Frame.EXPRESSION
        return Frame.UNKNOWN

    def see(self, token: Token) -> None:
        if token.kind in BLANKS:
            return
        if token.kind is Kind.PUNCTUATION:
            text = token.text
            if text in {"{", "[", "<<", "<<(", "{|"}:
                self.stack.append(Frame.PATTERN)
            elif text == "(":
                self.stack.append(self.round())
            elif text in {"}", ")", "]", ">>", ")>>", "|}"} and self.stack:
                self.closed = self.stack.pop()
        self.last = token


def tokenise(text: str) -> list[Token]:
    """Cut a text into tokens; joined again they are the text, character for character.

    Args:
        text: any text; time and memory are proportional to its length.

    Returns:
        The tokens in order, white space and comments included. What cannot be read is an `ERROR` token, what
        can be read in two ways an `AMBIGUOUS` one.
    """
    tokens: list[Token] = []
    brackets = _Brackets()
    position, end = 0, len(text)
    # Up to here no prefixed name begins: to look for its colon from every word would take quadratic time.
    nameless = 0
    while position < end:
        match = _WORD.match(text, position) if position < nameless else None
        if match is None:
            match = _TOKEN.match(text, position)
        if match is None:
            raise AssertionError("the last alternative of the expression matches any character")
        group = match.lastgroup
        if group == "RUN":
            nameless = match.end()
            match = _WORD.match(text, position) or match
            group = "WORD"
        token = Token(_KINDS[group or "WORD"], match.group(), position)
        if token.text[0] == "<":
            token = _settle(token, brackets)
        elif token.text == "{" and text.startswith("{|", position):
            token = Token(Kind.PUNCTUATION, "{|", position)
        tokens.append(token)
        brackets.see(token)
        position += len(token.text)
    return tokens


def _settle(token: Token, brackets: _Brackets) -> Token:
    """Decide whether `<` opens something or compares."""
    if token.text in {"<", "<="} or not brackets.stack or not brackets.after_operand():
        return token
    frame = brackets.stack[-1]
    if frame is Frame.EXPRESSION:
        size = 2 if token.text.startswith("<=") else 1
        return Token(Kind.PUNCTUATION, token.text[:size], token.start)
    if frame is Frame.UNKNOWN and (token.kind is not Kind.IRI or not _CLEAR_IRI.match(token.text)):
        return Token(Kind.AMBIGUOUS, token.text, token.start)
    return token


def place(text: str, start: int) -> tuple[int, int]:
    """Return line and column (both from 1) of a character of a text."""
    line = text.count("\n", 0, start) + 1
    return line, start - (text.rfind("\n", 0, start) + 1) + 1


def join(tokens: list[Token]) -> str:
    """Return the text of tokens."""
    return "".join(token.text for token in tokens)
