"""A snapshot in the making: a copy of the live one that its writer changes and publishes, or gives up."""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pyoxigraph as ox
from tertius.store.errors import StoreError
from tertius.store.feeding import copy_graph, feed
from tertius.store.files import link_or_copy, sync_tree
from tertius.store.manifest import Manifest

if TYPE_CHECKING:
    from tertius.store.snapshots import Snapshot

# Up to this many quads go in as one transaction held in memory; more go through the engine's bulk loader.
_TRANSACTION = 100_000
_TEXT = 8 << 20

# A smaller graph is always taken out quad by quad, this many at a time.
_LARGE = 500_000
_PIECE = 50_000


class Draft:
    """What a load works on. Begin one with `Snapshots.draft`.

    Attributes:
        number: the number the snapshot will have.
        path: the draft's directory.
        parent: the snapshot it began as a copy of, `None` for the first. Its triples are in `store` already;
            its `network_path` and `search_path` are there to be read, copied or linked.
    """

    def __init__(
        self,
        path: Path,
        number: int,
        parent: Snapshot | None,
        store: ox.Store,
        go_live: Callable[[Draft], Snapshot],
    ) -> None:
        self.number = number
        self.path = path
        self.parent = parent
        self._store: ox.Store | None = store
        self._go_live = go_live
        self._work = path / "work"

    @classmethod
    def begin(
        cls, path: Path, number: int, parent: Snapshot | None, go_live: Callable[[Draft], Snapshot]
    ) -> Self:
        """Make the draft's directory with a writable copy of the parent's triples.

        Args:
            path: a directory that does not exist yet.
            number: the number the snapshot will have.
            parent: what to copy, `None` to begin empty.
            go_live: moves the finished directory to its place.

        Raises:
            OSError: the copy could not be made; nothing is left of it.
        """
        path.mkdir()
        work = path / "work"
        try:
            if parent is not None:
                _copy_store(parent.store_path, work)
            return cls(path, number, parent, ox.Store(str(work)), go_live)
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise

    @property
    def store(self) -> ox.Store:
        """The writable triples.

        Raises:
            StoreError: the draft was published or discarded.
        """
        if self._store is None:
            raise StoreError(f"draft {self.number} is finished; begin another to write more")
        return self._store

    @property
    def network_path(self) -> Path:
        """Where the loader makes the snapshot's `network/` directory."""
        return self.path / "network"

    @property
    def search_path(self) -> Path:
        """Where the loader makes the snapshot's search index."""
        return self.path / "search.sqlite"

    def replace_graph(self, iri: str, quads: Iterable[ox.Quad]) -> int:
        """Put quads in the place of everything a named graph holds.

        Numbers keep their value, not their spelling: the engine gives `"0042"^^xsd:integer` back as `"42"`.

        Args:
            iri: the graph.
            quads: its new content, consumed once and not held in memory when there is much of it.

        Returns:
            How many quads were given.

        Raises:
            ValueError: the IRI is not one, or a quad belongs to another graph.
        """
        graph = ox.NamedNode(iri)
        count = 0

        def checked() -> Iterable[ox.Quad]:
            nonlocal count
            for quad in quads:
                if quad.graph_name != graph:
                    raise ValueError(f"a quad for {iri} belongs to {quad.graph_name}: {quad.triple}")
                count += 1
                yield quad

        self._empty(graph)
        store = self.store
        rest = iter(checked())
        first = list(itertools.islice(rest, _TRANSACTION))
        if len(first) < _TRANSACTION:
            store.extend(first)
        else:
            store.bulk_extend(itertools.chain(first, rest))
        return count

    def replace_graph_text(self, iri: str, chunks: Iterable[bytes]) -> int:
        """Put triples given as text in the place of everything a named graph holds.

        Args:
            iri: the graph.
            chunks: N-Triples in pieces of whole lines, one statement each, consumed once and not held in
                memory when there is much of it. Its IRIs are not checked.

        Returns:
            How many lines were given.

        Raises:
            ValueError: the graph's IRI is not one.
            SyntaxError: the text is not N-Triples.
        """
        graph = ox.NamedNode(iri)
        count = 0

        def counted() -> Iterator[bytes]:
            nonlocal count
            for chunk in chunks:
                count += chunk.count(b"\n")
                yield chunk

        self._empty(graph)
        rest = counted()
        first: list[bytes] = []
        while sum(map(len, first)) < _TEXT and (chunk := next(rest, b"")):
            first.append(chunk)
        if sum(map(len, first)) < _TEXT:
            text = b"".join(first)
            self.store.load(text, ox.RdfFormat.N_TRIPLES, to_graph=graph, lenient=True)
        else:
            feed(self.store, graph, itertools.chain(first, rest))
        return count

    def _empty(self, graph: ox.NamedNode) -> None:
        """Take everything out of a graph.

        The engine holds what one transaction takes out in memory, so that quads go in pieces. Where more goes
        than stays, what stays moves to a new store instead.
        """
        total = self.parent.manifest.counts.get("statements", 0) if self.parent else 0
        limit = max(_LARGE, total // 2)
        held = self.store.quads_for_pattern(None, None, None, graph)
        if sum(1 for _ in itertools.islice(held, limit)) == limit:
            del held
            self._leave_behind(graph)
            return
        while quads := list(itertools.islice(self.store.quads_for_pattern(None, None, None, graph), _PIECE)):
            for quad in quads:
                self.store.remove(quad)
        self.store.remove_graph(graph)

    def _leave_behind(self, graph: ox.NamedNode) -> None:
        number = int(self._work.name.partition("-")[2] or 0) + 1
        work = self.path / f"work-{number}"
        fresh = ox.Store(str(work))
        for other in [*self.store.named_graphs(), ox.DefaultGraph()]:
            if other != graph and not isinstance(other, ox.BlankNode):
                copy_graph(self.store, fresh, other)
        self._store = fresh
        shutil.rmtree(self._work)
        self._work = work

    def replace_subjects(
        self, iri: str, subjects: Iterable[ox.NamedNode], quads: Iterable[ox.Quad]
    ) -> tuple[int, int]:
        """Put quads in the place of everything a named graph says of some subjects; the rest stays.

        What is said before and after is not written again.

        Args:
            iri: the graph.
            subjects: whose statements go, held in memory, consumed before `quads`.
            quads: what comes, held in memory.

        Returns:
            How many quads went, and how many came; those that stay count as neither.

        Raises:
            ValueError: the IRI is not one, or a quad belongs to another graph.
        """
        graph, store = ox.NamedNode(iri), self.store
        going = list(subjects)
        come = dict.fromkeys(quads)
        for quad in come:
            if quad.graph_name != graph:
                raise ValueError(f"a quad for {iri} belongs to {quad.graph_name}: {quad.triple}")
        gone = 0
        for subject in going:
            for quad in list(store.quads_for_pattern(subject, None, None, graph)):
                if quad in come:
                    del come[quad]
                else:
                    store.remove(quad)
                    gone += 1
        store.extend(come)
        return gone, len(come)

    def manifest(self, *, base: str, **fields: object) -> Manifest:
        """Make this draft's manifest, with number, parent, a new uuid, time and software version filled in.

        Args:
            base: the IRI prefix under which individuals were named.
            **fields: any other field of `Manifest`.

        Raises:
            pydantic.ValidationError: a field does not fit.
        """
        known = {
            "number": self.number,
            "uuid": uuid.uuid4(),
            "parent": None if self.parent is None else self.parent.number,
            "created": dt.datetime.now(dt.UTC),
            "base": base,
            "software_version": version("tertius"),
        }
        return Manifest.model_validate(known | fields)

    def publish(self, manifest: Manifest) -> Snapshot:
        """Write everything to disk and make it the live snapshot.

        Args:
            manifest: what the snapshot says about itself; `manifest()` makes one.

        Returns:
            The snapshot, live.

        Raises:
            StoreError: the manifest is another draft's, or the search index is still open.
            OSError: writing failed; the snapshot that was live still is.
        """
        if manifest.number != self.number:
            raise StoreError(
                f"draft {self.number} cannot be published with the manifest of {manifest.number}"
            )
        beside = {name.name for name in self.path.glob("search.sqlite-*")}
        unfinished = sorted(beside - {"search.sqlite-wal"})
        if unfinished:
            raise StoreError(f"the search index is still open ({', '.join(unfinished)}); close it first")
        store = self.store
        store.flush()
        # A checkpoint has no log, lock or scratch files, and stays as it is even if a loader still writes.
        store.backup(str(self.path / "store"))
        self._store = None
        del store
        shutil.rmtree(self._work)
        (self.path / "manifest.json").write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        sync_tree(self.path)
        return self._go_live(self)

    def discard(self) -> None:
        """Remove what was not published. Does nothing after publishing."""
        self._store = None
        shutil.rmtree(self.path, ignore_errors=True)


def _copy_store(source: Path, target: Path) -> None:
    """Copy a store that nobody writes to; what the engine never changes is shared."""
    target.mkdir()
    for file in source.iterdir():
        if file.name == "LOCK" or file.match("bulk-*.sst"):
            continue
        if file.suffix == ".sst":
            link_or_copy(file, target / file.name)
        else:
            shutil.copyfile(file, target / file.name)
