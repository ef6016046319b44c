"""The network's tables in columns: Parquet files and Arrow IPC files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
from tertius.queries.network.export import (
    EDGE_FIELDS,
    NODE_FIELDS,
    Describe,
    described,
    edge_batches,
    node_batches,
)
from tertius.queries.network.export_participations import PARTICIPATION_FIELDS, participation_batches
from tertius.queries.network.network import Network

ROWS: Final = 1 << 16
"""Rows of a row group or record batch."""

_TYPES: Final = {
    "int": pa.int32(),
    "long": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "date": pa.date32(),
}
_NODES: Final = (("key", "string"), ("name", "string"), ("country", "string"), *NODE_FIELDS)
_EDGES: Final = (("source", "string"), ("target", "string"), *EDGE_FIELDS)
_FIELDS: Final = {"ties": _EDGES, "organizations": _NODES, "participations": PARTICIPATION_FIELDS}


def parquet(network: Network, describe: Describe | None = None, *, part: str = "ties") -> Iterator[bytes]:
    """Write one table as Parquet, a row group at a time.

    Args:
        network: The network.
        describe: Names for keys; without it, keys stand for names.
        part: `ties`, `organizations` or `participations`.
    """
    return _written(
        network,
        describe,
        part,
        lambda sink, schema: pa.parquet.ParquetWriter(sink, schema, compression="zstd"),
    )


def arrow(network: Network, describe: Describe | None = None, *, part: str = "ties") -> Iterator[bytes]:
    """Write one table as an Arrow IPC file (Feather, version 2), a record batch at a time; see `parquet`."""
    return _written(network, describe, part, pa.ipc.new_file)


class _Drain:
    """A file that only ever grows, and whose new bytes are taken away as they come."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    def write(self, data: bytes) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._written += len(part)
        return len(part)

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """What was written stays until it is taken."""

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def _written(
    network: Network, describe: Describe | None, part: str, open_writer: Callable[[Any, pa.Schema], Any]
) -> Iterator[bytes]:
    fields = _FIELDS[part]
    about = (
        {}
        if part == "participations"
        else {f"tertius:{name}": str(value) for name, value in described(network).items()}
    )
    schema = pa.schema([pa.field(name, _TYPES[kind]) for name, kind in fields], metadata=about)
    drain = _Drain()
    with open_writer(drain, schema) as writer:
        for rows in _gathered(_batches(network, describe, part)):
            columns = zip(*rows, strict=True)
            arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            yield drain.take()
    yield drain.take()


def _batches(network: Network, describe: Describe | None, part: str) -> Iterator[list[tuple[Any, ...]]]:
    if part == "participations":
        return participation_batches(network.table, describe)
    return _organizations(network, describe) if part == "organizations" else edge_batches(network)


def _organizations(network: Network, describe: Describe | None) -> Iterator[list[tuple[Any, ...]]]:
    for positions, labels in node_batches(network, describe):
        yield [
            (
                position.organization,
                label.name,
                label.country,
                *(getattr(position, name) for name, _ in NODE_FIELDS),
            )
            for position, label in zip(positions, labels, strict=True)
        ]


def _gathered(batches: Iterator[list[tuple[Any, ...]]]) -> Iterator[list[tuple[Any, ...]]]:
    """Put batches together up to `ROWS` rows."""
    rows: list[tuple[Any, ...]] = []
    for batch in batches:
        rows += batch
        if len(rows) >= ROWS:
            yield rows
            rows = []
    if rows:
        yield rows
