"""Which graphs of a SPARQL service hold published facts, and what those in the making are called."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Final

STAGED: Final = "urn:tertius:staged:"
"""Start of the names of graphs that are being published and are not to be read."""

NOWHERE: Final = "urn:tertius:nothing"
"""A graph that does not exist."""

_OWN_TO_VIRTUOSO: Final = (
    "http://www.openlinksw.com/",
    "http://www.w3.org/2002/07/owl#",
    "http://www.w3.org/ns/ldp#",
)
_LIST: Final = "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }"


class Graphs:
    """The names of the published graphs, asked for now and then.

    Args:
        seconds: how long a list is used.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._names: tuple[str, ...] = ()
        self._until = 0.0
        self._lock = threading.Lock()

    def names(self, ask: Callable[[str], bytes]) -> tuple[str, ...]:
        """Return the names; that of a graph that does not exist where there is none.

        Args:
            ask: answers a query in JSON.
        """
        with self._lock:
            if time.monotonic() < self._until:
                return self._names
        bindings = json.loads(ask(_LIST))["results"]["bindings"]
        found = sorted(row["g"]["value"] for row in bindings)
        # Without any name the service would choose the graphs itself.
        names = tuple(name for name in found if is_published(name)) or (NOWHERE,)
        with self._lock:
            self._names, self._until = names, time.monotonic() + self._seconds
        return names


def is_published(name: str) -> bool:
    """Tell whether a graph may hold published facts: it is neither staged nor one of Virtuoso's own."""
    return not name.startswith((STAGED, *_OWN_TO_VIRTUOSO))
