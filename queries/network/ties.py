"""From active participations to ties: who is tied to whom, how strongly, since when, on what evidence."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.activity import Active, active
from tertius.queries.network.columns import Ids
from tertius.queries.network.dates import Days
from tertius.queries.network.errors import NetworkTooLargeError
from tertius.queries.network.kernel_ties import (
    count_partners,
    emit_pairs,
    fill_rows,
    gather_dates,
    gather_lists,
    gather_ties,
    merge_periods,
    order_pairs,
    place_ties,
    unite_pairs,
)
from tertius.queries.network.kernel_types import Flags, Floats, Offsets
from tertius.queries.network.parameters import NetworkParameters, Weight
from tertius.queries.network.table import ParticipationTable, Rows
from tertius.queries.network.tie_network import TieNetwork
from tertius.queries.network.workers import Workers

MOST_PAIRS: Final = 60_000_000
"""Pairs of partners within alliances that one derivation holds in memory (about 60 bytes each)."""

_FEW_PAIRS: Final = 100_000
"""Pairs up to which one thread orders them."""

_MOST_PIECES: Final = 4
"""Every thread looks through all pairs for its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Ties:
    """Ties by organisation id, before the order of degree, each pair once.

    Attributes:
        low: One end, an organisation id.
        high: The other.
        first: As in `TieNetwork`.
        last: As in `TieNetwork`.
        assumed: As in `TieNetwork`.
        weight: As in `TieNetwork`.
        evidence: First place of each tie's alliances in `alliances`.
        alliances: Alliance ids, tie after tie.
    """

    low: Ids
    high: Ids
    first: Days
    last: Days
    assumed: Flags
    weight: Floats
    evidence: Offsets
    alliances: Ids


@dataclass(frozen=True, slots=True, eq=False)
class Paired:
    """What some alliances make of their partners.

    Attributes:
        ties: Ties among them, on the evidence of these alliances alone.
        active: Whether an organisation id is active in one of them and not excluded.
        participations: As in `TieNetwork`, of these alliances.
        alliance_count: As in `TieNetwork`, of these alliances.
        left_out: As in `TieNetwork`, of these alliances.
    """

    ties: Ties
    active: Flags
    participations: int
    alliance_count: int
    left_out: int


def derive_ties(
    table: ParticipationTable,
    parameters: NetworkParameters,
    *,
    most_pairs: int = MOST_PAIRS,
    threads: int | None = 1,
) -> TieNetwork:
    """Derive the ties that the parameters ask for.

    Args:
        table: The base table.
        parameters: As-of, window, weight, exclusions.
        most_pairs: Cap on pairs of partners within alliances.
        threads: At most so many threads; the result is the same for any number.

    Raises:
        NetworkTooLargeError: The alliances in the window join more pairs than the cap.
    """
    found = pair_up(table, parameters, None, most_pairs=most_pairs, threads=threads)
    return in_degree_order(
        found.ties,
        found.active,
        table.organization_order,
        participations=found.participations,
        alliance_count=found.alliance_count,
        left_out=found.left_out,
        threads=threads,
    )


