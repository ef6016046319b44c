"""Where rows, or ties, of a network are kept when some go and others come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.revision import Revision

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Places 0..size-1: all keep theirs but for as many of the last ones as there are places to fill.

    Attributes:
        size: How many there are now.
        gone: Old places of those that went, ascending.
        coming: Places of those that came: of those that went, then the next.
        moving: Old places of the last ones that stay where more went than came, ascending.
        taken: The places they take.
    """

    size: int
    gone: Numbers
    coming: Numbers
    moving: Numbers
    taken: Numbers

    @classmethod
    def of(cls, old: int, gone: NDArray[np.integer[Any]], come: int) -> Places:
        """Give places to those that come.

        Args:
            old: How many there were.
            gone: Places of those that go, ascending.
            come: How many come.
        """
        size = old + come - gone.size
        free = gone[come:]
        return cls(
            size,
            gone.astype(np.int64),
            np.concatenate([gone, np.arange(old, max(size, old))])[:come].astype(np.int64),
            np.setdiff1d(np.arange(size, old), gone),
            free[free < size].astype(np.int64),
        )

    def now(self, places: NDArray[np.integer[Any]]) -> Numbers:
        """Return where those at old places are now, -1 for those that went."""
        result = places.astype(np.int64)
        if self.moving.size:
            at = np.minimum(np.searchsorted(self.moving, places), self.moving.size - 1)
            moved = self.moving[at] == places
            result[moved] = self.taken[at[moved]]
        result[np.isin(places, self.gone)] = -1
        return result

    def before(self) -> Numbers:
        """Return the old place of each, -1 for those that came."""
        result = np.arange(self.size)
        result[self.taken] = self.moving
        result[self.coming] = -1
        return result

    def carry(
        self, files: Revision, name: str, old: NDArray[Any], *, missing: Any = 0, width: int = 1
    ) -> NDArray[Any]:
        """Begin an array of a revised network with the values of an old one.

        Args:
            files: The revised network's files.
            name: The array.
            old: The old array.
            missing: Value for those that came.
            width: Values that each has.
        """
        array = files.change(name, width * self.size)
        rows = array.reshape(-1, width)
        rows[self.taken] = old.reshape(-1, width)[self.moving]
        rows[self.coming] = missing
        other = np.concatenate([self.taken, self.coming])
        files.mark(name, (width * other[:, None] + np.arange(width)).ravel())
        return array
