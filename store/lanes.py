"""Who works for whom: lanes of workers, the queries that wait for them, and the keeper of both."""

from __future__ import annotations

import contextlib
import datetime as dt
import math
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from tertius.store.base import Lane
from tertius.store.errors import QueryCancelled, StoreBusy, StoreUnavailable
from tertius.store.process import WorkerProcess, WorkerSettings
from tertius.store.turns import Ticket, Turns

_LONGEST_BACKOFF = 30.0


@dataclass(frozen=True, slots=True)
class Counters:
    """What happened in a pool since it was started.

    Attributes:
        queries: queries taken in.
        timeouts: queries stopped at their deadline.
        cancelled: queries stopped on request.
        busy: queries turned away because no worker was free.
        kills: workers killed on purpose.
        crashes: workers that a query ended.
        respawns: workers started in the place of others.
        demoted: long queries that made room for others, to be started again; each is a kill as well.
    """

    queries: int = 0
    timeouts: int = 0
    cancelled: int = 0
    busy: int = 0
    kills: int = 0
    crashes: int = 0
    respawns: int = 0
    demoted: int = 0


@dataclass(frozen=True, slots=True)
class LaneState:
    """A lane at one moment: workers it should have, that live, that are idle; queries that wait."""

    size: int
    alive: int
    idle: int
    waiting: int
    trouble: str | None


@dataclass(frozen=True, slots=True)
class RunningQuery:
    """A query that waits or runs.

    Attributes:
        query_id: by which it can be cancelled.
        lane: its lane.
        snapshot: what it is asked of, `None` while it waits for a worker.
        started: when it came in.
        seconds: how long ago that was.
        limit: its time budget in seconds.
    """

    query_id: str
    lane: Lane
    snapshot: int | None
    started: dt.datetime
    seconds: float
    limit: float


@dataclass(eq=False, slots=True)
class _LaneWorkers:
    size: int
    settings: WorkerSettings
    changed: threading.Condition
    turns: Turns
    idle: list[WorkerProcess] = field(default_factory=list)
    alive: int = 0
    trouble: str | None = None


