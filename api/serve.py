"""Running the application under uvicorn."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator

import uvicorn
from tertius.api import logs, wire
from tertius.api.app import create_app
from tertius.api.routers.loads import LOADS
from tertius.api.settings import Settings


class Server(uvicorn.Server):
    """A server for which being told to stop is an ordinary end: the process leaves with status 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals that mean stop; afterwards pass on only that of a person at the keyboard."""
        told = (signal.SIGTERM, signal.SIGINT)
        before = {one: signal.signal(one, self.handle_exit) for one in told}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
        if signal.SIGINT in self._captured_signals:
            signal.raise_signal(signal.SIGINT)


def serve(settings: Settings) -> None:
    """Serve until the process is told to stop; requests under way are finished first.

    Told to stop (SIGTERM, SIGINT), it takes no new connections, lets requests under way end within
    `shutdown_seconds`, ends the query workers, and returns.

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
        timeout_graceful_shutdown=settings.shutdown_seconds,
        http=wire.protocol(settings.request_seconds, uploads),
        ws="none",
    )
    Server(config).run()
