"""Forms with files, read as they arrive: every part goes to disk or is short, and what is odd is refused."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import IO, Final

import anyio.to_thread
from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from tertius.api.errors import BadParameter, BadRequest, UnsupportedMedia

FORM_DATA: Final = "multipart/form-data"
MOST_FILES: Final = 50
"""Files that one form may bring."""

_MOST_PARTS: Final = 100
_LONGEST_FIELD: Final = 1000
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9 ._()+-]{0,99}")
_CHUNK: Final = 1 << 18


@dataclass(slots=True)
class Form:
    """What a form brought.

    Attributes:
        fields: Values by name; each name comes once.
        files: Names of files by the name of their part, in the order in which they came.
    """

    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)


async def read_form(
    request: Request, folder: Path, *, fields: Collection[str], files: Collection[str]
) -> Form:
    """Read a multipart form; its files are written while they arrive.

    Args:
        request: The request; the size of its body is limited before this.
        folder: Where files go, under a folder of the name of their part.
        fields: Names of the fields that are taken.
        files: Names of the parts that bring files.

    Raises:
        UnsupportedMedia: The body is no multipart form, or is packed.
        BadRequest: The form cannot be read, or ends before its end.
        BadParameter: A part, a field or a file's name cannot be taken.
    """
    boundary = _boundary(request)
    reader = _Reader(folder, frozenset(fields), frozenset(files))
    parser = MultipartParser(boundary, reader.callbacks())  # type: ignore[arg-type] # a dictionary of its own kind
    try:
        waiting = bytearray()
        async for piece in request.stream():
            waiting += piece
            if len(waiting) >= _CHUNK:
                await anyio.to_thread.run_sync(parser.write, bytes(waiting))
                waiting.clear()
        await anyio.to_thread.run_sync(parser.write, bytes(waiting))
        parser.finalize()
    except FormParserError as error:
        raise BadRequest(f"The form cannot be read: {str(error)[:200]}") from None
    finally:
        reader.close()
    if not reader.whole:
        raise BadRequest("The form ends before its closing boundary.")
    return reader.form


def _boundary(request: Request) -> bytes:
    header = Message()
    header["Content-Type"] = request.headers.get("content-type", "")
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if header.get_content_type() != FORM_DATA or not request.headers.get("content-type"):
        raise UnsupportedMedia(f"{FORM_DATA} is what is taken here")
    if coding != "identity":
        raise UnsupportedMedia(f"the content coding {coding[:40]} is not taken; send the body as it is")
    _, options = parse_options_header(request.headers["content-type"])
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= 70:
        raise BadRequest("The Content-Type names no boundary of 1 to 70 characters.")
    return boundary


class _Reader:
    """Puts the parts of a form where they belong, called by the parser."""

    def __init__(self, folder: Path, fields: frozenset[str], files: frozenset[str]) -> None:
        self.form = Form()
        self.whole = False
        self._folder, self._fields, self._files = folder, fields, files
        self._parts = 0
        self._header, self._value = bytearray(), bytearray()
        self._disposition = b""
        self._text: bytearray | None = None
        self._name = ""
        self._file: IO[bytes] | None = None

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, a, b: self._header.extend(data[a:b]),
            "on_header_value": lambda data, a, b: self._value.extend(data[a:b]),
            "on_header_end": self._header_end,
            "on_headers_finished": self._opened,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._all,
        }

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise BadRequest(f"The form has more than {_MOST_PARTS} parts.")
        self._disposition = b""

    def _header_end(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        elif bytes(self._header).lower() == b"content-transfer-encoding":
            raise BadRequest("Parts of a form are taken as they are, without a transfer encoding.")
        self._header.clear()
        self._value.clear()

    def _opened(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        given = options.get(b"filename")
        if self._name in self._files:
            if given is None:
                raise BadParameter(self._name, "is no file: the part has no filename", where="body")
            self._file = self._open(given.decode("utf-8", "replace"))
        elif self._name in self._fields:
            if self._name in self.form.fields:
                raise BadParameter(self._name, "comes twice", where="body")
            self._text = bytearray()
        else:
            taken = ", ".join(sorted(self._fields | self._files))
            raise BadParameter(
                self._name[:40] or "form", f"is not a part of this form; it takes {taken}", where="body"
            )

    def _open(self, name: str) -> IO[bytes]:
        if not _NAME.fullmatch(name):
            raise BadParameter(
                self._name,
                "a file's name has 1 to 100 letters, digits, spaces or ._()+-, a letter or digit first",
                where="body",
            )
        names = self.form.files.setdefault(self._name, [])
        if name in names:
            raise BadParameter(self._name, f"{name} comes twice", where="body")
        if sum(map(len, self.form.files.values())) >= MOST_FILES:
            raise BadParameter(self._name, f"at most {MOST_FILES} files are taken", where="body")
        names.append(name)
        place = self._folder / self._name
        place.mkdir(exist_ok=True)
        return (place / name).open("xb")

    def _data(self, data: bytes, begin: int, end: int) -> None:
        if self._file is not None:
            self._file.write(memoryview(data)[begin:end])
        elif self._text is not None:
            self._text += data[begin:end]
            if len(self._text) > _LONGEST_FIELD:
                raise BadParameter(self._name, f"is longer than {_LONGEST_FIELD} bytes", where="body")

    def _end(self) -> None:
        self.close()
        if self._text is not None:
            try:
                self.form.fields[self._name] = self._text.decode()
            except UnicodeDecodeError:
                raise BadParameter(self._name, "is not UTF-8", where="body") from None
            self._text = None

    def _all(self) -> None:
        self.whole = True
