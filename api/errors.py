"""What can go wrong at the edge: exceptions that the routes raise and `problems` turns into answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class ApiError(Exception):
    """A failure with something to say to the caller.

    Attributes:
        detail: One or two sentences: what, where, what to do.
        headers: Response headers that belong to the failure, such as `Allow`.
        members: Further members of the problem document.
    """

    def __init__(self, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members


class NotFound(ApiError):
    """Nothing has this key, name or address."""


class BadRequest(ApiError):
    """The request cannot be understood at all."""


class NotAcceptable(ApiError):
    """None of the offered representations is acceptable to the caller."""


class BodyTooLarge(ApiError):
    """The request body is larger than the limit."""


class AddressTooLong(ApiError):
    """The request target is longer than the limit."""


class Unauthorized(ApiError):
    """The credentials are not known here."""


class Forbidden(ApiError):
    """The caller is known, and may not do this."""


class LoadFailed(ApiError):
    """What was to be loaded cannot be; `report` among the members says what was found."""


class QueryIdTaken(ApiError):
    """The caller's id for a query is that of another one under way."""


class TooManyRequests(ApiError):
    """The client has used what it may for now; `Retry-After` is among the headers."""


class UnsupportedMedia(ApiError):
    """The body's media type is not one that this address takes."""


class NotReady(ApiError):
    """There is no snapshot to answer from yet."""


class BadParameter(ApiError):
    """A parameter has a value that cannot be used.

    Attributes:
        parameter: Its name, as the caller wrote it.
    """

    def __init__(self, parameter: str, detail: str, *, where: str = "query", **members: Any) -> None:
        errors: Sequence[Mapping[str, str]] = [{"parameter": parameter, "in": where, "detail": detail}]
        super().__init__(f"{parameter}: {detail}", parameter=parameter, errors=errors, **members)
        self.parameter = parameter
