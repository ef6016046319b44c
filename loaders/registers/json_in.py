"""JSON, streamed: the items of a long list, or one record a line, without holding more than one."""

from __future__ import annotations

import codecs
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tertius.loaders.registers.bytes_in import CHUNK, lines
from tertius.loaders.registers.records import Raw
from tertius.loaders.tables import refuse

ITEM_CAP: Final = 16 << 20
"""Characters of one item at most."""

DOCUMENT_CAP: Final = 64 << 20
"""Bytes of a document that is read whole."""

_SPACE: Final = " \t\r\n"


def _constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_constant)


class _Text:
    """A window on the text of a file that moves forward.

    Attributes:
        text: What is in the window.
        at: Place in it.
        ended: Whether the file has no more.
    """

    def __init__(self, stream: io.BufferedReader, path: Path) -> None:
        self.text, self.at, self.ended = "", 0, False
        self._stream, self._path = stream, path
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._line = 1

    def more(self) -> None:
        """Read on, forgetting what lies behind."""
        self._line += self.text.count("\n", 0, self.at)
        data = self._stream.read(max(CHUNK, len(self.text) - self.at))
        self.ended = not data
        try:
            self.text = self.text[self.at :] + self._decoder.decode(data, final=self.ended)
        except UnicodeDecodeError as error:
            line = self._line + self.text.count("\n", self.at)
            line += error.object[: error.start].count(b"\n")
            refuse("bad-encoding", "the bytes are not UTF-8, in which JSON is written", self._path, line)
        self.at = 0

    def line(self, at: int | None = None) -> int:
        """Return the line of a place in the window, here by default."""
        return self._line + self.text.count("\n", 0, self.at if at is None else at)

    def peek(self) -> str:
        """Return the next character that is no white space, or nothing at the end."""
        while True:
            while self.at < len(self.text) and self.text[self.at] in _SPACE:
                self.at += 1
            if self.at < len(self.text) or self.ended:
                return self.text[self.at : self.at + 1]
            self.more()


def items(stream: io.BufferedReader, path: Path) -> Iterator[Raw]:
    """Yield the items of a document that is one list, each with the line on which it begins.

    Raises:
        TableError: While reading: not a list, not JSON, cut off, not UTF-8, or an item beyond `ITEM_CAP`.
    """
    window = _Text(stream, path)
    if window.peek() != "[":
        refuse("bad-json", "the file is no list of records, which begins with '['", path, window.line())
    window.at += 1
    number = 0
    while window.peek() != "]":
        if number:
            if window.peek() != ",":
                _refuse(window, path, f"there is no comma or ']' after record {number}")
            window.at += 1
            window.peek()
        line = window.line()
        yield Raw(line, _item(window, path, number + 1))
        number += 1
    window.at += 1
    if window.peek():
        refuse("bad-json", "text goes on after the end of the list", path, window.line())


def _item(window: _Text, path: Path, number: int) -> object:
    while True:
        try:
            value, end = _DECODER.raw_decode(window.text, window.at)
        except json.JSONDecodeError as error:
            # Whether the item is wrong or merely not all here shows once there is more of it.
            if not window.ended and len(window.text) - window.at < ITEM_CAP:
                window.more()
                continue
            _refuse(window, path, f"record {number} is not JSON: {error.msg}", error.pos)
        except (ValueError, RecursionError) as error:
            reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
            _refuse(window, path, f"record {number} cannot be read: {reason}")
        else:
            if end == len(window.text) and not window.ended:  # a number may go on
                window.more()
                continue
            window.at = end
            return value


def _refuse(window: _Text, path: Path, message: str, at: int | None = None) -> None:
    line = window.line(at)
    ends = at is None or at >= len(window.text.rstrip()) or "Unterminated" in message
    if window.ended and ends:
        message = f"the file is cut off: {message}"
    elif len(window.text) - window.at >= ITEM_CAP:
        message = f"{message}, or it is longer than {ITEM_CAP >> 20} MiB"
    refuse("bad-json", message, path, line)


def json_lines(stream: io.BufferedReader, path: Path) -> Iterator[Raw]:
    """Yield one record a line.

    Raises:
        TableError: While reading: a line is not JSON, not UTF-8 or too long.
    """
    for number, line in lines(stream, path):
        if not line.strip():
            continue
        try:
            yield Raw(number, json.loads(line, parse_constant=_constant))
        except json.JSONDecodeError as error:
            cut = "" if line.endswith("\n") else "the file is cut off, or "
            message = f"{cut}the line is not JSON: {error.msg}, character {error.colno}"
            refuse("bad-json", message, path, number)
        except (ValueError, RecursionError):
            refuse("bad-json", "the line cannot be read as JSON", path, number)


def document(stream: io.BufferedReader, path: Path) -> object:
    """Return a whole document of at most `DOCUMENT_CAP` bytes.

    Raises:
        TableError: It is larger, not JSON, or not UTF-8.
    """
    data = stream.read(DOCUMENT_CAP + 1)
    if len(data) > DOCUMENT_CAP:
        message = f"a response has at most {DOCUMENT_CAP >> 20} MiB; large files are lists of records"
        refuse("giant-document", message, path)
    try:
        return json.loads(data.decode("utf-8-sig"), parse_constant=_constant)
    except json.JSONDecodeError as error:
        refuse("bad-json", f"the file is cut off or not JSON: {error.msg}", path, error.lineno)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        refuse("bad-encoding", "the bytes are not UTF-8, in which JSON is written", path, line)
    except (ValueError, RecursionError):
        refuse("bad-json", "the file cannot be read as JSON", path)
