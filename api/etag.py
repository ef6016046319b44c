"""Entity tags: one hash for everything that an answer depends on, so that most answers need no work."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

_TAG: Final = re.compile(r'\s*(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*')


def entity_tag(
    *, snapshot: str, software: str, media_type: str, route: str, parameters: Mapping[str, Any]
) -> str:
    """Compute the opaque part of an entity tag.

    Args:
        snapshot: The snapshot's uuid.
        software: Version of Tertius; another version may answer in another form.
        media_type: What the answer is written in.
        route: Path template, or name, of what was asked.
        parameters: Path and query parameters with their defaults filled in.

    Returns:
        32 hexadecimal digits, without quotes.
    """
    kept = {name: value for name, value in parameters.items() if name != "format"}
    text = json.dumps(
        [snapshot, software, media_type, route, kept], sort_keys=True, ensure_ascii=False, default=str
    )
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def matches(if_none_match: str | None, tag: str) -> bool:
    """Tell whether an `If-None-Match` header covers a tag (weak comparison, RFC 9110, section 8.8.3.2)."""
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    return any(
        found is not None and found.group(1) == tag for found in map(_TAG.fullmatch, if_none_match.split(","))
    )
