"""Who asks: the holder of a token, or an address; budgets and lists of running queries hang on it."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from tertius.api.errors import Unauthorized

if TYPE_CHECKING:
    from fastapi import Request

TOKEN_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""What a token may be called."""

_ENTRY: Final = re.compile(rf"({TOKEN_NAME.pattern})=([0-9A-Fa-f]{{64}})")
# Devices change the last 64 bits of an IPv6 address at will, so only what a network is given counts.
_NETWORK_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Client:
    """One client.

    Attributes:
        name: What tells it from the others: the name of its token, or its address.
        trusted: Whether it showed a token.
    """

    name: str
    trusted: bool


def parse_tokens(setting: str) -> Mapping[str, bytes]:
    """Read the setting that lists tokens.

    Args:
        setting: `name=digest` pairs by commas; a digest is the SHA-256 of the token in hexadecimal. Tokens
            are long and random, so that a fast hash without salt gives nothing away.

    Returns:
        Digests by name.

    Raises:
        ValueError: A pair is not one, or a name comes twice. The message repeats nothing of the setting.
    """
    found: dict[str, bytes] = {}
    for place, entry in enumerate(filter(None, (part.strip() for part in setting.split(","))), start=1):
        match = _ENTRY.fullmatch(entry)
        if match is None:
            raise ValueError(f"entry {place} is not a name, = and the 64 hexadecimal digits of a SHA-256")
        if match[1] in found:
            raise ValueError(f"entry {place} repeats the name of another")
        found[match[1]] = bytes.fromhex(match[2])
    return MappingProxyType(found)


def client(request: Request, tokens: Mapping[str, bytes]) -> Client:
    """Tell who asks.

    Other schemes than `Bearer` are left alone: they belong to a proxy in front.

    Args:
        request: The request.
        tokens: As `parse_tokens` returns them.

    Raises:
        Unauthorized: A bearer token came that is not one of ours.
    """
    scheme, _, credentials = request.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer":
        return Client(_address(request), trusted=False)
    shown = hashlib.sha256(credentials.strip().encode("latin-1")).digest()
    holder = None
    # Every digest is compared, whichever fits, so that the time taken tells nothing.
    for name, digest in tokens.items():
        if hmac.compare_digest(shown, digest):
            holder = name
    if holder is None:
        raise Unauthorized(
            "This bearer token is not known here; ask without one, or use one that is.",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    return Client(f"token {holder}", trusted=True)


def _address(request: Request) -> str:
    host = request.client.host if request.client is not None else "local"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), _NETWORK_BITS), strict=False))
