"""A store whose queries run in worker processes over snapshots, and can always be stopped.

The engine has no deadline, no cancellation and no memory limit, and some queries end their process. So every
query runs in a process that may be killed: at its deadline, on request, or by the kernel when it passes its
memory limit. Each lane has its own workers.
"""

from __future__ import annotations

import atexit
import datetime as dt
import math
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, cast

from tertius.store.base import (
    WHOLE_DATASET,
    Answer,
    AnswerForm,
    Budget,
    Dataset,
    Lane,
    ResultFormat,
    check_formats,
)
from tertius.store.errors import (
    OutOfMemory,
    QueryCancelled,
    QueryTimeout,
    SnapshotDamaged,
    SnapshotGone,
    StoreBusy,
    StoreError,
    StoreUnavailable,
    WorkerCrashed,
)
from tertius.store.failures import as_error
from tertius.store.lanes import Counters, LaneState, RunningQuery, Workers
from tertius.store.process import Died, TimedOut, WorkerProcess, WorkerSettings
from tertius.store.snapshots import Snapshot, Snapshots
from tertius.store.turns import REMEMBERED, Ticket, Turns

_GIB = 2**30
# The interpreter and the engine alone take about half of this.
_LEAST_MEMORY = 2**28
# A query that spent more than this share of its time waiting for a worker was not slow: the service was busy.
_WAITED_SHARE = 0.25


class _MadeRoom(StoreError):
    """The query's worker was taken away for others, and the query is to be started again."""


