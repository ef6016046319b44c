"""One request being answered: representation, snapshot and tag first, then the work, then the reply."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from importlib.metadata import version
from types import MappingProxyType, UnionType
from typing import Any, Final, Generic, TypeVar

from fastapi import FastAPI, Request
from starlette.responses import Response, StreamingResponse
from tertius.api import etag, paging
from tertius.api.graph import Graph
from tertius.api.middleware import own_path, public_path
from tertius.api.models import Envelope, Meta
from tertius.api.negotiate import CSV, JSON, Media, choose
from tertius.api.parameters import ListParameters, NetworkFields, Parameters
from tertius.api.services import Services, View
from tertius.api.spool import spool
from tertius.queries.network import Network, NetworkParameters

P = TypeVar("P", bound=Parameters)

VERSION: Final = version("tertius")
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet run a cell as a formula."""


class NotModified(Exception):
    """The caller already has this answer."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__("not modified")
        self.headers = dict(headers)


class Exchange(Generic[P]):
    """What a handler needs for one answer.

    Making one chooses the representation, picks the snapshot, reads the cursor, and ends the request where
    the caller already has the answer; no query has run by then.

    Args:
        request: The request.
        parameters: Its query parameters, read and checked.
        offered: Representations, the preferred one first.
        asked: What the answer depends on beside path and parameters.
        snapshot: Number of the snapshot to ask where something else than the cursor decides it.

    Attributes:
        parameters: The query parameters.
        view: The snapshot that answers.
        media: The representation chosen.
        after: Where a list goes on, `None` on the first page.

    Raises:
        NotAcceptable: No representation fits.
        BadParameter: The cursor cannot be used.
        SnapshotGone: The cursor's snapshot is no longer kept.
        NotReady: There is no snapshot.
        NotModified: The caller has this answer already.
    """

    def __init__(
        self,
        request: Request,
        parameters: P,
        offered: Sequence[Media] = (JSON,),
        *,
        asked: Mapping[str, Any] = NOTHING,
        snapshot: int | None = None,
    ) -> None:
        self.request = request
        self.parameters = parameters
        self.media = choose(request.headers.get("accept"), parameters.format, offered)
        self.services: Services = request.app.state.services
        self.after: paging.Position | None = None
        filled = {**parameters.model_dump(mode="json"), **asked}
        self._digest = paging.digest(own_path(request.scope), filled)
        number = snapshot
        if isinstance(parameters, ListParameters) and parameters.cursor is not None:
            cursor = paging.decode(parameters.cursor, request=self._digest)
            number, self.after = cursor.snapshot, cursor.position
        self.view: View = self.services.view(number)
        self._gzip = accepts_gzip(request.headers.get("accept-encoding", ""))
        self._tag = etag.entity_tag(
            snapshot=str(self.view.snapshot.manifest.uuid),
            software=VERSION,
            media_type=self.media.type,
            route=own_path(request.scope),
            parameters=filled,
        )
        if etag.matches(request.headers.get("if-none-match"), self._tag):
            raise NotModified(self._caching())

    def network(self) -> Network:
        """Return the network that the parameters ask for, derived where it is not the default one.

        Raises:
            ParameterError: A parameter is out of range or names nothing.
            DerivationTimeoutError: Deriving took too long.
            LaneBusyError: Too much is being derived already.
        """
        return self.services.network(self.view, self._resolved(), client_of(self.request))

    def graph(self) -> Graph:
        """Return the snapshot's graph."""
        return Graph(self.services.store, self.view.snapshot.number, self.services.rest_budget)

    def position(self, *kinds: type | UnionType) -> Any:
        """Return where a list goes on, `None` on the first page.

        Args:
            kinds: Types of the position's values.

        Raises:
            BadParameter: The cursor holds something else.
        """
        if self.after is not None and not paging.fits(self.after, kinds):
            raise paging.unreadable()
        return self.after

    @property
    def offset(self) -> int:
        """Rows before this page, in a list that is the same for every page of one snapshot.

        Raises:
            BadParameter: The cursor holds something else.
        """
        position = self.position(int)
        return position[0] if position else 0

    def following(self, offset: int | None) -> str | None:
        """Return the path of the page that starts at an offset; `None` at the end."""
        return self.next_page(None if offset is None else (offset,))

    def next_page(self, position: Sequence[paging.PositionValue] | None) -> str | None:
        """Return the path of the next page, which starts after a position; `None` at the end."""
        if position is None:
            return None
        return self.continued(
            paging.Cursor(self.view.snapshot.number, tuple(position), self._digest).encode()
        )

    def continued(self, cursor: str | None) -> str | None:
        """Return the path of the page that a cursor leads to; `None` without one."""
        if cursor is None:
            return None
        given: dict[str, Any] = {}
        for name, value in self.request.query_params.multi_items():
            given.setdefault(name, []).append(value)
        return paging.next_path(public_path(self.request.scope), given, cursor)

    def meta(self, *, next_page: str | None = None, note: str | None = None) -> Meta:
        """Say where the answer comes from."""
        fields: dict[str, Any] = {"as_of": self.view.as_of, "window": None, "weight": None}
        given: object = self.parameters
        if isinstance(given, NetworkFields):
            fields = {**self._resolved().as_json(), "partition": given.partition}
        return Meta(snapshot=self.view.snapshot.number, next=next_page, note=note, **fields)

    def json(self, data: object, *, next_page: str | None = None, note: str | None = None) -> Response:
        """Answer in JSON, in the envelope.

        Args:
            data: A model, or a list of models.
            next_page: Path of the next page.
            note: Something to know before using the numbers.
        """
        meta = self.meta(next_page=next_page, note=note)
        body = Envelope[Any](data=data, meta=meta).model_dump_json(serialize_as_any=True)
        return self.reply(body.encode(), meta)

    def csv(
        self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, next_page: str | None = None
    ) -> Response:
        """Answer in CSV; text that a spreadsheet would run as a formula gets an apostrophe before it."""
        return self.reply(write_csv(columns, rows), self.meta(next_page=next_page))

    def rows(
        self,
        rows: Sequence[Any],
        flat: Callable[[Any], Mapping[str, object]],
        columns: Sequence[str],
        *,
        next_page: str | None = None,
    ) -> Response:
        """Answer a list in the representation chosen, JSON or CSV.

        Args:
            rows: Models.
            flat: Makes one CSV record of a model.
            columns: The record's columns, in order.
            next_page: Path of the next page.
        """
        if self.media is CSV:
            table = ([record[column] for column in columns] for record in map(flat, rows))
            return self.csv(columns, table, next_page=next_page)
        return self.json(list(rows), next_page=next_page)

    def reply(
        self, body: bytes, meta: Meta | None = None, *, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Answer with bytes in the representation chosen."""
        said = {**self._caching(), **provenance(meta or self.meta()), **(headers or {})}
        if self._gzip and body:
            body = gzip.compress(body, compresslevel=4, mtime=0)
            said["Content-Encoding"] = "gzip"
        return Response(body, headers={**said, "Content-Type": self.media.header})

    def file(self, pieces: Iterable[bytes], *, headers: Mapping[str, str] | None = None) -> Response:
        """Answer with a file too long to hold in memory, in the representation chosen.

        It is written to disk first: by the time that a status is sent, nothing can go wrong any more.
        """
        said = {**self._caching(), **provenance(self.meta()), **(headers or {})}
        if self._gzip:
            said["Content-Encoding"] = "gzip"
        written = spool(pieces, packed=self._gzip)
        said |= {"Content-Type": self.media.header, "Content-Length": str(written.size)}
        return StreamingResponse(written.chunks(), headers=said)

    def _resolved(self) -> NetworkParameters:
        given: object = self.parameters
        wanted = given.network() if isinstance(given, NetworkFields) else NetworkParameters()
        return wanted.resolved(self.view.as_of)

    def _caching(self) -> dict[str, str]:
        tag = f'W/"{self._tag}"' if self._gzip else f'"{self._tag}"'
        return {"ETag": tag, "Vary": "Accept, Accept-Encoding", "Cache-Control": "no-cache"}


def provenance(meta: Meta) -> dict[str, str]:
    """Write an answer's provenance as `Tertius-*` headers and the next page as a `Link`."""
    named = {
        "Tertius-Snapshot": meta.snapshot,
        "Tertius-As-Of": meta.as_of,
        "Tertius-Window": meta.window,
        "Tertius-Weight": meta.weight,
        "Tertius-Max-Partners": meta.max_partners,
        "Tertius-Exclude": ",".join(meta.exclude) if meta.exclude else None,
        "Tertius-Assumed-Years": meta.assumed_years,
        "Tertius-Partition": meta.partition,
        "Tertius-Next": meta.next,
    }
    headers = {name: str(value) for name, value in named.items() if value is not None}
    if meta.next is not None:
        headers["Link"] = f'<{meta.next}>; rel="next"'
    return headers


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Write a table for people and spreadsheets: UTF-8, CRLF, full precision, empty where unknown."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return buffer.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def accepts_gzip(header: str) -> bool:
    """Tell whether an `Accept-Encoding` header takes gzip with a quality above 0."""
    for element in header.lower().split(","):
        coding, _, parameters = element.partition(";")
        if coding.strip() not in {"gzip", "x-gzip"}:
            continue
        name, _, value = parameters.partition("=")
        try:
            return name.strip() != "q" or float(value) > 0
        except ValueError:
            return False
    return False


def client_of(request: Request) -> str:
    """Return what tells one client from another: its address."""
    return request.client.host if request.client is not None else "local"


def install(app: FastAPI) -> None:
    """Answer 304 where an exchange found that the caller has the answer already."""

    async def unchanged(_: Request, found: Exception) -> Response:
        headers = found.headers if isinstance(found, NotModified) else {}
        return Response(status_code=304, headers=headers)

    app.add_exception_handler(NotModified, unchanged)
