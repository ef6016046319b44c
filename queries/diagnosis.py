"""Why a query is slow: how much each of its patterns matches, how they join, and what to do about it.

The engine tells neither its plan nor its progress. So patterns are counted, each alone and then joined in a
sensible order, by queries of our own whose rows and time are bounded; what is not known within that is said
not to be known.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from tertius.queries.query_shape import Group, Pattern, QueryShape, is_variable
from tertius.store import OutOfMemory, QueryTimeout, ResultTooLarge

CAP: Final = 100_000
"""Matches up to which is counted."""

_MANY: Final = 10_000
_LEAST_SECONDS: Final = 0.05

Ask = Callable[[str, float], bytes]
"""Answers a query within so many seconds, as SPARQL's JSON; raises what a store raises."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are.

    Attributes:
        number: that many.
        at_least: whether counting ended there.
    """

    number: int
    at_least: bool

    def __str__(self) -> str:
        """The number for people."""
        return f"{'at least ' if self.at_least else ''}{self.number:,}"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of joining a group.

    Attributes:
        pattern: number of the pattern that joins.
        rows: rows once it has joined, `None` where that was not found out in time.
        apart: whether it shares no variable with those before it.
    """

    pattern: int
    rows: Count | None
    apart: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know.

    Attributes:
        kind: what it is, for programs.
        patterns: numbers of the patterns it is about.
        detail: what it is, for people.
        advice: what to do.
    """

    kind: str
    patterns: tuple[int, ...]
    detail: str
    advice: str


@dataclass(slots=True)
class Diagnosis:
    """What was found out about a query.

    Attributes:
        shape: what it joins.
        matches: by number of pattern what it matches alone, `None` where that was not found out in time.
        steps: by number of group the order in which its patterns are best joined.
        findings: what to know, the worst first.
        costly: number of the pattern that costs most, `None` where nothing stands out.
        complete: whether everything was counted.
        seconds: time that counting took.
    """

    shape: QueryShape
    matches: dict[int, Count | None] = field(default_factory=dict)
    steps: dict[int, list[Step]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    costly: int | None = None
    complete: bool = True
    seconds: float = 0.0


def diagnose(shape: QueryShape, ask: Ask, *, seconds: float) -> Diagnosis:
    """Find out what costs.

    Args:
        shape: what the query joins.
        ask: who answers counting queries.
        seconds: time for all of them together.

    Raises:
        StoreError: what asking raises, unless it says that counting takes too much.
    """
    counter = _Counter(shape, ask, seconds)
    found = Diagnosis(shape)
    # Paths that repeat last: once counting one thing took too long, nothing more is counted.
    for pattern in sorted(shape.patterns, key=lambda one: one.repeats):
        found.matches[pattern.number] = None if _is_free_path(pattern) else counter.count([pattern])
    for group in shape.groups:
        if group.patterns:
            found.steps[group.number] = _joined(group, found, counter)
    found.complete = not counter.gave_up
    found.seconds = counter.spent
    _judge(found)
    return found


class _Counter:
    """Counts matches within a budget that all its queries share.

    A query that is late costs the process that worked on it, so one ends the counting: a diagnosis must not
    leave those who ask next without a process.
    """

    def __init__(self, shape: QueryShape, ask: Ask, seconds: float) -> None:
        self._shape, self._ask = shape, ask
        self._began = time.monotonic()
        self._deadline = self._began + seconds
        self._known: dict[str, Count | None] = {}
        self._late = False
        self.gave_up = False

    @property
    def spent(self) -> float:
        return time.monotonic() - self._began

    def count(self, patterns: Sequence[Pattern]) -> Count | None:
        """Count how often patterns match together."""
        text = _counting(self._shape, patterns)
        if text not in self._known:
            self._known[text] = self._asked(text)
        return self._known[text]

    def _asked(self, text: str) -> Count | None:
        left = self._deadline - time.monotonic()
        if left < _LEAST_SECONDS or self._late:
            self.gave_up = True
            return None
        try:
            found = json.loads(self._ask(text, left / 2))
        except (QueryTimeout, OutOfMemory, ResultTooLarge):
            self._late = True
            self.gave_up = True
            return None
        number = int(found["results"]["bindings"][0]["matches_counted"]["value"])
        return Count(min(number, CAP), at_least=number > CAP)


def _counting(shape: QueryShape, patterns: Sequence[Pattern]) -> str:
    """Write the query that counts; the terms in it are the caller's own tokens, which the guard has seen."""
    together = "\n".join(pattern.text for pattern in patterns)
    return (
        f"{shape.prologue}\nSELECT (COUNT(*) AS ?matches_counted) {shape.dataset}\n"
        f"WHERE {{ {{ SELECT * WHERE {{\n{together}\n}} LIMIT {CAP + 1:d} }} }}"
    )


