"""A register's delta files: records that are new, changed or taken back, put onto the source as it is loaded.

What a full file of the new state would say is what the graph says afterwards. Each record takes the place of
everything that an earlier record of the same identity said: an organisation with its names, numbers and
successors; the relation of one kind between two organisations; the exception of one category.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from tertius.loaders.problems import Problem
from tertius.loaders.registers.reading import RegisterReader
from tertius.loaders.registers.records import Deleted, Exemption, Registered, Relation
from tertius.loaders.registers.staging import Staging
from tertius.loaders.tables import TableError
from tertius.ontology.identity import key
from tertius.ontology.lines import quads
from tertius.ontology.namespaces import ADMS, RDF, concept
from tertius.ontology.terms import Class, Property
from tertius.store import Snapshot

_SUCCESSOR: Final = "successor"
_TYPE: Final = ox.NamedNode(RDF + "type")
_IDENTIFIER: Final = ox.NamedNode(ADMS + "identifier")
_OF, _TO = ox.NamedNode(Property.RELATION_OF), ox.NamedNode(Property.RELATION_TO)
_KIND: Final = ox.NamedNode(Property.RELATION_KIND)
_NAME_RECORD: Final = ox.NamedNode(Property.NAME_RECORD)
_CIRCLES: Final = tuple(
    ox.NamedNode(term) for term in (Property.COUNTRY, Property.SECTOR, Property.ORGANIZATION_TYPE)
)
_COUNTED: Final = {
    ox.NamedNode(Class.REGISTERED_RELATION): "relations",
    ox.NamedNode(Class.REPORTING_EXCEPTION): "reporting_exceptions",
}


def was_applied(current: Snapshot, graph: str, digests: Sequence[str]) -> bool:
    """Tell whether files with these digests were all put onto a source before."""
    store = ox.Store.read_only(str(current.store_path))
    known = store.quads_for_pattern(None, ox.NamedNode(Property.CHECKSUM), None, ox.NamedNode(graph))
    held = {quad.object.value for quad in known if isinstance(quad.object, ox.Literal)}
    return bool(digests) and all(f"sha256:{digest}" in held for digest in digests)


@dataclass(slots=True)
class Amendment:
    """One run over delta files.

    Attributes:
        reader: Reads them.
        staged: Takes what the search index needs of the organisations they tell of.
        described: What is added to what the source says of itself.
        changes: How many relations, exceptions and statements there are more than before.
    """

    reader: RegisterReader
    staged: Staging
    described: list[ox.Quad]
    changes: Counter[str] = field(default_factory=Counter)
    _circles: set[ox.NamedNode] = field(default_factory=set)

    def apply(self, store: ox.Store, files: Sequence[Path], progress: Callable[[int, int], None]) -> None:
        """Bring a source's graph up to date, record by record.

        Args:
            store: The draft's store, which holds the source as it was loaded.
            files: The delta files, the oldest first.
            progress: Called with bytes read and bytes in all.

        Raises:
            TableError: A file is damaged or not the register's.
        """
        graph = ox.NamedNode(self.reader.statements.graph)
        for _ in self.records(files, progress, lambda said: self._replace(store, graph, said)):
            pass
        for circle in self._circles:
            used = (next(store.quads_for_pattern(None, p, circle, graph), None) for p in _CIRCLES)
            if not any(used):
                self._remove(store, store.quads_for_pattern(circle, None, None, graph))
        for subject in {quad.subject for quad in self.described}:
            kept = ox.NamedNode(Property.RETRIEVED)
            self._remove(store, store.quads_for_pattern(subject, kept, None, graph))
        self._add(store, self.described)

    def records(
        self,
        files: Sequence[Path],
        progress: Callable[[int, int], None],
        use: Callable[[list[Registered | Relation | Exemption | Deleted]], None],
    ) -> Iterator[int]:
        """Read the files, hand each record's statements over, and put its organisation aside."""
        for number, (path, record, said) in enumerate(self.reader.said(files, progress)):
            for statement in said:
                what = statement.what if isinstance(statement, Deleted) else statement
                if isinstance(what, Registered):
                    self.staged.forget(what.key)
                    if not isinstance(statement, Deleted):
                        self.staged.add(what)
                        self.reader.doubts(path, record, what)
                self.reader.counts["deleted" if isinstance(statement, Deleted) else "changed"] += 1
            use(said)
            yield number

    def _replace(
        self, store: ox.Store, graph: ox.NamedNode, said: list[Registered | Relation | Exemption | Deleted]
    ) -> None:
        statements = self.reader.statements
        gone: set[str] = set()
        lines: list[str] = []
        for statement in said:
            deleted = isinstance(statement, Deleted)
            what = statement.what if isinstance(statement, Deleted) else statement
            if isinstance(what, Registered):
                self._forget_organization(store, graph, what.key)
                lines += [] if deleted else statements.organization(what)
            elif isinstance(what, Relation):
                # A record tells its successors itself: they went with it, and there may be several.
                if what.kind != _SUCCESSOR:
                    self._forget_relations(store, graph, what.of, what.kind, what.to)
                lines += [] if deleted else statements.relation(what)
            else:
                name = key("exception", what.of, what.category)
                if name not in gone:
                    gone.add(name)
                    node = self._node("exception", name)
                    self._remove(store, store.quads_for_pattern(node, None, None, graph))
                lines += [] if deleted else [statements.exemption(what)]
        self._add(store, quads(lines, graph))

    def _forget_organization(self, store: ox.Store, graph: ox.NamedNode, name: str) -> None:
        node = self._node("organization", name)
        held = list(store.quads_for_pattern(node, None, None, graph))
        for quad in held:
            about = quad.object
            if not isinstance(about, ox.NamedNode):
                continue
            if quad.predicate in _CIRCLES:
                self._circles.add(about)
            elif quad.predicate == _NAME_RECORD:
                self._remove(store, store.quads_for_pattern(about, None, None, graph))
            elif quad.predicate == _IDENTIFIER:
                bearers = store.quads_for_pattern(None, _IDENTIFIER, about, graph)
                if all(other.subject == node for other in bearers):
                    self._remove(store, store.quads_for_pattern(about, None, None, graph))
        self._remove(store, held)
        self._forget_relations(store, graph, name, _SUCCESSOR)

    def _forget_relations(
        self, store: ox.Store, graph: ox.NamedNode, of: str, kind: str, to: str | None = None
    ) -> None:
        wanted = ox.NamedNode(concept("relation-kind", kind))
        end = self._node("organization", to) if to else None
        for quad in list(store.quads_for_pattern(None, _OF, self._node("organization", of), graph)):
            about = list(store.quads_for_pattern(quad.subject, None, None, graph))
            told = {one.predicate: one.object for one in about}
            if told.get(_KIND) == wanted and end in {None, told.get(_TO)}:
                self._remove(store, about)

    def _node(self, kind: str, name: str) -> ox.NamedNode:
        return ox.NamedNode(self.reader.statements.node(kind, name)[1:-1])

    def _remove(self, store: ox.Store, quads: Iterator[ox.Quad] | list[ox.Quad]) -> None:
        for quad in list(quads):
            store.remove(quad)
            self._count(quad, -1)

    def _add(self, store: ox.Store, quads: Iterator[ox.Quad] | list[ox.Quad]) -> None:
        for quad in quads:
            if quad not in store:
                store.add(quad)
                self._count(quad, 1)

    def _count(self, quad: ox.Quad, by: int) -> None:
        self.changes["statements"] += by
        if quad.predicate == _TYPE and isinstance(quad.object, ox.NamedNode):
            self.changes[_COUNTED.get(quad.object, "other")] += by


def refuse_without_base(source: str, entry: object) -> None:
    """Refuse a delta for a source that is not there.

    Raises:
        TableError: There is none.
    """
    if entry is None:
        message = f"there is no source '{source}' to which a delta could be put; load the full files first"
        raise TableError(Problem("no-base", message))
