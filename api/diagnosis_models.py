"""What a diagnosis of a query says, as JSON and as lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field
from tertius.api.models import Model
from tertius.queries.diagnosis import Count, Diagnosis


class Counted(Model):
    """A number that may not have been counted to its end."""

    number: int
    at_least: bool = Field(description="Whether counting ended there.")


class ExplainedPattern(Model):
    """A triple pattern or path of the query."""

    number: int
    text: str
    line: int = Field(description="Its line in the query, from 1.")
    group: int = Field(description="The group that it is joined in.")
    matches: Counted | None = Field(
        description="What it matches alone; `null` where that was not found out in time."
    )


class ExplainedStep(Model):
    """One step of joining a group."""

    pattern: int
    rows: Counted | None = Field(description="Rows once it has joined; `null` where that was not found out.")
    apart: bool = Field(description="Whether it shares no variable with those before it.")


class ExplainedGroup(Model):
    """Patterns that are joined together."""

    number: int
    kind: str = Field(examples=["where", "optional", "union", "minus", "exists", "select"])
    parent: int | None
    steps: list[ExplainedStep] = Field(description="The order in which the counts suggest joining.")


class ExplainedFinding(Model):
    """Something to know about the query."""

    kind: str = Field(examples=["cartesian-product"])
    patterns: list[int]
    detail: str
    advice: str


class Explanation(Model):
    """What a query joins, how much that is, and what costs."""

    costly: int | None = Field(description="The pattern that costs most; `null` where nothing stands out.")
    findings: list[ExplainedFinding] = Field(description="The worst first.")
    patterns: list[ExplainedPattern]
    groups: list[ExplainedGroup]
    complete: bool = Field(description="Whether everything was counted within the time.")
    seconds: float = Field(description="Time that counting took.")


def explanation(found: Diagnosis) -> Explanation:
    """Write a diagnosis as a model."""
    return Explanation(
        costly=found.costly,
        findings=[
            ExplainedFinding(kind=one.kind, patterns=list(one.patterns), detail=one.detail, advice=one.advice)
            for one in found.findings
        ],
        patterns=[
            ExplainedPattern(
                number=pattern.number,
                text=pattern.text,
                line=pattern.line,
                group=group.number,
                matches=_counted(found.matches[pattern.number]),
            )
            for group in found.shape.groups
            for pattern in group.patterns
        ],
        groups=[
            ExplainedGroup(
                number=group.number,
                kind=group.kind,
                parent=group.parent.number if group.parent else None,
                steps=[
                    ExplainedStep(pattern=step.pattern, rows=_counted(step.rows), apart=step.apart)
                    for step in found.steps.get(group.number, [])
                ],
            )
            for group in found.shape.groups
        ],
        complete=found.complete,
        seconds=round(found.seconds, 3),
    )


def _counted(count: Count | None) -> Counted | None:
    return None if count is None else Counted(number=count.number, at_least=count.at_least)


def lines(found: Diagnosis) -> Iterator[str]:
    """Yield a diagnosis as lines for people."""
    patterns = {pattern.number: pattern for pattern in found.shape.patterns}
    for group in found.shape.groups:
        around = f" in group {group.parent.number}" if group.parent else ""
        yield f"group {group.number}: {group.kind}{around}"
        for step in found.steps.get(group.number, []):
            matches = found.matches[step.pattern]
            alone = "not counted" if matches is None else f"{matches} matches"
            joined = "not counted" if step.rows is None else f"{step.rows} rows"
            mark = "*" if step.pattern == found.costly else " "
            yield f"{mark} {step.pattern:>3}. {patterns[step.pattern].text}"
            yield f"        alone {alone}; joined so far {joined}{', paired' if step.apart else ''}"
    for finding in found.findings:
        yield f"{finding.kind}: {finding.detail}"
        yield f"    {finding.advice}"
    if not found.findings:
        yield "nothing stands out"
