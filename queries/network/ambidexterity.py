"""Exploration and exploitation in an organisation's alliances, year by year and domain by domain.

After Lavie & Rosenkopf (2006) and Lavie, Kang & Rosenkopf (2011). The unit is one partner in one alliance,
in the year in which the two first met there. Each unit is coded from 0 (exploitation) to 1 (exploration)
in three domains; what a year shows is the mean over its units.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Final

import numpy as np
from tertius.queries.network.activity import Active, active
from tertius.queries.network.columns import PARTITIONS
from tertius.queries.network.dates import FIRST_DAY, from_days
from tertius.queries.network.participants import alliances_of, rows_of_alliances

if TYPE_CHECKING:
    from tertius.queries.network.network import Network


class Domain(StrEnum):
    """Where exploration is told from exploitation.

    `function`: whether the alliance generates knowledge or uses it. `structure`: whether the partner is
    new. `attribute`: how unlike earlier partners it is.
    """

    FUNCTION = "function"
    STRUCTURE = "structure"
    ATTRIBUTE = "attribute"


@dataclass(frozen=True, slots=True)
class Coding:
    """How an alliance is coded in the function domain.

    Attributes:
        value: 1 generates knowledge, 0 uses it, 0.5 both.
        inferred: True if nobody recorded the orientation and form or purpose decided.
    """

    value: float
    inferred: bool


@dataclass(frozen=True, slots=True)
class Unit:
    """One partner in one alliance.

    Attributes:
        alliance: Key.
        partner: Id of the partner, after judgements.
        day: First day on which both were active in it.
        new: Whether no alliance joined the two on an earlier day.
        distance: Mean, over the partner's known attributes, of the share of partners met on earlier days
            that differ in it; None where there is nothing to compare with.
    """

    alliance: str
    partner: int
    day: int
    new: bool
    distance: float | None


@dataclass(frozen=True, slots=True)
class Share:
    """Exploration in one domain and year.

    Attributes:
        exploration: Mean coding x, 0..1; None without coded units.
        balance: 1 - |2x - 1|: 1 where both are in balance, 0 where one rules alone.
        units: Coded units.
        inferred: Those of them whose coding is inferred.
    """

    exploration: float | None = None
    balance: float | None = None
    units: int = 0
    inferred: int = 0


@dataclass(frozen=True, slots=True)
class Year:
    """One year.

    Attributes:
        year: The year.
        units: Partners met in alliances, coded or not.
        domains: Exploration in each domain.
        across: |x_a - x_b| for each pair of domains: 1 where one explores and the other exploits; None
            where either is unknown.
    """

    year: int
    units: int
    domains: Mapping[Domain, Share] = field(default_factory=dict)
    across: Mapping[tuple[Domain, Domain], float | None] = field(default_factory=dict)


PAIRS: Final = (
    (Domain.FUNCTION, Domain.STRUCTURE),
    (Domain.FUNCTION, Domain.ATTRIBUTE),
    (Domain.STRUCTURE, Domain.ATTRIBUTE),
)


def units(network: Network, key: str) -> list[Unit]:
    """Return an organisation's units by day, then alliance, then partner.

    The whole record up to the as-of counts, whatever the window; alliances above `max_partners` and
    excluded organisations do not. A meeting without a known day is no unit.

    Raises:
        UnknownOrganizationError: No organisation has this key.
    """
    table = network.table
    own = int(table.canonical[table.organization_id(key)])
    parameters = replace(network.parameters, window=None)
    rows = active(table, parameters, rows_of_alliances(table, alliances_of(table, own)))
    found = []
    for begin, end in _groups(rows):
        partners = rows.organization[begin:end]
        if parameters.max_partners is not None and np.unique(partners).size > parameters.max_partners:
            continue
        found += _meetings(rows, begin, end, own)
    excluded = network.lookups.excluded
    if excluded[own]:
        return []
    wanted = sorted({what for _, what, _ in found})
    keys = dict(zip(wanted, table.alliance_keys(np.array(wanted, dtype=np.int64)), strict=True))
    met = sorted((day, keys[what], who) for day, what, who in found if not excluded[who])
    return list(_coded(network, met))


def _groups(rows: Active) -> Iterable[tuple[int, int]]:
    bounds = np.flatnonzero(np.diff(rows.alliance, prepend=-1, append=-1))
    return zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)


def _meetings(rows: Active, begin: int, end: int, own: int) -> list[tuple[int, int, int]]:
    """Return day, alliance and partner for everybody whose days in an alliance overlap the organisation's."""
    here = slice(begin, end)
    who, start, last = rows.organization[here], rows.start[here], rows.end[here]
    mine = np.flatnonzero(who == own)
    first: dict[int, int] = {}
    for at in mine:
        meets = np.maximum(start, start[at])
        together = (meets <= np.minimum(last, last[at])) & (meets >= FIRST_DAY) & (who != own)
        for partner, day in zip(who[together].tolist(), meets[together].tolist(), strict=True):
            first[partner] = min(day, first.get(partner, day))
    return [(day, int(rows.alliance[begin]), partner) for partner, day in first.items()]


def _coded(network: Network, met: Sequence[tuple[int, str, int]]) -> Iterable[Unit]:
    """Code structure and attribute, day by day: those met on one day do not count for each other."""
    codes = {name: network.table.circles[name] for name in PARTITIONS}
    known: set[int] = set()
    seen: dict[str, Counter[int]] = {name: Counter() for name in PARTITIONS}
    for _, group in groupby(met, key=lambda one: one[0]):
        today = list(group)
        for day, alliance, partner in today:
            distances = []
            for name, counts in seen.items():
                code, total = int(codes[name][partner]), counts.total()
                if code >= 0 and total:
                    distances.append(1 - counts[code] / total)
            distance = sum(distances) / len(distances) if distances else None
            yield Unit(alliance, partner, day, partner not in known, distance)
        for partner in {partner for _, _, partner in today} - known:
            known.add(partner)
            for name, counts in seen.items():
                if codes[name][partner] >= 0:
                    counts[int(codes[name][partner])] += 1


def by_year(found: Sequence[Unit], function: Mapping[str, Coding]) -> list[Year]:
    """Return every year from the first unit's to the last's.

    Args:
        found: Units, by day.
        function: Coding of alliances by key, those that nothing decides left out.
    """
    grouped: dict[int, list[Unit]] = {}
    for unit in found:
        day = from_days(unit.day)
        if day is not None:
            grouped.setdefault(day.year, []).append(unit)
    if not grouped:
        return []
    return [_year(year, grouped.get(year, []), function) for year in range(min(grouped), max(grouped) + 1)]


def _year(year: int, found: Sequence[Unit], function: Mapping[str, Coding]) -> Year:
    coded = [function[unit.alliance] for unit in found if unit.alliance in function]
    domains = {
        Domain.FUNCTION: _share([one.value for one in coded], sum(one.inferred for one in coded)),
        Domain.STRUCTURE: _share([float(unit.new) for unit in found]),
        Domain.ATTRIBUTE: _share([unit.distance for unit in found if unit.distance is not None]),
    }
    across: dict[tuple[Domain, Domain], float | None] = {}
    for one, other in PAIRS:
        x, y = domains[one].exploration, domains[other].exploration
        across[one, other] = None if x is None or y is None else abs(x - y)
    return Year(year, len(found), domains, across)


def _share(values: Sequence[float], inferred: int = 0) -> Share:
    if not values:
        return Share()
    x = sum(values) / len(values)
    return Share(x, 1 - abs(2 * x - 1), len(values), inferred)