def _joined(group: Group, found: Diagnosis, counter: _Counter) -> list[Step]:
    """Join the patterns of a group, those that match least and are tied to those before first."""
    rest = list(group.patterns)
    bound: set[str] = set()
    parent = group.parent
    while parent is not None and group.kind in {"optional", "exists", "minus"}:
        bound |= parent.variables
        parent = parent.parent
    done: list[Pattern] = []
    steps: list[Step] = []
    full = False
    while rest:
        tied = [one for one in rest if not bound or one.variables & bound or not one.variables]
        chosen = min(tied or rest, key=lambda one: _weight(one, found))
        rest.remove(chosen)
        done.append(chosen)
        bound = _reach(bound | chosen.variables, group.parts)
        rows = None
        if not full and not any(map(_is_free_path, done)):
            rows = counter.count(done)
        full = full or rows is None or rows.at_least
        steps.append(Step(chosen.number, rows, apart=not tied))
    return steps


def _reach(bound: set[str], parts: Sequence[frozenset[str]]) -> set[str]:
    """Add the variables that something else ties to those that are bound."""
    while more := [part for part in parts if part & bound and not part <= bound]:
        bound = bound.union(*more)
    return bound


def _weight(pattern: Pattern, found: Diagnosis) -> tuple[int, int]:
    count = found.matches.get(pattern.number)
    return (CAP + 2 if count is None else count.number + count.at_least, pattern.number)


def _is_free_path(pattern: Pattern) -> bool:
    """Whether a repeating path has no end that is fixed, so that it begins everywhere."""
    return pattern.repeats and is_variable(pattern.subject) and is_variable(pattern.object)


def _judge(found: Diagnosis) -> None:
    """Say what stands out, the worst first."""
    patterns = {pattern.number: pattern for pattern in found.shape.patterns}
    steps = [(step, group) for group, listed in found.steps.items() for step in listed]
    for pattern in patterns.values():
        found.findings += _of_pattern(pattern, found)
    for step, group in steps:
        if step.apart:
            others = tuple(one.pattern for one in found.steps[group] if one.pattern != step.pattern)
            detail = (
                f"pattern {step.pattern} shares no variable with the others it is joined with, so that "
                "each of its matches is paired with each of theirs"
            )
            advice = "Tie them by a variable, or ask two queries; a FILTER compares only after pairing."
            found.findings.append(Finding("cartesian-product", (step.pattern, *others), detail, advice))
    if found.shape.sorts:
        detail = "ORDER BY sorts every row before LIMIT takes the first ones"
        found.findings.append(Finding("sorts", (), detail, "Narrow the rows first, or leave the order out."))
    if not found.complete:
        detail = "some patterns were not counted within the time for a diagnosis, which is itself a sign"
        found.findings.append(Finding("not-counted", (), detail, "Narrow the patterns without a number."))
    order = ("unanchored-path", "cartesian-product", "matches-nothing", "unbound-predicate", "many-rows")
    found.costly = _costly(found, steps)
    if found.costly is not None:
        found.findings += _many(found, steps)
    found.findings.sort(key=lambda one: order.index(one.kind) if one.kind in order else len(order))


def _of_pattern(pattern: Pattern, found: Diagnosis) -> list[Finding]:
    number = (pattern.number,)
    said: list[Finding] = []
    count = found.matches[pattern.number]
    if _is_free_path(pattern):
        detail = f"the path of pattern {pattern.number} repeats a step and both its ends are free"
        advice = "Fix one end by VALUES or a constant: the engine may walk from every node there is."
        said.append(Finding("unanchored-path", number, detail, advice))
    free = not pattern.is_path and all(map(is_variable, (pattern.subject, pattern.predicate, pattern.object)))
    if free:
        detail = f"pattern {pattern.number} has no constant, so that it matches every statement"
        said.append(Finding("unbound-predicate", number, detail, "Name the predicate, or fix an end."))
    if count is not None and count.number == 0:
        detail = f"pattern {pattern.number} matches nothing, so that what it is joined with matches nothing"
        advice = 'Look at spelling, prefixes, language tags and datatypes: "Delft" is not "Delft"@nl.'
        said.append(Finding("matches-nothing", number, detail, advice))
    return said


def _costly(found: Diagnosis, steps: Sequence[tuple[Step, int]]) -> int | None:
    """Return the pattern that costs most: begins everywhere, pairs everything, or leaves most rows."""
    for kind in ("unanchored-path", "cartesian-product"):
        for finding in found.findings:
            if finding.kind == kind:
                return finding.patterns[0]
    counted = [(step.rows.number + step.rows.at_least, step.pattern) for step, _ in steps if step.rows]
    if unknown := [step.pattern for step, _ in steps if found.matches[step.pattern] is None]:
        return unknown[0]
    rows, pattern = max(counted, default=(0, 0), key=lambda one: (one[0], -one[1]))
    return pattern if rows >= _MANY else None


def _many(found: Diagnosis, steps: Sequence[tuple[Step, int]]) -> list[Finding]:
    for step, _ in steps:
        if step.pattern == found.costly and step.rows is not None and step.rows.number >= _MANY:
            detail = f"once pattern {step.pattern} has joined there are {step.rows} rows"
            advice = "Add what narrows them: a constant, a class, a date, or a sub-select with a LIMIT."
            return [Finding("many-rows", (step.pattern,), detail, advice)]
    return []