class Workers:
    """The workers of all lanes.

    One thread, the keeper, starts every process: on Linux a worker dies with the *thread* that started it,
    which therefore has to live as long as the pool.

    Args:
        lanes: by lane, the settings of its workers, and their number and whose turn it is as `Turns` says.
        start_seconds: how long a worker may take to start.

    Raises:
        StoreUnavailable: a worker did not start.
    """

    def __init__(self, lanes: Mapping[Lane, tuple[WorkerSettings, Turns]], *, start_seconds: float) -> None:
        self._lock = threading.Lock()
        self._lanes = {
            lane: _LaneWorkers(turns.size, settings, threading.Condition(self._lock), turns)
            for lane, (settings, turns) in lanes.items()
        }
        self._start_seconds = start_seconds
        self._tickets: dict[str, Ticket] = {}
        self._counters = Counters()
        self._unconfined = 0
        self._closing = threading.Event()
        self._jobs: queue.SimpleQueue[tuple[_LaneWorkers, WorkerProcess | None] | None] = queue.SimpleQueue()
        for lane in self._lanes.values():
            for _ in range(lane.size):
                self._jobs.put((lane, None))
        self._keeper = threading.Thread(target=self._keep, name="tertius-store-keeper", daemon=True)
        self._keeper.start()
        self._await_start()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closing.is_set()

    def counters(self) -> Counters:
        """What happened so far."""
        with self._lock:
            return self._counters

    def count(self, **more: int) -> None:
        """Add to counters by name."""
        with self._lock:
            self._add(**more)

    def _add(self, **more: int) -> None:
        sums = {name: getattr(self._counters, name) + number for name, number in more.items()}
        self._counters = replace(self._counters, **sums)

    def sandboxed(self) -> bool:
        """Whether every worker started so far has had the network taken away."""
        with self._lock:
            return self._unconfined == 0

    def lanes(self) -> dict[Lane, LaneState]:
        """Each lane at this moment."""
        with self._lock:
            return {
                name: LaneState(lane.size, lane.alive, len(lane.idle), len(lane.turns.waiting), lane.trouble)
                for name, lane in self._lanes.items()
            }

    def running(self) -> tuple[RunningQuery, ...]:
        """The queries that wait or run at this moment, oldest first."""
        with self._lock:
            now = time.monotonic()
            return tuple(
                RunningQuery(
                    ticket.query_id,
                    ticket.lane,
                    ticket.snapshot,
                    ticket.created,
                    now - ticket.started,
                    ticket.limit,
                )
                for ticket in self._tickets.values()
            )

    def retry_after(self, seconds: float) -> float:
        """What to tell those who are turned away: whole seconds, 1 or more."""
        return float(max(1, math.ceil(seconds)))

    def cancel(self, query_id: str) -> bool:
        """Stop a query that waits or runs; whether there was one."""
        with self._lock:
            ticket = self._tickets.get(query_id)
            if ticket is None:
                return False
            ticket.cancelled = True
            if ticket.worker is not None:
                ticket.worker.kill()
            self._lanes[ticket.lane].changed.notify_all()
            return True

    @contextlib.contextmanager
    def registered(self, ticket: Ticket) -> Iterator[None]:
        """Keep a query in the list of running ones.

        Raises:
            ValueError: its id is taken.
        """
        with self._lock:
            if ticket.query_id in self._tickets:
                raise ValueError(f"a query with the id {ticket.query_id} is running already")
            self._tickets[ticket.query_id] = ticket
            self._add(queries=1)
        try:
            yield
        finally:
            with self._lock:
                del self._tickets[ticket.query_id]

    @contextlib.contextmanager
    def borrowed(self, ticket: Ticket, seconds: float) -> Iterator[WorkerProcess]:
        """Have a worker of the query's lane when it is the query's turn.

        A worker whose ticket is `spoiled` afterwards is replaced. One may be taken away again: then it dies,
        the ticket is `demoted`, and the query may be started again in another block of this kind.

        Args:
            ticket: the query.
            seconds: how long to wait for a worker, at most.

        Raises:
            StoreBusy: none was free in time.
            StoreUnavailable: there are none, or the pool is closed.
            QueryCancelled: the query was cancelled while it waited.
        """
        worker = self._acquire(ticket, seconds)
        try:
            yield worker
        finally:
            self._release(ticket, worker)

    def _acquire(self, ticket: Ticket, seconds: float) -> WorkerProcess:
        lane = self._lanes[ticket.lane]
        # What has begun is not turned away for having had to make room.
        until = ticket.started + (ticket.limit if ticket.demoted else min(seconds, ticket.limit))
        with self._lock:
            if not lane.turns.arrive(ticket, time.monotonic()):
                self._add(busy=1)
                raise StoreBusy(self.retry_after(seconds))
            try:
                while True:
                    self._check_waiting(lane, ticket)
                    now = time.monotonic()
                    if lane.idle and lane.turns.next(now) is ticket:
                        worker = lane.idle.pop()
                        if worker.alive:
                            ticket.worker = worker
                            lane.turns.begin(ticket, now)
                            return worker
                        self._replace(lane, worker)
                        continue
                    self._make_room(lane, now)
                    left = until - now
                    if left <= 0:
                        self._add(busy=1)
                        raise StoreBusy(self.retry_after(seconds))
                    lane.changed.wait(min(left, lane.turns.pause(now)))
            finally:
                lane.turns.leave(ticket)
                lane.changed.notify_all()

    def _make_room(self, lane: _LaneWorkers, now: float) -> None:
        coming = len(lane.idle) + lane.size - lane.alive
        for ticket in lane.turns.in_the_way(coming, now):
            self._add(demoted=1, kills=1)
            if ticket.worker is not None:
                ticket.worker.kill()

    def _check_waiting(self, lane: _LaneWorkers, ticket: Ticket) -> None:
        if self.closed:
            raise StoreUnavailable("the store is closed")
        if ticket.cancelled:
            self._add(cancelled=1)
            raise QueryCancelled(ticket.query_id)
        if lane.alive == 0 and lane.trouble is not None:
            raise StoreUnavailable(lane.trouble)

    def _release(self, ticket: Ticket, worker: WorkerProcess) -> None:
        lane = self._lanes[ticket.lane]
        with self._lock:
            ticket.worker = None
            lane.turns.end(ticket, time.monotonic())
            if not self.closed:
                if ticket.spoiled or ticket.cancelled or ticket.preempted:
                    self._replace(lane, worker)
                else:
                    lane.idle.append(worker)
                lane.changed.notify_all()
                return
            lane.alive -= 1
            lane.changed.notify_all()
        worker.reap()

    def _replace(self, lane: _LaneWorkers, worker: WorkerProcess) -> None:
        lane.alive -= 1
        self._jobs.put((lane, worker))

    def _await_start(self) -> None:
        for lane in self._lanes.values():
            with self._lock:
                while lane.alive < lane.size and lane.trouble is None:
                    lane.changed.wait()
                trouble = lane.trouble
            if trouble is not None:
                self.close()
                raise StoreUnavailable(trouble)

    def _keep(self) -> None:
        """The keeper's life: start the workers that are missing, bury the dead."""
        while (job := self._jobs.get()) is not None:
            lane, old = job
            if old is not None:
                old.kill()
            self._start(lane, replacing=old is not None)
            if old is not None:
                old.reap(seconds=5.0)

    def _start(self, lane: _LaneWorkers, *, replacing: bool) -> None:
        pause = 0.25
        while not self.closed:
            try:
                worker = WorkerProcess(lane.settings, seconds=self._start_seconds)
            except (StoreUnavailable, OSError) as error:
                with self._lock:
                    lane.trouble = str(error)
                    lane.changed.notify_all()
                self._closing.wait(pause)
                pause = min(2 * pause, _LONGEST_BACKOFF)
                continue
            with self._lock:
                lane.trouble = None
                lane.alive += 1
                lane.idle.append(worker)
                self._add(respawns=int(replacing))
                self._unconfined += not worker.sandboxed
                lane.changed.notify_all()
            return

    def close(self) -> None:
        """End every worker and the keeper, and wait until they are gone. May be called again."""
        with self._lock:
            self._closing.set()
            for ticket in self._tickets.values():
                if ticket.worker is not None:
                    ticket.worker.kill()
            for lane in self._lanes.values():
                lane.changed.notify_all()
        self._jobs.put(None)
        self._keeper.join()
        self._dismiss_idle()
        for lane in self._lanes.values():
            with self._lock:
                # Workers still lent out were killed; whoever borrowed them buries them.
                while lane.alive > 0 and lane.changed.wait(timeout=5.0):
                    pass
        while not self._jobs.empty():
            job = self._jobs.get()
            if job is not None and job[1] is not None:
                job[1].reap()

    def _dismiss_idle(self) -> None:
        idle: list[WorkerProcess] = []
        with self._lock:
            for lane in self._lanes.values():
                idle += lane.idle
                lane.alive -= len(lane.idle)
                lane.idle.clear()
        for worker in idle:
            worker.hang_up()
        for worker in idle:
            worker.reap(seconds=1.0)
