"""The whole network as GEXF 1.3, the format of Gephi: as it stands, or with the period of every tie."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from tertius.queries.network.dates import FOREVER, MISSING, Days, from_days
from tertius.queries.network.export import (
    EDGE_FIELDS,
    NODE_FIELDS,
    Describe,
    described,
    edge_batches,
    node_batches,
)
from tertius.queries.network.network import Network

NAMESPACE: Final = "http://gexf.net/1.3"

_TYPES: Final = {"int": "integer", "date": "string"}
_WEIGHT: Final = "weight"


def gexf(network: Network, describe: Describe | None = None, *, dynamic: bool = False) -> Iterator[bytes]:
    """Write the active organisations and their ties as GEXF 1.3, piece by piece.

    Measures are static attributes; what has no value is left out. In a dynamic file a tie lasts from its
    first to its last day, an organisation from the first day of any of its ties to the last of any; where
    a day is not known, the interval is open. Organisations without ties are always there.

    Args:
        network: The network.
        describe: Names for keys; without it, keys stand for names.
        dynamic: Whether to write intervals.
    """
    about = "; ".join(f"{name}={value}" for name, value in described(network).items())
    mode = 'mode="dynamic" timeformat="date" timerepresentation="interval"' if dynamic else 'mode="static"'
    yield (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<gexf xmlns="{NAMESPACE}" version="1.3">\n'
        f"<meta><creator>Tertius</creator><description>{escape(about)}</description></meta>\n"
        f'<graph {mode} defaultedgetype="undirected" idtype="string">\n'
    ).encode()
    yield _attributes("node", (("country", "string"), *NODE_FIELDS))
    # The weight is an attribute of the edge itself; a second one of that name would hide it in Gephi.
    yield _attributes("edge", [field for field in EDGE_FIELDS if field[0] != _WEIGHT])
    yield f'<nodes count="{int(network.derived.ties.active.sum())}">\n'.encode()
    yield from _nodes(network, describe, dynamic=dynamic)
    yield f'</nodes>\n<edges count="{network.derived.ties.low.size}">\n'.encode()
    yield from _edges(network, dynamic=dynamic)
    yield b"</edges>\n</graph>\n</gexf>\n"


def _attributes(owner: str, fields: Any) -> bytes:
    listed = "".join(
        f'<attribute id="{name}" title="{name}" type="{_TYPES.get(kind, kind)}"/>\n' for name, kind in fields
    )
    return f'<attributes class="{owner}" mode="static">\n{listed}</attributes>\n'.encode()


def _nodes(network: Network, describe: Describe | None, *, dynamic: bool) -> Iterator[bytes]:
    first, last = _lifetimes(network) if dynamic else (None, None)
    order = network.table.organization_order
    ids = order[network.derived.ties.active[order]]
    done = 0
    for positions, labels in node_batches(network, describe):
        at = network.derived.ties.position[ids[done : done + len(positions)]].tolist()
        done += len(positions)
        lines = []
        for position, label, place in zip(positions, labels, at, strict=True):
            period = ""
            if first is not None and last is not None and place >= 0:
                period = _period(from_days(int(first[place])), from_days(int(last[place])))
            values = [("country", label.country)]
            values += [(name, getattr(position, name)) for name, _ in NODE_FIELDS]
            lines.append(
                f"<node id={quoteattr(position.organization)} label={quoteattr(label.name)}{period}>"
                f"{_values(values)}</node>\n"
            )
        yield "".join(lines).encode()


def _edges(network: Network, *, dynamic: bool) -> Iterator[bytes]:
    names = [name for name, _ in EDGE_FIELDS]
    for edges in edge_batches(network):
        lines = []
        for source, target, *values in edges:
            named = dict(zip(names, values, strict=True))
            weight = named.pop(_WEIGHT)
            period = _period(named["first"], named["last"]) if dynamic else ""
            lines.append(
                f'<edge id="{source}-{target}" source="{source}" target="{target}" weight="{weight}"{period}>'
                f"{_values(named.items())}</edge>\n"
            )
        yield "".join(lines).encode()


def _lifetimes(network: Network) -> tuple[Days, Days]:
    """Return the first and the last day of any tie of each position; open where one of them is."""
    ties = network.derived.ties
    first = np.full(ties.organization.size, FOREVER, dtype=np.int32)
    last = np.full(ties.organization.size, MISSING, dtype=np.int32)
    for end in (ties.low, ties.high):
        np.minimum.at(first, end, ties.first)
        np.maximum.at(last, end, ties.last)
    return first, last


def _period(first: object, last: object) -> str:
    start = f' start="{first}"' if first is not None else ""
    return f'{start} end="{last}"' if last is not None else start


def _values(values: Any) -> str:
    written = "".join(
        f'<attvalue for="{name}" value={quoteattr(_text(value))}/>'
        for name, value in values
        if value is not None
    )
    return f"<attvalues>{written}</attvalues>"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
