"""XML, streamed: one element of a kind after another, nothing kept, no document type and no entities."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.parsers import expat

from tertius.loaders.registers.bytes_in import CHUNK, open_bytes
from tertius.loaders.registers.records import Raw
from tertius.loaders.tables import refuse

TEXT_CAP: Final = 4 << 20
"""Characters of one record at most."""

ELEMENT_CAP: Final = 100_000
"""Elements of one record at most."""

DEPTH_CAP: Final = 64
"""Elements within each other at most."""

_READ: Final = 1 << 16
_LANG: Final = "http://www.w3.org/XML/1998/namespace lang"


@dataclass(slots=True)
class Element:
    """An element with its local name, attributes, text and children.

    Attributes:
        name: Name without its namespace.
        attributes: By name; those of a namespace as `namespace name`.
        children: In order.
        text: Its own text.
    """

    name: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def find(self, *names: str) -> Element | None:
        """Return the first descendant reached by names, or nothing."""
        found: Element | None = self
        for name in names:
            found = next((child for child in found.children if child.name == name), None) if found else None
        return found

    def every(self, name: str) -> list[Element]:
        """Return the children of a name."""
        return [child for child in self.children if child.name == name]

    def value(self, *names: str) -> str:
        """Return the text of the first descendant reached by names; nothing where there is none."""
        found = self.find(*names)
        return found.text.strip() if found else ""

    @property
    def language(self) -> str:
        """The `xml:lang` of the element."""
        return self.attributes.get(_LANG, "")


class _Reader:
    """Collects the elements of one name while expat reads."""

    def __init__(self, path: Path, namespace: str, wanted: str) -> None:
        self.found: deque[Raw] = deque()
        self._path, self._tag = path, f"{namespace} {wanted}"
        self._open: list[Element] = []
        self._depth = self._size = self._elements = self._row = 0
        self._texts: list[list[str]] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _doctype(self, *_: object) -> None:
        message = "the file declares a document type, through which entities can fill a machine; refused"
        refuse("document-type", message, self._path, self.parser.CurrentLineNumber)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEPTH_CAP:
            self._too_large(f"elements lie more than {DEPTH_CAP} deep")
        if not self._open:
            if tag != self._tag:
                return
            self._row, self._size, self._elements = self.parser.CurrentLineNumber, 0, 0
        self._elements += 1
        if self._elements > ELEMENT_CAP:
            self._too_large(f"the record has more than {ELEMENT_CAP:,} elements")
        element = Element(tag.rpartition(" ")[2], attributes)
        if self._open:
            self._open[-1].children.append(element)
        self._open.append(element)
        self._texts.append([])

    def _text(self, text: str) -> None:
        if self._open:
            self._size += len(text)
            if self._size > TEXT_CAP:
                self._too_large(f"the record has more than {TEXT_CAP:,} characters")
            self._texts[-1].append(text)

    def _end(self, _: str) -> None:
        self._depth -= 1
        if self._open:
            element = self._open.pop()
            element.text = "".join(self._texts.pop())
            if not self._open:
                self.found.append(Raw(self._row, element))

    def _too_large(self, message: str) -> None:
        refuse("record-too-large", message, self._path, self.parser.CurrentLineNumber)


def root_of(path: Path) -> tuple[str, str] | None:
    """Return namespace and name of a file's root element; nothing for a file that does not begin as XML.

    Raises:
        TableError: The file declares a document type, or is damaged before its root element.
    """
    found: list[str] = []
    reader = _Reader(path, "", "")

    def start(tag: str, _: dict[str, str]) -> None:
        found.append(tag)

    reader.parser.StartElementHandler = start
    reader.parser.EndElementHandler = reader.parser.CharacterDataHandler = None
    stream, _ = open_bytes(path)
    with stream:
        try:
            while not found and (chunk := stream.read(_READ)):
                reader.parser.Parse(chunk, False)
        except expat.ExpatError as error:
            if not found:
                _refuse(error, path)
        except LookupError:
            # A name of an encoding that nobody knows is Python's to miss, not the parser's.
            refuse("bad-xml", "the encoding that the file names is not known", path, 1)
    namespace, _, name = found[0].rpartition(" ") if found else ("", "", "")
    return (namespace, name) if found else None


def elements(path: Path, namespace: str, name: str) -> tuple[Iterator[Raw], list[int]]:
    """Return the elements of a name, streamed, each with the line on which it begins.

    Args:
        path: The file.
        namespace: Namespace of the elements.
        name: Their local name.

    Returns:
        The elements, and a list whose one number says how many bytes of the file were consumed.

    Raises:
        TableError: While reading: the text is not well-formed or cut off, declares a document type, or a
            record is larger than any real one.
    """
    at = [0]
    return _stream(path, namespace, name, at), at


def _stream(path: Path, namespace: str, name: str, at: list[int]) -> Iterator[Raw]:
    reader = _Reader(path, namespace, name)
    stream, position = open_bytes(path)
    with stream:
        more = True
        while more:
            chunk = stream.read(min(_READ, CHUNK))
            more = bool(chunk)
            try:
                reader.parser.Parse(chunk, not more)
            except expat.ExpatError as error:
                yield from reader.found
                _refuse(error, path)
            at[0] = position()
            while reader.found:
                yield reader.found.popleft()


def _refuse(error: expat.ExpatError, path: Path) -> None:
    reason = expat.ErrorString(error.code)
    cut = error.code in {3, 5}  # no element found, unclosed token: the text ends too early
    advice = "the file is cut off; fetch it again" if cut else "the file is not well-formed XML"
    refuse("bad-xml", f"{advice} ({reason}, character {error.offset + 1} of the line)", path, error.lineno)
