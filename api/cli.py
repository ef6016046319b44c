"""The command `tertius`: one line per mistake, an exit status that tells, no tracebacks."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

import typer
from tertius.api import logs
from tertius.api.cli_commands import Commands

app = typer.Typer(
    name="tertius",
    cls=Commands,
    help="Alliance intelligence on a knowledge graph: who bridges whom across structural holes.",
    invoke_without_command=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tertius {version('tertius')}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    _version_option: bool = typer.Option(
        False,
        "--version",
        help="Print the version and stop.",
        callback=_version,
        is_eager=True,
    ),
) -> None:
    """Alliance intelligence on a knowledge graph: who bridges whom across structural holes."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process.

    Exit statuses: 0 done, 1 it could not be done, 2 the caller asked for something that cannot be,
    130 interrupted.

    Args:
        arguments: Words after `tertius`; those of the process where there are none.
    """
    logs.structured("warning", "console")
    try:
        status = app(args=arguments, standalone_mode=False)
    except BrokenPipeError:
        # Whoever read our output has had enough; Python must not complain about it when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - nobody at a terminal wants a traceback
        # What tells mistakes apart knows every error there is, which takes a while to import.
        from tertius.api.cli_support import ended  # noqa: PLC0415

        status = ended(error)
    sys.exit(status if isinstance(status, int) else 0)
