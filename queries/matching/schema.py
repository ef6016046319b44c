"""The layout of `search.sqlite`, and how it writes what is no name among the words of its index."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final
from urllib.parse import urlsplit

from tertius.queries.matching.names import words_of

LAYOUT: Final = 3
"""Layout of the file, its `user_version`: what is written by one version is read by that version alone."""

_NUMBER: Final = "\u00a4"
_CIRCLE: Final = "\u00a7"
# Signs outside ASCII, which no normalised word contains.


def identifier_token(value: str) -> list[str]:
    """Return the words under which an identifier's value is found."""
    return [_NUMBER + word for word in words_of(value)]


def circle_token(kind: str, notation: str) -> str:
    """Return the word under which the members of a circle are found.

    Args:
        kind: `country`, `sector` or `type`; `source` for the organisations that a source mentions.
        notation: Its notation, or the name of the source.
    """
    return _CIRCLE + blake2b(f"{kind}-{notation}".encode(), digest_size=6).hexdigest()


def host(website: str | None) -> str | None:
    """Return the host of a website without `www.`; None where there is none."""
    if not website:
        return None
    given = website.strip()
    try:
        found = urlsplit(given if "//" in given else f"//{given}").hostname
    except ValueError:
        return None
    if not found or "." not in found:
        return None
    return found.removeprefix("www.").rstrip(".") or None
