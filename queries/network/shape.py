"""The shape of a whole network: how central, how small a world, how concentrated its brokerage."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from tertius.queries.network.derived import Derived
from tertius.queries.network.kernel_holes import distances
from tertius.queries.network.kernel_types import Floats
from tertius.queries.network.measures import SEED

_SLOT_VISITS: Final = 60_000_000
"""Work spent on distances, in slots walked along."""

_FEWEST: Final = 8
"""Sources sampled at least."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of a network, ties counted once whatever their weight.

    Attributes:
        degree_centralization: 0 (all alike) to 1 (a star), over active organisations (Freeman 1978); None
            for fewer than three.
        mean_clustering: Mean local clustering of the organisations with two partners or more (Watts &
            Strogatz 1998); None without such.
        random_clustering: What a random network with as many organisations and ties has: k / (n - 1), k the
            mean degree of the n organisations with ties.
        mean_distance: Mean of the distances between organisations that reach each other; None without ties.
        distances: `exact`, or from how many sources they were sampled.
        random_distance: ln n / ln k; None where k is 1 or less.
        small_world: (mean_clustering / random_clustering) / (mean_distance / random_distance) (Humphries
            & Gurney 2008); None where a part of it has no value.
        brokerage_gini: Gini coefficient of betweenness over organisations with ties: 0 (all broker alike)
            to nearly 1 (one brokers everything); None where nobody brokers.
    """

    degree_centralization: float | None
    mean_clustering: float | None
    random_clustering: float | None
    mean_distance: float | None
    distances: str
    random_distance: float | None
    small_world: float | None
    brokerage_gini: float | None


def shape(derived: Derived) -> Shape:
    """Measure the shape of a network; distances cost a second or so in a network of millions of ties."""
    ties = derived.ties
    n, degree = ties.organization.size, np.diff(ties.offsets)
    active = derived.summary.active
    spread = active * int(degree.max(initial=0)) - int(degree.sum())
    clustering = derived.holes.clustering[degree > 1]
    local = float(clustering.mean()) if clustering.size else None
    mean_degree = float(degree.mean()) if n else 0.0
    by_chance = mean_degree / (n - 1) if n > 1 else None
    apart, how = _mean_distance(derived)
    random_apart = math.log(n) / math.log(mean_degree) if mean_degree > 1 else None
    small = None
    if local is not None and by_chance and apart and random_apart:
        small = (local / by_chance) / (apart / random_apart)
    return Shape(
        degree_centralization=spread / ((active - 1) * (active - 2)) if active > 2 else None,
        mean_clustering=local,
        random_clustering=by_chance,
        mean_distance=apart,
        distances=how,
        random_distance=random_apart,
        small_world=small,
        brokerage_gini=gini(derived.betweenness[~np.isnan(derived.betweenness)]),
    )


def gini(values: Floats) -> float | None:
    """Return the Gini coefficient of values that are 0 or more; None where all are 0 or there are none."""
    total = float(values.sum())
    if total <= 0:
        return None
    ranked = np.sort(values)
    place = np.arange(1, ranked.size + 1)
    return float((2 * place - ranked.size - 1) @ ranked) / (ranked.size * total)


def _mean_distance(derived: Derived) -> tuple[float | None, str]:
    ties = derived.ties
    n = ties.organization.size
    if n == 0:
        return None, "exact"
    most = max(_FEWEST, _SLOT_VISITS // ties.partner.size)
    if n <= most:
        sources, how = np.arange(n, dtype=np.int32), "exact"
    else:
        sources = np.sort(np.random.default_rng(SEED).choice(n, size=most, replace=False)).astype(np.int32)
        how = f"sampled from {most} sources"
    total = np.zeros(2, dtype=np.int64)
    distances(ties.offsets, ties.partner, sources, total)
    return float(total[0] / total[1]), how
