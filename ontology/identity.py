"""Keys and IRIs of individuals: stable, opaque, the same for the same record for ever."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from tertius.ontology.namespaces import DEFAULT_BASE

KEY_LENGTH: Final = 16
"""Characters in a key: 80 bits in base 32."""


def key(*parts: str) -> str:
    """Hash the parts of an identity into a key.

    Each part is preceded by its length, so that ("ab", "c") and ("a", "bc") differ.

    Args:
        parts: For an organisation (source, name as given, country) or (scheme, identifier).

    Returns:
        Sixteen characters of a-z and 2-7.
    """
    digest = hashlib.blake2b(digest_size=KEY_LENGTH * 5 // 8)
    for part in parts:
        data = part.encode()
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return base64.b32encode(digest.digest()).decode().lower()


def individual(kind: str, name: str, base: str = DEFAULT_BASE) -> str:
    """Return the IRI `BASE/id/<kind>/<name>` of an individual; both parts must be IRI-safe."""
    return f"{base}id/{kind}/{name}"


def graph(name: str, base: str = DEFAULT_BASE) -> str:
    """Return the IRI `BASE/graph/<name>` of a named graph: a source, or one of Tertius' own."""
    return f"{base}graph/{name}"
