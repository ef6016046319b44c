"""The `Store` protocol and the values that pass through it.

A store answers SPARQL queries and nothing else: whoever holds one cannot change a fact. Answers are whole
byte strings in a format the caller chose, together with the snapshot they came from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol, runtime_checkable

from tertius.store.errors import RefusedQuery


class Lane(StrEnum):
    """Separate workers for separate callers, so that one kind of traffic cannot starve the other."""

    REST = "rest"
    SPARQL = "sparql"


class ResultFormat(StrEnum):
    """Serialisations of an answer: four for solutions and booleans, five for graphs."""

    JSON = "json"
    XML = "xml"
    CSV = "csv"
    TSV = "tsv"
    TURTLE = "turtle"
    NTRIPLES = "ntriples"
    RDFXML = "rdfxml"
    JSONLD = "jsonld"
    NQUADS = "nquads"

    @property
    def media_type(self) -> str:
        """The media type of an answer in this format, with its charset where the type has one."""
        return _MEDIA_TYPES[self]

    @property
    def is_graph(self) -> bool:
        """Whether the format holds triples (CONSTRUCT, DESCRIBE) rather than solutions or a boolean."""
        return self not in _SOLUTION_FORMATS

    @property
    def holds_boolean(self) -> bool:
        """Whether the answer of an ASK query has a standard form in this format (JSON and XML have one)."""
        return self in {ResultFormat.JSON, ResultFormat.XML}


_MEDIA_TYPES = {
    ResultFormat.JSON: "application/sparql-results+json",
    ResultFormat.XML: "application/sparql-results+xml",
    ResultFormat.CSV: "text/csv; charset=utf-8",
    ResultFormat.TSV: "text/tab-separated-values; charset=utf-8",
    ResultFormat.TURTLE: "text/turtle; charset=utf-8",
    ResultFormat.NTRIPLES: "application/n-triples",
    ResultFormat.RDFXML: "application/rdf+xml",
    ResultFormat.JSONLD: "application/ld+json",
    ResultFormat.NQUADS: "application/n-quads",
}
_SOLUTION_FORMATS = frozenset({ResultFormat.JSON, ResultFormat.XML, ResultFormat.CSV, ResultFormat.TSV})


@dataclass(frozen=True, slots=True)
class Budget:
    """What one query may use.

    Attributes:
        seconds: wall-clock time from the call to the answer, greater than 0.
        rows: solutions or triples in the answer, 0 or more.
        bytes: length of the serialised answer, 1 or more.
    """

    seconds: float
    rows: int
    bytes: int

    def __post_init__(self) -> None:
        if not self.seconds > 0 or self.rows < 0 or self.bytes < 1:
            raise ValueError(f"a budget needs seconds > 0, rows >= 0 and bytes >= 1, not {self}")


_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*")


@dataclass(frozen=True, slots=True)
class Dataset:
    """The graphs a query sees, as the SPARQL 1.1 Protocol lets a client say.

    Attributes:
        default_graphs: IRIs of the graphs whose union is the default graph. Empty together with
            `named_graphs`: the union of all graphs, or what the query's own FROM clauses say.
        named_graphs: IRIs of the graphs that `GRAPH` may reach. Empty beside some `default_graphs`: none.

    Raises:
        ValueError: one of the names is not an absolute IRI.
    """

    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in (*self.default_graphs, *self.named_graphs):
            if not _IRI.fullmatch(name):
                raise ValueError(f"{name!r} is not an absolute IRI and cannot name a graph")

    def __bool__(self) -> bool:
        return bool(self.default_graphs or self.named_graphs)


WHOLE_DATASET = Dataset()
AnswerForm = Literal["select", "ask", "graph"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer.

    Attributes:
        form: what kind of query was answered; CONSTRUCT and DESCRIBE give a `"graph"`.
        media_type: media type of `body`.
        body: the serialised answer.
        rows: solutions of a SELECT, triples of a graph, 1 for an ASK.
        snapshot: number of the snapshot that was asked, `None` where the store has no snapshots.
        seconds: time from the call to the answer.
    """

    form: AnswerForm
    media_type: str
    body: bytes
    rows: int
    snapshot: int | None
    seconds: float


@runtime_checkable
class Store(Protocol):
    """Something that answers SPARQL queries; safe to share between threads."""

    def query(
        self,
        text: str,
        *,
        solutions: ResultFormat = ResultFormat.JSON,
        graph: ResultFormat = ResultFormat.TURTLE,
        dataset: Dataset = WHOLE_DATASET,
        budget: Budget,
        lane: Lane = Lane.REST,
        snapshot: int | None = None,
        client: str = "",
    ) -> Answer:
        """Answer one query.

        Args:
            text: a SPARQL 1.1 query; updates are syntax errors here.
            solutions: format of the answer to a SELECT or ASK.
            graph: format of the answer to a CONSTRUCT or DESCRIBE.
            dataset: the graphs to see; overrides the query's own FROM clauses unless empty.
            budget: time, rows and bytes the query may use.
            lane: whose workers answer, where the store has lanes.
            snapshot: number of the snapshot to ask; `None` means the current one.
            client: for whom, by any name (for queries of our own: which); where the store has workers they go
                round between these.

        Raises:
            QuerySyntaxError: the text is not a query.
            RefusedQuery: a format does not fit (a graph format for solutions, CSV or TSV for a boolean).
            QueryFailed: the query cannot be evaluated.
            QueryTimeout: `budget.seconds` passed.
            ResultTooLarge: the answer passes `budget.rows` or `budget.bytes`.
            OutOfMemory: the query needed more memory than it may have.
            WorkerCrashed: the query ended the process that evaluated it.
            StoreBusy: no worker of the lane was free in time.
            StoreUnavailable: there is no snapshot yet, or the store is closed.
            SnapshotGone: the snapshot asked for is not kept.
        """
        ...

    def close(self) -> None:
        """Give back everything held; later queries raise `StoreUnavailable`. May be called again."""
        ...


def check_formats(solutions: ResultFormat, graph: ResultFormat) -> None:
    """Refuse formats that cannot hold what they are asked to hold.

    Args:
        solutions: the format wanted for solutions and booleans.
        graph: the format wanted for triples.

    Raises:
        RefusedQuery: one of them is of the other kind.
    """
    if solutions.is_graph:
        raise RefusedQuery(f"{solutions} holds triples; solutions come as json, xml, csv or tsv")
    if not graph.is_graph:
        raise RefusedQuery(
            f"{graph} holds solutions; graphs come as turtle, ntriples, rdfxml, jsonld or nquads"
        )
