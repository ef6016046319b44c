"""The whole network as the JSON that Cytoscape.js draws and Cytoscape imports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from tertius.queries.network.export import (
    EDGE_FIELDS,
    NODE_FIELDS,
    Describe,
    described,
    edge_batches,
    node_batches,
)
from tertius.queries.network.network import Network


def cytoscape(network: Network, describe: Describe | None = None) -> Iterator[bytes]:
    """Write the active organisations and their ties as Cytoscape.js elements, piece by piece.

    Measures are data of the elements; what has no value is left out. Nodes and edges share one space of
    identifiers there; an edge's is made of the keys of its ends.

    Args:
        network: The network.
        describe: Names for keys; without it, keys stand for names.
    """
    head = json.dumps({"name": "ties", **described(network)})
    yield f'{{"data": {head}, "directed": false, "multigraph": false, "elements": {{"nodes": ['.encode()
    separator = "\n"
    for positions, labels in node_batches(network, describe):
        lines = []
        for position, label in zip(positions, labels, strict=True):
            key = position.organization
            about = {"id": key, "value": key, "name": label.name, "country": label.country}
            lines.append(_element({**about, **{name: getattr(position, name) for name, _ in NODE_FIELDS}}))
        yield (separator + ",\n".join(lines)).encode()
        separator = ",\n"
    yield b'\n], "edges": ['
    separator = "\n"
    names = [name for name, _ in EDGE_FIELDS]
    for edges in edge_batches(network):
        lines = []
        for source, target, *values in edges:
            about = {"id": f"{source}-{target}", "source": source, "target": target}
            lines.append(_element({**about, **dict(zip(names, values, strict=True))}))
        yield (separator + ",\n".join(lines)).encode()
        separator = ",\n"
    yield b"\n]}}\n"


def _element(values: dict[str, Any]) -> str:
    known = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
        if value is not None
    }
    return json.dumps({"data": known}, ensure_ascii=False, allow_nan=False)
