"""One table from what went wrong to what the caller reads: RFC 9457 problem documents everywhere."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from tertius.api import errors
from tertius.api import problem_kinds as kinds
from tertius.api.middleware import allowed_methods
from tertius.api.problem_kinds import Kind
from tertius.queries import errors as asked
from tertius.queries.network import errors as network
from tertius.store import errors as stored
from tertius.store import outbound_errors as outside

MEDIA_TYPE: Final = "application/problem+json"

_log = structlog.get_logger("tertius.api")

TABLE: Final[Mapping[type[Exception], Kind]] = {
    errors.BadRequest: kinds.BAD_REQUEST,
    errors.NotFound: kinds.NOT_FOUND,
    errors.NotAcceptable: kinds.NOT_ACCEPTABLE,
    errors.BodyTooLarge: kinds.BODY_TOO_LARGE,
    errors.AddressTooLong: kinds.ADDRESS_TOO_LONG,
    errors.UnsupportedMedia: kinds.UNSUPPORTED_MEDIA,
    errors.BadParameter: kinds.PARAMETER,
    errors.NotReady: kinds.UNAVAILABLE,
    errors.Unauthorized: kinds.UNAUTHORIZED,
    errors.Forbidden: kinds.FORBIDDEN,
    errors.LoadFailed: kinds.LOAD_FAILED,
    errors.QueryIdTaken: kinds.QUERY_ID_TAKEN,
    errors.TooManyRequests: kinds.TOO_MANY,
    stored.QuerySyntaxError: kinds.MALFORMED_QUERY,
    stored.RefusedQuery: kinds.MALFORMED_QUERY,
    stored.QueryFailed: kinds.MALFORMED_QUERY,
    stored.AnswerBroken: kinds.UNAVAILABLE,
    stored.QueryTimeout: kinds.TIMEOUT,
    stored.QueryCancelled: kinds.CANCELLED,
    stored.ResultTooLarge: kinds.TOO_LARGE,
    stored.OutOfMemory: kinds.OUT_OF_MEMORY,
    stored.WorkerCrashed: kinds.MALFORMED_QUERY,
    stored.StoreBusy: kinds.BUSY,
    stored.StoreUnavailable: kinds.UNAVAILABLE,
    stored.SnapshotGone: kinds.SNAPSHOT_GONE,
    outside.ServiceUnavailable: kinds.SERVICE_UNAVAILABLE,
    outside.ServiceNotConfigured: kinds.SERVICE_NOT_CONFIGURED,
    asked.MalformedQuery: kinds.MALFORMED_QUERY,
    asked.QueryTooComplex: kinds.MALFORMED_QUERY,
    asked.FederationRefused: kinds.FEDERATION_REFUSED,
    asked.QueryTooLong: kinds.BODY_TOO_LARGE,
    asked.ParameterError: kinds.PARAMETER,
    asked.UnknownQuery: kinds.NOT_FOUND,
    network.ParameterError: kinds.PARAMETER,
    network.UnknownOrganizationError: kinds.NOT_FOUND,
    network.NetworkTooLargeError: kinds.TOO_LARGE,
    network.DerivationTimeoutError: kinds.TIMEOUT,
    network.ClientLimitError: kinds.TOO_MANY,
    network.LaneBusyError: kinds.BUSY,
    network.LaneClosedError: kinds.UNAVAILABLE,
}
"""The kind of problem that each exception is; the nearest class in its ancestry decides."""


def kind_of(error: Exception) -> Kind:
    """Return the kind of problem that an exception is; one that nobody foresaw is an internal error."""
    for ancestor in type(error).__mro__:
        if ancestor in TABLE:
            return TABLE[ancestor]
    return kinds.INTERNAL


def answer(request: Request, error: Exception) -> Response:
    """Turn an exception into a problem document.

    Args:
        request: What was asked; its id goes into the document.
        error: What went wrong. The words of an unforeseen one are logged, never sent.

    Returns:
        An `application/problem+json` response.
    """
    if isinstance(error, RequestValidationError):
        error = _bad_parameter(error)
    if isinstance(error, HTTPException):
        return _from_http(request, error)
    kind = kind_of(error)
    if kind is kinds.INTERNAL:
        _log.error("unforeseen failure", exc_info=error)
        detail = "The failure has been logged. Trying again may help; quote the request id when reporting it."
    elif isinstance(error, errors.ApiError):
        detail = error.detail
    else:
        detail = str(error)
    return document(request, kind, detail, members=_members(error), headers=_headers(error))


def document(
    request: Request,
    kind: Kind,
    detail: str,
    *,
    members: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Write a problem document.

    Args:
        request: What was asked.
        kind: Status, type and title.
        detail: What happened this time and what to do.
        members: Members beside those of RFC 9457; never replace them.
        headers: Further response headers.
    """
    request_id = request.scope.get("state", {}).get("request_id")
    body = {
        **(members or {}),
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "instance": request.scope["path"],
        "request_id": request_id,
    }
    services = getattr(request.scope.get("app"), "state", None)
    metrics = getattr(services, "metrics", None)
    if metrics is not None:
        metrics.problems.labels(kind.slug).inc()
    return Response(
        json.dumps(body, ensure_ascii=False, default=str),
        status_code=kind.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", "Vary": "Accept", **(headers or {})},
    )


