"""The participation table in columns: all that a network derives from, for other programs to start at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tertius.queries.network.dates import from_days
from tertius.queries.network.export import Describe, Label, csv_rows, harmless, one_line, plain
from tertius.queries.network.files import read_json
from tertius.queries.network.network import Network
from tertius.queries.network.table import ParticipationTable

PARTICIPATION_FIELDS: Final = (
    ("organization", "string"),
    ("record", "string"),
    ("name", "string"),
    ("country", "string"),
    ("alliance", "string"),
    ("role", "string"),
    ("source", "string"),
    ("start", "date"),
    ("end", "date"),
    ("last_observed", "date"),
    ("ongoing", "boolean"),
    ("alliance_start", "date"),
    ("alliance_end", "date"),
    ("as_of", "date"),
)
"""Columns and their types: the organisation after judgements and the record as loaded, dates as given, the
alliance's own dates, and in every row the table's default as-of."""

_BATCH: Final = 8192


def participation_csv(network: Network, describe: Describe | None = None) -> Iterator[bytes]:
    """Write the participations as CSV, piece by piece.

    A name that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    names = [name for name, _ in PARTICIPATION_FIELDS]
    yield csv_rows([names])
    named = names.index("name")
    for rows in participation_batches(network.table, describe):
        yield csv_rows(
            [harmless(value) if at == named else plain(value) for at, value in enumerate(row)] for row in rows
        )


def participation_batches(
    table: ParticipationTable, describe: Describe | None = None
) -> Iterator[list[tuple[Any, ...]]]:
    """Yield every participation, source after source, some thousands at a time: values of the fields.

    Args:
        table: The base table.
        describe: Names for keys; without it, keys stand for names.
    """
    for source in table.sources:
        roles = read_json(table.path / "sources" / source, "source")["roles"]
        for rows, role in table.batches(source, _BATCH):
            keys = table.organization_keys(table.canonical[rows.organization])
            known = _labels(sorted(set(keys)), describe)
            count = len(keys)
            yield list(
                zip(
                    keys,
                    table.organization_keys(rows.organization),
                    (known[key].name for key in keys),
                    (known[key].country for key in keys),
                    table.alliance_keys(rows.alliance),
                    (roles[number] for number in role.tolist()),
                    [source] * count,
                    map(from_days, rows.start.tolist()),
                    map(from_days, rows.end.tolist()),
                    map(from_days, rows.last_observed.tolist()),
                    rows.ongoing.tolist(),
                    map(from_days, table.alliance_start[rows.alliance].tolist()),
                    map(from_days, table.alliance_end[rows.alliance].tolist()),
                    [table.as_of] * count,
                    strict=True,
                )
            )


def _labels(keys: list[str], describe: Describe | None) -> dict[str, Label]:
    labels = describe(keys) if describe else [Label(key) for key in keys]
    return {
        key: Label(one_line(label.name) or key, label.country and one_line(label.country))
        for key, label in zip(keys, labels, strict=True)
    }
