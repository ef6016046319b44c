"""Who may write: holders of a token that the settings name as a writer's."""

from __future__ import annotations

from fastapi import Request
from tertius.api.clients import client
from tertius.api.errors import Forbidden, Unauthorized
from tertius.api.services import Services


def writer(request: Request) -> str:
    """Return the name of the token of whoever may write.

    Raises:
        Unauthorized: There is no token, or one that is not known here.
        Forbidden: The token is not a writer's.
    """
    services: Services = request.app.state.services
    asks = client(request, services.tokens)
    if not asks.trusted:
        raise Unauthorized(
            "Writing takes a token: `Authorization: Bearer …`.", headers={"WWW-Authenticate": "Bearer"}
        )
    name = asks.name.removeprefix("token ")
    if name not in services.settings.writer_names:
        raise Forbidden(
            f"The token {name} may not write here; TERTIUS_WRITERS names those that may.",
            headers={"WWW-Authenticate": 'Bearer error="insufficient_scope"'},
        )
    return name
