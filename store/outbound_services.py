"""The services that may be asked: a list that whoever runs Tertius writes, and nothing beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from tertius.store.remote_address import check_url

NAME: Final = r"[a-z][a-z0-9-]{0,31}"
_RATE: Final = re.compile(r"rate=([0-9]{1,5})")
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER: Final = re.compile(r"(0x[0-9a-f]*|[0-9]+)")
_QUAD: Final = re.compile(r"(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}")
_RATES: Final = {"gleif": 60, "companies-house": 120, "wikidata": 60}
_USUAL_RATE: Final = 60

Origin = tuple[str, str, int]
"""Scheme, host in lower case, port."""


@dataclass(frozen=True, slots=True)
class OutboundService:
    """A service that may be asked.

    Attributes:
        name: what it is called in settings, named queries and messages.
        url: its http or https address, without a slash at the end.
        private: whether it may live on this machine or in its network.
        rate: requests a minute at most.
    """

    name: str
    url: str
    private: bool = False
    rate: int = _USUAL_RATE

    def __post_init__(self) -> None:
        if not re.fullmatch(NAME, self.name):
            raise ValueError(f"{self.name[:40]!r} is no name of a service: a to z, 0 to 9 and -")
        origin_of(check_url(self.url))
        if self.rate < 1:
            raise ValueError("a rate is at least one request a minute")

    @property
    def origin(self) -> Origin:
        """Scheme, host and port, which a redirect may not leave for any that is not in the list."""
        return origin_of(self.url)


def origin_of(url: str) -> Origin:
    """Return scheme, host and port of an address.

    Raises:
        ValueError: it is not the http or https address of a host whose name can be read one way only.
            Numbers that some resolvers take for addresses (`2130706433`, `0x7f.1`, `0177.0.0.1`) are refused.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in {"http", "https"} or not host or "%" in host:
        raise ValueError("must be an http or https address with a host")
    if ":" not in host:
        labels = host.split(".")
        if not all(_LABEL.fullmatch(label) for label in labels):
            raise ValueError("must name its host in lower-case ASCII; write other names in Punycode")
        if _NUMBER.fullmatch(labels[-1]) and not _QUAD.fullmatch(host):
            raise ValueError("must name its host by a name, or by an address in its usual form")
    return parts.scheme, host, parts.port or (443 if parts.scheme == "https" else 80)


def parse_services(text: str) -> Mapping[str, OutboundService]:
    """Read the list of services.

    Args:
        text: `name=URL` by commas; after a URL, set off by spaces, `private` admits addresses of this machine
            and its network, and `rate=30` sets requests a minute.

    Returns:
        The services by name.

    Raises:
        ValueError: the text is no such list; the message says where.
    """
    found: dict[str, OutboundService] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, equals, rest = entry.partition("=")
        url, *flags = rest.split() or [""]
        if not equals or not url:
            raise ValueError(f"{entry[:40]!r} is not written name=URL")
        if name in found:
            raise ValueError(f"the service {name} is named twice")
        private, rate = False, _RATES.get(name, _USUAL_RATE)
        for flag in flags:
            match = _RATE.fullmatch(flag)
            if match:
                rate = int(match[1])
            elif flag == "private":
                private = True
            else:
                raise ValueError(f"the service {name}: {flag[:40]!r} is neither private nor rate=N")
        try:
            found[name] = OutboundService(name, url.rstrip("/"), private, rate)
        except ValueError as error:
            raise ValueError(f"the service {name[:40]}: {error}") from None
    return MappingProxyType(found)
