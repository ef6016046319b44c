"""Which ties a change of the participation table makes, changes and ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.activity import active
from tertius.queries.network.changed import rows_of, rows_with
from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_ties import gather_lists
from tertius.queries.network.kernel_types import Flags
from tertius.queries.network.parameters import NetworkParameters
from tertius.queries.network.table import ParticipationTable
from tertius.queries.network.tie_network import TieNetwork, tie_of
from tertius.queries.network.ties import Paired, Ties, pair_up

MOST_ALLIANCES: Final = 0.02
"""Share of the alliances up to which a change is small."""


@dataclass(frozen=True, slots=True, eq=False)
class TieChanges:
    """What becomes of a network's ties.

    Attributes:
        ties: Ties as they are now, by organisation id: those that are new and those that may have changed.
        tie: Old tie of each, -1 for a new one.
        ended: Old ties that are there no longer, ascending.
        weighty: Which of `ties` are new or have another weight.
        active: As in `TieNetwork`, now.
        participations: As in `TieNetwork`, now.
        alliance_count: As in `TieNetwork`, now.
        left_out: As in `TieNetwork`, now.
    """

    ties: Ties
    tie: Ids
    ended: Ids
    weighty: Flags
    active: Flags
    participations: int
    alliance_count: int
    left_out: int

    @property
    def count(self) -> int:
        """Ties that came, ended or changed their weight."""
        return int(self.weighty.sum()) + self.ended.size


def tie_changes(
    tables: tuple[ParticipationTable, ParticipationTable],
    old: TieNetwork,
    parameters: tuple[NetworkParameters, NetworkParameters],
    dirty: Flags,
) -> TieChanges | None:
    """Find what becomes of the ties, in time proportional to the alliances that touch what changed.

    Dates and weights of a tie are taken from all its alliances again, so that they are summed as ever.

    Args:
        tables: The base table before and now.
        old: The ties before.
        parameters: Before and now, as-of filled in.
        dirty: Which alliances may tie their partners otherwise than before.

    Returns:
        The changes, or None where too many alliances have to be looked at.
    """
    then, now = tables
    gone = pair_up(then, parameters[0], rows_of(then, dirty[: then.alliances.size]))
    come = pair_up(now, parameters[1], rows_of(now, dirty))
    hit = np.unique(np.concatenate([tie_of(old, found.ties.low, found.ties.high) for found in (gone, come)]))
    hit = hit[hit >= 0]
    speaking = dirty.copy()
    for tie in hit.tolist():
        speaking[old.alliances_of(tie)] = True
    if int(speaking.sum()) > max(64, 2 * MOST_ALLIANCES * speaking.size):
        return None
    fresh = pair_up(now, parameters[1], rows_of(now, speaking)).ties
    tie = tie_of(old, fresh.low, fresh.high)
    # An alliance that speaks for a tie may join others, of which not all alliances were asked.
    wanted = np.flatnonzero(np.isin(tie, hit) | (tie < 0))
    tie = tie[wanted]
    ties = _only(fresh, wanted)
    return TieChanges(
        ties,
        tie,
        np.setdiff1d(hit, tie),
        weighty=(tie < 0) | (old.weight[tie] != ties.weight),
        active=_active(now, old, parameters[1], gone, come),
        participations=old.participations - gone.participations + come.participations,
        alliance_count=old.alliance_count - gone.alliance_count + come.alliance_count,
        left_out=old.left_out - gone.left_out + come.left_out,
    )


def _only(ties: Ties, chosen: NDArray[np.int64]) -> Ties:
    """Return some of the ties."""
    length = np.diff(ties.evidence)[chosen]
    evidence = np.empty(chosen.size + 1, dtype=np.int64)
    alliances = np.empty(int(length.sum()), dtype=np.int32)
    gather_lists(chosen.astype(np.int32), ties.evidence, ties.alliances, evidence, alliances)
    return Ties(
        low=ties.low[chosen],
        high=ties.high[chosen],
        first=ties.first[chosen],
        last=ties.last[chosen],
        assumed=ties.assumed[chosen],
        weight=ties.weight[chosen],
        evidence=evidence,
        alliances=alliances,
    )


def _active(
    table: ParticipationTable, old: TieNetwork, after: NetworkParameters, gone: Paired, come: Paired
) -> Flags:
    """Tell who is active: as before, but for the partners of changed alliances."""
    result = np.zeros(table.organizations.size, dtype=np.bool_)
    result[: old.active.size] = old.active
    left = np.zeros(table.organizations.size, dtype=np.bool_)
    left[: gone.active.size] = gone.active
    left &= ~come.active
    if left.any():
        rest = active(table, after, rows_with(table, left))
        result[left] = False
        result[rest.organization] = True
    result |= come.active
    return result
