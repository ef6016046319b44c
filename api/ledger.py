"""What each client has under way and has used lately, so that one cannot take the service from the others."""

from __future__ import annotations

import contextlib
import datetime as dt
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from tertius.api.clients import Client
from tertius.api.errors import QueryIdTaken, TooManyRequests

WINDOW: Final = 60
"""Seconds over which processing time is summed."""

_SOON: Final = 1


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one client may use.

    Attributes:
        queries: Queries under way at the same time, 1 or more.
        seconds: Processing time within `WINDOW` seconds, greater than 0.
    """

    queries: int
    seconds: float


@dataclass(eq=False, slots=True)
class UnderWay:
    """A query that waits or runs.

    Attributes:
        query_id: Its id.
        client: Who asked.
        snapshot: Number of the snapshot that it is asked of; `None` for a remote store.
        limit: Its time limit in seconds.
        started: When it came in.
        since: The same on the ledger's clock.
        began: When processing began on that clock; `None` while it waits.
        cancelled: Somebody wants it stopped.
    """

    query_id: str
    client: Client
    snapshot: int | None
    limit: float
    started: dt.datetime
    since: float
    began: float | None = None
    cancelled: bool = False


@dataclass(eq=False, slots=True)
class _Account:
    """One client's use: finished processing time by whole second, so that its size is bounded."""

    used: OrderedDict[int, float] = field(default_factory=OrderedDict)
    under_way: int = 0
    seen: float = 0.0

    def charge(self, begin: float, end: float) -> None:
        """Spread a span of processing over the seconds that it lasted."""
        second = max(math.floor(begin), math.floor(end) - WINDOW)
        while second < end:
            part = min(end, second + 1) - max(begin, second)
            self.used[second] = self.used.get(second, 0.0) + max(0.0, part)
            second += 1

    def total(self, now: float) -> float:
        """Return the processing time of the last `WINDOW` seconds, and forget what was before."""
        for second in [second for second in self.used if second <= math.floor(now) - WINDOW]:
            del self.used[second]
        return sum(self.used.values())

    def wait(self, excess: float, now: float) -> float:
        """Return after how many seconds at least `excess` will have left the window."""
        for second in sorted(self.used):
            excess -= self.used[second]
            if excess < 0:
                return second + WINDOW - math.floor(now)
        return WINDOW


class Ledger:
    """The accounts of all clients; safe between threads.

    A query is let in while its client has fewer under way than allowed and has used less processing time
    than allowed, finished and current queries taken together. One that is let in may run to its own time
    limit; so a client can exceed its seconds by what its queries under way may still take.

    Args:
        anonymous: For clients known by their address.
        trusted: For each token.
        clock: Monotonic seconds.
        what: What is counted, as refusals name it.
    """

    def __init__(
        self,
        anonymous: Allowance,
        trusted: Allowance,
        clock: Callable[[], float] = time.monotonic,
        *,
        what: str = "SPARQL queries",
    ) -> None:
        self._what = what
        self._allowances = {False: anonymous, True: trusted}
        self._clock = clock
        self._lock = threading.Lock()
        self._queries: dict[str, UnderWay] = {}
        self._accounts: OrderedDict[Client, _Account] = OrderedDict()

    @contextlib.contextmanager
    def admitted(
        self, query_id: str, client: Client, *, snapshot: int | None, limit: float
    ) -> Iterator[UnderWay]:
        """Let a query in, and charge its client for the processing that it took.

        Args:
            query_id: Its id.
            client: Who asks.
            snapshot: Number of the snapshot that is asked; `None` for a remote store.
            limit: Its time limit in seconds.

        Raises:
            QueryIdTaken: A query with this id is under way.
            TooManyRequests: The client has too many under way, or has used its processing time.
        """
        with self._lock:
            now = self._clock()
            self._forget(now)
            if query_id in self._queries:
                raise QueryIdTaken(f"A query with the id {query_id} is under way; every query needs its own.")
            account = self._accounts.setdefault(client, _Account())
            account.seen = now
            self._accounts.move_to_end(client)
            self._check(client, account, now)
            account.under_way += 1
            query = UnderWay(query_id, client, snapshot, limit, dt.datetime.now(dt.UTC), now)
            self._queries[query_id] = query
        try:
            yield query
        finally:
            with self._lock:
                now = self._clock()
                del self._queries[query_id]
                account.under_way -= 1
                account.seen = now
                self._accounts.move_to_end(client)
                if query.began is not None:
                    account.charge(query.began, now)

    def began(self, query_id: str) -> None:
        """Note that a query's processing has begun; ids that are not in the ledger are passed over."""
        with self._lock:
            query = self._queries.get(query_id)
            if query is not None and query.began is None:
                query.began = self._clock()

    def find(self, query_id: str) -> UnderWay | None:
        """Return the query with an id, `None` where it is not under way."""
        with self._lock:
            return self._queries.get(query_id)

    def of(self, client: Client) -> list[UnderWay]:
        """Return what a client has under way, oldest first."""
        with self._lock:
            return [query for query in self._queries.values() if query.client == client]

    def seconds(self, query: UnderWay) -> float:
        """Return how long ago a query came in."""
        return max(0.0, self._clock() - query.since)

    def _check(self, client: Client, account: _Account, now: float) -> None:
        allowed = self._allowances[client.trusted]
        if account.under_way >= allowed.queries:
            raise TooManyRequests(
                f"This client has {account.under_way} {self._what} under way and {allowed.queries} are "
                "allowed; wait until one has ended.",
                headers={"Retry-After": str(_SOON)},
                limit=allowed.queries,
                unit="queries",
            )
        current = sum(
            min(now - query.began, WINDOW)
            for query in self._queries.values()
            if query.client == client and query.began is not None
        )
        used = account.total(now) + current
        if used >= allowed.seconds:
            wait = account.wait(used - allowed.seconds, now)
            raise TooManyRequests(
                f"This client's {self._what} took {used:.1f} s of processing within {WINDOW} s and "
                f"{allowed.seconds:g} s are allowed; wait, ask for less, or use a token.",
                headers={"Retry-After": str(max(1, math.ceil(wait)))},
                limit=allowed.seconds,
                unit="seconds",
            )

    def _forget(self, now: float) -> None:
        """Close the accounts that nothing hangs on any more; the one used longest ago comes first."""
        while self._accounts:
            client, account = next(iter(self._accounts.items()))
            if account.seen > now - WINDOW - 1:
                return
            if account.under_way:
                account.seen = now
                self._accounts.move_to_end(client)
            else:
                del self._accounts[client]
