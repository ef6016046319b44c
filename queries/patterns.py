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


_APART: Final = frozenset({"optional", "union", "minus", "exists"})


@dataclass(slots=True)
class _Scope:
    """Patterns that are joined with one another, and therefore ordered together by a planner."""

    count: int = 0


@dataclass(slots=True)
class _Frame:
    """An open bracket; `terms` counts the parts of the triple being read: subject, verb, object."""

    role: _Role
    closing: str
    scope: _Scope
    terms: int = 0
    joined: bool = False


class PatternCounter:
    """Counts triple patterns while tokens go by.

    Counted are the object of every triple (lists with `;` and `,` included), two for each element of a
    collection, and one for each further step of a property path. The text need not be correct: a wrong query
    gets some number.

    Planning takes time that grows steeply with the patterns joined together. A nested group is joined with
    what surrounds it; a sub-select and the groups of OPTIONAL, UNION, MINUS and EXISTS are planned apart.

    Attributes:
        count: patterns so far.
        joined: most patterns joined together so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self.joined = 0
        self._frames: list[_Frame] = [_Frame(_Role.IGNORED, "", _Scope())]
        self._ignore_next_group = False
        self._word = ""
        self._group_just_opened = False
        self._listing = False

    def see(self, token: Token) -> None:
        """Take the next token that is neither space nor comment."""
        fresh, self._group_just_opened = self._group_just_opened, False
        if token.kind is Kind.WORD and token.text not in _CONSTANTS:
            word = token.text.lower()
            if fresh and word == "select":
                self._frames[-1].scope = _Scope()
            self._keyword(word)
        elif token.kind in OPERANDS or token.kind is Kind.WORD:
            if token.kind is not Kind.LANGUAGE:
                self._term()
        elif token.text in _CLOSES:
            self._open(token.text)
        elif len(self._frames) > 1 and token.text == self._frames[-1].closing:
            self._close()
        else:
            self._punctuation(token.text)

    def _add(self, patterns: int) -> None:
        scope = self._frames[-1].scope
        self.count += patterns
        scope.count += patterns
        self.joined = max(self.joined, scope.count)

    def _keyword(self, word: str) -> None:
        frame = self._frames[-1]
        frame.terms, frame.joined = 0, False
        self._word = word
        if word in {"select", "describe", "by"}:
            self._listing = True
        if word in {"values", "construct"}:
            self._ignore_next_group = True
        elif word in {"where", "select", "from"}:
            self._ignore_next_group = False

    def _term(self) -> None:
        self._word = ""
        frame = self._frames[-1]
        if frame.role is _Role.COLLECTION:
            self._add(2)
        elif frame.role is _Role.GROUP and not self._listing:
            if frame.joined:
                frame.joined = False
                return
            frame.terms += 1
            if frame.terms == 3:
                self._add(1)

    def _open(self, text: str) -> None:
        frame = self._frames[-1]
        inner = _Frame(self._role(text, frame), _CLOSES[text], frame.scope)
        if text == "{":
            if self._word in _APART:
                inner.scope = _Scope()
            self._ignore_next_group = self._listing = False
            self._group_just_opened = True
            frame.terms, frame.joined = 0, False
        elif text in {"[", "{|"}:
            inner.terms = 1
        self._word = ""
        self._frames.append(inner)

    def _role(self, text: str, frame: _Frame) -> _Role:
        if text == "{":
            return _Role.IGNORED if self._ignore_next_group else _Role.GROUP
        if frame.role is not _Role.GROUP:
            return _Role.IGNORED if text != "(" else frame.role
        if text != "(":
            return _Role.GROUP
        if self._word or self._listing:
            return _Role.IGNORED
        return _Role.PATH if frame.terms == 1 or frame.joined else _Role.COLLECTION

    def _close(self) -> None:
        frame = self._frames.pop()
        if frame.closing == "}":
            self._listing = False
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
            self._add(1)
