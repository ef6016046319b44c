"""Circles that organisations belong to: short notations for whatever text a table gives."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from tertius.ontology.identity import key

_CODE: Final = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*")
_WORDS: Final = re.compile(r"[A-Za-z0-9]+(?:[ _-]+[A-Za-z0-9]+)*")
_LONGEST: Final = 40


@lru_cache(maxsize=1 << 16)
def notation(kind: str, text: str) -> str:
    """Return the notation of a circle, safe in an address.

    Args:
        kind: `country`, `sector` or `type`.
        text: What the table gives, such as `DE`, `HES` or `Wind energy`; empty for none.

    Returns:
        A code as it is (`HES`), a few plain words as `wind-energy`, anything else hashed; empty for none.
        Two texts that differ only in capitals or in how words are joined are one circle, codes excepted.
    """
    if not text or (len(text) <= _LONGEST and _CODE.fullmatch(text)):
        return text
    if len(text) <= _LONGEST and _WORDS.fullmatch(text):
        return re.sub(r"[ _-]+", "-", text.casefold())
    return key("circle", kind, text.casefold())
