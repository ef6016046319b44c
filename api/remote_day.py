"""The day for which a remote store's network stands, asked for now and then."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from typing import Final

from tertius.store import Budget, Store

_ASK: Final = """
SELECT DISTINCT ?day WHERE { ?set a tt:MeasureSet ; tt:default true ; tt:asOf ?day } LIMIT 2"""
_BUDGET: Final = Budget(seconds=10.0, rows=2, bytes=65_536)
_SECONDS: Final = 30.0


class RemoteDay:
    """The as-of date of the default measure set in a store without snapshots.

    Args:
        store: The store; it knows the prefix `tt`.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._day: dt.date | None = None
        self._until = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> dt.date | None:
        """Return the date; `None` where the store has no measures, or two default sets with different days.

        Raises:
            StoreError: The store does not answer.
        """
        with self._lock:
            if time.monotonic() < self._until:
                return self._day
        rows = json.loads(self._store.query(_ASK, budget=_BUDGET).body)["results"]["bindings"]
        day = dt.date.fromisoformat(rows[0]["day"]["value"]) if len(rows) == 1 else None
        with self._lock:
            self._day, self._until = day, time.monotonic() + _SECONDS
        return day
