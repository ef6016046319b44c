"""Running the application under uvicorn."""

from __future__ import annotations

import uvicorn
from tertius.api import logs, wire
from tertius.api.app import create_app
from tertius.api.routers.loads import LOADS
from tertius.api.settings import Settings


def serve(settings: Settings) -> None:
    """Serve until the process is told to stop; requests under way are finished first.

    Args:
        settings: Where to listen and what to answer from.

    Raises:
        OSError: The address is taken, or not ours.
    """
    logs.configure(settings.log_level, settings.log_format)
    # With or without the prefix of a reverse proxy, which may cut it off.
    uploads = dict.fromkeys((LOADS, f"{settings.root_path}{LOADS}"), settings.upload_seconds)
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        timeout_graceful_shutdown=10,
        http=wire.protocol(settings.request_seconds, uploads),
        ws="none",
    )
    uvicorn.Server(config).run()
