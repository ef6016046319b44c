"""Arrays that differ in few places from an earlier network's files: written, opened, and changed again."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tertius.queries.network.files import write_array
from tertius.queries.network.revision import Arrays, Revision

changes = st.lists(
    st.tuples(st.integers(1, 60), st.lists(st.tuples(st.integers(0, 59), st.integers(-9, 9)), max_size=6)),
    max_size=6,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=50), changes)
def test_what_is_written_is_what_is_opened(first: list[int], steps: list) -> None:
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder, "0")
        here.mkdir()
        expected = np.array(first, dtype=np.int32)
        write_array(here, "values", expected, growing=True)
        write_array(here, "kept", expected, growing=True)
        for number, (size, places) in enumerate(steps, 1):
            there = Path(folder, str(number))
            there.mkdir()
            files = Revision(here, there)
            array = files.change("values", size)
            grown = np.zeros(size, dtype=np.int32)
            grown[: min(size, expected.size)] = expected[:size]
            np.testing.assert_array_equal(array, grown)
            for place, value in places:
                if place < size:
                    array[place] = grown[place] = value
                    files.mark("values", np.array([place]))
            files.finish()
            here, expected = there, grown
            np.testing.assert_array_equal(Arrays(here)("values"), expected)
            np.testing.assert_array_equal(Arrays(here)("kept"), first)
