"""The triple patterns of a query, in groups that are joined together, read from its tokens.

This is no parser: it reads what a correct query must look like, far enough to tell patterns, paths and groups
apart, and leaves expressions alone. What is not SPARQL after all is found out by the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from tertius.queries.errors import MalformedQuery, QueryTooComplex
from tertius.queries.query_shape import Group, Pattern, QueryShape
from tertius.queries.tokens import BLANKS, OPERANDS, Kind, Token, place, tokenise

_FORMS: Final = frozenset({"select", "ask", "construct", "describe"})
_CLOSES: Final = {"{": "}", "(": ")", "[": "]"}
_TERMS: Final = OPERANDS - {Kind.LANGUAGE}
_RDF: Final = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#{}>"


def read_shape(text: str) -> QueryShape:
    """Read what a query joins.

    Args:
        text: a query that the guard has let through.

    Raises:
        MalformedQuery: it ends too early, or has something where that cannot be.
        QueryTooComplex: it speaks of statements about statements, which are not told apart here.
    """
    return _Reader(text).query()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [token for token in tokenise(text) if token.kind not in BLANKS]
        self._at = 0
        self._groups: list[Group] = []
        self._numbers = self._made = 0
        self._graph = ""

    def query(self) -> QueryShape:
        while self._word() in {"prefix", "base", "version"}:
            self._at += 3 if self._word() == "prefix" else 2
        form, start = self._word(), self._peek().start
        if form not in _FORMS:
            raise self._wrong("SELECT, ASK, CONSTRUCT or DESCRIBE")
        self._at += 1
        if form == "construct" and self._peek().text == "{":
            self._balanced()
        dataset = self._head()
        if self._ended() and form == "describe":
            return QueryShape(form, self._text[:start], dataset, (), sorts=False, limited=False)
        self._group(self._open("where", None))
        rest = [token.text.lower() for token in self._tokens[self._at :] if token.kind is Kind.WORD]
        return QueryShape(
            form,
            self._text[:start],
            dataset,
            tuple(self._groups),
            sorts="order" in rest,
            limited="limit" in rest,
        )

    def _head(self) -> str:
        """Go to the bracket that opens the pattern; return the FROM clauses on the way."""
        dataset: list[str] = []
        while not self._ended() and self._peek().text != "{":
            if self._peek().text == "(":
                self._balanced()
            elif self._word() == "from":
                named = [token.text.lower() for token in self._tokens[self._at + 1 : self._at + 2]]
                size = 3 if named == ["named"] else 2
                dataset += [token.text for token in self._tokens[self._at : self._at + size]]
                self._at += size
            else:
                self._at += 1
        return " ".join(dataset)

    def _open(self, kind: str, parent: Group | None) -> Group:
        group = Group(len(self._groups) + 1, kind, parent)
        self._groups.append(group)
        return group

    def _group(self, group: Group) -> None:
        """Read from `{` to `}` into a group."""
        self._take("{")
        if self._word() == "select":
            self._subselect(group)
        while self._peek().text != "}":
            self._element(group)
        self._at += 1

    def _element(self, group: Group) -> None:
        read = self._keywords().get(self._word()) if self._peek().kind is Kind.WORD else None
        if read is not None:
            self._at += 1
            read(group)
        elif self._peek().text == "{":
            self._nested(group)
        elif self._peek().text == ".":
            self._at += 1
        else:
            self._triples(group)

    def _keywords(self) -> dict[str, Callable[[Group], None]]:
        return {
            "optional": lambda group: self._group(self._open("optional", group)),
            "minus": lambda group: self._group(self._open("minus", group)),
            "graph": self._named_graph,
            "filter": self._filter,
            "bind": self._bind,
            "values": self._values,
        }

    def _nested(self, group: Group) -> None:
        """Read a group in a group: joined with what is around it, unless others stand beside it."""
        begin, known = self._at, len(self._groups)
        numbers, made = self._numbers, self._made
        self._balanced()
        alone = self._word() != "union"
        self._at, self._numbers, self._made = begin, numbers, made
        del self._groups[known:]
        if alone:
            self._group(group)
            return
        branches: list[Group] = []
        while True:
            branch = self._open("union", group)
            self._group(branch)
            branches.append(branch)
            if self._word() != "union":
                break
            self._at += 1
        group.parts.append(frozenset().union(*(branch.variables for branch in branches)))

    def _subselect(self, group: Group) -> None:
        """Read a sub-select: what it selects is bound together for the group around it."""
        inner = self._open("select", group)
        self._at += 1
        selected: set[str] = set()
        everything = False
        while self._peek().text not in {"{", "}"}:
            token = self._peek()
            if token.text == "(":
                named = self._balanced()
                selected |= {token.text for token in named[-2:-1] if token.kind is Kind.VARIABLE}
                continue
            everything = everything or token.text == "*"
            if token.kind is Kind.VARIABLE:
                selected.add(token.text)
            self._at += 1
        self._group(inner)
        group.parts.append(inner.variables if everything else frozenset(selected))
        while self._peek().text != "}":
            if self._peek().text in _CLOSES:
                self._balanced()
            else:
                self._at += 1

    def _named_graph(self, group: Group) -> None:
        outer, self._graph = self._graph, self._peek().text
        self._at += 1
        self._group(group)
        self._graph = outer

    def _filter(self, group: Group) -> None:
        while self._word() in {"not", "exists"}:
            self._at += 1
        if self._peek().text == "{":
            self._group(self._open("exists", group))
            return
        if self._peek().text != "(":
            self._at += 1
        if not self._ended() and self._peek().text == "(":
            self._expression(group)

    def _expression(self, group: Group) -> list[Token]:
        """Read an expression in brackets; groups in it, after EXISTS, are groups of the query."""
        begin, depth = self._at, 0
        while True:
            token = self._peek()
            if token.text == "{":
                self._group(self._open("exists", group))
                continue
            depth += (token.text == "(") - (token.text == ")")
            self._at += 1
            if depth == 0:
                return self._tokens[begin : self._at]

    def _bind(self, group: Group) -> None:
        inside = self._expression(group)
        group.parts.append(frozenset(token.text for token in inside if token.kind is Kind.VARIABLE))

    def _values(self, group: Group) -> None:
        head = self._balanced() if self._peek().text == "(" else [self._next()]
        group.parts.append(frozenset(token.text for token in head if token.kind is Kind.VARIABLE))
        self._balanced()

    def _triples(self, group: Group) -> None:
        line = place(self._text, self._peek().start)[0]
        brackets = self._peek().text in {"[", "("}
        subject = self._node(group)
        if self._peek().text in {".", "}"}:
            if not brackets:
                raise self._wrong("a predicate")
            return
        self._properties(group, subject, line)

    def _properties(self, group: Group, subject: str, line: int) -> None:
        """Read verbs and objects of a subject."""
        while self._peek().text not in {".", "}", "]"} and not self._starts_element():
            if self._peek().text == ";":
                self._at += 1
                continue
            verb, is_path, repeats = self._verb()
            while True:
                end = self._node(group)
                self._add(group, subject, verb, end, line=line, is_path=is_path, repeats=repeats)
                if self._peek().text != ",":
                    break
                self._at += 1

    def _starts_element(self) -> bool:
        token = self._peek()
        return token.text == "{" or (token.kind is Kind.WORD and token.text.lower() in self._keywords())

    def _add(
        self, group: Group, subject: str, verb: str, end: str, *, line: int, is_path: bool, repeats: bool
    ) -> None:
        self._numbers += 1
        group.patterns.append(Pattern(self._numbers, subject, verb, end, self._graph, is_path, repeats, line))

    def _node(self, group: Group) -> str:
        token = self._next()
        line = place(self._text, token.start)[0]
        if token.text == "[":
            made = self._fresh()
            self._properties(group, made, line)
            self._take("]")
            return made
        if token.text == "(":
            return self._collection(group, line)
        if token.text.startswith(("<<", "{|")):
            where = place(self._text, token.start)
            raise QueryTooComplex(
                "statements about statements", 0, *where, "ask without them to be told more"
            )
        if token.kind not in _TERMS and token.text.lower() not in {"true", "false"}:
            self._at -= 1
            raise self._wrong("a term")
        written = token.text
        if not self._ended() and token.kind is Kind.STRING:
            if self._peek().kind is Kind.LANGUAGE:
                written += self._next().text
            elif self._peek().text == "^^":
                written += self._next().text + self._next().text
        return written

    def _collection(self, group: Group, line: int) -> str:
        first = _RDF.format("first")
        made = self._fresh()
        while self._peek().text != ")":
            item = self._node(group)
            # Each element is a node of its own; for what a pattern costs the first stands for all.
            self._add(group, made, first, item, line=line, is_path=False, repeats=False)
        self._at += 1
        return made

    def _fresh(self) -> str:
        self._made += 1
        return f"?in_brackets_{self._made}"

    def _verb(self) -> tuple[str, bool, bool]:
        """Read a predicate or path: its text, whether it is a path, and whether it repeats a step."""
        if self._peek().kind in {Kind.VARIABLE, Kind.PARAMETER}:
            return self._next().text, False, False
        begin = self._at
        self._path()
        tokens = self._tokens[begin : self._at]
        texts = [token.text for token in tokens]
        return " ".join(texts), len(tokens) > 1, any(text in {"*", "+"} for text in texts)

    def _path(self) -> None:
        while True:
            while self._peek().text in {"^", "!"}:
                self._at += 1
            if self._peek().text == "(":
                self._balanced()
            elif self._peek().kind in {Kind.IRI, Kind.NAME} or self._peek().text == "a":
                self._at += 1
            else:
                raise self._wrong("a predicate")
            if self._peek().text in {"*", "+", "?"}:
                self._at += 1
            if self._peek().text not in {"/", "|"}:
                return
            self._at += 1

    def _balanced(self) -> Sequence[Token]:
        """Pass a bracket and all that is in it."""
        begin, opened = self._at, 0
        while True:
            token = self._next()
            opened += (token.text in _CLOSES) - (token.text in _CLOSES.values())
            if opened <= 0:
                return self._tokens[begin : self._at]

    def _take(self, text: str) -> None:
        if self._peek().text != text:
            raise self._wrong(text)
        self._at += 1

    def _next(self) -> Token:
        token = self._peek()
        self._at += 1
        return token

    def _peek(self) -> Token:
        if self._ended():
            raise MalformedQuery("the query ends before its brackets are closed")
        return self._tokens[self._at]

    def _word(self) -> str:
        if self._ended() or self._tokens[self._at].kind is not Kind.WORD:
            return ""
        return self._tokens[self._at].text.lower()

    def _ended(self) -> bool:
        return self._at >= len(self._tokens)

    def _wrong(self, expected: str) -> MalformedQuery:
        if self._ended():
            return MalformedQuery("the query ends too early")
        token = self._tokens[self._at]
        line, column = place(self._text, token.start)
        return MalformedQuery(f"{token.text[:40]!r} stands where {expected} belongs", line, column)
