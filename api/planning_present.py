"""From searches in keys to what callers read: prospects, introductions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tertius.api import present
from tertius.api.directory import Directory
from tertius.api.models import AllianceRef, Organization
from tertius.api.planning_models import Effect, Introduction, Prospect, Step, WhatIf
from tertius.queries.network.introductions import Introduction as Way
from tertius.queries.network.prospects import Prospect as Found
from tertius.queries.network.what_if import Outcome

PROSPECT_COLUMNS: Final = (
    "key",
    "name",
    "country",
    "constraint_before",
    "constraint_after",
    "new_reach",
    "other_circle",
    "introduced_by",
)


def prospects(found: Sequence[Found], directory: Directory) -> list[Prospect]:
    """Put organisations and alliances to prospects."""
    ways = [way for one in found for way in one.introductions]
    known, alliances = _known((one.organization for one in found), ways, directory)
    steps = _Steps(known, alliances)
    return [
        Prospect(
            organization=known[one.organization],
            constraint_before=one.constraint_before,
            constraint_after=one.constraint_after,
            new_reach=one.new_reach,
            other_circle=one.other_circle,
            introductions=[steps.of(way) for way in one.introductions],
        )
        for one in found
    ]


def introductions(found: Sequence[Way], directory: Directory) -> list[Introduction]:
    """Put organisations and alliances to introductions."""
    known, alliances = _known((), found, directory)
    steps = _Steps(known, alliances)
    return [
        Introduction(shared_alliances=way.shared_alliances, product=way.product, steps=steps.of(way))
        for way in found
    ]


def what_if(found: Outcome, directory: Directory) -> WhatIf:
    """Put organisations to positions before and after a change."""
    pairs = [(found.before, found.after), *found.others]
    rows = present.positions([position for pair in pairs for position in pair], directory)
    own, *others = (
        Effect(before=before, after=after) for before, after in zip(rows[::2], rows[1::2], strict=True)
    )
    return WhatIf(before=own.before, after=own.after, others=others, affected=found.affected)


def flat_prospect(row: Prospect) -> Mapping[str, object]:
    """Write a prospect as one CSV record; `introduced_by` names those on the best path."""
    between = [step.target.key for step in row.introductions[0][:-1]] if row.introductions else []
    return {
        "key": row.organization.key,
        "name": row.organization.name,
        "country": row.organization.country,
        **row.model_dump(include={"constraint_before", "constraint_after", "new_reach", "other_circle"}),
        "introduced_by": " ".join(between),
    }


class _Steps:
    """Makes each step once, however many paths take it."""

    def __init__(self, known: Mapping[str, Organization], alliances: Mapping[str, AllianceRef]) -> None:
        self._known, self._alliances = known, alliances
        self._made: dict[tuple[str, str], Step] = {}

    def of(self, way: Way) -> list[Step]:
        steps = []
        for step in way.steps:
            ends = (step.source, step.target)
            if ends not in self._made:
                self._made[ends] = Step(
                    source=self._known[step.source],
                    target=self._known[step.target],
                    p=step.p,
                    shared_alliances=len(step.tie.alliances),
                    tie=present.evidence(step.tie, self._alliances),
                )
            steps.append(self._made[ends])
        return steps


def _known(
    keys: Iterable[str], ways: Sequence[Way], directory: Directory
) -> tuple[Mapping[str, Organization], Mapping[str, AllianceRef]]:
    steps = [step for way in ways for step in way.steps]
    wanted = {*keys, *(step.source for step in steps), *(step.target for step in steps)}
    return (
        present.organizations(wanted, directory),
        directory.alliances({key for step in steps for key in step.tie.alliances}),
    )
