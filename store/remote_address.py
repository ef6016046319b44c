"""What the address of a service may look like; settings read it and should not load a client for it."""

from __future__ import annotations

from urllib.parse import urlsplit


def check_url(url: str) -> str:
    """Return an address if a service can have it.

    Raises:
        ValueError: it is not an http or https address, or it holds a user, a password or a fragment.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(ord(character) <= 32 for character in url):
        raise ValueError("must be the http or https address of a SPARQL service")
    if "@" in parts.netloc or parts.fragment:
        raise ValueError("must hold no user, password or fragment; the first two have settings")
    return url
