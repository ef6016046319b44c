"""How long each phase of a load takes, and telling whoever watches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from tertius.loaders.job import Phase, Progress

T = TypeVar("T")

Step = Callable[[int, int | None], None]
"""Says how far a phase is: units done, and units in all or `None`."""

STRIDE: Final = 20_000
"""Items between two calls when a stream is counted."""


class Watch:
    """Times phases and passes progress on.

    Args:
        progress: Called with the phase and how far it is, or `None`.
    """

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._begin = time.perf_counter()
        self._seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, phase: Phase) -> Iterator[Step]:
        """Time what happens inside, and yield what says how far it is."""
        begin = time.perf_counter()

        def step(done: int, total: int | None) -> None:
            if self._progress is not None:
                self._progress(phase, done, total)

        step(0, None)
        try:
            yield step
        finally:
            spent = self._seconds.get(phase.value, 0.0) + time.perf_counter() - begin
            self._seconds[phase.value] = spent

    def seconds(self) -> dict[str, float]:
        """Return the wall time of each phase so far, and of everything as `total`."""
        return {**self._seconds, "total": time.perf_counter() - self._begin}


def counted(items: Iterable[T], step: Step) -> Iterator[T]:
    """Pass items on, telling every `STRIDE` of them how many there were, and the total at the end."""
    number = 0
    for number, item in enumerate(items, start=1):
        if number % STRIDE == 0:
            step(number, None)
        yield item
    step(number, number)


def counted_text(pieces: Iterable[bytes], step: Step) -> Iterator[bytes]:
    """Pass pieces of text on, telling after each how many lines there were, and the total at the end."""
    number = 0
    for piece in pieces:
        number += piece.count(b"\n")
        step(number, None)
        yield piece
    step(number, number)
