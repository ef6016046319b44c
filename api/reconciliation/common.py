"""What both versions of the service have in common: suggestions, previews, proposals of properties."""

from __future__ import annotations

import contextlib
from typing import Any, Final

import jinja2
from fastapi import Request
from starlette.responses import Response
from tertius.api.errors import BadParameter, NotFound
from tertius.api.negotiate import HTML, JSON, choose
from tertius.api.reconciliation import suggest
from tertius.api.reconciliation.candidates import description
from tertius.api.reconciliation.kinds import kinds
from tertius.api.reconciliation.properties import extensions, properties
from tertius.api.reconciliation.requests import answer
from tertius.api.routers.pages import SECURITY, render
from tertius.api.services import Services
from tertius.queries.network import UnknownOrganizationError

_FRAMED: Final = {
    **SECURITY,
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors *",
}
"""Clients show previews in a frame; nothing else of ours can be framed, and nothing there runs or asks."""

_FLYOUT: Final = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
    '<p style="font-size: 0.8em">{{ name }}</p><p style="font-size: 0.8em">{{ description }}</p>'
)


def suggestions(request: Request, what: str, prefix: str, cursor: int, limit: int) -> Response:
    """Answer a suggest query.

    Raises:
        NotFound: Nothing of this sort is suggested.
        BadParameter: The cursor skips more than can be skipped.
        NotAcceptable: The caller takes no JSON.
    """
    choose(request.headers.get("accept"), None, (JSON,))
    if cursor > suggest.MOST_SKIPPED:
        raise BadParameter("cursor", f"at most {suggest.MOST_SKIPPED} suggestions can be skipped; type more")
    services: Services = request.app.state.services
    view = services.view()
    if what == "entity":
        found = suggest.entities(services, view, prefix, cursor, limit)
    elif what == "type":
        found = suggest.types(services, view, prefix, cursor, limit)
    elif what == "property":
        found = suggest.some_properties(prefix, cursor, limit)
    else:
        raise _no_such(what)
    return answer({"result": found}, view)


def flyout(request: Request, what: str, given: str) -> Response:
    """Answer with a few words about an organisation, a type or a property, as HTML inside JSON.

    Raises:
        NotFound: There is none with this id.
    """
    choose(request.headers.get("accept"), None, (JSON,))
    services: Services = request.app.state.services
    view = services.view()
    name = said = None
    if what == "entity":
        one = view.directory.organizations([given]).get(given)
        if one is not None:
            name, said = one.name, description(one)
    elif what == "type":
        kind = kinds(services, view).get(given)
        if kind is not None:
            name, said = kind.name, kind.description
    elif what == "property":
        found = properties().get(given)
        if found is not None:
            name, said = found.name, found.description
    else:
        raise _no_such(what)
    if name is None:
        raise NotFound(f"there is no {what} {given[:100]!r}")
    return answer({"id": given, "html": _FLYOUT.render(name=name, description=said)}, view)


def preview(request: Request, given: str) -> Response:
    """Show an organisation in a small page that other sites may frame.

    Raises:
        NotFound: Nothing has this key.
    """
    choose(request.headers.get("accept"), None, (HTML,))
    services: Services = request.app.state.services
    view = services.view()
    key = view.directory.canonical(given)
    organization = None if key is None else view.directory.organization(key)
    if key is None or organization is None:
        raise NotFound(f"no organization has the key {given[:100]!r}")
    position = None
    with contextlib.suppress(UnknownOrganizationError):
        position = view.network.position(key)
    partners: list[str] = []
    if position is not None and position.degree:
        rows = view.network.ties(key, limit=3).rows
        names = view.directory.organizations(one.partner for one in rows)
        partners = [names[one.partner].name for one in rows if one.partner in names]
    values = {
        "organization": organization,
        "description": description(organization),
        "position": position,
        "partners": partners,
        "as_of": view.as_of,
    }
    headers = {**_FRAMED, "Content-Type": HTML.header, "Vary": "Accept", "Cache-Control": "no-cache"}
    return Response(render("preview.html", request, values), headers=headers)


def proposals(kind: str, limit: int | None) -> dict[str, Any]:
    """Propose properties to fetch; every type is a type of organisation, so all have the same."""
    found = [one.brief() for one in extensions().values()]
    said: dict[str, Any] = {"properties": found if limit is None else found[:limit], "type": kind}
    return said if limit is None else {**said, "limit": limit}


def _no_such(what: str) -> NotFound:
    return NotFound(f"there is nothing to suggest of {what[:40]!r}; there are entity, type and property")
