"""Parquet files: flat columns, read in batches, cells as the text a CSV would hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from tertius.loaders.tables import Table, as_text, refuse, settle_header

BATCH: Final = 8192
"""Records held in memory at a time."""


@contextmanager
def open_parquet(path: Path) -> Iterator[Table]:
    """Open a Parquet file as a table. The first record is row 2, as if a header row came before it.

    Raises:
        TableError: If the file is damaged, has no record, or has a nested or binary column.
    """
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError):
        refuse("bad-parquet", "the Parquet file is damaged or cut off", path)
    with file:
        schema = file.schema_arrow
        for column in schema:
            if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
                message = f"the column holds {column.type}, not one text, number or date a row"
                refuse("nested-column", message, path, column=column.name)
        header = settle_header(list(schema.names), path, 1)
        read = [0]
        size, total = path.stat().st_size, max(file.metadata.num_rows, 1)
        rows = _rows(file, read, path)
        yield Table(path, header, 1, rows, lambda: size * read[0] // total, [])


def _rows(file: Any, read: list[int], path: Path) -> Iterator[tuple[int, list[str]]]:
    number = 1
    try:
        for batch in file.iter_batches(batch_size=BATCH):
            columns = [batch.column(i).to_pylist() for i in range(batch.num_columns)]
            for values in zip(*columns, strict=True):
                number += 1
                cells = [as_text(value) for value in values]
                if any(cells):
                    yield number, cells
            read[0] += batch.num_rows
    except (pa.ArrowException, OSError):
        refuse("bad-parquet", "the Parquet file is damaged here", path, number + 1)
