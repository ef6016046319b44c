"""Threads for kernels that hold no lock: the same pieces of work whatever their number."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import numpy as np
from tertius.queries.network.kernel_types import Offsets

T = TypeVar("T")

_PIECES: Final = 16


class _Pool:
    """Threads until the block ends; none where one would be all."""

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count) if count > 0 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()


class Workers(_Pool):
    """A few threads; with one, everything runs in the caller's.

    Args:
        threads: At most so many; None for one per processor.
    """

    def __init__(self, threads: int | None) -> None:
        count = threads or os.cpu_count() or 1
        super().__init__(count if count > 1 else 0)

    def each(self, work: Callable[[int], Any], items: Iterable[int]) -> None:
        """Do a piece of work for every item, in any order; the first failure is raised."""
        if self._pool is None:
            for item in items:
                work(item)
        else:
            for future in [self._pool.submit(work, item) for item in items]:
                future.result()

    def over(self, size: int, work: Callable[[int, int], Any], *, offsets: Offsets | None = None) -> None:
        """Do a piece of work for every stretch (first, one after last) of 0..size-1.

        Args:
            size: Number of rows.
            work: What is done for a stretch; each row's outcome must not depend on where stretches end.
            offsets: First slot of each row and the number of slots, where the work of a row grows with its
                slots: stretches then have about as many slots instead of as many rows.
        """
        if self._pool is None:
            bounds = [0, size]
        elif offsets is None:
            bounds = [size * piece // _PIECES for piece in range(_PIECES + 1)]
        else:
            shares = int(offsets[-1]) * np.arange(_PIECES + 1) // _PIECES
            bounds = [0, *np.searchsorted(offsets, shares[1:-1]).tolist(), size]
        stretches = list(pairwise(bounds))
        self.each(lambda at: work(*stretches[at]), range(len(stretches)))


class Aside(_Pool):
    """A piece of work beside the caller's own; with one thread, it is done when its outcome is asked for.

    Args:
        threads: At most so many; None for one per processor.
    """

    def __init__(self, threads: int | None) -> None:
        super().__init__(1 if (threads or os.cpu_count() or 1) > 1 else 0)

    def begin(self, work: Callable[[], T]) -> Callable[[], T]:
        """Begin a piece of work, and return what waits for its outcome."""
        return cache(work) if self._pool is None else self._pool.submit(work).result
