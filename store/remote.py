"""A store behind any SPARQL 1.1 service, for graphs that one machine cannot hold.

It keeps what `Store` promises as far as HTTP lets it: an answer is whole or an error, within its time, rows
and bytes, in the format asked for. What it cannot promise: there are no snapshots, so that two queries may
see two states; memory and processor time are the service's own affair; and a query that is given up here is
stopped there only by the service's own time limit.
"""

from __future__ import annotations

import contextlib
import http.client
import random
import threading
import time
import urllib.error
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Self, cast

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
from tertius.store.counting import CapExceeded, DeadlinePassed
from tertius.store.errors import (
    AnswerBroken,
    QueryCancelled,
    QueryTimeout,
    RefusedQuery,
    SnapshotGone,
    StoreBusy,
    StoreError,
    StoreUnavailable,
)
from tertius.store.evaluation import Question, Result, Unrepresentable
from tertius.store.failures import as_error, describe
from tertius.store.remote_answer import SOLUTIONS, TRIPLES, read_answer
from tertius.store.remote_graphs import NOWHERE, Graphs
from tertius.store.remote_status import refusal
from tertius.store.remote_text import Prepared, prepare
from tertius.store.remote_wire import Line, NotConnectedError, RemoteService, Request

_ATTEMPTS: Final = 3
_PAUSE: Final = 0.1
# The service should stop on its own soon after nobody waits any more, and never before: an answer that it
# shortened to keep its own limit would otherwise arrive in time to be taken for the whole.
_SERVICE_GRACE: Final = 1.0
_BUSY_WAIT: Final = 1.0


