"""Places of rows and ties: everybody is in one, nobody in two, and few move."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tertius.queries.network.places import Places


@settings(max_examples=500, deadline=None)
@given(st.integers(0, 30), st.sets(st.integers(0, 29)), st.integers(0, 12))
def test_places_are_filled_without_gaps(old: int, leaving: set[int], come: int) -> None:
    gone = np.array(sorted(place for place in leaving if place < old), dtype=np.int64)
    places = Places.of(old, gone, come)
    stay = np.setdiff1d(np.arange(old), gone)
    assert places.size == stay.size + come
    now = places.now(stay)
    assert sorted([*now.tolist(), *places.coming.tolist()]) == list(range(places.size))
    before = places.before()
    assert (before[now] == stay).all()
    assert (before[places.coming] == -1).all()
    assert (places.now(gone) == -1).all()
    assert (
        (now != stay).sum()
        == places.moving.size
        == max(0, min(gone.size - come, (stay >= places.size).sum()))
    )
    assert (stay[now != stay] >= places.size).all()
