"""The whole network as text of older tools: Pajek's network and project files, UCINET's DL."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Final

import numpy as np
from tertius.queries.network.columns import Ids
from tertius.queries.network.export import NODE_FIELDS, Describe, described, node_batches
from tertius.queries.network.network import Network

_PARTITIONS: Final = ("community",)
"""Measures that name a class; Pajek keeps classes and numbers apart."""

_NO_CLASS: Final = 9_999_998
_NO_NUMBER: Final = 999_999_998
"""Pajek's signs for a missing class and a missing number."""

_SPOILERS: Final = str.maketrans({'"': "'", "\\": "/"})
"""Characters that end or bend a quoted label in one reader or another."""


def pajek(network: Network, describe: Describe | None = None, *, measures: bool = False) -> Iterator[bytes]:
    """Write the network for Pajek, piece by piece: vertices with names, edges with weights.

    Vertices are numbered in the order of their keys. Readers take labels for identities, so a name that
    several organisations bear gets the key behind it. Quotation marks become apostrophes.

    Args:
        network: The network.
        describe: Names for keys; without it, keys stand for names.
        measures: Write a project file: the network, then measures as vectors and communities as a partition.
    """
    shared = _shared_names(network, describe)
    active = _active(network)
    values = {name: array("d") for name, _ in NODE_FIELDS}
    about = "; ".join(f"{name}={value}" for name, value in described(network).items())
    # The byte order mark makes Pajek read UTF-8; other readers stumble unless only a comment follows it.
    yield f"\ufeff% Tertius; {about}\n".encode()
    if measures:
        yield b"*Network ties\n"
    yield f"*Vertices {active.size}\n".encode()
    number = 0
    for positions, labels in node_batches(network, describe):
        lines = []
        for position, label in zip(positions, labels, strict=True):
            number += 1
            name = _label(label.name)
            if hash(name) in shared:
                name = f"{name} [{position.organization}]"
            lines.append(f'{number} "{name}"\n')
            if measures:
                for field, column in values.items():
                    value = getattr(position, field)
                    missing = _NO_CLASS if field in _PARTITIONS else _NO_NUMBER
                    column.append(missing if value is None else value)
        yield "".join(lines).encode()
    yield b"*Edges\n"
    for source, target, weight in _numbered_edges(network, active):
        yield "".join(f"{a} {b} {w!r}\n" for a, b, w in zip(source, target, weight, strict=True)).encode()
    if measures:
        yield from _vectors(values, active.size)


def ucinet(network: Network) -> Iterator[bytes]:
    """Write the network as UCINET DL, format edgelist1, piece by piece.

    Labels are the organisations' keys: UCINET folds capitals and older versions cut labels after eighteen
    characters, which would make one organisation of several names. A pair in that format is directed, so
    each tie is written both ways and the matrix comes out symmetric.
    """
    active = _active(network)
    yield f"dl n={active.size}\nformat = edgelist1\nlabels:\n".encode()
    for begin in range(0, active.size, 2048):
        yield "".join(
            f"{key}\n" for key in network.table.organization_keys(active[begin : begin + 2048])
        ).encode()
    yield b"data:\n"
    for source, target, weight in _numbered_edges(network, active):
        yield "".join(
            f"{a} {b} {w!r}\n{b} {a} {w!r}\n" for a, b, w in zip(source, target, weight, strict=True)
        ).encode()


def _active(network: Network) -> Ids:
    """Return the ids of the organisations written, in the order of their keys."""
    order = network.table.organization_order
    return order[network.derived.ties.active[order]]


def _label(name: str) -> str:
    return name.translate(_SPOILERS)


def _shared_names(network: Network, describe: Describe | None) -> frozenset[int]:
    """Return the hashes of labels that occur more than once; eight bytes a name are held meanwhile."""
    if describe is None:
        return frozenset()
    hashes = array("q")
    for _, labels in node_batches(network, describe):
        hashes.extend(hash(_label(label.name)) for label in labels)
    found, counts = np.unique(np.asarray(hashes, dtype=np.int64), return_counts=True)
    return frozenset(found[counts > 1].tolist())


def _numbered_edges(network: Network, active: Ids) -> Iterator[tuple[list[int], list[int], list[float]]]:
    """Yield batches of ties as the numbers of their ends, from 1, and their weights."""
    ties = network.derived.ties
    number = np.zeros(network.table.organizations.size, dtype=np.int32)
    number[active] = np.arange(1, active.size + 1, dtype=np.int32)
    of_position = number[ties.organization]
    for begin in range(0, ties.low.size, 8192):
        part = slice(begin, begin + 8192)
        yield (
            of_position[ties.low[part]].tolist(),
            of_position[ties.high[part]].tolist(),
            ties.weight[part].tolist(),
        )


def _vectors(values: dict[str, array[float]], count: int) -> Iterator[bytes]:
    for name, column in values.items():
        partition = name in _PARTITIONS
        yield f"\n*{'Partition' if partition else 'Vector'} {name}\n*Vertices {count}\n".encode()
        for begin in range(0, count, 8192):
            part = column[begin : begin + 8192]
            yield "".join(f"{int(value) if partition else value!r}\n" for value in part).encode()
