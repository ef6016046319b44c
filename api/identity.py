"""From what a caller writes in a path to the key of an organisation or an alliance."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI, Request
from pyoxigraph import NamedNode
from starlette.responses import Response
from tertius.api.errors import BadParameter, NotFound
from tertius.api.exchange import Exchange
from tertius.api.middleware import public_path, route_template
from tertius.api.parameters import KEY_PATTERN
from tertius.ontology import concepts
from tertius.ontology.identifiers import SCHEME, identify
from tertius.ontology.identity import individual

_KEY: Final = re.compile(KEY_PATTERN)


class Moved(Exception):
    """What was asked for is known under another address."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


def organization_key(exchange: Exchange[Any], given: str) -> str:
    """Return the key of an organisation that the snapshot knows.

    Args:
        exchange: The request; its path is what a redirect is made from.
        given: A key, or `scheme:value`.

    Raises:
        Moved: It was an identifier that one organisation bears, or the key of a record that judgements join
            with others; the canonical address goes into `Location`.
        BadParameter: It was an identifier that several organisations bear.
        NotFound: Nothing has this key or identifier.
    """
    directory = exchange.view.directory
    scheme, colon, value = given.partition(":")
    if colon:
        bearers = directory.by_identifier(*normalised(scheme, value))
        if not bearers:
            raise NotFound(f"no organization bears the {scheme[:40]} identifier {value[:100]!r}")
        if len(bearers) > 1:
            raise BadParameter(
                "key",
                f"{len(bearers)} organizations bear {given[:120]}: {', '.join(bearers[:10])}",
                where="path",
            )
        raise Moved(_moved_path(exchange.request, bearers[0]))
    key = directory.canonical(given) if _KEY.fullmatch(given) else None
    if key is None:
        raise NotFound(
            f"no organization has the key {given[:100]!r}; `/v1/organizations?q=` finds them by name"
        )
    if key != given:
        raise Moved(_moved_path(exchange.request, key))
    return key


def normalised(scheme: str, value: str) -> tuple[str, str]:
    """Return a scheme and a value as they are kept, for whatever way somebody writes them.

    A scheme that the ontology does not have keeps its value, which then finds nothing.
    """
    scheme = scheme.lower()
    known = scheme in concepts(SCHEME)
    return scheme, identify(scheme, value).value if known else value


def organization_iri(exchange: Exchange[Any], key: str) -> NamedNode:
    """Return the IRI of an organisation."""
    return NamedNode(individual("organization", key, exchange.view.base))


def record_iris(exchange: Exchange[Any], key: str) -> list[NamedNode]:
    """Return the IRIs of all records of an organisation, under which sources say what they say of it."""
    keys = {key, *(record.key for record in exchange.view.directory.records(key))}
    return [organization_iri(exchange, one) for one in sorted(keys)]


def alliance_iri(exchange: Exchange[Any], key: str) -> NamedNode:
    """Return the IRI of an alliance."""
    return NamedNode(individual("alliance", key, exchange.view.base))


def alliance_key(exchange: Exchange[Any], given: str) -> str:
    """Return the key of an alliance that the snapshot knows.

    Raises:
        NotFound: Nothing has this key.
    """
    if not _KEY.fullmatch(given) or not exchange.view.directory.alliances([given]):
        raise NotFound(f"no alliance has the key {given[:100]!r}; `/v1/alliances?q=` finds them by name")
    return given


def install(app: FastAPI) -> None:
    """Answer 308 where an address is known under another one."""

    async def moved(_: Request, found: Exception) -> Response:
        headers = {"Location": str(found), "Cache-Control": "no-cache", "Vary": "Accept"}
        return Response(status_code=308, headers=headers)

    app.add_exception_handler(Moved, moved)


def _moved_path(request: Request, key: str) -> str:
    """Put the key in the place of the identifier and leave the rest of the address as it is."""
    path = public_path(request.scope, route_template(request.scope).replace("{key}", quote(key)))
    query = request.scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path