class QueryPool:
    """A `Store` over the snapshots of a data directory, answered by worker processes; safe between threads.

    Args:
        snapshots: where the snapshots are. When another becomes live, queries follow; each runs on one.
        rest_workers: processes for the lane `rest`, 1 or more.
        sparql_workers: processes for the lane `sparql`, 1 or more; they yield the processor to the others.
        queue_seconds: how long a query may wait for a worker before `StoreBusy`, within its own budget.
        slice_seconds: work after which a query is long: it makes room for those who wait if half of its
            lane's workers have long queries already, and is started again later.
        usual_seconds: time budget of most callers' queries. One with a larger budget has a place among those
            long ones for half of it; then it goes on only while nobody waits, as others do without a place.
        memory_bytes: address-space limit of each worker, 256 MiB or more.
        handles: how many snapshots a worker keeps open.
        prefixes: prefix to namespace, known in queries without declaring them and used in answers.
        sandbox: take the network away from workers. On Linux a worker that cannot do so does not start,
            unless this is `False`; on other systems it cannot be done, and `sandboxed` says so.
        start_seconds: how long a worker may take to start.
        started: called with the id of each query when a worker takes it up, on the query's own thread.

    Raises:
        StoreUnavailable: workers do not start; the message says why.
    """

    def __init__(
        self,
        snapshots: Snapshots,
        *,
        rest_workers: int = 2,
        sparql_workers: int = 2,
        queue_seconds: float = 1.0,
        slice_seconds: float = 0.5,
        usual_seconds: float = math.inf,
        memory_bytes: int = 2 * _GIB,
        handles: int = 3,
        prefixes: Mapping[str, str] | None = None,
        sandbox: bool = True,
        start_seconds: float = 30.0,
        started: Callable[[str], None] | None = None,
    ) -> None:
        if rest_workers < 1 or sparql_workers < 1:
            raise ValueError("each lane needs at least one worker")
        if memory_bytes < _LEAST_MEMORY:
            raise ValueError(f"a worker needs at least {_LEAST_MEMORY // 2**20} MiB of address space")
        self._snapshots = snapshots
        self._queue_seconds = queue_seconds
        self._memory = memory_bytes
        self._started = started
        settings = WorkerSettings(memory_bytes, handles, sandbox, prefixes=dict(prefixes or {}))
        self._workers = Workers(
            {
                Lane.REST: (settings, Turns(rest_workers, slice_seconds, 0.0)),
                Lane.SPARQL: (
                    replace(settings, nice=5),
                    Turns(sparql_workers, slice_seconds, REMEMBERED, usual_seconds),
                ),
            },
            start_seconds=start_seconds,
        )
        atexit.register(self.close)

    @property
    def counters(self) -> Counters:
        """What happened since the pool was started."""
        return self._workers.counters()

    @property
    def sandboxed(self) -> bool:
        """Whether every worker has had the network taken away."""
        return self._workers.sandboxed()

    def lanes(self) -> dict[Lane, LaneState]:
        """How many workers each lane has, how many are free and how many queries wait for one."""
        return self._workers.lanes()

    def running(self) -> tuple[RunningQuery, ...]:
        """The queries that wait or run at this moment, oldest first."""
        return self._workers.running()

    def cancel(self, query_id: str) -> bool:
        """Stop a query, wherever it is; its caller gets `QueryCancelled` unless the answer is there already.

        Returns at once, without waiting for the query to end.

        Args:
            query_id: as given to `query`, or as listed by `running`.

        Returns:
            Whether there was such a query.
        """
        return self._workers.cancel(query_id)

    def query(
        self,
        text: str,
        *,
        solutions: ResultFormat = ResultFormat.JSON,
        graph: ResultFormat = ResultFormat.TURTLE,
        dataset: Dataset = WHOLE_DATASET,
        budget: Budget,
        lane: Lane = Lane.REST,
        snapshot: int | None = None,
        client: str = "",
        query_id: str | None = None,
    ) -> Answer:
        """Answer one query; see `Store.query`.

        Args:
            text: as there.
            solutions: as there.
            graph: as there.
            dataset: as there.
            budget: as there. The caller has an answer or an exception within half a second after its end.
            lane: as there.
            snapshot: as there.
            client: as there.
            query_id: by which `cancel` knows this query; made up if not given.

        Raises:
            QueryCancelled: `cancel` was called.
            ValueError: a query with the same id is running.
        """
        check_formats(solutions, graph)
        started = time.monotonic()
        ticket = Ticket(
            query_id or uuid.uuid4().hex, lane, budget.seconds, dt.datetime.now(dt.UTC), started, client
        )
        request = {
            "solutions": solutions,
            "graph": graph,
            "default_graphs": dataset.default_graphs,
            "named_graphs": dataset.named_graphs,
            "rows": budget.rows,
            "bytes": budget.bytes,
        }
        body = text.encode("utf-8", "surrogatepass")
        with self._workers.registered(ticket):
            gone = False
            while True:
                with self._workers.borrowed(ticket, self._queue_seconds) as worker:
                    if self._started is not None:
                        self._started(ticket.query_id)
                    target = self._target(snapshot)
                    ticket.snapshot = target.number
                    try:
                        reply, answer = self._ask(worker, ticket, request, body, target)
                    except _MadeRoom:
                        ticket.snapshot = None
                        continue
                    except SnapshotGone:
                        # The live one may be replaced and cleared away before the worker has opened it.
                        if snapshot is not None or gone:
                            raise
                        gone = True
                        continue
                form = cast("AnswerForm", reply["form"])
                media_type = ResultFormat(reply["format"]).media_type
                seconds = time.monotonic() - started
                return Answer(form, media_type, answer, reply["rows"], target.number, seconds)

    def close(self) -> None:
        """End all workers; queries still running raise `StoreUnavailable`. May be called again."""
        atexit.unregister(self.close)
        self._workers.close()

    def __enter__(self) -> Self:
        """The pool itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the pool."""
        self.close()

    def _target(self, number: int | None) -> Snapshot:
        target = self._snapshots.current() if number is None else self._snapshots.get(number)
        if target is None:
            raise StoreUnavailable(f"{self._snapshots.data_dir} holds no snapshot yet; load something first")
        return target

    def _ask(
        self, worker: WorkerProcess, ticket: Ticket, request: dict[str, Any], body: bytes, target: Snapshot
    ) -> tuple[dict[str, Any], bytes]:
        """Have a worker answer, and turn whatever goes wrong into what the caller is told."""
        # Until its whole reply is here, a worker is in no state to be asked anything else.
        ticket.spoiled = True
        deadline = ticket.started + ticket.limit
        left = max(0.0, deadline - time.monotonic())
        try:
            reply, answer = worker.ask(
                request | {"path": str(target.store_path), "seconds": left},
                body,
                deadline=deadline,
                largest=request["bytes"],
            )
        except TimedOut:
            worker.kill()
            raise self._late(ticket, left) from None
        except Died:
            raise self._obituary(worker, ticket, left) from None
        ticket.spoiled = bool(reply["retire"])
        if ticket.cancelled:
            self._workers.count(cancelled=1, kills=1)
            raise QueryCancelled(ticket.query_id)
        match reply.get("kind"):
            case None:
                return reply, answer
            case "gone":
                raise SnapshotGone(target.number)
            case "damaged":
                raise SnapshotDamaged(f"the triples of snapshot {target.number} cannot be opened; roll back")
            case _:
                raise as_error(reply, seconds=ticket.limit, memory=self._memory)

    def _late(self, ticket: Ticket, left: float) -> StoreError:
        if left < (1 - _WAITED_SHARE) * ticket.limit:
            self._workers.count(busy=1, kills=1)
            return StoreBusy(self._workers.retry_after(self._queue_seconds))
        self._workers.count(timeouts=1, kills=1)
        return QueryTimeout(ticket.limit)

    def _obituary(self, worker: WorkerProcess, ticket: Ticket, left: float) -> StoreError:
        cause = worker.cause_of_death()
        if ticket.cancelled:
            self._workers.count(cancelled=1, kills=1)
            return QueryCancelled(ticket.query_id)
        if self._workers.closed:
            return StoreUnavailable("the store was closed while the query ran")
        if ticket.preempted:
            return _MadeRoom()
        if cause.name == "SIGALRM":
            return self._late(ticket, left)
        self._workers.count(crashes=1)
        if cause.out_of_memory:
            return OutOfMemory(self._memory)
        return WorkerCrashed(cause.name, cause.last_words)
