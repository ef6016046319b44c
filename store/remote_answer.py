"""What a SPARQL service sends, read whole and checked, and written again in the format that was asked for.

A service is not believed: its media type, its length and its syntax are checked, whatever says that the
answer is not all of it makes it an error, and what a caller gets is written by our own serialiser.
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator, Mapping
from typing import IO, Final, cast

import pyoxigraph as ox
from tertius.store.errors import AnswerBroken, ResultTooLarge, StoreError
from tertius.store.evaluation import Question, Result, forget_frames, write
from tertius.store.remote_text import Prepared

SOLUTIONS: Final = "application/sparql-results+json"
TRIPLES: Final = "application/n-triples, text/turtle;q=0.8"

_CHUNK: Final = 65_536
# An answer in JSON or N-Triples is longer than the same in CSV or Turtle, but not without end.
_LONGER: Final = 64
_LEAST: Final = 2**20
_BOOLEAN: Final = 65_536
_JSON: Final = frozenset({SOLUTIONS, "application/json"})
_GRAPHS: Final = {
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "text/plain": ox.RdfFormat.N_TRIPLES,
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/x-turtle": ox.RdfFormat.TURTLE,
}
# Virtuoso names blank nodes by what is no blank node's name. Inside a string its quotes would be escaped.
_NODE_ID: Final = re.compile(rb'("type": ?"bnode", ?"value": ?")nodeID://')
_NODE_ID_LENGTH: Final = 64
# Virtuoso answers an ASK asked for in JSON with a table of one cell.
_ASK_CELL: Final = "__ASK_RETVAL"


def read_answer(
    response: http.client.HTTPResponse,
    prepared: Prepared,
    question: Question,
    *,
    prefixes: Mapping[str, str],
    deadline: float,
) -> Result:
    """Read an answer and write it in the format asked for.

    Args:
        response: the answer, its body unread.
        prepared: the query it answers.
        question: formats and caps.
        prefixes: used where the graph format has prefixes.
        deadline: moment on the monotonic clock after which no more is written.

    Raises:
        AnswerBroken: it was cut, is incomplete by its own account, or is not what its media type says.
        CapExceeded, DeadlinePassed, Unrepresentable: as writing an answer raises them.
        OSError, http.client.HTTPException: the connection broke.
        ResultTooLarge: the service gave no more rows than it gives to anybody.
    """
    _check_head(response)
    body = _Body(response, max(_LEAST, _LONGER * question.bytes))
    try:
        result = _read(body, prepared, question, prefixes=prefixes, deadline=deadline)
        body.finish()
    except BaseException as error:
        forget_frames(error)
        forget_frames(body.failure)
        if isinstance(error, SyntaxError | ValueError | LookupError | OSError | http.client.HTTPException):
            raise _as_broken(body, error) from error
        raise error.with_traceback(None) from error.__cause__
    most = response.headers.get("X-SPARQL-MaxRows", "")
    if most.isdigit() and result.rows >= int(most):
        raise ResultTooLarge("rows", int(most))
    return result


def _read(
    body: _Body, prepared: Prepared, question: Question, *, prefixes: Mapping[str, str], deadline: float
) -> Result:
    if prepared.is_graph:
        return write(_triples(body), question, prefixes=prefixes, deadline=deadline)
    if body.media_type not in _JSON:
        raise AnswerBroken(f"solutions came as {body.media_type}")
    if prepared.form == "ask":
        return write(_boolean(body), question, prefixes=prefixes, deadline=deadline)
    results = ox.parse_query_results(cast("IO[bytes]", body), format=ox.QueryResultsFormat.JSON)
    if not isinstance(results, ox.QuerySolutions):
        raise AnswerBroken("a SELECT was answered with a boolean")
    return write(results, question, prefixes=prefixes, deadline=deadline)


def _as_broken(body: _Body, error: Exception) -> Exception:
    """Tell an answer that is wrong from a connection that broke."""
    if body.failure is not None:
        return body.failure
    if isinstance(error, OSError | http.client.HTTPException):
        return error
    return AnswerBroken(f"{type(error).__name__}: {error}")


def _check_head(response: http.client.HTTPResponse) -> None:
    state = response.headers.get("X-SQL-State")
    if state is not None:
        raise AnswerBroken(f"the service calls its answer incomplete ({state[:10]})")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise AnswerBroken("the answer is compressed, which was not asked for")


def _triples(body: _Body) -> Iterator[ox.Triple]:
    form = _GRAPHS.get(body.media_type)
    if form is None:
        raise AnswerBroken(f"triples came as {body.media_type}")
    if not body.framed:
        raise AnswerBroken("the answer does not say where it ends, so that it might have been cut")
    for quad in ox.parse(cast("IO[bytes]", body), format=form):
        yield quad.triple


def _boolean(body: _Body) -> ox.QueryBoolean:
    body.limit(_BOOLEAN)
    found = json.loads(b"".join(iter(lambda: body.read(_CHUNK), b"")))
    value = found.get("boolean") if isinstance(found, dict) else None
    if isinstance(found, dict) and found.get("head", {}).get("vars") == [_ASK_CELL]:
        cells = found["results"]["bindings"]
        value = bool(cells) and cells[0][_ASK_CELL]["value"] in {"1", "true"}
    if not isinstance(value, bool):
        raise AnswerBroken("an ASK was answered with something else than a boolean")
    written = json.dumps({"head": {}, "boolean": value}).encode()
    return cast("ox.QueryBoolean", ox.parse_query_results(written, format=ox.QueryResultsFormat.JSON))


class _Body:
    """The body of an answer as a file that the parser reads.

    Attributes:
        failure: what went wrong while reading: the parser may hide it behind an error of its own.
        media_type: what the answer says it is.
        framed: whether the answer says where it ends.
    """

    def __init__(self, response: http.client.HTTPResponse, most: int) -> None:
        self.failure: StoreError | None = None
        self.media_type = response.headers.get_content_type()
        self.framed = response.chunked or response.length is not None
        self._response = response
        self._left = most
        self._ended = False
        self._held = b""
        self._ready = b""
        self._renames = "Virtuoso" in response.headers.get("Server", "")

    def limit(self, most: int) -> None:
        """Lower the number of bytes that may still come."""
        self._left = min(self._left, most)

    def read(self, size: int = -1) -> bytes:
        """Return up to so many bytes; nothing at the end."""
        while not self._ready and not self._ended:
            self._fetch()
        size = len(self._ready) if size < 0 else size
        part, self._ready = self._ready[:size], self._ready[size:]
        return part

    def finish(self) -> None:
        """See that nothing but blanks follows, to the very end."""
        while rest := self.read(_CHUNK):
            if rest.strip():
                raise AnswerBroken("something follows the answer")

    def _fetch(self) -> None:
        try:
            data = self._response.read1(_CHUNK)
        except http.client.IncompleteRead as error:
            raise self._failed("the answer was cut") from error
        self._left -= len(data)
        if self._left < 0:
            raise self._failed("the answer goes on and on")
        if not data:
            self._ended = True
            if self._response.length:
                raise self._failed(f"the answer was cut {self._response.length} bytes before its end")
        if not self._renames:
            self._ready = data
            return
        whole = _NODE_ID.sub(rb"\1", self._held + data)
        keep = len(whole) if self._ended else max(0, len(whole) - _NODE_ID_LENGTH)
        self._ready, self._held = whole[:keep], whole[keep:]

    def _failed(self, detail: str) -> StoreError:
        self.failure = AnswerBroken(detail)
        return self.failure