def pair_up(
    table: ParticipationTable,
    parameters: NetworkParameters,
    chosen: Rows | None,
    *,
    most_pairs: int = MOST_PAIRS,
    threads: int | None = 1,
) -> Paired:
    """Pair up the organisations of alliances.

    Args:
        table: The base table.
        parameters: As-of, window, weight, exclusions.
        chosen: All rows of some alliances, in the table's order; None for all alliances.
        most_pairs: Cap on pairs of partners within alliances.
        threads: At most so many threads; the result is the same for any number.

    Raises:
        NetworkTooLargeError: The alliances in the window join more pairs than the cap.
    """
    rows = active(table, parameters, chosen)
    count = table.organizations.size
    excluded = np.zeros(count, dtype=np.bool_)
    excluded[table.canonical_ids(parameters.exclude)] = True
    kept = ~excluded[rows.organization]
    group, alliance = _groups(rows.alliance)
    before, after = (np.zeros(alliance.size, dtype=np.int32) for _ in range(2))
    count_partners(group, rows.organization, excluded, before, after)
    use = np.ones(alliance.size, dtype=np.bool_)
    if parameters.max_partners is not None:
        use = before <= parameters.max_partners
    used_row = kept & np.repeat(use, np.diff(group))
    is_active = np.zeros(count, dtype=np.bool_)
    is_active[rows.organization[kept]] = True
    pairs = np.where(use, after.astype(np.int64) * (after - 1) // 2, 0)
    total = int(pairs.sum())
    if total > most_pairs:
        worst = int(np.argmax(pairs))
        raise NetworkTooLargeError(
            total, most_pairs, table.alliance_keys(alliance[[worst]])[0], int(after[worst])
        )
    share = _share(parameters.weight, after)
    ties = _pair_up(rows, (group, alliance), use, excluded, share=share, total=total, threads=threads)
    if parameters.weight is Weight.BINARY:
        ties.weight[:] = 1.0
    return Paired(
        ties,
        is_active,
        participations=int(used_row.sum()),
        alliance_count=int((use & (after > 0)).sum()),
        left_out=int((~use).sum()),
    )


def _groups(alliance: Ids) -> tuple[Offsets, Ids]:
    """Return where each alliance's rows begin (and the number of rows), and each group's alliance."""
    begins = np.flatnonzero(np.r_[True, alliance[1:] != alliance[:-1]]) if alliance.size else np.empty(0, int)
    return np.append(begins, alliance.size).astype(np.int64), alliance[begins]


def _share(weight: Weight, partners: Ids) -> Floats:
    """Return what each alliance adds to the tie of two of its partners."""
    if weight is Weight.NEWMAN:
        return 1.0 / np.maximum(partners - 1, 1)
    return np.ones(partners.size)


def _pair_up(
    rows: Active,
    groups_of: tuple[Offsets, Ids],
    use: Flags,
    excluded: Flags,
    *,
    share: Floats,
    total: int,
    threads: int | None,
) -> Ties:
    """Unite the pairs of each two organisations; the rows are written over."""
    group, alliance = groups_of
    organization, start, end, assumed = rows.organization, rows.start, rows.end, rows.assumed
    united = group.copy()
    merge_periods(united, organization, start, end, assumed)
    window = (rows.window.first, rows.window.last)
    columns = _blank(total), _blank(total), _blank(4 * total)
    found = emit_pairs((organization, start, end), assumed, united, use, excluded, window, columns)
    pairs = columns[0][:found], columns[1][:found], columns[2][: 4 * found]
    pieces = _pieces(pairs[0], excluded.size, threads)
    parts: dict[int, Ties] = {}

    def unite(at: int) -> None:
        order = order_pairs(pairs[0], pairs[1], excluded.size, *pieces[at])
        ties = _blank(order.size), _blank(order.size), _blank(order.size), _blank(order.size)
        tie_assumed, weight = np.empty(order.size, dtype=np.bool_), np.empty(order.size)
        evidence, groups = np.empty(order.size + 1, dtype=np.int64), _blank(order.size)
        m = unite_pairs(order, pairs, share, ties, tie_assumed, weight, evidence, groups)
        low, high, first, last = (column[:m] for column in ties)
        parts[at] = Ties(
            low, high, first, last, tie_assumed[:m], weight[:m], evidence[: m + 1], alliance[groups]
        )

    with Workers(threads) as workers:
        workers.each(unite, range(len(pieces)))
    return _joined([parts[at] for at in range(len(pieces))])


def _pieces(low: Ids, size: int, threads: int | None) -> list[tuple[int, int]]:
    """Divide 0..size-1 so that every piece has about as many pairs by their lower end; one piece for few."""
    count = min(threads or os.cpu_count() or 1, _MOST_PIECES) if low.size > _FEW_PAIRS else 1
    if count == 1:
        return [(0, size)]
    until = np.cumsum(np.bincount(low, minlength=size))
    bounds = np.searchsorted(until, low.size * np.arange(1, count) // count).tolist()
    return list(pairwise([0, *bounds, size]))


def _ordered(low: Ids, high: Ids, size: int, workers: Workers, pieces: list[tuple[int, int]]) -> Ids:
    """Return the order of pairs by (low, high), piece by piece."""
    parts: list[Ids] = [low[:0]] * len(pieces)

    def sort(at: int) -> None:
        parts[at] = order_pairs(low, high, size, *pieces[at])

    workers.each(sort, range(len(pieces)))
    return np.concatenate(parts)


def _joined(parts: list[Ties]) -> Ties:
    """Put ties one after the other."""
    begins = np.cumsum([0, *(part.alliances.size for part in parts)])
    evidence = [part.evidence[:-1] + begin for part, begin in zip(parts, begins, strict=False)]

    def column(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(part, name) for part in parts])

    return Ties(
        low=column("low"),
        high=column("high"),
        first=column("first"),
        last=column("last"),
        assumed=column("assumed"),
        weight=column("weight"),
        evidence=np.concatenate([*evidence, begins[-1:]]),
        alliances=column("alliances"),
    )


def _blank(size: int) -> Ids:
    return np.empty(size, dtype=np.int32)


def in_degree_order(
    ties: Ties,
    is_active: Flags,
    by_key: Ids,
    *,
    participations: int,
    alliance_count: int,
    left_out: int,
    threads: int | None = 1,
) -> TieNetwork:
    """Lay ties out as a network.

    Args:
        ties: Ties, in any order.
        is_active: Whether an organisation id is active.
        by_key: Organisation ids in the order of their keys.
        participations: As in `TieNetwork`.
        alliance_count: As in `TieNetwork`.
        left_out: As in `TieNetwork`.
        threads: At most so many threads.
    """
    m = ties.low.size
    degree = np.bincount(ties.low, minlength=is_active.size) + np.bincount(
        ties.high, minlength=is_active.size
    )
    # Keys settle equal degrees: organisation ids depend on the history of loads, keys do not.
    tied = by_key[degree[by_key] > 0]
    organization = tied[np.argsort(degree[tied], kind="stable")].astype(np.int32)
    n = organization.size
    position = np.full(is_active.size, -1, dtype=np.int32)
    position[organization] = np.arange(n, dtype=np.int32)
    low, high, weight = _blank(m), _blank(m), np.empty(m)
    one, other = _blank(m), _blank(m)

    def place(begin: int, end: int) -> None:
        part = slice(begin, end)
        place_ties(position, (ties.low[part], ties.high[part]), (one[part], other[part]))

    def gather(begin: int, end: int) -> None:
        part = slice(begin, end)
        gather_ties(order[part], (one, other), ties.weight, (low[part], high[part]), weight[part])

    with Workers(threads) as workers:
        workers.over(m, place)
        order = _ordered(one, other, n, workers, _pieces(one, n, threads))
        workers.over(m, gather)
    first, last, assumed = _blank(m), _blank(m), np.empty(m, dtype=np.bool_)
    evidence, alliances = np.empty(m + 1, dtype=np.int64), _blank(ties.alliances.size)
    offsets, slot_weight = np.empty(n + 1, dtype=np.int64), np.empty(2 * m)
    partner, slot_tie = _blank(2 * m), _blank(2 * m)

    def lay_out(which: int) -> None:
        if which:
            gather_lists(order, ties.evidence, ties.alliances, evidence, alliances)
            gather_dates(order, (ties.first, ties.last), ties.assumed, (first, last), assumed)
        else:
            fill_rows(low, high, weight, offsets, partner, slot_weight, slot_tie)

    with Workers(threads) as workers:
        workers.each(lay_out, range(2))
    return TieNetwork(
        organization=organization,
        position=position,
        active=is_active,
        offsets=offsets,
        partner=partner,
        slot_weight=slot_weight,
        slot_tie=slot_tie,
        low=low,
        high=high,
        weight=weight,
        first=first,
        last=last,
        assumed=assumed,
        evidence=evidence[:-1],
        evidence_size=np.diff(evidence).astype(np.int32),
        alliances=alliances,
        participations=participations,
        alliance_count=alliance_count,
        left_out=left_out,
    )
