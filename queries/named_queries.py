"""The catalogue: named queries as files, checked when it is loaded.

A file `catalogue/<topic>/<name>.rq` is a SPARQL SELECT query with a header. It holds its own PREFIX lines, so
that it pastes into any editor, and no LIMIT, OFFSET or ORDER BY of its own outside sub-selects: paging is the
runner's.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

import pyoxigraph
from tertius.ontology.namespaces import DEFAULT_BASE, PREFIXES
from tertius.queries.binding import bind, misplaced
from tertius.queries.errors import CatalogueError, ParameterError, QueryError, UnknownQuery
from tertius.queries.guard import check_read_only
from tertius.queries.header import MARK, Column, Header, read_header
from tertius.queries.outside_lint import lint_outside
from tertius.queries.params import LAST_DAY, Argument, Context, Parameter, Values, read_arguments
from tertius.queries.tokens import BLANKS, Kind, Token, join, place, tokenise

EXAMPLE_CONTEXT: Final = Context(as_of=LAST_DAY)
"""What the examples are read against where there is no snapshot."""


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """One query of the catalogue.

    Attributes:
        name: what callers use; unique in the catalogue.
        topic: the folder it lies in.
        header: what it says about itself.
        text: its SPARQL, header left out, parameters written `$name`.
        prologue: its PREFIX lines.
        body: the tokens after the prologue.
    """

    name: str
    topic: str
    header: Header
    text: str
    prologue: str
    body: tuple[Token, ...]

    @property
    def params(self) -> Mapping[str, Parameter]:
        """Its parameters by name."""
        return self.header.params

    @property
    def columns(self) -> Mapping[str, Column]:
        """The columns of its answer, in order."""
        return self.header.returns

    @property
    def answer_columns(self) -> Mapping[str, Column]:
        """The same with those that a service outside adds, and those that mark them."""
        outside = self.header.service
        if outside is None:
            return self.columns
        from tertius.queries.outside import MARKS  # noqa: PLC0415 - most queries never ask anybody outside

        return {**self.columns, **outside.returns, **MARKS}

    @property
    def examples(self) -> dict[str, Argument]:
        """The example of every parameter: arguments it can be run with."""
        return {name: parameter.example for name, parameter in self.params.items()}

    def read(self, arguments: Mapping[str, Argument], context: Context) -> Values:
        """Read arguments against the declared parameters.

        Raises:
            ParameterError: one is unknown, missing or does not fit.
        """
        return read_arguments(self.params, arguments, context)

    def bound(self, values: Values) -> str:
        """Return the query without its prologue, parameters replaced by terms."""
        return bind(self.body, values.terms)

    def example_text(self, context: Context = EXAMPLE_CONTEXT) -> str:
        """Return the whole query with its examples filled in, ready for any SPARQL editor."""
        return self.prologue + self.bound(self.read(self.examples, context))


class Catalogue(Mapping[str, NamedQuery]):
    """The named queries, in order of topic and name."""

    def __init__(self, queries: Mapping[str, NamedQuery]) -> None:
        self._queries = dict(queries)

    def __getitem__(self, name: str) -> NamedQuery:
        return self._queries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._queries)

    def __len__(self) -> int:
        return len(self._queries)

    def find(self, name: str) -> NamedQuery:
        """Return a query by name.

        Raises:
            UnknownQuery: there is none; the message offers names that look alike.
        """
        query = self._queries.get(name)
        if query is None:
            raise UnknownQuery(name[:100], difflib.get_close_matches(name[:100], self._queries, n=3))
        return query


def load_catalogue(directory: Traversable | None = None, *, base: str = DEFAULT_BASE) -> Catalogue:
    """Read and check every query of a directory.

    Args:
        directory: folder of topic folders with `.rq` files; the shipped catalogue when left out.
        base: base of the individuals' IRIs, for checking the examples.

    Raises:
        CatalogueError: a file is wrong; the message lists every problem, each with `file:line`.
    """
    root = directory if directory is not None else resources.files("tertius.queries").joinpath("catalogue")
    queries: dict[str, NamedQuery] = {}
    problems: list[str] = []
    for topic, file in _query_files(root):
        name = file.name.removesuffix(".rq")
        try:
            query = read_query(file.read_text("utf-8"), topic, name, base=base)
        except CatalogueError as error:
            problems.append(str(error))
            continue
        if name in queries:
            problems.append(f"{topic}/{file.name}:1: {queries[name].topic} has a query of this name")
        queries[name] = query
    if problems:
        raise CatalogueError("\n".join(problems))
    return Catalogue(queries)


def _query_files(root: Traversable) -> Iterator[tuple[str, Traversable]]:
    for topic in sorted((entry for entry in root.iterdir() if entry.is_dir()), key=lambda entry: entry.name):
        for file in sorted(topic.iterdir(), key=lambda entry: entry.name):
            if file.name.endswith(".rq"):
                yield topic.name, file


def read_query(text: str, topic: str, name: str, *, base: str = DEFAULT_BASE) -> NamedQuery:
    """Read and check one query.

    Args:
        text: the file, header included.
        topic: the folder it lies in.
        name: the file's name without `.rq`.
        base: base of the individuals' IRIs.

    Raises:
        CatalogueError: something is wrong; the message begins with `file:line`.
    """
    file = f"{topic}/{name}.rq"
    header = read_header(text, file)
    tokens = tokenise(text)
    body_start = _lint_prologue(text, tokens, file)
    query = NamedQuery(
        name=name,
        topic=topic,
        header=header,
        text="".join(line for line in text.splitlines(keepends=True) if not line.startswith(MARK)).strip()
        + "\n",
        prologue="".join(
            f"{join([token])}" for token in tokens[:body_start] if token.kind is not Kind.COMMENT
        ).lstrip(),
        body=tuple(tokens[body_start:]),
    )
    _lint_parameters(text, query, file)
    _lint_modifiers(text, query, file)
    _lint_evaluation(query, file, base)
    return query


def _fail(text: str, file: str, token: Token, message: str) -> CatalogueError:
    return CatalogueError(f"{file}:{place(text, token.start)[0]}: {message}")


def _lint_prologue(text: str, tokens: list[Token], file: str) -> int:
    """Check the PREFIX lines; return the index of the first token after them."""
    significant = [index for index, token in enumerate(tokens) if token.kind not in BLANKS]
    position = 0
    while position + 2 < len(significant) and tokens[significant[position]].text.upper() == "PREFIX":
        prefix, iri = (tokens[significant[position + step]] for step in (1, 2))
        known = PREFIXES.get(prefix.text.removesuffix(":"))
        if known is None or iri.text != f"<{known}>":
            raise _fail(text, file, prefix, f"{prefix.text} {iri.text} is not one of the ontology's prefixes")
        position += 3
    if position >= len(significant) or tokens[significant[position]].text.upper() != "SELECT":
        raise CatalogueError(f"{file}:1: a named query is a SELECT query, after its PREFIX lines")
    return significant[position]


def _lint_parameters(text: str, query: NamedQuery, file: str) -> None:
    used: set[str] = set()
    for token in query.body:
        if token.kind is Kind.PARAMETER:
            used.add(token.text[1:])
            if token.text[1:] not in query.params:
                raise _fail(text, file, token, f"{token.text} is not declared in the header")
    if query.header.service is not None:
        used |= lint_outside(query.header.service, query.params, file)
    for name in query.params:
        if name not in used:
            raise CatalogueError(f"{file}:1: the parameter {name} is declared and never used")
    many = frozenset(name for name, parameter in query.params.items() if parameter.many)
    for token, message in misplaced(query.body, many):
        raise _fail(text, file, token, f"{token.text} {message}")


def _lint_modifiers(text: str, query: NamedQuery, file: str) -> None:
    """Refuse what the runner adds, outside sub-selects."""
    depth = 0
    for token in query.body:
        if token.kind is Kind.PUNCTUATION:
            depth += (token.text == "{") - (token.text == "}")
        elif token.kind is Kind.WORD and depth == 0 and token.text.lower() in {"limit", "offset", "order"}:
            raise _fail(text, file, token, f"{token.text} is added by the runner and not written in the file")


def _lint_evaluation(query: NamedQuery, file: str, base: str) -> None:
    """Bind the examples and try the query, as the runner sends it, on an empty store."""
    from tertius.queries.paging import page_query  # noqa: PLC0415 - paging needs NamedQuery

    context = Context(base=base, as_of=LAST_DAY)
    try:
        values = query.read(query.examples, context)
        check_read_only(query.prologue + query.bound(values))
        solutions = pyoxigraph.Store().query(query.prologue + query.bound(values))
        pyoxigraph.Store().query(page_query(query, values, limit=1, after=None))
    except ParameterError as error:
        raise CatalogueError(f"{file}:1: the example of {error}") from None
    except (QueryError, SyntaxError) as error:
        raise CatalogueError(f"{file}:1: {error}") from None
    if not isinstance(solutions, pyoxigraph.QuerySolutions):
        raise CatalogueError(f"{file}:1: a named query is a SELECT query")
    returned = [variable.value for variable in solutions.variables]
    if returned != list(query.columns):
        raise CatalogueError(
            f"{file}:1: the query selects {returned}, the header returns {list(query.columns)}"
        )
