"""Networks of any size from a seed, shaped like those of research and technology alliances.

    python -m benchmarks.generated --organizations 100000 table.csv

writes an alliance table that `tertius load` reads. The same size and seed give the same alliances.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network import ParticipationColumns
from tertius.queries.network.columns import KEY_TYPE
from tertius.queries.network.dates import MISSING

SEED = 20_061_992
_FIRST_DAY = 14_610  # 2010-01-01
_DAYS = 3_653  # ten years of starts
_LETTERS = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", dtype=np.uint8)
_COUNTRIES = ("BE", "DE", "ES", "FR", "GB", "IT", "NL", "SE")


@dataclass(frozen=True)
class Shape:
    """What the alliances of a network look like.

    Attributes:
        alliances: Alliances per organisation.
        tail: Exponent of the Pareto density of how active organisations are.
        community: Organisations of a community, on average.
        inside: Share of alliances whose partners all come from one community.
        consortia: Whether sizes are lognormal around twelve (2 to 80) instead of mostly dyads.
    """

    alliances: float
    tail: float = 2.5
    community: int = 1_000
    inside: float = 0.8
    consortia: bool = False


ALLIANCES = Shape(alliances=1.36)
"""Alliances of 2 to 8 partners, 72 % of them dyads, and 0.05 % consortia of 30 to 60."""

CONSORTIA = Shape(alliances=2 / 3, tail=2.1, consortia=True)
"""Consortia as in funded research: twelve partners on average, up to eighty."""


def sizes(shape: Shape, count: int, draw: np.random.Generator) -> NDArray[np.int64]:
    """Draw the number of partners of each alliance."""
    if shape.consortia:
        return np.clip(np.rint(draw.lognormal(2.15, 0.7, count)), 2, 80).astype(np.int64)
    kind = draw.random(count)
    halving = 0.5 ** np.arange(6)
    some = draw.choice(np.arange(3, 9), count, p=halving / halving.sum())
    many = draw.integers(30, 61, count)
    return np.where(kind < 0.72, 2, np.where(kind < 0.9995, some, many)).astype(np.int64)


def members(
    shape: Shape, organizations: int, size: NDArray[np.int64], draw: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw who takes part in what: alliance and organisation of each participation, no pair twice."""
    count = size.size
    groups = max(organizations // shape.community, 1)
    begin = np.sort(draw.integers(1, organizations, groups - 1)) if groups > 1 else np.empty(0, np.int64)
    begin = np.r_[0, begin, organizations]
    # A Pareto density with exponent g has a distribution function with exponent g - 1.
    activity = 1.0 + draw.pareto(shape.tail - 1.0, organizations)
    activity = np.minimum(activity, organizations**0.5)
    upto = np.r_[0.0, np.cumsum(activity)]
    leader = np.searchsorted(upto, draw.random(count) * upto[-1], side="right") - 1
    home = np.searchsorted(begin, leader, side="right") - 1
    inside = draw.random(count) < shape.inside
    low = np.where(inside, upto[begin[home]], 0.0)
    high = np.where(inside, upto[begin[home + 1]], upto[-1])
    alliance = np.repeat(np.arange(count), size)
    first = np.cumsum(size) - size
    wanted = np.ones(alliance.size, dtype=bool)
    organization = np.empty(alliance.size, dtype=np.int64)
    for _ in range(12):
        at = np.flatnonzero(wanted)
        a, b = low[alliance[at]], high[alliance[at]]
        organization[at] = np.searchsorted(upto, a + draw.random(at.size) * (b - a), side="right") - 1
        organization[first] = leader
        order = np.lexsort([np.arange(alliance.size) != first[alliance], organization, alliance])
        same = (alliance[order][1:] == alliance[order][:-1]) & (
            organization[order][1:] == organization[order][:-1]
        )
        wanted[:] = False
        wanted[order[1:][same]] = True
        if not wanted.any():
            break
    # What is still drawn twice belongs to communities smaller than the alliance: it stays smaller.
    return alliance[~wanted], organization[~wanted]


def keys(count: int, kind: int) -> NDArray[np.bytes_]:
    """Number things by keys of sixteen letters."""
    mixed = np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(kind)
    digits = [(mixed >> np.uint64(5 * place)) & np.uint64(31) for place in range(12)]
    digits += [np.full(count, kind, dtype=np.uint64)] * 3 + [mixed >> np.uint64(60)]
    return np.ascontiguousarray(_LETTERS[np.stack(digits, axis=1)]).view(KEY_TYPE).ravel()


def participations(organizations: int, shape: Shape = ALLIANCES, *, seed: int = SEED) -> ParticipationColumns:
    """Make a network's participations.

    Args:
        organizations: Number of organisations; some take part in nothing.
        shape: What the alliances look like.
        seed: Seeds every draw.
    """
    draw = np.random.default_rng([seed, organizations])
    count = int(shape.alliances * organizations)
    size = sizes(shape, count, draw)
    alliance, organization = members(shape, organizations, size, draw)
    start = (_FIRST_DAY + draw.integers(0, _DAYS, count)).astype(np.int32)
    country = draw.integers(0, len(_COUNTRIES), organizations)
    none = ("",) * organizations
    missing = np.full(alliance.size, MISSING, dtype=np.int32)
    return ParticipationColumns(
        organizations=keys(organizations, 1),
        circles={
            "country": tuple(_COUNTRIES[at] for at in country.tolist()),
            "sector": none,
            "type": none,
        },
        alliances=keys(count, 2),
        alliance_start=start,
        alliance_end=(start + draw.integers(365, 2_192, count)).astype(np.int32),
        organization=organization.astype(np.int32),
        alliance=alliance.astype(np.int32),
        role=np.zeros(alliance.size, dtype=np.uint8),
        roles=("partner",),
        start=missing,
        end=missing,
        last_observed=missing,
        ongoing=np.zeros(alliance.size, dtype=bool),
    )


def write_table(columns: ParticipationColumns, path: Path) -> None:
    """Write participations as an alliance table in CSV."""

    def days(values: NDArray[Any]) -> list[str]:
        return np.datetime_as_string(values.astype("datetime64[D]")).tolist()  # type: ignore[no-any-return]

    starts, ends = days(columns.alliance_start), days(columns.alliance_end)
    countries = columns.circles["country"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["alliance", "partner", "country", "start", "end"])
        writer.writerows(
            [f"alliance-{what}", f"organization-{who}", countries[who], starts[what], ends[what]]
            for who, what in zip(columns.organization.tolist(), columns.alliance.tolist(), strict=True)
        )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", type=Path, help="CSV file to write")
    parser.add_argument("--organizations", type=int, default=100_000)
    parser.add_argument("--consortia", action="store_true", help="consortia instead of mostly dyads")
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    shape = CONSORTIA if arguments.consortia else ALLIANCES
    write_table(participations(arguments.organizations, shape, seed=arguments.seed), arguments.table)


if __name__ == "__main__":
    main()
