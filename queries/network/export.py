"""The whole network as files other tools read: GraphML, and CSV lists of nodes and edges."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from tertius.queries.network.answers import Position
from tertius.queries.network.dates import from_days
from tertius.queries.network.network import Network

BATCH: Final = 2048
"""Rows written at a time."""

NODE_FIELDS: Final = (
    ("degree", "int"),
    ("strength", "double"),
    ("constraint", "double"),
    ("effective_size", "double"),
    ("efficiency", "double"),
    ("hierarchy", "double"),
    ("clustering", "double"),
    ("triangles", "long"),
    ("local_bridges", "int"),
    ("betweenness", "double"),
    ("community", "int"),
    ("core", "int"),
    ("participation_coefficient", "double"),
    ("articulation", "boolean"),
)
"""Measures of a node and their types."""

EDGE_FIELDS: Final = (
    ("weight", "double"),
    ("alliances", "int"),
    ("shared_partners", "int"),
    ("local_bridge", "boolean"),
    ("dyadic_constraint_on_source", "double"),
    ("dyadic_constraint_on_target", "double"),
    ("first", "date"),
    ("last", "date"),
    ("assumed_end", "boolean"),
)
"""Attributes of an edge and their types: GraphML's, and `date`, which GraphML takes as a string."""

_BREAKS: Final = re.compile(" *[\t-\r\x1c-\x1e\x85\u2028\u2029]+ *")
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Label:
    """What a reader wants to see beside a key.

    Attributes:
        name: Name of the organisation.
        country: Notation of its country, or None.
    """

    name: str
    country: str | None = None


Describe = Callable[[Sequence[str]], Sequence[Label]]
"""Gives the labels of some keys, in their order; called for a few thousand at a time."""


def graphml(network: Network, describe: Describe | None = None) -> Iterator[bytes]:
    """Write the active organisations and their ties as GraphML, piece by piece.

    Measures are attributes; what has no value is left out.

    Args:
        network: The network.
        describe: Names for keys; without it, keys stand for names.
    """
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    about = described(network)
    keys = [("graph", name, "string") for name in about]
    keys += [("node", "name", "string"), ("node", "country", "string")]
    keys += [("node", name, kind) for name, kind in NODE_FIELDS]
    keys += [("edge", name, kind) for name, kind in EDGE_FIELDS]
    for owner, name, kind in keys:
        written = "string" if kind == "date" else kind
        yield (
            f'<key id="{owner}-{name}" for="{owner}" attr.name="{name}" attr.type="{written}"/>\n'
        ).encode()
    yield b'<graph id="network" edgedefault="undirected">\n'
    yield "".join(_data("graph", name, value) for name, value in about.items()).encode() + b"\n"
    for positions, labels in node_batches(network, describe):
        yield "".join(
            f"<node id={quoteattr(position.organization)}>"
            + _data("node", "name", label.name)
            + _data("node", "country", label.country)
            + "".join(_data("node", name, getattr(position, name)) for name, _ in NODE_FIELDS)
            + "</node>\n"
            for position, label in zip(positions, labels, strict=True)
        ).encode()
    for edges in edge_batches(network):
        yield "".join(
            f"<edge source={quoteattr(source)} target={quoteattr(target)}>"
            + "".join(
                _data("edge", name, value) for (name, _), value in zip(EDGE_FIELDS, values, strict=True)
            )
            + "</edge>\n"
            for source, target, *values in edges
        ).encode()
    yield b"</graph>\n</graphml>\n"


def node_csv(network: Network, describe: Describe | None = None) -> Iterator[bytes]:
    """Write the active organisations and their measures as CSV, piece by piece.

    A name that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    yield csv_rows([["key", "name", "country", *(name for name, _ in NODE_FIELDS)]])
    for positions, labels in node_batches(network, describe):
        yield csv_rows(
            [
                position.organization,
                harmless(label.name),
                harmless(label.country or ""),
                *(plain(getattr(position, name)) for name, _ in NODE_FIELDS),
            ]
            for position, label in zip(positions, labels, strict=True)
        )


def edge_csv(network: Network) -> Iterator[bytes]:
    """Write the ties as CSV, piece by piece, each tie once."""
    yield csv_rows([["source", "target", *(name for name, _ in EDGE_FIELDS)]])
    for edges in edge_batches(network):
        yield csv_rows([plain(value) for value in edge] for edge in edges)


def node_batches(
    network: Network, describe: Describe | None = None
) -> Iterator[tuple[list[Position], list[Label]]]:
    """Yield the active organisations in the order of their keys, a few thousand at a time.

    Args:
        network: The network.
        describe: Names for keys; a key stands for its name without it, and where nothing of a name can be
            shown.
    """
    order = network.table.organization_order
    ids = order[network.derived.ties.active[order]]
    for at in range(0, ids.size, BATCH):
        positions = network.positions(ids[at : at + BATCH])
        keys = [position.organization for position in positions]
        labels = describe(keys) if describe else [Label(key) for key in keys]
        yield (
            positions,
            [
                Label(one_line(label.name) or key, label.country and one_line(label.country))
                for key, label in zip(keys, labels, strict=True)
            ],
        )


def edge_batches(network: Network) -> Iterator[list[tuple[Any, ...]]]:
    """Yield every tie once, some thousands at a time: source, target, the values of `EDGE_FIELDS`."""
    ties, holes, table = network.derived.ties, network.derived.holes, network.table
    for begin in range(0, ties.low.size, BATCH):
        part = slice(begin, begin + BATCH)
        low, high = ties.low[part], ties.high[part]
        joint = ties.weight[part] + holes.closure[part]
        shared = holes.shared[part]
        yield list(
            zip(
                table.organization_keys(ties.organization[low]),
                table.organization_keys(ties.organization[high]),
                ties.weight[part].tolist(),
                ties.evidence_size[part].tolist(),
                shared.tolist(),
                (shared == 0).tolist(),
                ((joint / holes.strength[low]) ** 2).tolist(),
                ((joint / holes.strength[high]) ** 2).tolist(),
                [from_days(day) for day in ties.first[part].tolist()],
                [from_days(day) for day in ties.last[part].tolist()],
                ties.assumed[part].tolist(),
                strict=True,
            )
        )


def described(network: Network) -> dict[str, Any]:
    """Return what a file says of the whole network: its parameters, left-out organisations not among them."""
    return {name: value for name, value in network.parameters.as_json().items() if name != "exclude"}


def one_line(text: str) -> str:
    """Return a name as every format can hold it: on one line, without control characters.

    Marks that turn the direction of text around go as well; they would reorder what follows the name.
    """
    return _BREAKS.sub(" ", _UNSEEN.sub("", text)).strip()


def _data(owner: str, name: str, value: object) -> str:
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f'<data key="{owner}-{name}">{escape(text)}</data>'


def csv_rows(rows: Any) -> bytes:
    """Write rows as CSV (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def plain(value: Any) -> Any:
    """Return a value as CSV has it: truth in small letters."""
    return str(value).lower() if isinstance(value, bool) else value


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
