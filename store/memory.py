"""A store in this process's memory, for unit tests and one-off command-line use; never for a service.

It has no hard deadline: a query that streams is stopped in time, one that sorts, counts or plans for minutes
is not. It has no memory limit, no sandbox (a `SERVICE` would be called) and no snapshots, and a deeply nested
query ends the whole process. `QueryPool` has all of these.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import cast

import pyoxigraph as ox
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
from tertius.store.errors import QueryTimeout, SnapshotGone, StoreUnavailable
from tertius.store.evaluation import EVALUATION_ERRORS, Question, evaluate
from tertius.store.failures import as_error, describe


class MemoryStore:
    """A `Store` over an in-memory graph, without the guarantees a service needs (see the module).

    Args:
        quads: what the store holds from the start.
        prefixes: prefix to namespace, known in queries without declaring them and used in answers.

    Attributes:
        graph: the engine's store, to which more may be added.
    """

    def __init__(self, quads: Iterable[ox.Quad] = (), *, prefixes: Mapping[str, str] | None = None) -> None:
        self.graph = ox.Store()
        self.graph.extend(quads)
        self._prefixes = dict(prefixes or {})
        self._closed = False

    def query(
        self,
        text: str,
        *,
        solutions: ResultFormat = ResultFormat.JSON,
        graph: ResultFormat = ResultFormat.TURTLE,
        dataset: Dataset = WHOLE_DATASET,
        budget: Budget,
        lane: Lane = Lane.REST,  # noqa: ARG002 - part of the protocol; there is nobody to share with here
        snapshot: int | None = None,
        client: str = "",  # noqa: ARG002 - the same
    ) -> Answer:
        """Answer one query; see `Store.query`. Time is checked only while the answer is being written."""
        if self._closed:
            raise StoreUnavailable("the store is closed")
        if snapshot is not None:
            raise SnapshotGone(snapshot)
        check_formats(solutions, graph)
        started = time.monotonic()
        question = Question(
            text, solutions, graph, dataset.default_graphs, dataset.named_graphs, budget.rows, budget.bytes
        )
        try:
            result = evaluate(
                self.graph, question, prefixes=self._prefixes, deadline=started + budget.seconds
            )
        except EVALUATION_ERRORS as error:
            raise as_error(describe(error), seconds=budget.seconds, memory=None) from error
        seconds = time.monotonic() - started
        if seconds > budget.seconds:
            raise QueryTimeout(budget.seconds)
        form = cast("AnswerForm", result.form)
        return Answer(form, ResultFormat(result.format).media_type, result.body, result.rows, None, seconds)

    def close(self) -> None:
        """Refuse further queries."""
        self._closed = True
