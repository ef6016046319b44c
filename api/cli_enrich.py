"""The command that asks live registers about organisations that are here."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Annotated

import typer
from tertius import loaders
from tertius.api.cli_support import (
    CountingBar,
    DataOption,
    JsonOption,
    Mistake,
    ProgressBars,
    QuietOption,
    settings,
)
from tertius.api.services import outbound
from tertius.loaders import LIVE, Enrichment
from tertius.store import ServiceNotConfigured


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(enrich)


def enrich(
    *,
    source: Annotated[
        str | None, typer.Argument(help="Source whose organisations are asked about.", metavar="SOURCE")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Ask about the organisations of every source.")
    ] = False,
    register_name: Annotated[
        str, typer.Option("--from", help=f"Whom to ask: {', '.join(LIVE)}.", metavar="REGISTER")
    ],
    target: Annotated[
        str, typer.Option("--as", help="Name of the source that the answers become.", metavar="NAME")
    ] = "",
    parents: Annotated[
        bool, typer.Option("--parents", help="Ask GLEIF for parents too: two requests for each organisation.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Ask a live register about organisations by their identifiers; what it says becomes a source."""
    chosen = settings(data)
    if (source is None) != every:
        raise Mistake("name one source, or give --all")
    if register_name not in LIVE:
        raise Mistake(f"--from: {register_name} cannot be asked; use {', '.join(LIVE)}")
    if parents and register_name != "gleif":
        raise Mistake("--parents is for --from gleif")
    wanted = Enrichment(
        data=chosen.data,
        register=register_name,
        of=source,
        source=target,
        base=chosen.base,
        keep=chosen.keep_snapshots,
        parents=parents,
        key=chosen.companies_house_key,
    )
    silent = quiet or as_json
    client = outbound(chosen)
    try:
        with ExitStack() as stack:
            with CountingBar(f"asking {register_name}", quiet=silent) as bar:
                job = stack.enter_context(wanted.fetched(client, bar))
            with ProgressBars(silent) as progress:
                report = loaders.load(job, progress=progress)
    except ServiceNotConfigured as error:
        raise Mistake(str(error)) from None
    if as_json:
        typer.echo(json.dumps(report.as_json(), indent=2, default=str))
    elif not quiet:
        typer.echo("\n".join(report.lines()))
