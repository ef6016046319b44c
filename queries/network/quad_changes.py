"""What a new default network changes in the measures graph of its parent, statement by statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pyoxigraph import NamedNode, Quad
from tertius.ontology.identity import graph
from tertius.ontology.lines import quads
from tertius.ontology.namespaces import DEFAULT_BASE
from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_types import Flags
from tertius.queries.network.network import Network
from tertius.queries.network.parameters import MOST_TIES
from tertius.queries.network.statements import (
    materialised,
    measure_set,
    nodes,
    position_lines,
    position_node,
    set_lines,
    tie_lines,
    tie_node,
)
from tertius.queries.network.tie_network import tie_of
from tertius.queries.network.workers import Workers

MOST_CHANGED: Final = 0.2
"""Share of the graph's nodes from which writing the whole graph anew is quicker."""


@dataclass(frozen=True, slots=True)
class MeasureChanges:
    """How to turn the parent's measures graph into that of a new network.

    Attributes:
        subjects: Nodes whose statements go.
        quads: Statements that come, those of the same nodes and of new ones.
    """

    subjects: Iterator[NamedNode]
    quads: Iterator[Quad]


def measure_changes(
    old: Network,
    new: Network,
    written: Mapping[str, Any],
    *,
    base: str = DEFAULT_BASE,
    snapshot: int,
    max_ties: int = MOST_TIES,
) -> MeasureChanges | None:
    """Find the nodes of the measures graph that a new network says something else of.

    Args:
        old: The parent's default network.
        new: The new one; it keeps the ids of organisations.
        written: What `materialised` said of the parent.
        base: Base of individuals' IRIs.
        snapshot: Number of the new snapshot.
        max_ties: Most ties to write.

    Returns:
        The changes, or None where the graph should be written whole: it was written in another way, or
        a large part of it changes.
    """
    wanted = materialised(new, base=base, max_ties=max_ties)
    fixed = ("set", "software", "tie_limit", "ties_complete")
    if old.as_of is None or new.as_of is None or any(written.get(name) != wanted[name] for name in fixed):
        return None
    size = new.table.organizations.size
    before, after = _nodes(old, size), _nodes(new, size)
    changed = np.flatnonzero((before != after) | (before & after & _measured_otherwise(old, new, size)))
    with_ties = bool(wanted["ties_complete"])
    gone, come = _ties_changed(old, new) if with_ties else (np.empty(0, np.int64), np.empty(0, np.int64))
    total = int(after.sum()) + (new.derived.ties.low.size if with_ties else 0)
    if changed.size + gone.size + come.size > MOST_CHANGED * total:
        return None

    def subjects() -> Iterator[NamedNode]:
        yield NamedNode(measure_set(base))
        for name in new.table.organization_keys(changed[before[changed]]):
            yield NamedNode(position_node(name, base))
        for one, other in _ends(old, gone):
            yield NamedNode(tie_node(one, other, base))

    lines = chain(
        [set_lines(new, base, snapshot)],
        position_lines(new, changed[after[changed]], base),
        tie_lines(new, come, base),
    )
    return MeasureChanges(subjects(), quads(lines, NamedNode(graph("measures", base))))


def _nodes(network: Network, size: int) -> Flags:
    found = np.zeros(size, dtype=np.bool_)
    known = nodes(network)
    found[: known.size] = known
    return found


def _measured_otherwise(old: Network, new: Network, size: int) -> Flags:
    """Tell which organisations have ties before or after and not all of the same written values."""
    rows = [np.full(size, -1, dtype=np.int32), np.full(size, -1, dtype=np.int32)]
    for place, network in zip(rows, (old, new), strict=True):
        position = network.derived.ties.position
        place[: position.size] = position
    result: Flags = (rows[0] >= 0) != (rows[1] >= 0)
    both = np.flatnonzero((rows[0] >= 0) & (rows[1] >= 0))
    one, other = rows[0][both], rows[1][both]
    columns = list(zip(_written(old), _written(new), strict=True))
    differs = np.zeros((len(columns), both.size), dtype=np.bool_)

    def compare(at: int) -> None:
        values, others = columns[at]
        mine, theirs = values.take(one, axis=0), others.take(other, axis=0)
        unequal = mine != theirs
        if mine.dtype.kind == "f":
            unequal &= ~(np.isnan(mine) & np.isnan(theirs))
        differs[at] = unequal.any(axis=1) if unequal.ndim == 2 else unequal

    with Workers(None) as workers:
        workers.each(compare, range(len(columns)))
    result[both[differs.any(axis=0)]] = True
    return result


def _written(network: Network) -> tuple[NDArray[Any], ...]:
    derived = network.derived
    holes, structure = derived.holes, derived.structure
    return (
        np.diff(derived.ties.offsets),
        holes.strength,
        holes.constraint,
        holes.effective_size,
        holes.efficiency,
        holes.hierarchy,
        holes.clustering,
        derived.betweenness,
        derived.community,
        structure.core,
        structure.participation,
        structure.articulation,
        structure.roles.reshape(-1, 5)[:, :4],
    )


def _ties_changed(old: Network, new: Network) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the old network's ties whose statements go, and the new one's that come."""
    ties = new.derived.ties
    place = tie_of(old.derived.ties, ties.organization[ties.low], ties.organization[ties.high])
    known = np.flatnonzero(place >= 0)
    there = place[known]
    differs = np.zeros(known.size, dtype=np.bool_)
    for values, others in zip(_said(old), _said(new), strict=True):
        differs |= values[there] != others[known]
    gone = np.ones(old.derived.ties.low.size, dtype=np.bool_)
    gone[there[~differs]] = False
    come = place < 0
    come[known[differs]] = True
    return np.flatnonzero(gone), np.flatnonzero(come)


def _said(network: Network) -> tuple[NDArray[Any], ...]:
    ties = network.derived.ties
    bridge = network.derived.holes.shared == 0
    return ties.weight, ties.evidence_size, ties.first, ties.last, bridge


def _ends(network: Network, chosen: NDArray[np.int64]) -> Iterator[tuple[str, str]]:
    ties, table = network.derived.ties, network.table

    def keys(ends: Ids) -> list[str]:
        return table.organization_keys(ties.organization[ends])

    yield from zip(keys(ties.low[chosen]), keys(ties.high[chosen]), strict=True)
