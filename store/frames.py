"""Messages between the pool and a worker: a JSON header and a body of bytes, with their lengths in front.

Runs inside query workers: standard library only.
"""

from __future__ import annotations

import json
import os
import struct
from typing import Any

_LENGTHS = struct.Struct("!IQ")
_LARGEST_HEADER = 1 << 20
_LARGEST_READ = 1 << 20


class BrokenFrame(Exception):
    """The other side went away, or what it sent is not a message."""


def pack(header: dict[str, Any], body: bytes = b"") -> list[bytes]:
    """The byte strings that make up one message; kept apart so that a large body is not copied.

    Args:
        header: values that JSON can hold.
        body: any bytes.
    """
    encoded = json.dumps(header).encode()
    return [_LENGTHS.pack(len(encoded), len(body)) + encoded, body]


def write_all(file: int, parts: list[bytes]) -> None:
    """Write byte strings to a blocking descriptor, whole.

    Raises:
        BrokenPipeError: nobody reads the other end.
    """
    for part in parts:
        view = memoryview(part)
        while view:
            view = view[os.write(file, view) :]


def read_message(file: int) -> tuple[dict[str, Any], bytes] | None:
    """Read one message from a blocking descriptor; `None` when the other side closed it between messages.

    Raises:
        BrokenFrame: it was closed inside a message.
    """
    reader = Reader()
    while (message := reader.feed(_read(file, reader.wanted))) is None:
        if reader.ended:
            if reader.empty:
                return None
            raise BrokenFrame("the other side stopped in the middle of a message")
    return message


def _read(file: int, wanted: int) -> bytes:
    return os.read(file, min(wanted, _LARGEST_READ))


class Reader:
    """Puts one message together from whatever arrives.

    Args:
        largest_body: most bytes a body may have.
    """

    def __init__(self, largest_body: int = 1 << 40) -> None:
        self.ended = False
        self._data = bytearray()
        self._sizes: tuple[int, int] | None = None
        self._largest_body = largest_body

    @property
    def empty(self) -> bool:
        """Whether nothing of the message has arrived yet."""
        return not self._data

    @property
    def wanted(self) -> int:
        """How many bytes are still missing, as far as is known; never more than belong to this message."""
        total = _LENGTHS.size if self._sizes is None else _LENGTHS.size + sum(self._sizes)
        return total - len(self._data)

    def feed(self, data: bytes) -> tuple[dict[str, Any], bytes] | None:
        """Take what arrived (nothing means the end), and give the message once it is whole.

        Raises:
            BrokenFrame: what arrived is no message.
        """
        if not data:
            self.ended = True
            return None
        self._data += data
        if self._sizes is None and len(self._data) >= _LENGTHS.size:
            header, body = _LENGTHS.unpack_from(self._data)
            if header > _LARGEST_HEADER or body > self._largest_body:
                raise BrokenFrame("a message is larger than any that is sent")
            self._sizes = header, body
        if self._sizes is None or self.wanted:
            return None
        start = _LENGTHS.size + self._sizes[0]
        with memoryview(self._data) as view:
            body_bytes = bytes(view[start:])
            header_bytes = bytes(view[_LENGTHS.size : start])
        try:
            decoded = json.loads(header_bytes)
        except ValueError as error:
            raise BrokenFrame("a message has no readable header") from error
        if not isinstance(decoded, dict):
            raise BrokenFrame("a message has no header")
        return decoded, body_bytes
