"""A snapshot's graphs published to a SPARQL service: laid beside what is there, counted, then swapped in.

Everything is uploaded to staged graphs first, which queries that list the published graphs do not see. One
update request then moves every staged graph to its place and drops what the snapshot no longer has. Where the
service runs a request as one transaction (Oxigraph does), readers see the old state or the new one; where it
does not (Virtuoso), they may see some graphs of each for as long as the moving takes.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import threading
import urllib.error
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from tertius.store.base import Budget
from tertius.store.errors import StoreError, StoreUnavailable
from tertius.store.remote import RemoteStore, connected
from tertius.store.remote_graphs import STAGED
from tertius.store.remote_status import refusal
from tertius.store.remote_text import prepare
from tertius.store.remote_wire import Line, RemoteService, Request

# Virtuoso compiles the statements of one request into code of limited length.
_BATCH: Final = 500
_REQUEST_SECONDS: Final = 600.0
_ASKING: Final = Budget(seconds=_REQUEST_SECONDS, rows=100_000, bytes=32 * 2**20)
_UNSURE: Final = "the service did not answer an update whole and in time; it may have been run or not"
_GRAPHS: Final = "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication did.

    Attributes:
        graphs: statements of each graph that is there now, by its name.
        dropped: names of graphs that the snapshot no longer has.
    """

    graphs: dict[str, int]
    dropped: tuple[str, ...]

    @property
    def statements(self) -> int:
        """Statements in all graphs."""
        return sum(self.graphs.values())


def push(
    store_path: Path, service: RemoteService, *, prefix: str, progress: Progress | None = None
) -> Published:
    """Make a service hold what a snapshot holds.

    Args:
        store_path: the snapshot's triples.
        service: where to; it needs an update address.
        prefix: start of the names of all graphs that are the snapshots' business. Graphs of the service that
            begin with it and are not in the snapshot are dropped; others are left alone.
        progress: called with statements sent and statements in all, now and then.

    Returns:
        What is there now.

    Raises:
        StoreUnavailable: the service cannot be reached, refuses the password, or has no update address.
        StoreError: it refuses an update, or does not hold what was sent; nothing was swapped then, unless the
            message says otherwise.
    """
    if service.update_url is None:
        raise StoreUnavailable("the store has no update address; set TERTIUS_STORE_UPDATE")
    local = ox.Store.read_only(str(store_path))
    names = sorted(graph.value for graph in local.named_graphs() if isinstance(graph, ox.NamedNode))
    counts = {name: _count(local, name) for name in names}
    staged = {name: f"{STAGED}{uuid.uuid4().hex}" for name in names}
    with RemoteStore(service, listed=False) as remote:
        there = _names(remote)
        _drop(service, [name for name in there if name.startswith(STAGED)])
        try:
            _stage(local, service, staged, sum(counts.values()), progress)
            _compare(remote, {staged[name]: count for name, count in counts.items()})
        except BaseException:
            # Whatever went wrong is what the caller should hear of; the next publication clears up too.
            with contextlib.suppress(StoreError):
                _drop(service, list(staged.values()))
            raise
        gone = tuple(name for name in there if name.startswith(prefix) and name not in counts)
        _swap(service, staged, gone)
        _compare(remote, counts)
    return Published(counts, gone)


def _count(local: ox.Store, name: str) -> int:
    return sum(1 for _ in local.quads_for_pattern(None, None, None, ox.NamedNode(name)))


def _names(remote: RemoteStore) -> list[str]:
    answer = remote.query(_GRAPHS, budget=_ASKING)
    return sorted(row["g"]["value"] for row in json.loads(answer.body)["results"]["bindings"])


def _stage(
    local: ox.Store, service: RemoteService, staged: dict[str, str], total: int, progress: Progress | None
) -> None:
    sent = 0
    for name, place in staged.items():
        quads = local.quads_for_pattern(None, None, None, ox.NamedNode(name))
        for batch in _batches(quads):
            body = (ox.serialize(batch, format=ox.RdfFormat.N_TRIPLES) or b"").decode()
            update(service, f"INSERT DATA {{ GRAPH {ox.NamedNode(place)} {{\n{body}}} }}")
            sent += len(batch)
            if progress is not None:
                progress(sent, total)


def _batches(quads: Iterator[ox.Quad]) -> Iterator[list[ox.Triple]]:
    while batch := [quad.triple for quad in itertools.islice(quads, _BATCH)]:
        if any(isinstance(end, ox.BlankNode) for triple in batch for end in (triple.subject, triple.object)):
            raise StoreError(
                "the snapshot has a blank node, which would become another one in each request; load its "
                "source again, which names it"
            )
        yield batch


def _compare(remote: RemoteStore, expected: dict[str, int]) -> None:
    """See that graphs hold as many statements as they should.

    Raises:
        StoreError: one does not.
    """
    for name, count in expected.items():
        asked = f"SELECT (COUNT(*) AS ?n) WHERE {{ GRAPH {ox.NamedNode(name)} {{ ?s ?p ?o }} }}"
        found = json.loads(remote.query(asked, budget=_ASKING).body)["results"]["bindings"]
        held = int(found[0]["n"]["value"])
        if held != count:
            where = "a staged graph; nothing was swapped" if name.startswith(STAGED) else f"{name}, swapped"
            raise StoreError(
                f"the service holds {held} of {count} statements in {where}: does somebody else publish "
                "there, or does the service drop or merge statements? Push again"
            )


def _swap(service: RemoteService, staged: dict[str, str], gone: tuple[str, ...]) -> None:
    moves = [
        f"MOVE GRAPH {ox.NamedNode(place)} TO GRAPH {ox.NamedNode(name)}" for name, place in staged.items()
    ]
    drops = [f"DROP SILENT GRAPH {ox.NamedNode(name)}" for name in gone]
    try:
        update(service, " ;\n".join([*moves, *drops]))
    except StoreError as error:
        raise StoreError(
            f"swapping the graphs in failed, and some may have been swapped: {error}. Push again"
        ) from error


def _drop(service: RemoteService, names: list[str]) -> None:
    if names:
        update(service, " ;\n".join(f"DROP SILENT GRAPH {ox.NamedNode(name)}" for name in names))


def update(service: RemoteService, text: str, *, seconds: float = _REQUEST_SECONDS) -> None:
    """Run one update, sent again only where no connection came about.

    Args:
        service: where to; it has an update address.
        text: a SPARQL 1.1 update.
        seconds: longest time it may take.

    Raises:
        StoreError: the service refuses it, or the connection broke, when it may have been run or not.
    """
    line = Line()
    watch = threading.Timer(seconds, line.hang_up, ["deadline"])
    watch.daemon = True
    watch.start()
    request = Request(service, text, accept="*/*", is_update=True)
    try:
        with connected(lambda: request.send(line, seconds), seconds) as response:
            while response.read1(65_536):
                pass
            if response.length:
                raise StoreUnavailable(_UNSURE)
    except urllib.error.HTTPError as error:
        raise refusal(error, prepare("ASK {}", {}), seconds) from None
    except (OSError, http.client.HTTPException) as error:
        raise StoreUnavailable(_UNSURE) from error
    finally:
        watch.cancel()
