"""What a query joins: its triple patterns, in groups."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Pattern:
    """A triple pattern, or a property path between two ends.

    Attributes:
        number: its place in the query, from 1.
        subject: its subject as written; `?…` for a variable, also where brackets stand for one.
        predicate: predicate or path as written.
        object: its object as written.
        graph: what `GRAPH` around it names, empty without.
        is_path: whether the predicate is a path of more than one step.
        repeats: whether that path repeats a step (`*` or `+`).
        line: line of its subject in the query, from 1.
    """

    number: int
    subject: str
    predicate: str
    object: str
    graph: str
    is_path: bool
    repeats: bool
    line: int

    @property
    def text(self) -> str:
        """The pattern as SPARQL, `GRAPH` around it included."""
        triple = f"{self.subject} {self.predicate} {self.object} ."
        return f"GRAPH {self.graph} {{ {triple} }}" if self.graph else triple

    @property
    def variables(self) -> frozenset[str]:
        """Its variables and labelled blank nodes."""
        ends = (self.subject, self.object, self.graph, "" if self.is_path else self.predicate)
        return frozenset(one for one in ends if is_variable(one))


@dataclass(slots=True)
class Group:
    """Patterns that are joined together.

    Attributes:
        number: its place in the query, from 1.
        kind: `where`, `optional`, `union`, `minus`, `exists` or `select`.
        parent: the group around it.
        patterns: its patterns.
        parts: variables that something else binds together: VALUES, BIND, a sub-select, a UNION.
    """

    number: int
    kind: str
    parent: Group | None
    patterns: list[Pattern] = field(default_factory=list)
    parts: list[frozenset[str]] = field(default_factory=list)

    @property
    def variables(self) -> frozenset[str]:
        """Every variable that something in it binds."""
        bound = [*(pattern.variables for pattern in self.patterns), *self.parts]
        return frozenset().union(*bound)


@dataclass(frozen=True, slots=True)
class QueryShape:
    """What a query joins.

    Attributes:
        form: `select`, `ask`, `construct` or `describe`.
        prologue: its declarations of prefixes and base.
        dataset: its FROM clauses.
        groups: its groups, the outermost first.
        sorts: whether it sorts.
        limited: whether it has a LIMIT at its end.
    """

    form: str
    prologue: str
    dataset: str
    groups: tuple[Group, ...]
    sorts: bool
    limited: bool

    @property
    def patterns(self) -> list[Pattern]:
        """All patterns, in the order of the text."""
        return sorted((one for group in self.groups for one in group.patterns), key=lambda one: one.number)


def is_variable(term: str) -> bool:
    """Tell whether a term is a variable, or a blank node, which is one that is not asked for."""
    return term.startswith(("?", "$", "_:"))
