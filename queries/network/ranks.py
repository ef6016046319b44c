"""Percentiles and orders: where a value stands among all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.columns import Ids
from tertius.queries.network.kernel_types import Floats


def comparable(values: NDArray[Any]) -> NDArray[Any]:
    """Round to twelve decimals, so that values which differ by rounding alone compare as equal."""
    return np.round(np.asarray(values, dtype=np.float64), 12)


@dataclass(frozen=True, slots=True, eq=False)
class Ranks:
    """All values of one measure in ascending order, as they were once and what has changed since.

    Attributes:
        values: Comparable values, without what is not a number.
        removed: Those of them that are there no longer.
        added: Those that came.
    """

    values: Floats
    removed: Floats
    added: Floats

    @classmethod
    def of(cls, values: NDArray[Any]) -> Ranks:
        """Order values; what is not a number counts for nobody."""
        return cls(_ordered(values), np.empty(0), np.empty(0))

    def revised(self, removed: NDArray[Any], added: NDArray[Any]) -> Ranks:
        """Return the ranks with some values in the place of others; each one removed must be there."""
        return Ranks(
            self.values,
            np.sort(np.concatenate([self.removed, _ordered(removed)])),
            np.sort(np.concatenate([self.added, _ordered(added)])),
        )

    def share(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Return percentiles: the share (0..100) of all values that are smaller, equal ones counted half.

        Costs the logarithm of their number for each value. What is not a number has no percentile.
        """
        sought = comparable(values)
        below, upto = (
            self.values.searchsorted(sought, side)
            - self.removed.searchsorted(sought, side)
            + self.added.searchsorted(sought, side)
            for side in ("left", "right")
        )
        known = max(self.values.size - self.removed.size + self.added.size, 1)
        result = (100.0 * (below + (upto - below) / 2) / known).astype(np.float32)
        result[np.isnan(sought)] = np.nan
        return result


def _ordered(values: NDArray[Any]) -> Floats:
    ascending = np.sort(comparable(values))
    return ascending[: ascending.size - int(np.isnan(ascending).sum())]


def in_order(values: NDArray[Any], by_key: NDArray[np.integer[Any]]) -> Ids:
    """Return positions by ascending value, equal ones by key; what is not a number comes last.

    Args:
        values: Value of each position.
        by_key: The positions in the order of their keys.
    """
    return by_key[np.argsort(comparable(values)[by_key], kind="stable")].astype(np.int32)


def put_in_order(
    order: Ids, values: NDArray[Any], moved: NDArray[np.integer[Any]], key_of: Callable[[Any], Any]
) -> Ids:
    """Return `in_order` of values of which only some differ from those that an order was made of.

    Args:
        order: The order before.
        values: Value of each position, of which there may be more than before.
        moved: Positions whose value is another or that are new, each once.
        key_of: Returns the keys of positions.
    """
    away = np.zeros(values.size, dtype=np.bool_)
    away[moved] = True
    kept = order[~away[order]]
    staying = comparable(values[kept])
    values_of = comparable(values[moved])
    coming = np.lexsort([key_of(moved), values_of])
    begin, end = (staying.searchsorted(values_of[coming], side) for side in ("left", "right"))
    places = [
        int(first) + _before(key_of, kept[first:last], key_of(moved[at]))
        for at, first, last in zip(coming.tolist(), begin.tolist(), end.tolist(), strict=True)
    ]
    return np.insert(kept, places, moved[coming]).astype(np.int32)


def _before(key_of: Callable[[Any], Any], rows: Ids, key: Any) -> int:
    """Return how many rows, in the order of their keys, come before a key."""
    low, high = 0, rows.size
    while low < high:
        middle = (low + high) // 2
        if key_of(rows[middle]) < key:
            low = middle + 1
        else:
            high = middle
    return low
