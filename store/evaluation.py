"""One query evaluated and serialised in one call, with its rows and bytes counted on the way.

Runs inside query workers, so it imports pyoxigraph and little else. Result iterators never leave `evaluate`:
the engine ends the whole process when one is touched by another thread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import pyoxigraph as ox
from tertius.store.counting import COUNTERS, CapExceeded, DeadlinePassed, Sink

SOLUTION_FORMATS = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
GRAPH_FORMATS = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
    "nquads": ox.RdfFormat.N_QUADS,
}


class Unrepresentable(Exception):
    """The answer exists but the format asked for cannot hold it."""


EVALUATION_ERRORS = (
    SyntaxError,
    OSError,
    RuntimeError,
    ValueError,
    MemoryError,
    CapExceeded,
    DeadlinePassed,
    Unrepresentable,
)


class Question(NamedTuple):
    """What `evaluate` is asked: a query with its formats, dataset and caps.

    Attributes:
        text: the query.
        solutions: a key of `SOLUTION_FORMATS`.
        graph: a key of `GRAPH_FORMATS`.
        default_graphs: IRIs merged into the default graph.
        named_graphs: IRIs that `GRAPH` reaches; both empty: the union of everything, or the query's own FROM.
        rows: most solutions or triples.
        bytes: most bytes in the serialised answer.
    """

    text: str
    solutions: str
    graph: str
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    rows: int
    bytes: int


class Result(NamedTuple):
    """What `evaluate` gives: the kind of answer, the format it was written in, and the answer."""

    form: str
    format: str
    body: bytes
    rows: int


def evaluate(
    store: ox.Store,
    question: Question,
    *,
    prefixes: Mapping[str, str] | None = None,
    deadline: float | None = None,
) -> Result:
    """Evaluate one query and serialise its whole answer.

    Args:
        store: the store to ask.
        question: the query, its formats, dataset and caps.
        prefixes: prefix to namespace: known in the query without declaring them, and used where the
            graph format has prefixes. A query's own declarations come before them.
        deadline: moment on the monotonic clock after which no more is written. It stops queries that
            stream; one that sorts or counts is only noticed at its end.

    Raises:
        SyntaxError: the text is not a query.
        CapExceeded: the answer passes a cap.
        DeadlinePassed: the deadline passed while writing.
        Unrepresentable: the format cannot hold the answer.
        OSError, RuntimeError, ValueError, MemoryError: as the engine raises them.
    """
    known = dict(prefixes or {})
    try:
        return write(_ask(store, question, known), question, prefixes=known, deadline=deadline)
    except BaseException as error:
        forget_frames(error)
        raise


def forget_frames(error: BaseException | None) -> None:
    """Let go of what the frames of an exception and of its causes hold.

    The engine's readers may not be let go by another thread, as a collector run there would do with them.
    """
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


def write(
    results: ox.QuerySolutions | ox.QueryBoolean | Iterable[ox.Triple],
    question: Question,
    *,
    prefixes: Mapping[str, str],
    deadline: float | None = None,
) -> Result:
    """Serialise a whole answer in the format asked for, within the caps.

    Args:
        results: solutions, a boolean, or the triples of a graph.
        question: the formats and caps.
        prefixes: used where the graph format has prefixes.
        deadline: as in `evaluate`.

    Raises:
        CapExceeded: the answer passes a cap.
        DeadlinePassed: the deadline passed while writing.
        Unrepresentable: the format cannot hold the answer.
    """
    if not isinstance(results, ox.QuerySolutions | ox.QueryBoolean):
        return _graph(results, question, dict(prefixes), deadline)
    sink = Sink(question.bytes, deadline)
    kind = question.solutions
    if isinstance(results, ox.QueryBoolean):
        if kind not in {"json", "xml"}:
            raise Unrepresentable(
                f"the answer to an ASK is a boolean, which {kind} cannot hold; ask for json or xml"
            )
        results.serialize(sink.file, SOLUTION_FORMATS[kind])
        return Result("ask", kind, bytes(sink.data), 1)
    sink.counter = counter = COUNTERS[kind](question.rows, sink.data)
    results.serialize(sink.file, SOLUTION_FORMATS[kind])
    body = _checked_xml(sink, question.bytes) if kind == "xml" else bytes(sink.data)
    return Result("select", kind, body, counter.total())


def _ask(
    store: ox.Store, question: Question, prefixes: dict[str, str]
) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
    if question.default_graphs or question.named_graphs:
        return store.query(
            question.text,
            prefixes=prefixes,
            default_graph=[ox.NamedNode(iri) for iri in question.default_graphs],
            named_graphs=[ox.NamedNode(iri) for iri in question.named_graphs],
        )
    # The engine lets "union of everything" override FROM, where a client means the opposite.
    return store.query(
        question.text, prefixes=prefixes, use_default_graph_as_union=not has_dataset_clause(question.text)
    )


TOKEN = re.compile(
    r"""
      \#[^\n\r]*
    | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
    | \"{3}(?:[^"\\]|\\.|"(?!""))*\"{3} | '{3}(?:[^'\\]|\\.|'(?!''))*'{3}
    | "(?:[^"\\\n\r]|\\.)*" | '(?:[^'\\\n\r]|\\.)*'
    | [?$]\w+ | @[A-Za-z][A-Za-z0-9-]*
    | (?P<name>[\w.-]*:(?:[\w.:-]|%[0-9A-Fa-f]{2}|\\.)*)
    | (?P<word>\w+)
    | .
    """,
    re.VERBOSE | re.DOTALL,
)


def has_dataset_clause(text: str) -> bool:
    """Tell whether a query names its own graphs with FROM or FROM NAMED.

    Args:
        text: a SPARQL query; its strings, IRIs, comments, variables and prefixed names are not keywords.
    """
    if "from" not in text.lower():
        return False
    return any((match["word"] or "").lower() == "from" for match in TOKEN.finditer(text))


# XML 1.0 (5th edition), productions 2 (Char), 4 and 4a (names); an element's name must be one.
_NOT_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
_NAME_START = (
    "A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_LOCAL_NAME = re.compile(rf"[{_NAME_START}][{_NAME_START}0-9.\u00b7\u0300-\u036f\u203f\u2040-]*$")


def _checked_xml(sink: Sink, cap: int) -> bytes:
    """Refuse characters XML cannot hold, and keep carriage returns, which XML parsers would drop."""
    if _NOT_XML.search(sink.data):
        raise Unrepresentable(
            "the answer has control characters, which XML cannot hold; ask for json or turtle"
        )
    body = bytes(sink.data.replace(b"\r", b"&#13;"))
    if len(body) > cap:
        raise CapExceeded("bytes", cap)
    return body


def _graph(
    triples: Iterable[ox.Triple], question: Question, prefixes: dict[str, str], deadline: float | None
) -> Result:
    counted = _CountedTriples(triples, question.rows)
    kind = question.graph
    source: Iterable[ox.Triple] = _named_properties(counted) if kind == "rdfxml" else counted
    sink = Sink(question.bytes, deadline)
    ox.serialize(source, sink.file, GRAPH_FORMATS[kind], prefixes=prefixes)
    body = _checked_xml(sink, question.bytes) if kind == "rdfxml" else bytes(sink.data)
    return Result("graph", kind, body, counted.count)


class _CountedTriples:
    def __init__(self, triples: Iterable[ox.Triple], cap: int) -> None:
        self.count = 0
        self._triples = triples
        self._cap = cap

    def __iter__(self) -> Iterator[ox.Triple]:
        for triple in self._triples:
            self.count += 1
            if self.count > self._cap:
                raise CapExceeded("rows", self._cap)
            yield triple


def _named_properties(triples: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
    known: set[str] = set()
    for triple in triples:
        iri = triple.predicate.value
        if iri not in known:
            if not _LOCAL_NAME.search(iri):
                raise Unrepresentable(
                    f"RDF/XML cannot write <{iri}>: no XML name ends that property; ask for turtle"
                )
            known.add(iri)
        yield triple
