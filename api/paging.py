"""Paging by position: opaque cursors that remember their snapshot and their request."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any, Final
from urllib.parse import urlencode

from tertius.api.errors import BadParameter

MAX_LIMIT: Final = 1000
DEFAULT_LIMIT: Final = 100
_VERSION: Final = 1
_CHECKSUM: Final = 6
_MAX_LENGTH: Final = 2048

PositionValue = str | int | float | None
Position = tuple[PositionValue, ...]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page starts.

    Attributes:
        snapshot: Number of the snapshot that the first page was read from.
        position: Values of the ordering columns in the last row already given.
        request: Digest of the request that the cursor continues.
    """

    snapshot: int
    position: Position
    request: str

    def encode(self) -> str:
        """Write the cursor as characters that need no escaping in a query string."""
        data = [_VERSION, self.snapshot, self.request, *self.position]
        return packed(json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode())


def packed(data: bytes) -> str:
    """Write bytes and their checksum as characters of a cursor.

    The checksum finds damage, not malice: whoever writes a cursor chooses where his own page begins.
    """
    return base64.urlsafe_b64encode(_checksum(data) + data).decode().rstrip("=")


def _checksum(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_CHECKSUM).digest()


def digest(route: str, parameters: Mapping[str, Any]) -> str:
    """Identify a list request: same route, same parameters but for `cursor`, `limit` and `format`."""
    kept = {name: parameters[name] for name in sorted(parameters) if name not in _FREE}
    text = json.dumps([route, kept], separators=(",", ":"), ensure_ascii=False, default=str, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


_FREE: Final = frozenset({"cursor", "limit", "format"})


def decode(text: str, *, request: str) -> Cursor:
    """Read a cursor back.

    Args:
        text: What the caller sent as `cursor`.
        request: Digest of the request that it came with.

    Raises:
        BadParameter: It is not a cursor, or it belongs to another request.
    """
    if len(text) > _MAX_LENGTH:
        raise BadParameter("cursor", f"longer than {_MAX_LENGTH} characters; use `meta.next` as it was given")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        # Also bits that stand for nothing in the last character have to be as they were given.
        if packed(raw[_CHECKSUM:]) != text:
            raise unreadable()
        data = json.loads(raw[_CHECKSUM:])
        version, snapshot, made_for, *position = data
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise unreadable() from None
    if (
        version != _VERSION
        or isinstance(snapshot, bool)
        or not isinstance(snapshot, int)
        or not isinstance(made_for, str)
        or any(isinstance(value, bool | list | dict) for value in position)
    ):
        raise unreadable()
    if made_for != request:
        raise BadParameter(
            "cursor", "belongs to a request with other parameters; keep them, or start without a cursor"
        )
    return Cursor(snapshot, tuple(position), made_for)


def next_path(path: str, parameters: Mapping[str, Any], cursor: str) -> str:
    """Return the path and query of the next page.

    Args:
        path: Path of this request.
        parameters: What the caller gave, without defaults; lists are repeated parameters.
        cursor: Where the next page starts.
    """
    kept = {name: value for name, value in parameters.items() if name != "cursor"}
    return f"{path}?{urlencode({**kept, 'cursor': cursor}, doseq=True)}"


def fits(position: Position, kinds: Sequence[type | UnionType]) -> bool:
    """Tell whether a position has the values that a list's order needs.

    Args:
        position: From a cursor, so anything at all.
        kinds: Type of each value; a negative number is never one.
    """
    return len(position) == len(kinds) and all(
        isinstance(value, kind) and not (isinstance(value, int) and value < 0)
        for value, kind in zip(position, kinds, strict=True)
    )


def unreadable() -> BadParameter:
    """Return the refusal of a cursor that was not made here."""
    return BadParameter("cursor", "is not a cursor of this service; use `meta.next` as it was given")
