"""What one running application holds: snapshots, query workers, the catalogue, networks and counters."""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import anyio
import structlog
from tertius.api.clients import parse_tokens
from tertius.api.directory import Directory
from tertius.api.errors import BadParameter, NotReady
from tertius.api.kept import Kept
from tertius.api.kept_pages import KeptPages
from tertius.api.ledger import Allowance, Ledger
from tertius.api.metrics import Metrics
from tertius.api.models import Source
from tertius.api.remote_day import RemoteDay
from tertius.api.settings import Settings
from tertius.ontology.namespaces import PREFIXES
from tertius.queries import DEFAULT_LIMITS, Catalogue, Context, Limits, load_catalogue
from tertius.queries.network import Difference, Network, NetworkLane, NetworkParameters
from tertius.store import (
    Budget,
    Outbound,
    QueryPool,
    RemoteService,
    RemoteStore,
    ResultTooLarge,
    Snapshot,
    SnapshotDamaged,
    Snapshots,
    parse_services,
)

if TYPE_CHECKING:
    from tertius.queries.linking import Linking
    from tertius.queries.matching import Matcher

_log = structlog.get_logger("tertius.api")
_MORE_THREADS: Final = 16
"""SPARQL requests that may wait for a process, per process."""

_DIFFERENCE_BYTES: Final = 128 * 1024**2
"""Memory for comparisons of networks; one that finds eight million ties changed takes a quarter."""


class View:
    """One snapshot, open for reading.

    Attributes:
        snapshot: The snapshot.
        network: The network with the default parameters.
        directory: Names and identifiers.
        sources: Where its facts come from, by name.
        kept: What routes have worked out for this snapshot and would work out again.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot: Final = snapshot
        self.network: Final = Network.open(snapshot.network_path)
        self.directory: Final = Directory(snapshot.search_path)
        self.sources: Final[Sequence[Source]] = [
            Source(
                name=name,
                title=entry.title,
                licence=entry.licence,
                attribution=entry.attribution,
                retrieved=entry.retrieved,
                loaded=entry.loaded,
            )
            for name, entry in sorted(snapshot.manifest.sources.items())
        ]
        self.kept: Final[dict[str, Any]] = {}

    @cached_property
    def matcher(self) -> Matcher:
        """Finds the organisations that a description may mean."""
        # Commands that match nothing should not wait for what matching needs.
        from tertius.queries.matching import Matcher  # noqa: PLC0415

        return Matcher(self.snapshot.search_path)

    @cached_property
    def linking(self) -> Linking:
        """Compares whole sources."""
        from tertius.queries.linking import Linking  # noqa: PLC0415

        return Linking(self.snapshot.search_path)

    def close(self) -> None:
        """Close the files that are read on demand."""
        self.directory.close()
        if "matcher" in self.__dict__:
            self.matcher.close()
        if "linking" in self.__dict__:
            self.linking.close()

    @property
    def as_of(self) -> dt.date | None:
        """The day for which the network stands by default."""
        return self.snapshot.manifest.as_of

    @property
    def base(self) -> str:
        """Start of the IRIs of this snapshot's individuals."""
        return self.snapshot.manifest.base


def remote_service(settings: Settings) -> RemoteService:
    """Return the SPARQL service that the settings name.

    Raises:
        ValueError: They name none.
    """
    return RemoteService(
        settings.store,
        settings.store_update or None,
        settings.store_user or None,
        settings.store_password if settings.store_user else None,
        settings.store_auth,
        settings.store_timeout,
    )


def outbound(settings: Settings) -> Outbound:
    """Return the client for the services that the settings list."""
    return Outbound(
        parse_services(settings.services),
        seconds=settings.service_seconds,
        most=settings.service_bytes,
        cache=Path(settings.service_cache) if settings.service_cache else settings.data / "services",
        cache_seconds=settings.service_cache_seconds,
        cache_bytes=settings.service_cache_bytes,
    )


