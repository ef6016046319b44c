"""Percentiles and orders brought up to date equal those of all values."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tertius.queries.network.ranks import Ranks, in_order, put_in_order

values = st.lists(
    st.sampled_from([0.0, 0.1 + 0.2, 0.3, 1.0, 2.0, -1.5, math.nan]) | st.floats(-5, 5), max_size=30
)
changes = st.lists(st.tuples(st.integers(0, 39), st.sampled_from([0.3, 1.0, math.nan]) | st.floats(-5, 5)))


def changed(before: list[float], moves: list[tuple[int, float]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the values after some were set or appended, and the places of those."""
    after = list(before)
    places = set()
    for at, value in moves:
        place = min(at, len(after))
        after[place : place + 1] = [value]
        places.add(place)
    return np.array(after, dtype=np.float64), np.array(sorted(places), dtype=np.int64)


@settings(max_examples=300, deadline=None)
@given(values, changes, changes)
def test_revised_ranks_are_ranks_of_all(before: list[float], once: list, again: list) -> None:
    now, ranks = np.array(before, dtype=np.float64), Ranks.of(np.array(before))
    for moves in (once, again):
        then = now
        now, moved = changed(then.tolist(), moves)
        ranks = ranks.revised(then[moved[moved < then.size]], now[moved])
        np.testing.assert_array_equal(ranks.share(now), Ranks.of(now).share(now))


@settings(max_examples=300, deadline=None)
@given(values, changes, st.randoms(use_true_random=False))
def test_a_revised_order_is_the_order_of_all(before: list[float], moves: list, random) -> None:
    now, moved = changed(before, moves)
    keys = np.array([f"{at:016}".encode() for at in random.sample(range(now.size), now.size)], dtype="S16")
    old = np.array(before, dtype=np.float64)
    order = in_order(old, np.argsort(keys[: old.size]))
    np.testing.assert_array_equal(
        put_in_order(order, now, moved, lambda rows: keys[rows]), in_order(now, np.argsort(keys))
    )
