"""Answers that were worked out before and would be the same again, the latest used of them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Values asked for lately; those asked for longest ago go first. Safe between threads.

    Args:
        most: Size of all values together.
        size: Size of one value, in the same unit.
    """

    def __init__(self, most: int, size: Callable[[Value], int]) -> None:
        self._most, self._size = most, size
        self._taken = 0
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Value | None:
        """Return a value, `None` where it is not kept."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def keep(self, key: Hashable, value: Value) -> None:
        """Keep a value, and let others go for it; one larger than `most` is not kept."""
        size = self._size(value)
        with self._lock:
            if key in self._values or size > self._most:
                return
            self._values[key] = value
            self._taken += size
            while self._taken > self._most:
                _, oldest = self._values.popitem(last=False)
                self._taken -= self._size(oldest)

    def __len__(self) -> int:
        """Return how many values are kept."""
        return len(self._values)
