"""Whose turn it is: clients in rotation, and long queries in a part of the workers only.

Nobody can tell beforehand how long a query takes. So each begins on any worker, and one that has run longer
than its slice is *long*: it keeps its worker if one of the places for long queries is free, or while nobody
waits; else it makes room and is started again when such a place is free. Who had a long query within the
last minute begins in those places. For queries of our own the name of the query stands for who asks, and
nothing is remembered. Hence a worker is always within a slice's reach of those who ask little, whatever
others ask. A query that may take longer than is usual gives its place up, though not its worker, after half
of the usual time: the next long query of somebody else is not kept waiting for as long as that one may take.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tertius.store.base import Lane

if TYPE_CHECKING:
    from tertius.store.process import WorkerProcess

REMEMBERED = 60.0
"""Seconds for which a client's long query counts."""

_LINE = 8
"""Queries that may wait for each place for long ones; each keeps a thread of the service."""
_FORGET_ABOVE = 256
_PASSED_SHARE = 0.1


@dataclass(eq=False, slots=True)
class Ticket:
    """One query on its way through the pool.

    Attributes:
        query_id: by which it can be cancelled.
        lane: its lane.
        limit: its time budget in seconds.
        created: when it came in, for people.
        started: the same on the monotonic clock.
        client: who asks; whose turn it is hangs on this.
        snapshot: what it is asked of, once that is known.
        worker: who works on it, while somebody does.
        since: when that began.
        used: processor time that its worker had used by then.
        cancelled: somebody wants it stopped.
        spoiled: its worker must not be used again.
        long: it has one of the places for long queries.
        outstayed: it had one for as long as it may, and goes on only while nobody waits.
        preempted: its worker is being taken away.
        demoted: that happened; it waits for a place for long queries.
    """

    query_id: str
    lane: Lane
    limit: float
    created: dt.datetime
    started: float
    client: str = ""
    snapshot: int | None = None
    worker: WorkerProcess | None = None
    since: float = 0.0
    used: float = 0.0
    cancelled: bool = False
    spoiled: bool = False
    long: bool = False
    outstayed: bool = False
    preempted: bool = False
    demoted: bool = False

    def work(self, now: float) -> float:
        """Seconds of work since a worker took it up: on a busy machine less than what has passed."""
        passed = now - self.since
        if self.worker is None:
            return passed
        # What waits for a disk is no work but keeps a worker as well.
        return max(min(passed, self.worker.processor_seconds() - self.used), passed * _PASSED_SHARE)


@dataclass(slots=True)
class _Record:
    """What one client did: workers it has, when it last had one, when it last had a long query."""

    running: int = 0
    served: float = -math.inf
    long: float = -math.inf


