"""Brokerage roles and participation over any partition, and what holds the network together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_cores import core_numbers, cut
from tertius.queries.network.kernel_roles import take_closed, take_closed_at, two_paths
from tertius.queries.network.kernel_types import Flags, Floats, Offsets
from tertius.queries.network.ties import TieNetwork
from tertius.queries.network.workers import Workers

NAMES: Final = ("coordinator", "consultant", "gatekeeper", "liaison", "unclassified")
"""Order of the five numbers that each row has in `Brokerage.roles`."""


@dataclass(frozen=True, slots=True, eq=False)
class Brokerage:
    """Roles and participation over one partition, by position.

    Attributes:
        roles: Open two-paths through each position by role, shape (5 n,), five in the order of `NAMES`.
        participation: Participation coefficient, 0 to below 1; NaN where no partner's part is known.
    """

    roles: Offsets
    participation: Floats


def brokerage(ties: TieNetwork, part: Ids) -> Brokerage:
    """Count brokerage roles of all positions, and spread of partners over parts.

    Roles: Gould & Fernandez (1989) on undirected ties. A two-path a - i - b whose ends are not tied
    counts once, as coordinator (all three in one part), consultant (both ends in one part, i in another),
    gatekeeper or representative (i in the part of exactly one end; without directions the two are one), or
    liaison (three parts). All two-paths follow from partners per part, closed ones are taken off triangle
    by triangle: O(ties + triangles). Participation: Guimera & Amaral (2005), on numbers of ties.

    Args:
        ties: The network.
        part: Part of each position, -1 where unknown.
    """
    n = ties.organization.size
    roles, participation = np.empty(5 * n, dtype=np.int64), np.empty(n)
    counts = np.zeros(int(part.max(initial=-1)) + 1, dtype=np.int32)
    two_paths(ties.offsets, ties.partner, part, 0, n, counts, roles, participation)
    take_closed(ties.forward, ties.high, part, roles)
    return Brokerage(roles, participation)


def brokerage_of(ties: TieNetwork, part: Ids, row: int) -> tuple[list[int], float]:
    """Return one position's roles and participation over any partition; equal to what `brokerage` gives."""
    roles, participation = np.empty(5, dtype=np.int64), np.empty(1)
    counts = np.zeros(int(part.max(initial=-1)) + 1, dtype=np.int32)
    two_paths(ties.offsets, ties.partner, part, row, row + 1, counts, roles, participation)
    take_closed_at(ties.offsets, ties.partner, part, row, roles)
    return roles.tolist(), float(participation[0])


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What holds the network together.

    Attributes:
        core: Largest k for which each position is in the k-core, 1 or more (Seidman 1983).
        articulation: Positions without which their component falls apart.
        bridge: Ties without which their component falls apart.
    """

    core: Ids
    articulation: Flags
    bridge: Flags

    def with_roles(self, roles: Offsets, participation: Floats) -> Structure:
        """Put roles and participation over the communities to it."""
        return Structure(self.core, self.articulation, self.bridge, roles, participation)


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """`Frame`, and `Brokerage` over the communities, as they are kept on disk."""

    core: Ids
    articulation: Flags
    bridge: Flags
    roles: Offsets
    participation: Floats


def frame(ties: TieNetwork, workers: Workers) -> Frame:
    """Find cores, articulation points and bridges, each in time linear in the ties."""
    held, work = _frame(ties)
    workers.each(lambda at: work[at](), range(len(work)))
    return held


def structure(ties: TieNetwork, part: Ids, workers: Workers) -> Structure:
    """Find what `frame` finds and, beside it, brokerage over the communities.

    Args:
        ties: The network.
        part: Community of each position.
        workers: Threads.
    """
    held, work = _frame(ties)
    found: list[Brokerage] = []
    # The longest first, so that two threads end together.
    work.insert(0, lambda: found.append(brokerage(ties, part)))
    workers.each(lambda at: work[at](), range(len(work)))
    return held.with_roles(found[0].roles, found[0].participation)


def _frame(ties: TieNetwork) -> tuple[Frame, list[Callable[[], None]]]:
    """Return a frame and the independent pieces of work that fill it."""
    n, m = ties.organization.size, ties.low.size
    held = Frame(np.empty(n, dtype=np.int32), np.zeros(n, dtype=np.bool_), np.zeros(m, dtype=np.bool_))

    def cores() -> None:
        held.core[:] = core_numbers(ties.offsets, ties.partner)

    def cuts() -> None:
        cut(ties.offsets, ties.partner, ties.slot_tie, held.articulation, held.bridge)

    return held, [cuts, cores]