def install(app: FastAPI) -> None:
    """Send every exception of the application's routes through the table."""

    async def handle(request: Request, error: Exception) -> Response:
        return answer(request, error)

    for kind in (HTTPException, RequestValidationError, *TABLE):
        app.add_exception_handler(kind, handle)


def _members(error: Exception) -> Mapping[str, Any]:
    """Return what a program needs to know beside the words."""
    found: dict[str, Any] = {}
    match error:
        case errors.ApiError():
            found = error.members
        case stored.QueryTimeout() | network.DerivationTimeoutError() | asked.QueryTooLong():
            found = {"limit": error.limit}
        case asked.QueryTooComplex():
            found = {"limit": error.limit, "what": error.what}
        case asked.ParameterError() | network.ParameterError():
            said = str(error).removeprefix(f"{error.parameter}: ")
            one = {"parameter": error.parameter, "in": "query", "detail": said}
            found = {"parameter": error.parameter, "errors": [one]}
        case network.NetworkTooLargeError():
            found = {"cap": error.cap, "unit": "pairs"}
        case stored.ResultTooLarge():
            found = {"cap": error.cap, "unit": error.kind}
        case outside.ServiceUnavailable():
            found = {"service": error.service, "reason": error.reason}
        case outside.ServiceNotConfigured():
            found = {"service": error.service}
        case stored.SnapshotGone():
            found = {"snapshot": error.number}
    return found


def _headers(error: Exception) -> Mapping[str, str]:
    match error:
        case stored.StoreBusy() | network.LaneBusyError():
            return {"Retry-After": str(max(1, math.ceil(error.retry_after)))}
        case outside.ServiceUnavailable() if error.retry_after is not None:
            return {"Retry-After": str(max(1, math.ceil(error.retry_after)))}
        case stored.StoreUnavailable() | network.LaneClosedError() | errors.NotReady():
            return {"Retry-After": "5"}
        case errors.ApiError():
            return error.headers
        case _:
            return {}


_BY_STATUS: Final = {
    400: kinds.BAD_REQUEST,
    404: kinds.NOT_FOUND,
    405: kinds.METHOD,
    406: kinds.NOT_ACCEPTABLE,
    413: kinds.BODY_TOO_LARGE,
    415: kinds.UNSUPPORTED_MEDIA,
}


def _from_http(request: Request, error: HTTPException) -> Response:
    """Answer what the framework itself raises: no route, wrong method, unreadable body."""
    kind = _BY_STATUS.get(error.status_code, kinds.BAD_REQUEST if error.status_code < 500 else kinds.INTERNAL)
    headers = dict(error.headers or {})
    if kind is kinds.NOT_FOUND:
        detail = f"There is nothing at {request.scope['path'][:200]}; `/docs` lists the addresses."
    elif kind is kinds.METHOD:
        detail = f"{request.method} is not taken here; the Allow header lists what is."
        headers.pop("allow", None)
        headers["Allow"] = ", ".join(allowed_methods(request.scope))
    else:
        detail = str(error.detail)
    return document(request, kind, detail, headers=headers)


def _bad_parameter(error: RequestValidationError) -> errors.ApiError:
    """Name every parameter that FastAPI could not use, in the order of the request."""
    found = []
    for item in error.errors():
        where, *path = item["loc"]
        name = ".".join(str(part) for part in path) or str(where)
        if item["type"] == "extra_forbidden":
            said = "is not a parameter of this address"
        else:
            said = str(item["msg"]).removeprefix("Value error, ")
            said = said[:1].lower() + said[1:]
        found.append({"parameter": name, "in": str(where), "detail": said})
    first = found[0]
    problem = errors.BadParameter(first["parameter"], first["detail"], where=first["in"])
    problem.members["errors"] = found
    if len(found) > 1:
        problem.detail = "; ".join(f"{one['parameter']}: {one['detail']}" for one in found)
    return problem