@dataclass(eq=False, slots=True)
class Turns:
    """The queries of one lane that wait and run. Used under the lane's lock; times are monotonic seconds.

    Attributes:
        size: workers of the lane.
        slice: seconds of work after which a query is long; `None` where none ever is.
        remembered: seconds for which a client's long query counts.
        usual: seconds that a query may usually take; one that may take more has a place for half of them.
        waiting: queries that wait, in the order in which they came.
    """

    size: int
    slice: float | None = None
    remembered: float = REMEMBERED
    usual: float = math.inf
    waiting: list[Ticket] = field(default_factory=list)
    _running: list[Ticket] = field(default_factory=list)
    _records: dict[str, _Record] = field(default_factory=dict)

    @property
    def places(self) -> int:
        """How many long queries may keep a worker though others wait: half of the workers, one at least."""
        return max(1, self.size // 2)

    def arrive(self, ticket: Ticket, now: float) -> bool:
        """Let a query wait; `False` where too many wait already for the places that it may have."""
        self._settle(now)
        line = sum(self._bound(other, now) for other in self.waiting)
        if self._bound(ticket, now) and not ticket.demoted and line >= _LINE * self.places:
            return False
        self.waiting.append(ticket)
        return True

    def next(self, now: float) -> Ticket | None:
        """Whose turn the next worker is: who asks little before who asks much, then in rotation."""
        self._settle(now)
        able = [one for one in self.waiting if not self._bound(one, now) or self._room(one.client)]
        # The first of equals came first.
        return min(able, key=lambda ticket: self._rank(ticket, now), default=None)

    def _rank(self, ticket: Ticket, now: float) -> tuple[bool, int, float]:
        record = self._records.get(ticket.client) or _Record()
        return self._bound(ticket, now), record.running, record.served

    def begin(self, ticket: Ticket, now: float) -> None:
        """A query has a worker."""
        self.leave(ticket)
        ticket.long = self._bound(ticket, now)
        ticket.outstayed = False
        ticket.preempted = False
        ticket.since = now
        ticket.used = ticket.worker.processor_seconds() if ticket.worker is not None else 0.0
        self._running.append(ticket)
        record = self._record(ticket.client, now)
        record.running += 1
        record.served = now

    def leave(self, ticket: Ticket) -> None:
        """A query does not wait any more; it may have left already."""
        if ticket in self.waiting:
            self.waiting.remove(ticket)

    def end(self, ticket: Ticket, now: float) -> None:
        """A query has given its worker back."""
        self._settle(now)
        self._running.remove(ticket)
        ticket.demoted |= ticket.preempted
        record = self._record(ticket.client, now)
        record.running -= 1
        record.served = now

    def in_the_way(self, coming: int, now: float) -> list[Ticket]:
        """Which long queries have to make room, marked as `preempted`; those that lose least come first.

        Args:
            coming: workers that are free, or will be without anybody's making room.
            now: the time.
        """
        self._settle(now)
        coming += sum(ticket.preempted for ticket in self._running)
        bound = [ticket for ticket in self.waiting if self._bound(ticket, now)]
        entitled = sum(self._room(ticket.client) for ticket in bound)
        wanted = len(self.waiting) - len(bound) + min(entitled, self.places - self._long()) - coming
        if wanted <= 0:
            return []
        overdue = [
            one for one in self._running if not one.long and not one.preempted and self._over(one, now)
        ]
        chosen = sorted(overdue, key=lambda ticket: -ticket.since)[:wanted]
        for ticket in chosen:
            ticket.preempted = True
        return chosen

    def pause(self, now: float) -> float:
        """Seconds after which another query may have to make room."""
        if self.slice is None:
            return math.inf
        ends = [self.slice - ticket.work(now) for ticket in self._running if not ticket.long]
        ends += [one.since + self.usual / 2 - now for one in self._running if one.long and self._guest(one)]
        # Work is counted in hundredths of a second.
        return min((max(end, 0.01) for end in ends if end > 0), default=math.inf)

    def _settle(self, now: float) -> None:
        """Note whose slice and whose time in a place have ended; places go to those that came first."""
        for ticket in self._running:
            if ticket.long and self._guest(ticket) and now - ticket.since >= self.usual / 2:
                ticket.long, ticket.outstayed = False, True
        for ticket in self._running:
            if self._over(ticket, now):
                self._record(ticket.client, now).long = now
                new = not ticket.long and not ticket.outstayed
                if new and not ticket.preempted and self._room(ticket.client):
                    ticket.long = True

    def _guest(self, ticket: Ticket) -> bool:
        """Whether a query may take longer than is usual."""
        return ticket.limit > self.usual

    def _long(self) -> int:
        return sum(ticket.long for ticket in self._running)

    def _room(self, client: str) -> bool:
        """Whether a client may have another place: what outstayed counts for its own client only."""
        more = sum(ticket.outstayed and ticket.client == client for ticket in self._running)
        return self._long() + more < self.places

    def _over(self, ticket: Ticket, now: float) -> bool:
        return self.slice is not None and ticket.work(now) >= self.slice

    def _bound(self, ticket: Ticket, now: float) -> bool:
        """Whether a query may only have a place for long ones."""
        if self.slice is None:
            return False
        record = self._records.get(ticket.client)
        return ticket.demoted or (record is not None and now - record.long < self.remembered)

    def _record(self, client: str, now: float) -> _Record:
        if len(self._records) > _FORGET_ABOVE:
            self._records = {
                name: record
                for name, record in self._records.items()
                if record.running or now - max(record.served, record.long) < REMEMBERED
            }
        return self._records.setdefault(client, _Record())
