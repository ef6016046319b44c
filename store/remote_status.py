"""What a SPARQL service's refusal means to the caller, told by its status and by the few words we recognise.

Its own words go into `QueryFailed.detail`, which is for logs; callers get numbers out of them and no text.
"""

from __future__ import annotations

import re
import urllib.error
from typing import Final

from tertius.store.errors import (
    QueryFailed,
    QuerySyntaxError,
    QueryTimeout,
    RefusedQuery,
    StoreBusy,
    StoreError,
    StoreUnavailable,
)
from tertius.store.remote_text import Prepared
from tertius.store.remote_wire import excerpt

_LONGEST_DETAIL: Final = 500
_LONGEST_WAIT: Final = 60.0
_USUAL_WAIT: Final = 1.0
# Oxigraph, RDF4J and Jena give line and column; Virtuoso the line alone.
_PLACE: Final = re.compile(r"(?:\bat|\bline)\s+(\d+)(?:(?::|,?\s*col(?:umn)?\s*:?\s*)(\d+))?", re.IGNORECASE)
_SQL_STATE: Final = re.compile(r"Virtuoso (\w{5}) Error")
_SYNTAX_STATE: Final = "37000"
_LATE: Final = re.compile(r"tim(?:e|ed)[ -]?out|took too long|cancelled|S1T00|S1TAT", re.IGNORECASE)


def refusal(error: urllib.error.HTTPError, prepared: Prepared, seconds: float) -> StoreError:
    """Tell what a status other than success means.

    Args:
        error: the answer, its body unread.
        prepared: the query it answers.
        seconds: the query's time budget.

    Returns:
        The exception that the caller gets.
    """
    said = excerpt(error)
    status = error.code
    state = _SQL_STATE.search(said)
    if status == 400 and (state is None or state[1] == _SYNTAX_STATE):
        return _syntax(said, prepared)
    if status in {408, 504} or (status in {400, 500, 503} and _LATE.search(said)):
        return QueryTimeout(seconds)
    if status in {429, 503}:
        return StoreBusy(_wait(error.headers.get("Retry-After", "")))
    if status in {400, 500, 501}:
        return QueryFailed(f"status {status}: {said}"[:_LONGEST_DETAIL])
    if status in {413, 414, 431}:
        return RefusedQuery(f"the query is longer than the SPARQL service takes (status {status})")
    return StoreUnavailable(f"the SPARQL service {_fault(status)} (status {status})")


def _fault(status: int) -> str:
    if status in {401, 403, 407}:
        return "refuses the user and password it was given, or wants some"
    if 300 <= status < 400:
        return "redirects elsewhere, which is not followed: set its final address"
    return "is not at its address, or is out of order"


def _syntax(said: str, prepared: Prepared) -> QuerySyntaxError:
    found = _PLACE.search(said)
    if found is None:
        return QuerySyntaxError("the SPARQL service cannot parse the query, and does not say where")
    line, column = int(found[1]), found[2]
    if column is None:
        return QuerySyntaxError(f"error in line {max(1, line)}: the SPARQL service cannot parse the query")
    # What was put before the first line moved only that line.
    shown = max(1, int(column) - prepared.shift) if line == 1 else int(column)
    return QuerySyntaxError(f"error at {line}:{shown}: the SPARQL service cannot parse the query")


def _wait(header: str) -> float:
    return min(_LONGEST_WAIT, float(header)) if header.isdigit() else _USUAL_WAIT
