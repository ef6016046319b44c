"""Checks what a named query asks of a service outside, when the catalogue is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyoxigraph
from pyoxigraph import Literal
from tertius.queries.binding import bind, misplaced
from tertius.queries.errors import CatalogueError, ParameterError, QueryError
from tertius.queries.guard import check_read_only
from tertius.queries.header import Outside
from tertius.queries.params import LAST_DAY, Context, Parameter, Term, read_arguments
from tertius.queries.tokens import Kind, tokenise

_EXAMPLE: Final = Literal("x")


def lint_outside(outside: Outside, params: Mapping[str, Parameter], file: str) -> set[str]:
    """Check the query for a service.

    Args:
        outside: what the header declares.
        params: the parameters of the named query.
        file: how messages name the file.

    Returns:
        The parameters that it uses.

    Raises:
        CatalogueError: it cannot be asked.
    """
    tokens = tokenise(outside.query)
    used = {token.text[1:] for token in tokens if token.kind is Kind.PARAMETER}
    known = {*params, outside.join}
    for name in used - known:
        raise _fail(file, f"${name} is neither a parameter nor the joined column")
    if outside.join not in used:
        raise _fail(file, f"${outside.join} is never used, so that the service would be asked about nothing")
    many = frozenset({outside.join, *(name for name, parameter in params.items() if parameter.many)})
    for token, message in misplaced(tokens, many):
        raise _fail(file, f"{token.text} {message}")
    depth = 0
    for token in tokens:
        depth += (token.text == "{") - (token.text == "}")
        if token.kind is Kind.WORD and depth == 0 and token.text.lower() in {"limit", "offset", "order"}:
            raise _fail(file, f"{token.text} is added when the service is asked")
    _try(outside, params, file)
    return used - {outside.join}


def _try(outside: Outside, params: Mapping[str, Parameter], file: str) -> None:
    """Ask an empty store with the examples."""
    try:
        values = read_arguments(
            params,
            {name: parameter.example for name, parameter in params.items()},
            Context(as_of=LAST_DAY),
        )
        terms: dict[str, tuple[Term, ...]] = {**values.terms, outside.join: (_EXAMPLE,)}
        text = f"{bind(tokenise(outside.query), terms)}\nLIMIT 1"
        check_read_only(text)
        found = pyoxigraph.Store().query(text)
    except (ParameterError, QueryError, SyntaxError) as error:
        raise _fail(file, str(error)) from None
    expected = [outside.join, *outside.returns]
    if not isinstance(found, pyoxigraph.QuerySolutions):
        raise _fail(file, "it is no SELECT")
    selected = [variable.value for variable in found.variables]
    if selected != expected:
        raise _fail(file, f"it selects {selected}, and has to select {expected}")


def _fail(file: str, message: str) -> CatalogueError:
    return CatalogueError(f"{file}:1: the query for the service: {message}")
