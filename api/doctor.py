"""Looks a data folder over: what is wrong with it, and what to do."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
from pyoxigraph import NamedNode
from tertius.api.doctor_judgements import audit_judgements
from tertius.api.errors import ApiError
from tertius.api.graph import Graph, notation
from tertius.api.metrics import Metrics
from tertius.api.services import Services, View, remote_service
from tertius.api.settings import Settings, idle_variables, unknown_variables
from tertius.ontology.identity import graph
from tertius.queries.network import Network, NetworkError
from tertius.queries.network.table import GivenRow
from tertius.store import (
    Budget,
    Lane,
    LockHeld,
    QueryTimeout,
    RemoteStore,
    Snapshot,
    Snapshots,
    StoreError,
    solutions,
)
from tertius.store.search_file import reading

_LOW_DISK: Final = 2 * 1024**3
_AUDIT: Final = Budget(seconds=600.0, rows=20_000_000, bytes=8 * 1024**3)
_PROBE: Final = Budget(seconds=10.0, rows=100_000, bytes=32 * 1024**2)
_SHOWN: Final = 3
_RUN_AWAY: Final = (
    "SELECT (COUNT(*) AS ?n) { "
    + " ".join(f"VALUES ?v{place} {{ {' '.join(['1'] * 100)} }}" for place in range(8))
    + " }"
)
"""Counts for years whatever the data are, in next to no memory."""
_PATIENCE: Final = 30.0
"""Seconds to wait for the process that takes the place of one that was stopped."""
_SHORT: Final = Budget(seconds=0.2, rows=1, bytes=4096)

_GRAPHS: Final = "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }"

PARTICIPATIONS: Final = """
SELECT ?organization ?alliance ?role ?from ?to ?observed WHERE {
  GRAPH $graph {
    ?participation a tt:Participation ; tt:organization ?o ; tt:alliance ?a .
    ?o tt:key ?organization .
    ?a tt:key ?alliance .
    OPTIONAL { ?participation tt:role ?role }
    OPTIONAL { ?participation tt:from ?from }
    OPTIONAL { ?participation tt:to ?to }
    OPTIONAL { ?participation tt:lastObserved ?observed }
  }
}"""


class Verdict(StrEnum):
    """How a check came out."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        check: Name of the check.
        verdict: How it came out.
        detail: What was found, and what to do where it is not good.
    """

    check: str
    verdict: Verdict
    detail: str


def examine(settings: Settings, *, audit: bool) -> Iterator[Finding]:
    """Check a data folder, the cheap things first.

    Args:
        settings: Where it is, and what workers may use.
        audit: Whether to derive the participation table again from the triples and compare.

    Yields:
        One finding per check.
    """
    yield from _settings(settings)
    if settings.store:
        yield from _remote(settings)
    if not settings.data.is_dir():
        yield Finding(
            "folder", Verdict.BAD, f"{settings.data} is not there; load data, or name another folder"
        )
        return
    snapshots = Snapshots(settings.data, keep=settings.keep_snapshots)
    yield _disk(settings.data)
    yield _left_overs(snapshots)
    whole = []
    for snapshot in snapshots.list():
        found = _guarded(f"snapshot {snapshot.number}", lambda one=snapshot: _snapshot(one))  # type: ignore[misc]
        yield found
        if found.verdict is not Verdict.BAD:
            whole.append(snapshot.number)
    live = _guarded("live snapshot", lambda: _live(snapshots))
    yield live
    if live.verdict is Verdict.BAD:
        return
    yield from _answers(settings, audit=audit)


def _settings(settings: Settings) -> Iterator[Finding]:
    unknown, idle = unknown_variables(), idle_variables(settings)
    if unknown:
        yield Finding("settings", Verdict.NOTE, f"these variables set nothing: {', '.join(unknown)}")
    if idle:
        yield Finding(
            "settings",
            Verdict.NOTE,
            f"these variables have no effect without the setting that they belong to: {', '.join(idle)}",
        )
    if not unknown and not idle:
        yield Finding("settings", Verdict.GOOD, "every TERTIUS_ variable sets something")


def _remote(settings: Settings) -> Iterator[Finding]:
    """See that the remote store answers, and that it holds what the live snapshot holds."""
    try:
        live = Snapshots(settings.data).current()
    except StoreError:
        live = None
    base = settings.base if live is None else live.manifest.base
    with RemoteStore(remote_service(settings), listed=False) as remote:
        try:
            answer = remote.query(_GRAPHS, budget=_PROBE)
            start = graph("", base)
            held = {str(row["g"].value) for row in solutions(answer) if isinstance(row["g"], NamedNode)}
            held = {name.removeprefix(start) for name in held if name.startswith(start)}
        except StoreError as error:
            yield Finding("remote store", Verdict.BAD, str(error))
            return
    yield Finding(
        "remote store", Verdict.GOOD, f"answers in {answer.seconds * 1000:.0f} ms; {len(held)} graphs"
    )
    if live is None:
        return
    missing = sorted(set(live.manifest.sources) - held)
    if missing:
        yield Finding(
            "remote graphs",
            Verdict.NOTE,
            f"{', '.join(missing)} are not there; `tertius snapshots push` publishes the live snapshot",
        )
    else:
        yield Finding("remote graphs", Verdict.GOOD, "every source of the live snapshot is there")


def _disk(data: Path) -> Finding:
    free = shutil.disk_usage(data).free
    said = f"{free / 1024**3:.1f} GiB free"
    if free < _LOW_DISK:
        return Finding(
            "disk", Verdict.NOTE, f"{said}; a load needs about as much as the snapshot it replaces"
        )
    return Finding("disk", Verdict.GOOD, said)


def _left_overs(snapshots: Snapshots) -> Finding:
    """Check the lock on the way: nobody may look for left-overs while a load runs."""
    try:
        found = snapshots.left_overs()
    except LockHeld as error:
        return Finding("lock", Verdict.NOTE, str(error))
    if found:
        names = ", ".join(path.name for path in found[:_SHOWN])
        return Finding(
            "left-overs",
            Verdict.NOTE,
            f"{len(found)}, such as {names}; `tertius snapshots sweep` removes them",
        )
    return Finding("left-overs", Verdict.GOOD, "none, and nobody is writing")


def _guarded(check: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(check, Verdict.GOOD, look())
    except (StoreError, NetworkError, OSError, sqlite3.Error, ValueError, LookupError) as error:
        return Finding(check, Verdict.BAD, " ".join(str(error).split()))


def _snapshot(snapshot: Snapshot) -> str:
    """Open every part of a snapshot and compare what they say about each other."""
    manifest = snapshot.manifest
    network = Network.open(snapshot.network_path)
    rows = int(network.table.rows().organization.size)
    with closing(reading(snapshot.search_path)) as database:
        state = database.execute("PRAGMA integrity_check").fetchone()[0]
        if state != "ok":
            raise ValueError(f"search.sqlite: {state}")
        # Organisations that only registers know have ids beyond those of the network.
        rows_named = database.execute("SELECT id, key FROM organization").fetchall()
    named = len(rows_named)
    inside = {key for number, key in rows_named if number < network.table.organizations.size}
    lacking = set(network.table.organization_keys(np.flatnonzero(network.table.nodes()))) - inside
    if lacking:
        raise ValueError(f"search.sqlite lacks {len(lacking)} organizations of the network: {min(lacking)}")
    if network.as_of != manifest.as_of:
        raise ValueError(f"the manifest is as of {manifest.as_of}, the network as of {network.as_of}")
    sources = ", ".join(sorted(manifest.sources)) or "no sources"
    return f"{sources}; {named:,} organizations, {rows:,} participations"


def _live(snapshots: Snapshots) -> str:
    live = snapshots.current()
    if live is None:
        raise StoreError(f"{snapshots.data_dir} has no live snapshot; load data first")
    return f"number {live.number}, as of {live.manifest.as_of}"


def _answers(settings: Settings, *, audit: bool) -> Iterator[Finding]:
    """Start workers, see that they answer, can be stopped and are confined; audit the arrays through them."""
    services = None
    try:
        services = Services(settings.model_copy(update={"queue_seconds": _PATIENCE}), Metrics())
        view = services.view()
        for lane in Lane:
            yield _guarded(f"{lane} worker", lambda one=lane: _worker(services, view, one))  # type: ignore[misc]
        if services.store.sandboxed:
            yield Finding("sandbox", Verdict.GOOD, "workers have no network")
        else:
            yield Finding(
                "sandbox",
                Verdict.NOTE,
                "this system cannot take the network away from workers; queries still may not call out",
            )
        if audit:
            for source in sorted(view.network.table.sources):
                yield _guarded(f"audit {source}", lambda one=source: _audit(services, view, one))  # type: ignore[misc]
            yield _guarded("audit judgements", lambda: audit_judgements(services, view))
    except (StoreError, NetworkError, ApiError) as error:
        yield Finding("worker", Verdict.BAD, str(error))
    finally:
        if services is not None:
            services.close()


def _worker(services: Services, view: View, lane: Lane) -> str:
    """See that a lane's one worker answers, that what runs away is stopped, and that another takes its place.

    Raises:
        StoreError: It does not answer, or nobody does afterwards.
        ValueError: What runs away was not stopped by its time limit.
    """

    def ask(text: str, budget: Budget) -> float:
        pinned = view.snapshot.number
        return services.store.query(text, budget=budget, lane=lane, snapshot=pinned).seconds

    seconds = ask("ASK {}", services.rest_budget)
    try:
        ask(_RUN_AWAY, _SHORT)
    except QueryTimeout:
        again = ask("ASK {}", services.rest_budget)
    else:
        raise ValueError(f"a query without end was not stopped after {_SHORT.seconds:g} s")
    stopped = f"what never ends was stopped after {_SHORT.seconds:g} s"
    return f"answers in {seconds * 1000:.0f} ms; {stopped}; then it answers in {again * 1000:.0f} ms"


def _audit(services: Services, view: View, source: str) -> str:
    """Derive one source's participations from its graph again and compare them with the arrays.

    Raises:
        ValueError: They differ; the message shows some that do.
    """
    asked = Graph(services.store, view.snapshot.number, _AUDIT)
    rows = asked.select(PARTICIPATIONS, graph=NamedNode(graph(source, view.base)))
    stated: Counter[tuple[str | None, ...]] = Counter(
        (
            row["organization"],
            row["alliance"],
            notation(row["role"]) if "role" in row else "partner",
            row.get("from"),
            row.get("to"),
            row.get("observed"),
        )
        for row in rows
    )
    kept = Counter(_as_stated(row) for row in view.network.table.given(source))
    missing, surplus = stated - kept, kept - stated
    if missing or surplus:
        examples = [f"only in the graph: {row}" for row in list(missing)[:_SHOWN]]
        examples += [f"only in the arrays: {row}" for row in list(surplus)[:_SHOWN]]
        raise ValueError(
            f"{missing.total()} participations are missing from the arrays and {surplus.total()} too many; "
            f"load the source again. {'; '.join(examples)}"
        )
    return f"{stated.total():,} participations are the same in the graph and in the arrays"


def _as_stated(row: GivenRow) -> tuple[str | None, ...]:
    days = (day.isoformat() if day is not None else None for day in (row.start, row.end, row.last_observed))
    return (row.organization, row.alliance, row.role, *days)
