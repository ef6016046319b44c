"""Where a name leads, asked once, and whether anything may be sent there.

A name is resolved by whoever owns it, who may say a public address now and one of this machine later. So it
is asked once, every address it gives is judged, and the connection goes to one of those and to no name.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable
from typing import Any, Final

from tertius.store.outbound_errors import ServiceBusy, ServiceTimeout, ServiceUnavailable
from tertius.store.outbound_services import OutboundService

Address = tuple[Any, ...]
"""What a socket connects to: numeric address and port, for IPv6 flow and scope as well."""

Resolver = Callable[[str, int], list[tuple[int, Address]]]
"""Turns host and port into address families and socket addresses; raises OSError where there are none."""

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_LOOKUPS: Final = threading.BoundedSemaphore(16)
# Addresses of IPv6 that a gateway on the way turns into the address of IPv4 at their end (RFC 6052).
_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")
_NOT_FOR_US: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",
            "192.88.99.0/24",
            "198.18.0.0/15",
            "64:ff9b:1::/48",
            "2001::/23",
            "2002::/16",
            "fec0::/10",
        ),
    )
)
_OWN_NETWORK: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            "127.0.0.0/8",
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "100.64.0.0/10",
            "::1/128",
            "fc00::/7",
        ),
    )
)


def system_resolver(host: str, port: int) -> list[tuple[int, Address]]:
    """Ask the system where a host is.

    Raises:
        OSError: nobody knows.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]


def resolve(
    service: OutboundService, host: str, port: int, resolver: Resolver, *, seconds: float, limit: float
) -> list[tuple[int, Address]]:
    """Ask once where a host is, and judge every address that is said.

    Args:
        service: whose host it is.
        host: the host.
        port: the port.
        resolver: whom to ask; may take its time, which is cut here.
        seconds: longest wait.
        limit: the limit to name when that is over.

    Returns:
        Address families and numeric addresses, in the order given.

    Raises:
        ServiceUnavailable: there are none, or one of them may not be spoken to.
    """
    answer: list[list[tuple[int, Address]] | OSError] = []
    # A lookup cannot be stopped, only left behind; so many may be left behind.
    if not _LOOKUPS.acquire(timeout=max(0.0, seconds)):
        raise ServiceBusy(service.name, 5.0)

    def look() -> None:
        try:
            answer.append(resolver(host, port))
        except (OSError, UnicodeError) as error:
            answer.append(OSError(str(error)))
        finally:
            _LOOKUPS.release()

    thread = threading.Thread(target=look, daemon=True, name=f"lookup-{service.name}")
    thread.start()
    thread.join(max(0.001, seconds))
    if not answer:
        raise ServiceTimeout(service.name, limit)
    found = answer[0]
    if isinstance(found, OSError) or not found:
        raise ServiceUnavailable(
            service.name, "unreachable", "cannot be reached: its name is not known here", detail=str(found)
        )
    for _, address in found:
        if not is_allowed(str(address[0]), private=service.private):
            raise ServiceUnavailable(
                service.name,
                "address",
                "leads to an address that is not public, to which nothing is sent; a service of this machine "
                "or its network must be named as private in TERTIUS_SERVICES",
                detail=str(address[0]),
            )
    return found


def is_allowed(text: str, *, private: bool) -> bool:
    """Tell whether an address may be spoken to.

    Args:
        text: a numeric address.
        private: whether this machine and its network are allowed too. Link-local addresses, where clouds
            keep the keys of their machines, never are.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return _is_allowed(_meant(address), private=private)


def _meant(address: IPAddress) -> IPAddress:
    """Return the address that a connection would really go to."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _TRANSLATED:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_allowed(address: IPAddress, *, private: bool) -> bool:
    own = any(address.version == network.version and address in network for network in _OWN_NETWORK)
    if own:
        return private
    if any(address.version == network.version and address in network for network in _NOT_FOR_US):
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None:
        return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_link_local or address.is_unspecified
    )
