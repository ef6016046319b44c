"""How a locator leads to a passage of a document's text, for those who have the text at hand."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tertius.loaders.evidence import schema


class PassageError(ValueError):
    """A locator does not lead to the passage that was coded."""


def read_document(document: schema.Document, folder: Path) -> str:
    """Return the text of a document.

    Raises:
        FileNotFoundError: The folder does not have it.
        PassageError: The file is another text than the one that was coded.
    """
    data = (folder / document.file).read_bytes()
    if hashlib.sha256(data).hexdigest() != document.sha256:
        raise PassageError(f"{document.file} is not the text that was coded: its SHA-256 is another")
    return data.decode("utf-8")


def passage(text: str, place: schema.Locator) -> str:
    """Return the passage a locator points to.

    Lines are counted from 1; `at` counts characters from 0 within those lines, joined by a line feed.

    Raises:
        PassageError: There are no such lines or characters, nothing is written there, or the passage is not
            the one that was coded.
    """
    lines = text.split("\n")
    first, last = place.lines
    if last > len(lines):
        raise PassageError(f"line {last} of a text of {len(lines)} lines")
    found = "\n".join(lines[first - 1 : last])
    if place.at is not None:
        start, end = place.at
        if end > len(found):
            raise PassageError(f"character {end} of a passage of {len(found)}")
        found = found[start:end]
    if not found.strip():
        raise PassageError(f"nothing is written at lines {first} to {last}")
    if place.digest is not None and not hashlib.sha256(found.encode()).hexdigest().startswith(place.digest):
        raise PassageError(f"the passage at lines {first} to {last} is not the one that was coded")
    return found
