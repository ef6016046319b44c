"""Rows of an answer: values as JSON knows them."""

from __future__ import annotations

from tertius.queries.header import ColumnType

Value = str | int | float | bool | None
"""What a row holds; JSON can say all of it."""

Row = dict[str, Value]


def read_value(column_type: ColumnType, lexical: str) -> Value:
    """Return the value of a term.

    Args:
        column_type: type of its column.
        lexical: its lexical form.

    Raises:
        ValueError: it is none of that type.
    """
    match column_type:
        case ColumnType.INTEGER:
            return int(lexical)
        case ColumnType.DECIMAL | ColumnType.DOUBLE:
            return float(lexical)
        case ColumnType.BOOLEAN:
            if lexical not in {"true", "false", "1", "0"}:
                raise ValueError(lexical)
            return lexical in {"true", "1"}
        case _:
            return lexical