class Services:
    """Everything that answers need, made when it is first asked for, and closed at the end.

    Args:
        settings: The settings.
        metrics: Where to count.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.settings: Final = settings
        self.metrics: Final = metrics
        self.snapshots: Final = Snapshots(settings.data, keep=settings.keep_snapshots)
        self.sparql_threads: Final = anyio.CapacityLimiter(settings.sparql_workers * (1 + _MORE_THREADS))
        self.rest_budget: Final = Budget(settings.rest_seconds, settings.rest_rows, settings.rest_bytes)
        self.sparql_budgets: Final = {
            False: Budget(settings.sparql_seconds, settings.sparql_rows, settings.sparql_bytes),
            True: Budget(
                settings.token_sparql_seconds, settings.token_sparql_rows, settings.token_sparql_bytes
            ),
        }
        self.tokens: Final = parse_tokens(settings.tokens)
        allowances = (
            Allowance(settings.client_queries, settings.client_seconds),
            Allowance(settings.token_queries, settings.token_client_seconds),
        )
        self.ledger: Final = Ledger(*allowances)
        self.reconcile_ledger: Final = Ledger(*allowances, what="reconciliation batches")
        self.reconcile_places: Final = anyio.CapacityLimiter(settings.reconcile_batches)
        self.limits: Final = Limits(
            size=settings.max_query_bytes,
            depth=settings.max_query_depth,
            patterns=settings.max_query_patterns,
            branches=DEFAULT_LIMITS.branches,
            operators=DEFAULT_LIMITS.operators,
        )
        self.pages: Final = KeptPages()
        self.differences: Final = Kept[Difference](_DIFFERENCE_BYTES, lambda one: one.bytes)
        self._lane: NetworkLane | None = None
        self._derived: tempfile.TemporaryDirectory[str] | None = None
        self._views: OrderedDict[int, View] = OrderedDict()
        self._lock = threading.Lock()

    @cached_property
    def catalogue(self) -> Catalogue:
        """The named queries.

        Raises:
            CatalogueError: One is wrong; the message says where.
        """
        return load_catalogue(base=self.settings.base)

    @cached_property
    def store(self) -> QueryPool:
        """The query workers.

        Raises:
            StoreUnavailable: They do not start.
        """
        return QueryPool(
            self.snapshots,
            rest_workers=self.settings.rest_workers,
            sparql_workers=self.settings.sparql_workers,
            queue_seconds=self.settings.queue_seconds,
            slice_seconds=self.settings.slice_seconds,
            usual_seconds=self.settings.sparql_seconds,
            memory_bytes=self.settings.worker_memory,
            prefixes=PREFIXES,
            started=self.ledger.began,
        )

    @cached_property
    def remote(self) -> RemoteStore | None:
        """The SPARQL service that answers callers' queries and the named ones, where one is set."""
        chosen = self.settings
        if not chosen.store:
            return None
        return RemoteStore(
            remote_service(chosen),
            rest_queries=chosen.threads,
            sparql_queries=chosen.sparql_workers,
            queue_seconds=chosen.queue_seconds,
            prefixes=PREFIXES,
            listed=chosen.store_graphs == "listed",
            started=self.ledger.began,
        )

    @property
    def answering(self) -> RemoteStore | QueryPool:
        """What answers callers' queries and the named ones; routes about a snapshot always ask `store`."""
        return self.remote or self.store

    @cached_property
    def _remote_day(self) -> RemoteDay:
        return RemoteDay(self.answering)

    def remote_context(self) -> Context:
        """Return what named queries start from where the remote store answers them.

        Raises:
            StoreError: It does not answer.
        """
        return Context(base=self.settings.base, as_of=self._remote_day())

    @cached_property
    def outbound(self) -> Outbound:
        """The only way out, to the services that the settings list."""
        return outbound(self.settings)

    def cancel(self, query_id: str) -> bool:
        """Stop a caller's query, whichever store works on it; whether there was one."""
        stores = [self.__dict__.get("remote"), self.__dict__.get("store")]
        return any(store.cancel(query_id) for store in stores if store is not None)

    def start(self) -> None:
        """Make everything that the first answer would have to wait for, and fail now rather than then.

        Raises:
            CatalogueError: A named query is wrong; the message says where.
            StoreUnavailable: The query workers do not start.
        """
        _ = self.catalogue
        if self.remote is not None and self.snapshots.current_number() is None:
            _log.info("ready", store=self.settings.store, queries=len(self.catalogue))
            return
        _ = self.store
        try:
            view = self.view()
        except NotReady as error:
            _log.warning("there is nothing to answer from yet", reason=error.detail)
            return
        view.network.lookups.warm()
        _log.info("ready", snapshot=view.snapshot.number, queries=len(self.catalogue))

    def close(self) -> None:
        """Stop the processes and close the snapshots."""
        with contextlib.ExitStack() as stack:
            for name in ("store", "remote"):
                if self.__dict__.get(name) is not None:
                    stack.callback(self.__dict__[name].close)
            if self._derived is not None:
                stack.callback(self._derived.cleanup)
            if self._lane is not None:
                stack.callback(self._lane.close)
            for view in self._views.values():
                stack.callback(view.close)
        self._views.clear()

    def view(self, number: int | None = None) -> View:
        """Return a snapshot, open for reading.

        Args:
            number: Its number; the live one where it is `None`.

        Raises:
            NotReady: Nothing has been published yet.
            SnapshotGone: There is no such snapshot, or no longer.
        """
        if number is None:
            try:
                snapshot = self.snapshots.current()
            except SnapshotDamaged as error:
                _log.error("the live snapshot is damaged", reason=str(error))
                raise NotReady("The live snapshot is damaged; `tertius doctor` says how.") from None
            if snapshot is None and self.settings.store:
                raise NotReady(
                    "This address answers from a snapshot, and there is none here: the remote store answers "
                    "only /sparql and the named queries. Load the same data into TERTIUS_DATA as well."
                )
            if snapshot is None:
                raise NotReady(
                    "No snapshot has been published yet; load data first, for example with `tertius demo`."
                )
        else:
            snapshot = self.snapshots.get(number)
        with self._lock:
            view = self._views.get(snapshot.number)
            if view is None:
                view = self._views[snapshot.number] = View(snapshot)
            self._views.move_to_end(snapshot.number)
            # Evicted views close their files once the last request that uses them is done.
            while len(self._views) > self.settings.keep_snapshots:
                self._views.popitem(last=False)
        return view

    def network(self, view: View, parameters: NetworkParameters, client: str) -> Network:
        """Return the network for parameters: the snapshot's own, or one derived for them.

        Args:
            view: The snapshot.
            parameters: With the as-of filled in.
            client: Who asks; derivations under way are limited for each.

        Raises:
            BadParameter: An excluded organisation is unknown.
            DerivationTimeoutError: Deriving took too long.
            LaneBusyError: Too much is being derived already.
        """
        if view.network.serves(parameters):
            return view.network
        excluded = view.directory.organizations(parameters.exclude)
        unknown = sorted(parameters.exclude - excluded.keys())
        if unknown:
            raise BadParameter("exclude", f"no organization has the key {unknown[0]}")
        parameters = replace(parameters, exclude=frozenset(one.key for one in excluded.values()))
        uuid = str(view.snapshot.manifest.uuid)
        return self.lane.network(view.network, uuid, parameters, client=client)

    @property
    def lane(self) -> NetworkLane:
        """The process that derives networks, started when it is first needed."""
        with self._lock:
            if self._lane is None:
                # A folder of its own: several servers may answer from one data folder.
                self._derived = tempfile.TemporaryDirectory(prefix="tertius-networks-")
                self._lane = NetworkLane(
                    Path(self._derived.name),
                    bytes_cap=self.settings.network_cache_bytes,
                    per_client=self.settings.network_per_client,
                    deadline=self.settings.network_seconds,
                )
            return self._lane

    def check_export(self, network: Network) -> None:
        """Refuse an export that is larger than the limit.

        Raises:
            ResultTooLarge: It has more ties.
        """
        ties = network.summary().ties
        if ties > self.settings.export_ties:
            raise ResultTooLarge("ties", self.settings.export_ties)

    def show_live(self) -> None:
        """Show processes, the live snapshot and the age of its sources in the metrics, as they are now."""
        if "store" in self.__dict__:
            self.metrics.show_processes(asdict(self.store.counters))
        with contextlib.suppress(NotReady):
            view = self.view()
            self.metrics.show_live(view.snapshot.number, view.sources, dt.datetime.now(dt.UTC))
