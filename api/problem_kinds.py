"""The kinds of problem that callers can meet, each with its status and its stable `type`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tertius.ontology.namespaces import DEFAULT_BASE

TYPE_BASE: Final = f"{DEFAULT_BASE}problem/"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem.

    Attributes:
        status: HTTP status.
        slug: Last part of its `type`; never changes once published.
        title: What it is, the same for every occurrence.
        meaning: What it means and what to do, for the documentation.
    """

    status: int
    slug: str
    title: str
    meaning: str

    @property
    def type(self) -> str:
        """The problem's `type` IRI."""
        return TYPE_BASE + self.slug


BAD_REQUEST: Final = Kind(
    400, "bad-request", "The request cannot be understood", "Read `detail`, correct the request."
)
MALFORMED_QUERY: Final = Kind(
    400,
    "malformed-query",
    "The SPARQL query cannot be used",
    "It has a syntax error, nests too deeply, has too many patterns, or is an update, which is never taken.",
)
UNAUTHORIZED: Final = Kind(
    401,
    "unauthorized",
    "The token is missing or not known here",
    "Read without a token, or use one whose digest is among the settings; writing takes one.",
)
FORBIDDEN: Final = Kind(
    403,
    "forbidden",
    "The token may not do this",
    "The settings name the tokens that may write. Ask whoever runs the service.",
)
FEDERATION_REFUSED: Final = Kind(
    403,
    "federation-refused",
    "SERVICE is refused",
    "Queries may not call other services. Query them yourself and join the answers.",
)
NOT_FOUND: Final = Kind(
    404, "not-found", "Nothing has this address", "Check the key, the name or the spelling of the path."
)
METHOD: Final = Kind(
    405,
    "method-not-allowed",
    "This address does not take this method",
    "The `Allow` header lists those it takes.",
)
NOT_ACCEPTABLE: Final = Kind(
    406,
    "not-acceptable",
    "No acceptable representation",
    "Ask for one of the media types in `acceptable`, by `Accept` or by `format`.",
)
QUERY_ID_TAKEN: Final = Kind(
    409,
    "query-id-taken",
    "A query with this id is under way",
    "Give every query an id of its own, or none.",
)
REQUEST_TIMEOUT: Final = Kind(
    408, "request-timeout", "The request took too long to arrive", "Send it again, faster."
)
SNAPSHOT_GONE: Final = Kind(
    410,
    "snapshot-gone",
    "The snapshot is no longer kept",
    "A cursor belongs to a snapshot that has been swept away. Start the list again without a cursor.",
)
BODY_TOO_LARGE: Final = Kind(
    413, "content-too-large", "The request is too large", "Send less; `limit` says how many bytes are taken."
)
ADDRESS_TOO_LONG: Final = Kind(
    414, "uri-too-long", "The address is too long", "Send long SPARQL by POST instead of in the address."
)
UNSUPPORTED_MEDIA: Final = Kind(
    415,
    "unsupported-media-type",
    "The body's media type is not taken here",
    "`detail` lists the media types that are.",
)
PARAMETER: Final = Kind(
    422,
    "invalid-parameter",
    "A parameter cannot be used",
    "`parameter` names the first one, `errors` lists all of them.",
)
LOAD_FAILED: Final = Kind(
    422,
    "load-failed",
    "What was sent cannot be loaded",
    "Nothing was changed. `detail` names the first problem, `report` lists them.",
)
TOO_LARGE: Final = Kind(
    422,
    "result-too-large",
    "The result is larger than the limit",
    "`cap` says how large it may be. Add LIMIT or conditions, page, or use an export.",
)
OUT_OF_MEMORY: Final = Kind(
    422,
    "out-of-memory",
    "The query needs more memory than it may have",
    "Make intermediate results smaller: bind variables early, avoid sorting and grouping everything.",
)
HEAD_TOO_LARGE: Final = Kind(
    431,
    "headers-too-large",
    "The headers are too large",
    "Send fewer and shorter headers, and long SPARQL by POST.",
)
TOO_MANY: Final = Kind(
    429,
    "too-many-requests",
    "Too much for this client",
    "Wait as long as `Retry-After` says, then try again.",
)
INTERNAL: Final = Kind(
    500,
    "internal-error",
    "Something went wrong here",
    "This is a defect of the service. Quote `request_id` when reporting it.",
)
CANCELLED: Final = Kind(
    503,
    "cancelled",
    "The query was cancelled",
    "Somebody stopped the query, or the connection was closed. Send it again if it is still wanted.",
)
BUSY: Final = Kind(503, "busy", "The service is busy", "Wait as long as `Retry-After` says, then try again.")
UNAVAILABLE: Final = Kind(
    503,
    "unavailable",
    "There is nothing to answer from",
    "No snapshot has been published yet, or the store cannot be reached. Load data, or try again later.",
)
SERVICE_UNAVAILABLE: Final = Kind(
    503,
    "service-unavailable",
    "A service outside gave no usable answer",
    "`service` names it, `reason` says what is wrong. No answer is sent without its part; try again later.",
)
SERVICE_NOT_CONFIGURED: Final = Kind(
    503,
    "service-not-configured",
    "A service outside may not be asked from here",
    "`service` names it. Whoever runs this service decides whom it may ask, in its settings.",
)
TIMEOUT: Final = Kind(
    504,
    "timeout",
    "The time limit was reached",
    "`limit` says how many seconds there were. Ask for less, or for a smaller part at a time.",
)

KINDS: Final = (
    BAD_REQUEST,
    MALFORMED_QUERY,
    UNAUTHORIZED,
    FEDERATION_REFUSED,
    FORBIDDEN,
    NOT_FOUND,
    METHOD,
    NOT_ACCEPTABLE,
    REQUEST_TIMEOUT,
    QUERY_ID_TAKEN,
    SNAPSHOT_GONE,
    BODY_TOO_LARGE,
    ADDRESS_TOO_LONG,
    UNSUPPORTED_MEDIA,
    PARAMETER,
    LOAD_FAILED,
    TOO_LARGE,
    OUT_OF_MEMORY,
    TOO_MANY,
    HEAD_TOO_LARGE,
    INTERNAL,
    CANCELLED,
    BUSY,
    UNAVAILABLE,
    SERVICE_UNAVAILABLE,
    SERVICE_NOT_CONFIGURED,
    TIMEOUT,
)
