"""Structured logs on standard error: what was asked and how it went, never with which values."""

from __future__ import annotations

import logging
import sys
from typing import Final, Literal, TextIO

import structlog

_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}


Level = Literal["debug", "info", "warning", "error"]
Form = Literal["json", "console"]


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to whatever standard error is at the moment of writing."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        """Standard error, now."""
        return sys.stderr

    @stream.setter
    def stream(self, value: TextIO) -> None:
        """Stay with standard error."""


def structured(level: Level, form: Form) -> None:
    """Send our own lines to standard error.

    Args:
        level: The least severe lines to write.
        form: `json` for one object per line, `console` for people.
    """
    structlog.configure(
        processors=[*_shared(form), _renderer(form)],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def configure(level: Level, form: Form) -> None:
    """Send our own lines and those of the libraries to standard error, all in one form.

    Args:
        level: The least severe lines to write.
        form: `json` for one object per line, `console` for people.
    """
    structured(level, form)
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared(form),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(form)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(_LEVELS[level])
    # Our middleware writes the access line; uvicorn's would hold the query string.
    logging.getLogger("uvicorn.access").disabled = True
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True


def _shared(form: Form) -> list[structlog.typing.Processor]:
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    return [*shared, structlog.processors.format_exc_info] if form == "json" else shared


def _renderer(form: Form) -> structlog.typing.Processor:
    if form == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
