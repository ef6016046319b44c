"""The measures graph of a new snapshot: the parent's with what changed put in its place, or written whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tertius.loaders.watch import counted, counted_text
from tertius.ontology.identity import graph as graph_iri
from tertius.ontology.lines import pieces
from tertius.queries.network import Network
from tertius.queries.network.quad_changes import measure_changes
from tertius.queries.network.statements import materialised, measure_lines
from tertius.store import Draft


def write_measures(
    draft: Draft, network: Network, *, base: str, max_ties: int, step: Callable[[int, int | None], None]
) -> dict[str, Any]:
    """Bring the measures graph up to date.

    Args:
        draft: The new snapshot, whose graph is still the parent's.
        network: The new default network.
        base: Base IRI of the individuals.
        max_ties: Ties up to which every tie becomes a node of the graph.
        step: Told of the progress.

    Returns:
        What the manifest says of it.
    """
    wrote = materialised(network, base=base, max_ties=max_ties)
    graph = graph_iri("measures", base)
    parent = draft.parent
    before = parent.manifest.materialised.get("measures") if parent else None
    if parent is not None and isinstance(before, dict) and isinstance(before.get("statements"), int):
        old = Network.open(parent.network_path)
        changes = measure_changes(old, network, before, base=base, snapshot=draft.number, max_ties=max_ties)
        if changes is not None:
            gone, come = draft.replace_subjects(graph, changes.subjects, counted(changes.quads, step))
            return {**wrote, "statements": int(str(before["statements"])) - gone + come}
    text = pieces(measure_lines(network, base=base, snapshot=draft.number, max_ties=max_ties))
    return {**wrote, "statements": draft.replace_graph_text(graph, counted_text(text, step))}
