"""Prometheus metrics of one application: few labels, all of them from our own lists."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from tertius.api.models import Source

CONTENT_TYPE: Final = "text/plain; version=1.0.0; charset=utf-8"
_BUCKETS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The counters of one application, in a registry of their own so that two applications can coexist.

    Routes appear as templates (`/v1/organizations/{key}`), queries by their catalogue name; neither ever
    holds a value that a caller chose.
    """

    def __init__(self) -> None:
        self.registry: Final = CollectorRegistry()
        self.requests: Final = Counter(
            "tertius_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds: Final = Histogram(
            "tertius_request_seconds",
            "Time from the request's first byte to the answer's last.",
            ["route"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.under_way: Final = Gauge(
            "tertius_requests_under_way", "Requests being answered now.", registry=self.registry
        )
        self.problems: Final = Counter(
            "tertius_problems", "Problem documents sent.", ["type"], registry=self.registry
        )
        self.queries: Final = Counter(
            "tertius_queries",
            "Queries run: a catalogue query's name, or `sparql` for a caller's own.",
            ["query", "outcome"],
            registry=self.registry,
        )
        self.query_seconds: Final = Histogram(
            "tertius_query_seconds",
            "Time that a query took, with waiting for a process.",
            ["query"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.snapshot: Final = Gauge(
            "tertius_snapshot", "Number of the live snapshot; 0 without one.", registry=self.registry
        )
        self.source_loaded: Final = Gauge(
            "tertius_source_loaded_timestamp_seconds",
            "When each source of the live snapshot was last loaded.",
            ["source"],
            registry=self.registry,
        )
        self.source_age: Final = Gauge(
            "tertius_source_age_seconds",
            "How long ago each source of the live snapshot was loaded, and retrieved where that is known.",
            ["source", "since"],
            registry=self.registry,
        )

        self.processes: Final = Gauge(
            "tertius_store_events",
            "What happened to queries and the processes that answer them since the start.",
            ["event"],
            registry=self.registry,
        )

    def show_processes(self, events: Mapping[str, int]) -> None:
        """Show what a pool of query processes counts."""
        for event, number in events.items():
            self.processes.labels(event).set(number)

    def show_live(self, number: int, sources: Iterable[Source], now: dt.datetime) -> None:
        """Show which snapshot is live and how old its sources are.

        Args:
            number: The live snapshot.
            sources: Its sources.
            now: The moment, with a time zone.
        """
        self.snapshot.set(number)
        self.source_loaded.clear()
        self.source_age.clear()
        for source in sources:
            self.source_loaded.labels(source.name).set(source.loaded.timestamp())
            self.source_age.labels(source.name, "loaded").set((now - source.loaded).total_seconds())
            if source.retrieved is not None:
                day = dt.datetime.combine(source.retrieved, dt.time(), dt.UTC)
                self.source_age.labels(source.name, "retrieved").set((now - day).total_seconds())

    @contextmanager
    def timed(self, query: str) -> Iterator[None]:
        """Count a query and how long it takes; `query` is a name of ours, never a caller's text."""
        started = time.perf_counter()
        outcome = "failed"
        try:
            yield
            outcome = "answered"
        finally:
            self.queries.labels(query, outcome).inc()
            self.query_seconds.labels(query).observe(time.perf_counter() - started)

    def expose(self) -> bytes:
        """Return all metrics in the text format that Prometheus scrapes."""
        return generate_latest(self.registry)
