"""SHACL over what a load writes: all of a small source, a stated sample of a large one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Final

from tertius.loaders.description import Description
from tertius.loaders.facts import Facts
from tertius.loaders.problems import Problem
from tertius.loaders.statements import Statements
from tertius.ontology.validate import Severity, validate

WHOLE: Final = 1000
"""Participations up to which a source is checked whole, which takes a second or two."""

SAMPLE: Final = 100
"""Alliances of a larger source that are checked, with everything that belongs to them."""


@dataclass(frozen=True, slots=True)
class ShapeCheck:
    """What the shapes say of a source.

    Attributes:
        participations: How many participations were checked.
        whole: Whether that was all of them.
        problems: Violations; warnings are not among them.
    """

    participations: int
    whole: bool
    problems: tuple[Problem, ...]


def check_shapes(
    facts: Facts, statements: Statements, description: Description, *, whole: bool | None = None
) -> ShapeCheck:
    """Judge a source's statements against the ontology's shapes.

    Args:
        facts: What the source says.
        statements: Writes them as quads.
        description: What is said of the source itself.
        whole: Check everything, or a sample; `None` decides by size.
    """
    if whole is None:
        whole = len(facts) <= WHOLE
    part = facts if whole else facts.sample(SAMPLE)
    report = validate(chain(description.quads(), statements.quads(part)))
    problems = [
        Problem("shape", f"<{found.focus}> {found.messages.get('en', found.component)}", value=found.value)
        for found in report.violations
        if found.severity is Severity.VIOLATION
    ]
    return ShapeCheck(len(part), whole, tuple(problems))
