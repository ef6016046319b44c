"""Pages for people: written on the server, readable without scripts, nothing fetched from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import jinja2
from fastapi import APIRouter, Query, Request, Response
from tertius.api import present
from tertius.api import problem_kinds as kinds
from tertius.api.errors import NotReady
from tertius.api.exchange import Exchange
from tertius.api.identity import organization_key
from tertius.api.models import Organization
from tertius.api.negotiate import HTML, choose
from tertius.api.parameters import NetworkListQuery, Parameters
from tertius.api.reference import operations
from tertius.queries.network import Partition

router = APIRouter(include_in_schema=False)

_BROKERS: Final = 10
_FOUND: Final = 20
_EXAMPLE: Final = """\
PREFIX tt: <https://w3id.org/tertius/ontology#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>

SELECT ?name ?degree ?constraint WHERE {
  ?position a tt:NetworkPosition ; tt:organization ?organization ;
            tt:degree ?degree ; tt:constraint ?constraint .
  ?organization skos:prefLabel ?name .
  FILTER(?degree >= 50)
}
ORDER BY ?constraint
LIMIT 10"""
SECURITY: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


class HomeQuery(Parameters):
    """The first page; `q` searches organisations by name."""

    q: str = ""


def _number(value: float | None) -> str:
    """Write a number for people: three significant decimals, thousands apart, a dash where unknown."""
    if value is None:
        return "\N{EN DASH}"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.3f}"


_pages: Final = jinja2.Environment(
    loader=jinja2.PackageLoader("tertius.api", "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_pages.filters["number"] = _number


@router.get("/")
def home(request: Request, query: Annotated[HomeQuery, Query()]) -> Response:
    """Show the strongest brokers, a search for organisations, and the sources."""
    try:
        exchange = Exchange(request, query, (HTML,))
    except NotReady as error:
        choose(request.headers.get("accept"), query.format, (HTML,))
        return _page("empty.html", request, {"reason": error.detail}, status=503)
    directory = exchange.view.directory
    words = query.q.strip()
    found: list[Organization] = []
    if words:
        keys = directory.list_organizations(q=words[:200], limit=_FOUND).keys
        known = directory.organizations(keys)
        found = [known[key] for key in keys]
    network = exchange.view.network
    body = render(
        "home.html",
        request,
        {
            "brokers": present.positions(network.brokers(limit=_BROKERS).rows, directory),
            "summary": network.summary(),
            "words": words,
            "found": found,
            "sources": exchange.view.sources,
            "parameters": network.parameters.as_json(),
        },
    )
    return exchange.reply(body, headers=SECURITY)


@router.get("/organizations/{key}")
def organization(request: Request, key: str, query: Annotated[NetworkListQuery, Query()]) -> Response:
    """Show one organisation: its position, and the partners through whom it reaches others."""
    exchange = Exchange(request, query, (HTML,))
    key = organization_key(exchange, key)
    network, directory = exchange.network(), exchange.view.directory
    partition = Partition(query.partition)
    page = network.bridges(key, partition, offset=exchange.offset, limit=min(query.limit, 50))
    position = network.position(key, partition)
    body = render(
        "organization.html",
        request,
        {
            "position": present.positions([position], directory)[0],
            "bridges": present.bridges(page.rows, position, network.reach(key), directory),
            "first": exchange.offset == 0,
            "more": exchange.following(page.next),
            "partition": query.partition,
            "sources": exchange.view.sources,
            "parameters": network.parameters.as_json(),
        },
    )
    return exchange.reply(body, headers=SECURITY)


@router.get("/docs")
def reference(request: Request) -> Response:
    """Show every address with its parameters and answers, from the OpenAPI document."""
    choose(request.headers.get("accept"), request.query_params.get("format"), (HTML,))
    document = request.app.openapi()
    return _page(
        "docs.html",
        request,
        {"document": document, "groups": operations(document), "kinds": kinds.KINDS},
    )


def sparql_form(request: Request) -> Response:
    """Show a form in which to write a SPARQL query."""
    return _page("sparql.html", request, {"example": _EXAMPLE})


def render(template: str, request: Request, values: Mapping[str, Any]) -> bytes:
    """Write a page from a template."""
    root = request.scope.get("root_path", "").rstrip("/")
    return _pages.get_template(template).render(root=root, **values).encode()


def _page(template: str, request: Request, values: Mapping[str, Any], status: int = 200) -> Response:
    headers = {**SECURITY, "Content-Type": HTML.header, "Vary": "Accept", "Cache-Control": "no-cache"}
    return Response(render(template, request, values), status_code=status, headers=headers)
