"""An organisation's partners as a portfolio: who leads to the same others, and how much hangs on few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from tertius.queries.network.network import Network

MOST_COMPARED: Final = 50
"""Partners that are compared pair by pair: those with the heaviest ties."""

NAMED: Final = 10
"""Pairs that are named."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two partners and the others that both lead to.

    Attributes:
        one: Key of a partner.
        other: Key of another.
        shared_others: Organisations tied to both, the one asked about left aside.
        overlap: shared_others over the organisations tied to either, the three themselves left aside.
        tied: Whether the two are tied.
    """

    one: str
    other: str
    shared_others: int
    overlap: float
    tied: bool


@dataclass(frozen=True, slots=True)
class Portfolio:
    """A portfolio of partners.

    Attributes:
        partners: How many there are.
        compared: How many of them, by the heaviest ties, were compared pair by pair.
        redundant: Share of the partners that are redundant: 1 - effective size / partners.
        concentration: Sum of p squared over the partners (Herfindahl index), above 0, 1 for a single one.
        effective_partners: 1 / concentration: partners of equal weight that would be as concentrated.
        largest_share: Largest p.
        mean_overlap: Mean overlap of the pairs compared; None for fewer than two partners.
        overlaps: The pairs with the largest overlap.
    """

    partners: int
    compared: int
    redundant: float
    concentration: float
    effective_partners: float
    largest_share: float
    mean_overlap: float | None
    overlaps: tuple[Overlap, ...]


def portfolio(network: Network, key: str) -> Portfolio | None:
    """Describe an organisation's portfolio in the window; None without ties.

    Raises:
        UnknownOrganizationError: No organisation has this key.
    """
    ties, holes = network.derived.ties, network.derived.holes
    row = network.row(key)
    if row < 0:
        return None
    slots = slice(int(ties.offsets[row]), int(ties.offsets[row + 1]))
    partner, share = ties.partner[slots], ties.slot_weight[slots] / holes.strength[row]
    concentration = float((share**2).sum())
    heaviest = compared_partners(network, row)
    mean, overlaps = _overlaps(network, row, ties.partner[heaviest])
    return Portfolio(
        partners=partner.size,
        compared=heaviest.size,
        redundant=1 - float(holes.efficiency[row]),
        concentration=concentration,
        effective_partners=1 / concentration,
        largest_share=float(share.max()),
        mean_overlap=mean,
        overlaps=overlaps,
    )


def compared_partners(network: Network, row: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Return the slots of a position's heaviest ties, heaviest first, then by key."""
    ties = network.derived.ties
    begin, end = int(ties.offsets[row]), int(ties.offsets[row + 1])
    rank = network.lookups.row_rank[ties.partner[begin:end]]
    order = np.lexsort((rank, -ties.slot_weight[begin:end]))
    return begin + order[:MOST_COMPARED]


def _overlaps(
    network: Network, row: int, partners: np.ndarray[tuple[int, ...], np.dtype[np.int32]]
) -> tuple[float | None, tuple[Overlap, ...]]:
    if partners.size < 2:
        return None, ()
    ties, size = network.derived.ties, partners.size
    lists = [ties.partner[ties.offsets[one] : ties.offsets[one + 1]] for one in partners]
    others, place = np.unique(np.concatenate(lists), return_inverse=True)
    leads = np.zeros((size, others.size), dtype=np.float32)
    leads[np.repeat(np.arange(size), [one.size for one in lists]), place] = 1
    tied = leads[:, np.searchsorted(others, partners).clip(max=others.size - 1)]
    tied *= others[np.searchsorted(others, partners).clip(max=others.size - 1)] == partners
    leads[:, np.searchsorted(others, row)] = 0
    # Counts up to 2^24 are exact in single precision.
    shared = leads @ leads.T
    reach = leads.sum(axis=1)
    one, other = np.triu_indices(size, 1)
    common, joined = shared[one, other], tied[one, other]
    either = reach[one] + reach[other] - common - 2 * joined
    overlap = np.divide(common, either, out=np.zeros(one.size), where=either > 0, dtype=np.float64)
    rank = network.lookups.row_rank[partners]
    order = np.lexsort([rank[other], rank[one], -common, -overlap])[:NAMED]
    keys = network.table.organization_keys(ties.organization[partners])
    named = tuple(
        Overlap(keys[one[at]], keys[other[at]], int(common[at]), float(overlap[at]), bool(joined[at]))
        for at in order
        if common[at] > 0
    )
    return float(overlap.mean()), named
