"""What a caller sends to `/sparql`, read as the SPARQL 1.1 Protocol (2013), section 2.1 says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal

from fastapi import Request
from tertius.api.errors import BadParameter, BadRequest, UnsupportedMedia
from tertius.api.forms import FORM, Pairs, body_media, decode_pairs
from tertius.api.negotiate import CSV, JSONLD, NTRIPLES, RDFXML, SPARQL_JSON, SPARQL_XML, TSV, TURTLE, Media
from tertius.ontology.namespaces import PREFIXES
from tertius.queries import Limits, MalformedQuery, check_read_only
from tertius.queries.tokens import BLANKS, Kind, Token, tokenise
from tertius.store import Dataset

Form = Literal["select", "ask", "graph"]

SELECT: Final = (SPARQL_JSON, SPARQL_XML, CSV, TSV)
ASK: Final = (SPARQL_JSON, SPARQL_XML)
GRAPH: Final = (TURTLE, NTRIPLES, RDFXML, JSONLD)

_FORMS: Final[dict[str, Form]] = {"select": "select", "ask": "ask", "construct": "graph", "describe": "graph"}
_CHANGING: Final = frozenset({"rand", "now", "uuid", "struuid", "bnode"})
_MAX_GRAPHS: Final = 100


@dataclass(frozen=True, slots=True)
class SparqlRequest:
    """One query operation.

    Attributes:
        text: The query.
        dataset: The graphs to see.
        format: Value of `format`, which overrides `Accept`.
    """

    text: str
    dataset: Dataset
    format: str | None


@dataclass(frozen=True, slots=True)
class Checked:
    """A query that may be run.

    Attributes:
        text: The query, its known prefixes declared.
        form: What kind of answer it has.
        deterministic: Whether it gives the same answer whenever it is asked of one snapshot.
    """

    text: str
    form: Form
    deterministic: bool


def from_get(request: Request) -> SparqlRequest:
    """Read a query operation by GET.

    Raises:
        BadRequest: The query is missing, repeated or not UTF-8.
        MalformedQuery: It is an update.
    """
    return _read(decode_pairs(request.scope["query_string"]))


def described_body(example: str) -> dict[str, Any]:
    """Return what the OpenAPI document says of the body that `from_post` reads.

    Args:
        example: A query to show.
    """
    fields = {"type": "object", "required": ["query"], "properties": {"query": {"type": "string"}}}
    return {
        "required": True,
        "content": {
            "application/sparql-query": {"schema": {"type": "string"}, "example": example},
            FORM: {"schema": fields, "example": {"query": example}},
        },
    }


async def from_post(request: Request) -> SparqlRequest:
    """Read a query operation by POST: a form, or the query itself with its dataset in the address.

    Raises:
        BadRequest: The query is missing, repeated, in both places, or not UTF-8.
        MalformedQuery: It is an update.
        UnsupportedMedia: The body is neither a form nor a query, or is packed.
    """
    kind = body_media(request)
    address = decode_pairs(request.scope["query_string"])
    if kind == "application/sparql-update":
        raise MalformedQuery("updates are never taken here; facts come in through `tertius load`")
    if kind == FORM:
        if any(name == "query" for name, _ in address):
            raise BadRequest("The query is in the address as well as in the body; send it once.")
        return _read(address + decode_pairs(await request.body()))
    if kind == "application/sparql-query":
        if any(name == "query" for name, _ in address):
            raise BadRequest("The query is in the address as well as in the body; send it once.")
        try:
            text = (await request.body()).decode()
        except UnicodeDecodeError as error:
            raise BadRequest(f"The query is not UTF-8: byte {error.start} cannot be read.") from None
        return _read([*address, ("query", text)])
    raise UnsupportedMedia(
        f"{kind or 'a body without a media type'} is not taken; "
        "send application/sparql-query or application/x-www-form-urlencoded"
    )


def check(text: str, limits: Limits) -> Checked:
    """Refuse what is not to be run; takes tenths of a second for the longest texts, so not on the event loop.

    Raises:
        QueryError: What `check_read_only` and `form_of` raise.
    """
    check_read_only(text, limits)
    return Checked(with_prefixes(text), form_of(text), is_deterministic(text))


def form_of(text: str) -> Form:
    """Tell what kind of answer a query has, by its first word after the prologue.

    Raises:
        MalformedQuery: There is no such word.
    """
    tokens = [token for token in tokenise(text) if token.kind not in BLANKS]
    for token in _after_prologue(tokens):
        if token.kind is Kind.WORD and token.text.lower() in _FORMS:
            return _FORMS[token.text.lower()]
        break
    raise MalformedQuery("a query begins with SELECT, ASK, CONSTRUCT or DESCRIBE, after its prefixes")


def with_prefixes(text: str) -> str:
    """Declare the known prefixes that a query uses and does not declare itself.

    The declarations go in front, on the first line, so that line numbers in messages stay right.
    """
    tokens = [token for token in tokenise(text) if token.kind not in BLANKS]
    names = {token.text.partition(":")[0] for token in tokens if token.kind is Kind.NAME}
    declared = {
        following.text.partition(":")[0]
        for token, following in pairwise(tokens)
        if token.kind is Kind.WORD and token.text.lower() == "prefix"
    }
    missing = sorted((names - declared) & PREFIXES.keys())
    return "".join(f"PREFIX {name}: <{PREFIXES[name]}> " for name in missing) + text


def offered(form: Form) -> Sequence[Media]:
    """Return the representations that an answer of this form has."""
    return {"select": SELECT, "ask": ASK, "graph": GRAPH}[form]


def is_deterministic(text: str) -> bool:
    """Tell whether a query gives the same answer whenever it is asked of one snapshot."""
    return not any(token.kind is Kind.WORD and token.text.lower() in _CHANGING for token in tokenise(text))


def _after_prologue(tokens: Sequence[Token]) -> Iterator[Token]:
    index = 0
    while index < len(tokens):
        word = tokens[index].text.lower()
        if tokens[index].kind is Kind.WORD and word in {"prefix", "base", "version"}:
            index += 3 if word == "prefix" else 2
        else:
            break
    yield from tokens[index:]


def _read(pairs: Pairs) -> SparqlRequest:
    if any(name in {"update", "using-graph-uri", "using-named-graph-uri"} for name, _ in pairs):
        raise MalformedQuery("updates are never taken here; facts come in through `tertius load`")
    queries = [value for name, value in pairs if name == "query"]
    if len(queries) != 1:
        raise BadRequest(f"There are {len(queries)} `query` parameters; send exactly one.")
    formats = [value for name, value in pairs if name == "format"]
    return SparqlRequest(queries[0], _dataset(pairs), formats[0] if formats else None)


def _dataset(pairs: Pairs) -> Dataset:
    found: dict[str, tuple[str, ...]] = {}
    for parameter in ("default-graph-uri", "named-graph-uri"):
        graphs = tuple(value for name, value in pairs if name == parameter)
        if len(graphs) > _MAX_GRAPHS:
            raise BadParameter(parameter, f"is given {len(graphs)} times; at most {_MAX_GRAPHS} are taken")
        try:
            Dataset(default_graphs=graphs)
        except ValueError as error:
            raise BadParameter(parameter, str(error)) from None
        found[parameter] = graphs
    return Dataset(default_graphs=found["default-graph-uri"], named_graphs=found["named-graph-uri"])