class RemoteStore:
    """A `Store` that asks a SPARQL service over HTTP; safe between threads.

    Args:
        service: where it is and how it is spoken to.
        rest_queries: queries of the lane `rest` that may be under way at once, 1 or more.
        sparql_queries: the same for the lane `sparql`.
        queue_seconds: how long a query may wait for its turn before `StoreBusy`, within its own budget.
        prefixes: prefix to namespace, known in queries without declaring them and used in answers.
        listed: name the published graphs in every query that names none itself, instead of relying on the
            service's default graph being their union. Staged graphs and a service's own are left out then.
        list_seconds: how long a list of graphs is used before it is asked for again.
        started: called with the id of each query when its turn comes, on the query's own thread.

    Attributes:
        service: as given.
        is_virtuoso: whether an answer said that it came from Virtuoso.
    """

    def __init__(
        self,
        service: RemoteService,
        *,
        rest_queries: int = 4,
        sparql_queries: int = 4,
        queue_seconds: float = 1.0,
        prefixes: Mapping[str, str] | None = None,
        listed: bool = True,
        list_seconds: float = 10.0,
        started: Callable[[str], None] | None = None,
    ) -> None:
        if rest_queries < 1 or sparql_queries < 1:
            raise ValueError("each lane needs at least one query at a time")
        self.service = service
        self._turns = {
            Lane.REST: threading.BoundedSemaphore(rest_queries),
            Lane.SPARQL: threading.BoundedSemaphore(sparql_queries),
        }
        self._queue_seconds = queue_seconds
        self._prefixes = dict(prefixes or {})
        self._graphs = Graphs(list_seconds) if listed else None
        self._lines: dict[str, Line] = {}
        self._lock = threading.Lock()
        self._started = started
        self._closed = False
        self.is_virtuoso = False

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
        client: str = "",  # noqa: ARG002 - part of the protocol; the service shares its time itself
        query_id: str | None = None,
    ) -> Answer:
        """Answer one query; see `Store.query`.

        Args:
            text: as there. Its syntax is judged by the service.
            solutions: as there.
            graph: as there.
            dataset: as there.
            budget: as there.
            lane: as there.
            snapshot: only `None`: a service has no snapshots.
            client: as there; not used.
            query_id: by which `cancel` knows this query; made up if not given.

        Raises:
            AnswerBroken: the service's answer is cut or is no answer.
            QueryCancelled: `cancel` was called.
            StoreUnavailable: the service cannot be reached, refuses the password, or is not at its address.
            ValueError: a query with the same id is running.
        """
        started = time.monotonic()
        if snapshot is not None:
            raise SnapshotGone(snapshot)
        check_formats(solutions, graph)
        prepared = prepare(text, self._prefixes)
        if prepared.form == "ask" and not solutions.holds_boolean:
            raise RefusedQuery(
                f"the answer to an ASK is a boolean, which {solutions} cannot hold; ask for json or xml"
            )
        question = Question(
            prepared.without_dataset if dataset else prepared.text,
            solutions,
            graph,
            dataset.default_graphs,
            dataset.named_graphs,
            budget.rows,
            budget.bytes,
        )
        deadline = started + budget.seconds
        own_id = query_id or uuid.uuid4().hex
        with self._registered(own_id) as line, self._turn(lane, budget.seconds):
            if self._started is not None:
                self._started(own_id)
            question = self._over_listed(question, prepared, line, deadline)
            result = self._asked(question, prepared, line, deadline, budget.seconds)
        form = cast("AnswerForm", result.form)
        media_type = ResultFormat(result.format).media_type
        return Answer(form, media_type, result.body, result.rows, None, time.monotonic() - started)

    def running(self) -> tuple[str, ...]:
        """The ids of the queries under way, oldest first."""
        with self._lock:
            return tuple(self._lines)

    def cancel(self, query_id: str) -> bool:
        """Give a query up; its caller gets `QueryCancelled` unless the answer is there already.

        Args:
            query_id: as given to `query`, or as listed by `running`.

        Returns:
            Whether there was such a query.
        """
        with self._lock:
            line = self._lines.get(query_id)
        if line is None:
            return False
        line.hang_up("cancelled")
        return True

    def close(self) -> None:
        """Cut the connections; queries under way and later ones raise `StoreUnavailable`."""
        with self._lock:
            self._closed = True
            lines = list(self._lines.values())
        for line in lines:
            line.hang_up("closed")

    def __enter__(self) -> Self:
        """The store itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()

    @contextlib.contextmanager
    def _registered(self, query_id: str) -> Iterator[Line]:
        line = Line()
        with self._lock:
            if self._closed:
                raise StoreUnavailable("the store is closed")
            if query_id in self._lines:
                raise ValueError(f"a query with the id {query_id} is running")
            self._lines[query_id] = line
        try:
            yield line
        except (OSError, http.client.HTTPException, StoreError, DeadlinePassed) as error:
            if line.cut == "cancelled":
                raise QueryCancelled(query_id) from error
            if line.cut == "closed":
                raise StoreUnavailable("the store was closed while the query ran") from error
            raise
        finally:
            with self._lock:
                del self._lines[query_id]

    @contextlib.contextmanager
    def _turn(self, lane: Lane, seconds: float) -> Iterator[None]:
        if not self._turns[lane].acquire(timeout=min(self._queue_seconds, seconds)):
            raise StoreBusy(max(_BUSY_WAIT, self._queue_seconds))
        try:
            yield
        finally:
            self._turns[lane].release()

    def _over_listed(self, question: Question, prepared: Prepared, line: Line, deadline: float) -> Question:
        """Name the published graphs where neither caller nor query names any."""
        if self._graphs is None or question.default_graphs or question.named_graphs or prepared.has_dataset:
            return question

        def ask(text: str) -> bytes:
            asked = Question(text, "json", "turtle", (), (), 100_000, 32 * 2**20)
            return self._asked(asked, prepare(text, {}), line, deadline, deadline - time.monotonic()).body

        names = self._graphs.names(ask)
        return question._replace(default_graphs=names, named_graphs=names)

    def _asked(
        self, question: Question, prepared: Prepared, line: Line, deadline: float, seconds: float
    ) -> Result:
        """Ask, read and write one answer, and turn whatever goes wrong into what the caller is told."""
        left = max(0.001, deadline - time.monotonic())
        watch = threading.Timer(left, line.hang_up, ["deadline"])
        watch.daemon = True
        watch.start()
        try:
            with connected(lambda: self._sent(question, prepared, line, deadline), left) as response:
                self.is_virtuoso |= "Virtuoso" in response.headers.get("Server", "")
                return read_answer(response, prepared, question, prefixes=self._prefixes, deadline=deadline)
        except urllib.error.HTTPError as error:
            raise refusal(error, prepared, seconds) from None
        except (CapExceeded, DeadlinePassed, Unrepresentable, MemoryError) as error:
            raise as_error(describe(error), seconds=seconds, memory=None) from error
        except (OSError, http.client.HTTPException, AnswerBroken) as error:
            if line.cut == "deadline" or time.monotonic() >= deadline:
                raise QueryTimeout(seconds) from error
            if isinstance(error, AnswerBroken):
                raise
            raise StoreUnavailable(_unreachable(error)) from error
        finally:
            watch.cancel()

    def _sent(
        self, question: Question, prepared: Prepared, line: Line, deadline: float
    ) -> http.client.HTTPResponse:
        request = Request(self.service, question.text, accept=TRIPLES if prepared.is_graph else SOLUTIONS)
        if question.default_graphs or question.named_graphs:
            # Where one of the two is left out, Virtuoso takes every graph for it instead of none.
            for graph in question.default_graphs or (NOWHERE,):
                request.addParameter("default-graph-uri", graph)
            for graph in question.named_graphs or (NOWHERE,):
                request.addParameter("named-graph-uri", graph)
        elif not prepared.has_dataset:
            # Oxigraph's server takes this; others pass over what they do not know.
            request.addParameter("union-default-graph", "true")
        left = max(0.001, deadline - time.monotonic())
        if (limit := self._service_limit(left)) is not None:
            request.addParameter(*limit)
        return request.send(line, left)

    def _service_limit(self, left: float) -> tuple[str, str] | None:
        how = self.service.timeout_parameter
        if how == "auto":
            how = "timeout:ms" if self.is_virtuoso else "none"
        if how == "none":
            return None
        name, _, unit = how.partition(":")
        seconds = left + _SERVICE_GRACE
        return name, f"{seconds * 1000:.0f}" if unit == "ms" else f"{seconds + 1:.0f}"


def connected(send: Callable[[], http.client.HTTPResponse], seconds: float) -> http.client.HTTPResponse:
    """Send, and try again where no connection came about: nothing has been asked then.

    Args:
        send: sends the request.
        seconds: time in which trying again makes sense.

    Raises:
        NotConnectedError: no connection came about, again and again.
    """
    deadline = time.monotonic() + seconds
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return send()
        except NotConnectedError as error:
            pause = _PAUSE * 2**attempt * random.uniform(0.5, 1.0)  # noqa: S311 - spreads callers, hides nothing
            if error.untrusted or attempt == _ATTEMPTS or time.monotonic() + pause >= deadline:
                raise
            time.sleep(pause)
    raise AssertionError("unreachable: the last attempt returns or raises")


def _unreachable(error: Exception) -> str:
    if isinstance(error, NotConnectedError):
        if error.untrusted:
            return "the SPARQL service cannot prove who it is (TLS); check its address and certificate"
        return "the SPARQL service cannot be reached; is it running, and is its address right?"
    return "the connection to the SPARQL service broke before the answer was whole; try again"
