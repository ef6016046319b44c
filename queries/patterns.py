"""Counting the triple patterns of a query from its tokens."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from tertius.queries.tokens import OPERANDS, Kind, Token

_CONSTANTS: Final = frozenset({"a", "true", "false"})
_STEPS: Final = frozenset({"/", "|", "^", "!"})
_CLOSES: Final = {"{": "}", "(": ")", "[": "]", "<<": ">>", "<<(": ")>>", "{|": "|}"}


class _Role(Enum):
    GROUP = auto()  # a group graph pattern, or the inside of square brackets or a quoted triple
    COLLECTION = auto()
    PATH = auto()
    IGNORED = auto()  # expressions, VALUES blocks, CONSTRUCT templates


@dataclass(slots=True)
class _Frame:
    """An open bracket; `terms` counts the parts of the triple being read: subject, verb, object."""

    role: _Role
    closing: str
    terms: int = 0
    joined: bool = False


class PatternCounter:
    """Counts triple patterns while tokens go by.

    Counted are the object of every triple (lists with `;` and `,` included), two for each element of a
    collection, and one for each further step of a property path. The text need not be correct: a wrong query
    gets some number.

    Attributes:
        count: patterns so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._frames: list[_Frame] = [_Frame(_Role.IGNORED, "")]
        self._ignore_next_group = False
        self._word = False

    def see(self, token: Token) -> int:
        """Take the next token that is neither space nor comment; return the count so far."""
        if token.kind is Kind.WORD and token.text not in _CONSTANTS:
            self._keyword(token.text.lower())
        elif token.kind in OPERANDS or token.kind is Kind.WORD:
            if token.kind is not Kind.LANGUAGE:
                self._term()
        elif token.text in _CLOSES:
            self._open(token.text)
        elif len(self._frames) > 1 and token.text == self._frames[-1].closing:
            self._close()
        else:
            self._punctuation(token.text)
        return self.count

    def _keyword(self, word: str) -> None:
        frame = self._frames[-1]
        frame.terms, frame.joined = 0, False
        self._word = True
        if word in {"values", "construct"}:
            self._ignore_next_group = True
        elif word in {"where", "select", "from"}:
            self._ignore_next_group = False

    def _term(self) -> None:
        self._word = False
        frame = self._frames[-1]
        if frame.role is _Role.COLLECTION:
            self.count += 2
        elif frame.role is _Role.GROUP:
            if frame.joined:
                frame.joined = False
                return
            frame.terms += 1
            if frame.terms == 3:
                self.count += 1

    def _open(self, text: str) -> None:
        frame = self._frames[-1]
        role = _Role.GROUP
        if text == "{":
            role = _Role.IGNORED if self._ignore_next_group else _Role.GROUP
            self._ignore_next_group = False
            frame.terms, frame.joined = 0, False
        elif text == "(":
            if frame.role is not _Role.GROUP or self._word:
                role = frame.role if frame.role is not _Role.GROUP else _Role.IGNORED
            else:
                role = _Role.PATH if frame.terms == 1 or frame.joined else _Role.COLLECTION
        elif frame.role is _Role.IGNORED:
            role = _Role.IGNORED
        self._word = False
        inner = _Frame(role, _CLOSES[text])
        if text in {"[", "{|"}:
            inner.terms = 1
        self._frames.append(inner)

    def _close(self) -> None:
        frame = self._frames.pop()
        if frame.closing == "}" or (frame.role is _Role.IGNORED and frame.closing == ")"):
            self._frames[-1].terms = 0
            self._frames[-1].joined = False
        elif frame.closing != "|}":
            self._term()

    def _punctuation(self, text: str) -> None:
        frame = self._frames[-1]
        if frame.role is _Role.GROUP:
            if text == ".":
                frame.terms, frame.joined = 0, False
            elif text == ";":
                frame.terms, frame.joined = 1, False
            elif text == ",":
                frame.terms, frame.joined = 2, False
            elif text == "^^" or text in _STEPS:
                # ^ and ! may also begin a path, where the verb is still to come.
                frame.joined = text == "^^" or frame.terms >= 2
        if text == "/" and frame.role in {_Role.GROUP, _Role.PATH}:
            self.count += 1
