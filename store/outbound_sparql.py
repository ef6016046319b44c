"""A SPARQL query on its way to a listed service.

SPARQLWrapper writes the request, as it does for the remote store. It does not carry it: it opens its own
connection to a name, so that the address which was checked would not be the one that is spoken to.
"""

from __future__ import annotations

from tertius.store.outbound import OutboundRequest
from tertius.store.outbound_services import OutboundService
from tertius.store.remote_wire import RemoteService, Request

SOLUTIONS = ("application/sparql-results+json", "application/json")


def sparql_request(service: OutboundService, text: str) -> OutboundRequest:
    """Return the request that asks a service a SELECT query.

    Args:
        service: whom.
        text: the query; it reads and changes nothing, so that it may be sent again.
    """
    body, headers = Request(RemoteService(service.url), text, accept=SOLUTIONS[0]).written()
    return OutboundRequest(service.name, body=body, headers=headers, media_types=SOLUTIONS, idempotent=True)
