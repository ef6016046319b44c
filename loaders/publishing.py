"""A source's facts become part of a new snapshot: graphs, network, measures, search index, manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pyoxigraph as ox
from tertius.loaders.facts import Facts
from tertius.loaders.job import JUDGEMENTS, Phase
from tertius.loaders.judged import Settled, history, settle
from tertius.loaders.measuring import write_measures
from tertius.loaders.search import MOST_TOUCHED, write_search
from tertius.loaders.watch import Watch, counted, counted_text
from tertius.ontology import VERSION, ontology_graph
from tertius.ontology.identity import graph as graph_iri
from tertius.queries.judgements import Judgement, judgement_quads
from tertius.queries.network import UNCHANGED, ParticipationColumns, ParticipationTable, build
from tertius.queries.network.base import Unchanged
from tertius.queries.network.files import map_array
from tertius.store import Draft, Snapshot, SourceEntry
from tertius.store.files import sync_tree


@dataclass(frozen=True, slots=True)
class Source:
    """What a new snapshot shall say under a source's name.

    Attributes:
        facts: Its facts; `None` for a source that tells of no alliances.
        entry: Its part of the manifest; the number of statements is added.
        quads: Its graph, where it is small; consumed once.
        finish: Called when the graph is written; returns counts that were not known before.
        amend: Brings its graph in a draft's store up to date, in the place of `quads`; `finish` counts.
        text: Its graph as N-Triples in the place of `quads`, a statement on each line; consumed once.
        staged: File with names and identifiers for the search index, of a register.
    """

    facts: Facts | None
    entry: SourceEntry
    quads: Iterable[ox.Quad] = ()
    finish: Callable[[], Mapping[str, int]] | None = None
    staged: Path | None = None
    text: Iterable[bytes] | None = None
    amend: Callable[[ox.Store], None] | None = None


def publish(
    draft: Draft,
    name: str,
    source: Source | None,
    *,
    judgements: Sequence[Judgement] = (),
    base: str,
    max_ties: int,
    watch: Watch,
) -> Snapshot:
    """Write everything that follows from one source's change, or from judgements, and make the draft live.

    Args:
        draft: A copy of the live snapshot.
        name: Name of the source, or `judgements`.
        source: What it says now, or `None` to remove it.
        judgements: What is added to those of the parent, which always go on.
        base: Base IRI of the individuals.
        max_ties: Ties up to which every tie becomes a node of the graph.
        watch: Told of every phase.
    """
    parent = draft.parent
    entries = dict(parent.manifest.sources) if parent else {}
    entries.pop(name, None)
    with watch.phase(Phase.WRITE) as step:
        quads = counted(source.quads, step) if source else ()
        if source and source.amend is not None:
            source.amend(draft.store)
            statements = 0
        elif source and source.text is not None:
            statements = draft.replace_graph_text(graph_iri(name, base), counted_text(source.text, step))
        else:
            statements = draft.replace_graph(graph_iri(name, base), quads) if name != JUDGEMENTS else 0
        if parent is None or parent.manifest.ontology_version != VERSION:
            draft.replace_graph(graph_iri("ontology", base), _ontology(base))
    columns = _unchanged(parent, entries)
    if source and source.facts is not None:
        columns[name] = source.facts.columns()
    if source:
        known = source.finish() if source.finish else {}
        counts = {**source.entry.counts, "statements": statements, **known}
        entries[name] = source.entry.model_copy(update={"counts": counts})
    settled = settle(
        [*history(parent), *judgements],
        parent,
        source=name,
        facts=source.facts if source else None,
        staged=source.staged if source else None,
    )
    judged = _judgements(draft, settled, base) if settled.judgements else {}
    with watch.phase(Phase.NETWORK):
        before = parent.network_path if parent else None
        built = build(
            draft.network_path,
            before,
            columns,
            same=settled.network,
            parent_number=parent.number if parent and _of_this_version(parent) else None,
        )
    with ThreadPoolExecutor(1) as pool, watch.phase(Phase.MEASURES) as step:
        # Its files are final: the disk takes them in while the rest is written.
        pool.submit(sync_tree, draft.network_path)
        measures = write_measures(draft, built.network, base=base, max_ties=max_ties, step=step)
    with watch.phase(Phase.SEARCH) as step:
        write_search(
            draft.search_path,
            parent.search_path if parent else None,
            built.network.table,
            source=name,
            facts=source.facts if source else None,
            staged=source.staged if source else None,
            settled=settled,
            listed=_listed(parent, name),
            base=base,
            progress=step,
        )
    with watch.phase(Phase.PUBLISH):
        manifest = draft.manifest(
            base=base,
            sources=dict(sorted(entries.items())),
            counts=_totals(entries, built.counts, measures["statements"] + judged.get("statements", 0)),
            as_of=built.as_of,
            materialised={
                "measures": measures,
                **({"judgements": dict(judged)} if judged else {}),
            },
            ontology_version=VERSION,
        )
        return draft.publish(manifest)


def _judgements(draft: Draft, settled: Settled, base: str) -> dict[str, int]:
    """Write the judgements graph: what became of each may change with every load."""
    quads = judgement_quads(settled.judgements, settled.closure.statuses, settled.closure.same, base=base)
    statements = draft.replace_graph(graph_iri(JUDGEMENTS, base), quads)
    return {**settled.counts(), "statements": statements}


def _unchanged(parent: Snapshot | None, names: Iterable[str]) -> dict[str, ParticipationColumns | Unchanged]:
    """Return the sources that stay as they are and have participations; not every source need have."""
    known = ParticipationTable.open(parent.network_path).sources if parent else {}
    return {name: UNCHANGED for name in names if name in known}


def _of_this_version(snapshot: Snapshot) -> bool:
    """Tell whether what a snapshot derived can be gone on from: other versions may derive otherwise."""
    return snapshot.manifest.software_version == version("tertius")


def _listed(parent: Snapshot | None, name: str) -> list[int] | None:
    """Return the ids of a source's organisations in the parent; None where the network does not tell."""
    if parent is None or not _of_this_version(parent):
        return None
    if name in ParticipationTable.open(parent.network_path).sources:
        listed = map_array(parent.network_path / "sources" / name, "listed-organization")
        return listed.tolist() if listed.size <= MOST_TOUCHED else None
    return None if name in parent.manifest.sources else []


def _ontology(base: str) -> Iterator[ox.Quad]:
    graph = ox.NamedNode(graph_iri("ontology", base))
    for triple in ontology_graph():
        yield ox.Quad(triple.subject, triple.predicate, triple.object, graph)


def _totals(entries: Mapping[str, SourceEntry], network: Mapping[str, int], derived: int) -> dict[str, int]:
    asserted = sum(entry.counts.get("statements", 0) for entry in entries.values())
    return {**network, "statements": asserted + derived + len(ontology_graph())}
