"""A network brought up to date: what a change touched is computed again, everything else is taken over.

Rows and ties keep their places, so that most of the network's files are those of the one before. Burt's
measures and the roles are taken again for every organisation whose ties changed and for all partners of
those: a change of a tie's weight changes the strengths of its two ends, through them T of ties among their
partners, and nothing further away. New ties raise cores where they can, and leave blocks as they are
within one block; otherwise cores, cut points and components are taken again for everybody. Communities
and betweenness have no such update and are carried.

Where too much was touched, the ties are derived from all participations and all else but communities and
betweenness is computed again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.adoption import adopt, modularity
from tertius.queries.network.changed import changed_alliances
from tertius.queries.network.derived import Carried, Derived, assemble
from tertius.queries.network.measures import EXACT_BETWEENNESS, Communities, structural_holes
from tertius.queries.network.parameters import NetworkParameters
from tertius.queries.network.remeasure import remeasure, settle
from tertius.queries.network.revision import Revision
from tertius.queries.network.roles import structure
from tertius.queries.network.table import ParticipationTable
from tertius.queries.network.tie_changes import MOST_ALLIANCES, tie_changes
from tertius.queries.network.ties import derive_ties
from tertius.queries.network.workers import Aside, Workers

MOST_CARRIED: Final = 0.05
"""Share of the ties that may have changed since communities and betweenness were computed."""

Values = TypeVar("Values", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Parent:
    """What a network is brought up to date from.

    Attributes:
        table: The parent snapshot's base table.
        derived: Its default network.
        number: The parent snapshot's number.
        directory: Where that network's files are.
    """

    table: ParticipationTable
    derived: Derived
    number: int
    directory: Path


def increment(
    parent: Parent,
    table: ParticipationTable,
    parameters: NetworkParameters,
    into: Path,
    *,
    threads: int | None = None,
    at_least: int = EXACT_BETWEENNESS,
) -> Derived | None:
    """Bring a network up to date and write it, if what changed is small and the whole is large.

    Args:
        parent: What to begin from.
        table: The new base table, which keeps the ids of the parent's.
        parameters: Of the network wanted; the parent's may differ in the as-of only.
        into: Existing, empty directory to write to.
        threads: At most so many threads; the result is the same for any number.
        at_least: Organisations with ties above which communities and betweenness are carried; smaller
            networks are derived whole.

    Returns:
        The network, or None, and nothing written, where it should be derived whole.
    """
    old, before = parent.derived, parent.derived.parameters
    after = parameters.resolved(table.as_of)
    same = replace(before, as_of=None) == replace(after, as_of=None)
    if not same or before.exclude or old.ties.organization.size <= at_least:
        return None
    dirty = changed_alliances(parent.table, table, before, after)
    if dirty is None or int(dirty.sum()) > max(64, MOST_ALLIANCES * dirty.size):
        return None
    changes = tie_changes((parent.table, table), old.ties, (before, after), dirty)
    if changes is None:
        return None
    carried = old.carried or Carried(parent.number, 0)
    carried = Carried(carried.snapshot, carried.ties + changes.count)
    if carried.ties > max(64, MOST_CARRIED * old.ties.low.size):
        return None
    begin = partial(Revision, parent.directory, into)
    found = remeasure(old, begin, table, after, changes, carried=carried, threads=threads)
    if found is None:
        return _derived_again(old, into, table, after, carried, threads=threads)
    found.write_numbers(into)
    return found


def _derived_again(
    old: Derived,
    into: Path,
    table: ParticipationTable,
    after: NetworkParameters,
    carried: Carried,
    *,
    threads: int | None,
) -> Derived | None:
    """Derive everything but communities and betweenness from the participations, and write it."""
    ties = derive_ties(table, after, threads=threads)
    if not ties.organization.size:
        return None
    known = ties.organization < old.ties.position.size
    before = np.full(ties.organization.size, -1, dtype=np.int64)
    before[known] = old.ties.position[ties.organization[known]]
    holes = structural_holes(ties, threads=threads)
    number = adopt(ties, _taken(old.community, before, -1))
    between = _taken(old.betweenness, before, np.nan)
    settle(between, np.diff(ties.offsets), holes.clustering)
    with Workers(threads) as workers, Aside(threads) as aside:
        held = aside.begin(lambda: structure(ties, number, workers))
        derived = assemble(
            table,
            after,
            ties,
            holes=holes,
            between=between,
            found=Communities(number, modularity(ties, number)),
            structure=held,
            method=carried.method(old.summary),
            origin=carried.origin,
            carried=carried,
            threads=threads,
        )
    derived.write(into)
    return derived


def _taken(values: NDArray[Values], before: NDArray[np.int64], missing: Any) -> NDArray[Values]:
    """Return each place's value where it was before, and another where it was nowhere."""
    result = values[before]
    result[before < 0] = missing
    return result
