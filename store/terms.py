"""Answers read back as RDF terms, for code that works with values rather than bytes."""

from __future__ import annotations

import pyoxigraph as ox
from tertius.store.base import Answer, ResultFormat

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


def solutions(answer: Answer) -> list[dict[str, Term | None]]:
    """The solutions of a SELECT, in order.

    Args:
        answer: an answer in JSON.

    Returns:
        One mapping per solution, from variable name to term; `None` where a variable is unbound.

    Raises:
        ValueError: the answer is not that of a SELECT, or not in JSON.
    """
    if answer.form != "select" or answer.media_type != ResultFormat.JSON.media_type:
        raise ValueError(
            f"expected solutions in JSON, not the answer to a {answer.form} query in {answer.media_type}"
        )
    results = ox.parse_query_results(answer.body, format=ox.QueryResultsFormat.JSON)
    if isinstance(results, ox.QueryBoolean):
        raise TypeError("the body holds a boolean, though the answer says it holds solutions")
    names = [variable.value for variable in results.variables]
    return [dict(zip(names, solution, strict=True)) for solution in results]
