"""Brokerage roles and participation over any partition, and what holds the network together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_cores import core_numbers, cut
from tertius.queries.network.kernel_roles import take_closed, take_closed_at, two_paths
from tertius.queries.network.kernel_types import Flags, Floats, Offsets
from tertius.queries.network.tie_network import TieNetwork
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
    take_closed(ties.forward(), ties.high, part, roles)
    return Brokerage(roles, participation)


def brokerage_of(ties: TieNetwork, part: Ids, row: int) -> tuple[list[int], float]:
    """Return one position's roles and participation over any partition; equal to what `brokerage` gives."""
    roles, participation = np.empty(5, dtype=np.int64), np.empty(1)
    counts = np.zeros(int(part.max(initial=-1)) + 1, dtype=np.int32)
    two_paths(ties.offsets, ties.partner, part, row, row + 1, counts, roles, participation)
    take_closed_at(ties.offsets, ties.partner, part, row, roles)
    return roles.tolist(), float(participation[0])


@dataclass(frozen=True, slots=True, eq=False)
class Cuts:
    """Where the network falls apart.

    Attributes:
        articulation: Positions without which their component falls apart.
        bridge: Ties without which their component falls apart.
        block: Block that each position hangs in, -1 for none; see `kernel_cores.cut`.
        top: Position at the top of that block, -1 for none.
        component: Number of each position's component, that of one of its positions.
    """

    articulation: Flags
    bridge: Flags
    block: Ids
    top: Ids
    component: Ids


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """Cores, `Cuts`, and `Brokerage` over the communities, as they are kept on disk.

    Attributes:
        core: Largest k for which each position is in the k-core, 1 or more (Seidman 1983).
        articulation: As in `Cuts`.
        bridge: As in `Cuts`.
        block: As in `Cuts`.
        top: As in `Cuts`.
        component: As in `Cuts`.
        roles: As in `Brokerage`.
        participation: As in `Brokerage`.
    """

    core: Ids
    articulation: Flags
    bridge: Flags
    block: Ids
    top: Ids
    component: Ids
    roles: Offsets
    participation: Floats


def cores(ties: TieNetwork) -> Ids:
    """Return the largest k for which each position is in the k-core, in time linear in the ties."""
    return core_numbers(ties.offsets, ties.partner)


def cuts(ties: TieNetwork) -> Cuts:
    """Find articulation points, bridges and blocks, in time linear in the ties."""
    n, m = ties.organization.size, ties.low.size
    block, top, component = (np.empty(n, dtype=np.int32) for _ in range(3))
    found = Cuts(np.zeros(n, dtype=np.bool_), np.zeros(m, dtype=np.bool_), block, top, component)
    slots = ties.partner, ties.slot_tie
    cut(ties.offsets, slots, found.articulation, found.bridge, (block, top, component))
    return found


def structure(ties: TieNetwork, part: Ids, workers: Workers) -> Structure:
    """Find cores, cuts, and brokerage over the communities.

    Args:
        ties: The network.
        part: Community of each position.
        workers: Threads.
    """
    found: dict[str, Any] = {}
    work = (
        # The longest first, so that two threads end together.
        ("brokerage", lambda: brokerage(ties, part)),
        ("cuts", lambda: cuts(ties)),
        ("cores", lambda: cores(ties)),
    )

    def do(at: int) -> None:
        name, find = work[at]
        found[name] = find()

    workers.each(do, range(len(work)))
    apart: Cuts = found["cuts"]
    return Structure(
        found["cores"],
        apart.articulation,
        apart.bridge,
        apart.block,
        apart.top,
        apart.component,
        found["brokerage"].roles,
        found["brokerage"].participation,
    )
